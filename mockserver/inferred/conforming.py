"""Answers held to their document: refusals told in its words, and what it does not allow found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from mockserver.contract import Operation
from mockserver.inferred.answering.tools import Tools
from mockserver.inferred.operations import json_schema
from mockserver.road.binding import Route
from mockserver.road.rendering import encode
from mockserver.road.strictness import read

ENVELOPE_FIELDS = ("detail", "message", "error", "title", "reason", "description", "error_description", "msg")


class Conformity:
    """What one document says of its answers."""

    def __init__(self, operations: Mapping[str, Mapping[str, Any]], tools: Tools) -> None:
        self._operations = operations
        self._tools = tools

    def fit_error(self, route: Route, method: str, response: Response) -> Response:
        """Return a refusal as the document has it, where it has one of this status and PostHog's does not fit it."""
        endpoint = route.endpoints.get(method)
        told = endpoint.operation.spec["responses"].get(str(response.status_code)) if endpoint else None
        schema = json_schema((told or {}).get("content", {}))
        if schema is None or response.status_code < 400 or response.mimetype != "application/json":
            return response
        body = read(response.get_data())
        drawer = self._tools.drawer()
        if isinstance(body, Mapping) and not drawer.fits(schema, body):
            detail = body.get("detail")
            sent = {
                **dict.fromkeys(ENVELOPE_FIELDS, detail), **body, "status": response.status_code, "errors": [detail],
                "param": body.get("attr"),
            }  # fmt: skip
            error = self._tools.shapes.of(schema).properties.get("error", {})
            if self._tools.shapes.of(error).kind == "object":
                sent["error"] = dict(sent)
            response.set_data(encode(drawer.draw(schema, "error", sent=sent)))
        return response

    def find_problem(self, operation: Operation, response: Response) -> str | None:
        """Return what the document does not allow in a response, if anything; errors in PostHog's envelope it may."""
        told = self._operations[operation.id]["responses"].get(str(response.status_code))
        if told is None:
            return None if response.status_code >= 400 else f"status {response.status_code} is not documented"
        content = told.get("content", {})
        if response.mimetype != "application/json":
            return (
                None
                if not response.get_data() or response.mimetype in content
                else f"{response.mimetype} is not documented"
            )
        schema = json_schema(content)
        if schema is None:
            return None if response.status_code >= 400 else "a body where the document has none"
        body = read(response.get_data())
        if self._tools.drawer().fits(schema, body):
            return None
        return f"the body does not fit the schema of the answer {response.status_code}"

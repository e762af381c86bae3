"""Strictness: every answer is checked against the contract as it leaves."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

import orjson
from flask import Response

from mockserver.binding import Route
from mockserver.contract import Contract, Document, Operation, Profile, for_profile
from mockserver.errors import ContractViolation
from mockserver.rendering import render_error
from mockserver.world import World

log = logging.getLogger("mockserver.strict")


def read(body: bytes) -> Any:
    """Return the value that an answer's JSON spells, numbers of any size included."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


class Strictness:
    """Validators of every response, made when first needed.

    The mock gives no more than the contract says, so objects whose properties are listed are closed here; a newer
    server may give more, which is why the contract itself leaves them open.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._documents: dict[Profile, Document] = {}
        self._validators: dict[tuple[str, str, Profile], Any] = {}

    def check(self, response: Response, route: Route, world: World, method: str) -> Response:
        """Return the response, or a 500 that says what of it the contract does not allow."""
        endpoint = route.endpoints.get(method)
        if endpoint is None:
            return response
        problem = self.find_problem(endpoint.operation, response, world.profile)
        if problem is None:
            return response
        detail = f"{endpoint.operation.id} answered {response.status_code}: {problem}"
        log.error("contract violation: %s", detail)
        return render_error(ContractViolation(detail))

    def find_problem(self, operation: Operation, response: Response, profile: Profile) -> str | None:
        """Return what the contract does not allow in a response, if anything."""
        spec = operation.spec["responses"].get(str(response.status_code))
        if spec is None:
            return None if response.status_code == 501 else f"status {response.status_code} is not documented"
        content = for_profile(spec, profile).get("content", {})
        body = response.get_data()
        if response.mimetype != "application/json":
            listed = not body or response.mimetype in content or response.mimetype == "text/csv"
            return None if listed else f"media type {response.mimetype} is not documented"
        if "application/json" not in content:
            return "a body where the contract has none"
        validator = self._validator(operation, str(response.status_code), profile)
        error = next(validator.iter_errors(read(body)), None)
        if error is None:
            return None
        place = "/".join(str(part) for part in error.instance_path) or "the body"
        return f"{place}: {error.message}"[:500]

    def _validator(self, operation: Operation, status: str, profile: Profile) -> Any:
        key = (operation.id, status, profile)
        if key not in self._validators:
            import jsonschema_rs

            document = self._document(profile)
            spec = for_profile(operation.spec["responses"][status], profile)
            schema = closed(spec["content"]["application/json"].get("schema", {}))
            whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document, **schema}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return self._validators[key]

    def _document(self, profile: Profile) -> Document:
        if profile not in self._documents:
            components = {"schemas": for_profile(self._contract.components, profile)}
            self._documents[profile] = closed(copy.deepcopy(components))
        return self._documents[profile]


def closed(node: Any) -> Any:
    """Return a schema for answers: write-only properties gone, and listed properties all that there are."""
    if isinstance(node, list):
        return [closed(value) for value in node]
    if not isinstance(node, dict):
        return node
    shut = {key: closed(value) for key, value in node.items()}
    properties = shut.get("properties")
    if isinstance(properties, dict) and shut.get("type") in ("object", ["object", "null"]):
        hidden = {name for name, prop in properties.items() if prop is False or prop.get("writeOnly")}
        shut["properties"] = {name: prop for name, prop in properties.items() if name not in hidden}
        if "required" in shut:
            shut["required"] = [name for name in shut["required"] if name not in hidden]
        shut.setdefault("additionalProperties", False)
    return shut

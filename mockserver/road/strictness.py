"""Strictness: every answer is checked against the contract as it leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import orjson
from flask import Response

from mockserver.contract import Contract, Document, Operation, Profile, Standing, for_profile
from mockserver.contract.answers import for_answers, validator
from mockserver.errors import ContractViolation
from mockserver.road.binding import Route
from mockserver.road.rendering import render_error
from mockserver.world.worlds import World

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
        self.beside: Callable[[Operation, Response], str | None] | None = None
        """What judges answers of operations that the contract does not have."""
        self._components: dict[Profile, Document] = {}
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
        if operation.standing is Standing.INFERRED and self.beside is not None:
            return self.beside(operation, response)
        spec = operation.spec["responses"].get(str(response.status_code))
        if spec is None or not profile.is_dated_within(spec):
            return None if response.status_code == 501 else f"status {response.status_code} is not documented"
        content = for_profile(spec, profile).get("content", {})
        body = response.get_data()
        if response.mimetype != "application/json":
            listed = not body or response.mimetype in content or response.mimetype == "text/csv"
            return None if listed else f"media type {response.mimetype} is not documented"
        if "application/json" not in content:
            return "a body where the contract has none"
        judge = self._validator(operation, str(response.status_code), profile)
        error = next(judge.iter_errors(read(body)), None)
        if error is None:
            return None
        place = "/".join(str(part) for part in error.instance_path) or "the body"
        return f"{place}: {error.message}"[:500]

    def _validator(self, operation: Operation, status: str, profile: Profile) -> Any:
        key = (operation.id, status, profile)
        if key not in self._validators:
            spec = for_profile(operation.spec["responses"][status], profile)
            schema = for_answers(spec["content"]["application/json"].get("schema", {}), closed=True)
            self._validators[key] = validator(schema, self._components_of(profile))
        return self._validators[key]

    def _components_of(self, profile: Profile) -> Document:
        if profile not in self._components:
            seen = for_profile(self._contract.components, profile)
            self._components[profile] = for_answers({"schemas": seen}, closed=True)
        return self._components[profile]

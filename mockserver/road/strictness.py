"""Strictness: every answer is checked against the contract as it leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Response

from mockserver.contract import Contract, Document, Operation, Profile, Standing, for_profile
from mockserver.contract.answers import for_answers, validator
from mockserver.contract.document import resolve
from mockserver.errors import ContractViolation
from mockserver.road.binding import Route
from mockserver.road.rendering import Listing, render_error
from mockserver.world.worlds import World

log = logging.getLogger("mockserver.strict")
MOST_REMEMBERED = 10_000
OF_ROWS_TOGETHER = frozenset({"contains", "maxItems", "minItems", "prefixItems", "unevaluatedItems", "uniqueItems"})


def read(body: bytes) -> Any:
    """Return the value that an answer's JSON spells, numbers of any size included."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


@dataclass(frozen=True)
class Judge:
    """What judges the answers of one operation, with one status, in one profile."""

    validator: Any
    lists: frozenset[str]
    """Names of lists in them of which each row can be judged by itself."""
    good: set[bytes] = field(default_factory=set)
    """Rows that nothing is wrong with; the bytes are those that are kept with the records."""

    def accepts(self, listing: Listing) -> bool:
        """Return whether nothing is wrong with a page: with what stands around its rows, and those not judged before.

        To judge a hundred rows takes twice as long as to tell them; most of them are told again as they were.
        """
        if listing.page.rows_key not in self.lists:
            return False
        rows = [row for row in listing.rows if row not in self.good]
        if not self.validator.is_valid(read(listing.told_with(rows))):
            return False
        if len(self.good) + len(rows) > MOST_REMEMBERED:
            self.good.clear()
        self.good.update(rows)
        return True


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
        self._judges: dict[tuple[str, str, Profile], Judge] = {}

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
        judge = self._judge(operation, str(response.status_code), profile)
        if isinstance(response, Listing) and judge.accepts(response):
            return None
        error = next(judge.validator.iter_errors(read(body)), None)
        if error is None:
            return None
        place = "/".join(str(part) for part in error.instance_path) or "the body"
        return f"{place}: {error.message}"[:500]

    def _judge(self, operation: Operation, status: str, profile: Profile) -> Judge:
        key = (operation.id, status, profile)
        if key not in self._judges:
            spec = for_profile(operation.spec["responses"][status], profile)
            schema = for_answers(spec["content"]["application/json"].get("schema", {}), closed=True)
            components = self._components_of(profile)
            self._judges[key] = Judge(validator(schema, components), _lists({"components": components}, schema))
        return self._judges[key]

    def _components_of(self, profile: Profile) -> Document:
        if profile not in self._components:
            seen = for_profile(self._contract.components, profile)
            self._components[profile] = for_answers({"schemas": seen}, closed=True)
        return self._components[profile]


def _lists(document: Document, schema: Document) -> frozenset[str]:
    """Return the names of the lists in an answer whose schema says nothing of their rows together."""
    properties = resolve(document, schema).get("properties", {})
    shapes = {name: resolve(document, shape) for name, shape in properties.items() if isinstance(shape, dict)}
    return frozenset(name for name, shape in shapes.items() if "items" in shape and OF_ROWS_TOGETHER.isdisjoint(shape))

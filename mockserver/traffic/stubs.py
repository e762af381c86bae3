"""Stubs: answers given in the place of a world's own, for states that it cannot reach.

A stub lives in the world's store as the JSON that the control plane was given, with the count of its `hits`. Of several
about one request the newest answers. Unless it is forced, a stub may say nothing that the contract does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from flask import Response

from mockserver.contract import Operation, Profile
from mockserver.road.binding import Route
from mockserver.road.rendering import empty
from mockserver.road.strictness import Strictness
from mockserver.store import Transaction
from mockserver.traffic.faults import written
from mockserver.traffic.matching import Match, Subject, path_pattern
from mockserver.world.worlds import World

STUBS = "stubs"


def find_stub(world: World, subject: Subject) -> tuple[str, Response] | None:
    """Return the stub that answers a request, by its id, and its answer; and count it."""
    for spec in reversed(world.view().value(STUBS) or []):
        if Match.of(spec["match"]).fits(subject):
            with world.store.transaction() as transaction:
                answers = _count(transaction, spec["id"])
            if answers:
                return spec["id"], response_of(spec["response"])
    return None


def _count(transaction: Transaction, id: str) -> bool:
    """Return whether a stub still answers, and count that it does."""
    stubs = transaction.value(STUBS) or []
    spec = next((stub for stub in stubs if stub["id"] == id), None)
    if spec is None or (spec.get("times") is not None and spec["hits"] >= spec["times"]):
        return False
    counted = {**spec, "hits": spec["hits"] + 1}
    transaction.put(STUBS, [counted if stub["id"] == id else stub for stub in stubs])
    return True


def response_of(spec: Mapping[str, Any]) -> Response:
    """Return the response that a JSON object spells."""
    headers = spec.get("headers") or {}
    if spec.get("body") is None:
        response = empty(spec["status"])
        response.headers.update(headers)
        return response
    return written(spec["status"], spec["body"], headers)


def operations_of(match: Match, routes: Iterable[Route]) -> list[Operation]:
    """Return the operations that a match may be about, each once."""
    found: dict[str, Operation] = {}
    for route in routes:
        for method, endpoint in route.endpoints.items():
            operation = endpoint.operation
            if match.operation not in (None, operation.id) or (match.method or method).upper() != method:
                continue
            if match.path is None or _may_meet(match.path, route.path):
                found.setdefault(operation.id, operation)
    return list(found.values())


def _may_meet(pattern: str, template: str) -> bool:
    """Return whether some path fits both a match's pattern and a route's template."""
    if "*" in pattern:
        loose = re.sub(r"{\w+}", "*", pattern.rstrip("/"))
        return fnmatchcase(template, loose) or fnmatchcase(re.sub(r"{\w+}", "x", template), loose)
    return bool(path_pattern(template).fullmatch(re.sub(r"{\w+}", "x", pattern)))


def find_problem(spec: Mapping[str, Any], routes: Iterable[Route], strictness: Strictness, profile: Profile) -> str:
    """Return what of a stub the contract does not allow; an empty text when it allows all of it.

    A status of 500 or more is always allowed: it is no part of any contract that a server breaks down.
    """
    match = Match.of(spec["match"])
    operations = operations_of(match, routes)
    if not operations:
        return "no operation of the contract fits the match"
    response = response_of(spec["response"])
    for operation in operations:
        if str(response.status_code) not in operation.spec["responses"] and response.status_code >= 500:
            continue
        problem = strictness.find_problem(operation, response, profile)
        if problem:
            return f"{operation.id}: {problem}"
    return ""

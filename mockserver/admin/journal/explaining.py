"""Why a request was answered as it was: its operation, whether the answer keeps the contract, and of a refusal, why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import orjson
from flask import Response

from mockserver.admin.plane import Plane
from mockserver.contract import Document, Operation
from mockserver.request.auth import find_key
from mockserver.road.binding import Route
from mockserver.store import Record
from mockserver.traffic.journal import MOST_KEPT_BYTES, Entry, read_value, redact
from mockserver.traffic.matching import path_pattern
from mockserver.world.worlds import World

MISSING_SCOPE = re.compile(r"API key missing required scope '([^']+)'")
VARYING = re.compile(r"\{\w+\}|[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}|@current")
CLOSE = 0.55
TENANTS = {
    "Project not found.": ("project_id", "project"),
    "Organization not found.": ("organization_id", "organization"),
}
TOLD = ("type", "format", "enum", "description", "minimum", "maximum", "maxLength", "pattern", "nullable")
"""What of a field's schema helps who sent something else."""

Told = dict[str, Any]


def explain(plane: Plane, world: World, entry: Entry) -> Told:
    """Return what there is to say of an entry: `operation`, `contract`, and for a refusal `reason`, else nulls."""
    known = (*plane.contract.operations, *plane.registry.operations())
    operation = next((each for each in known if each.id == entry.operation), None)
    return {
        "operation": None if operation is None else _describe(plane, operation),
        "contract": _judge(plane, world, entry, operation),
        "reason": _reason(plane, world, entry, operation),
    }


def _describe(plane: Plane, operation: Operation) -> Told:
    spec = operation.spec
    responses = {code: plane.contract.resolve(answer) for code, answer in spec["responses"].items()}
    return {
        "id": operation.id,
        "method": operation.method.upper(),
        "path": operation.path,
        "family": operation.family,
        "summary": spec.get("summary"),
        "description": spec.get("description"),
        "scopes": list(operation.scopes),
        "standing": operation.standing.value,
        "answers": {code: answer.get("description") for code, answer in sorted(responses.items())},
    }


def _judge(plane: Plane, world: World, entry: Entry, operation: Operation | None) -> Told:
    """Say whether an answer keeps the contract; `kept` is null where that cannot be told any more."""
    unknown = {"kept": None, "problem": None}
    if operation is None or entry.status is None or len(entry.answer) >= MOST_KEPT_BYTES:
        return unknown
    response = Response(entry.answer, entry.status)
    if entry.answer:
        try:
            orjson.loads(entry.answer)
        except orjson.JSONDecodeError:
            return unknown  # a table, a script, or what a fault left of an answer: its media type is not kept
        response.content_type = "application/json"
    problem = plane.strictness.find_problem(operation, response, world.profile)
    return {"kept": problem is None, "problem": problem}


def _reason(plane: Plane, world: World, entry: Entry, operation: Operation | None) -> Told | None:
    """Return why a request was refused: a `kind`, a `text`, and what goes with the kind; None for no refusal."""
    if entry.planned and (entry.status is None or entry.status >= 400):
        return _told("planned", f"Not the world's own answer: it was planned, by {entry.planned}.", by=entry.planned)
    if entry.status is None or entry.status < 400:
        return None
    answer = read_value(entry.answer)
    envelope: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    detail, code, attr = (str(envelope.get(name) or "") for name in ("detail", "code", "attr"))
    routes = (*plane.routes, *plane.registry.routes())
    route = next((each for each in routes if path_pattern(each.path).fullmatch(entry.path)), None)
    if entry.status == 404 and operation is None and route is None:
        return _lost(plane, entry)
    if entry.status == 405:
        methods = "" if route is None else route.allow
        return _told("method", f"This path does not answer {entry.method}, but {methods}.", allowed=methods.split(", "))
    if code in ("not_authenticated", "authentication_failed"):
        return _key(world, entry, code, detail)
    scope = MISSING_SCOPE.search(detail)
    if scope is not None:
        return _scope(world, entry, scope[1])
    if detail in TENANTS:
        return _tenant(world, entry, route, *TENANTS[detail])
    if attr:
        return _field(plane, entry, operation, attr, detail)
    kinds = {404: "record", 415: "media", 406: "media", 429: "throttled", 501: "not_modelled"}
    kind = "body" if code == "parse_error" else kinds.get(entry.status, "refused")
    return _told(kind, detail or f"The answer was a {entry.status}, without a word of why.")


def _told(kind: str, text: str, **more: Any) -> Told:
    return {"kind": kind, "text": redact(text), **more}


def _lost(plane: Plane, entry: Entry) -> Told:
    """Tell of a path that no route has, with the route that it was perhaps meant for."""
    plain = {VARYING.sub("*", route.path): route for route in reversed(plane.routes)}
    found = get_close_matches(VARYING.sub("*", entry.path.rstrip("/")), plain, n=1, cutoff=CLOSE)
    closest = plain[found[0]] if found else None
    text = "No path of the API is like this one."
    if closest is not None:
        text = f"No path of the API is this one. The closest is {closest.path}/."
    told = None if closest is None else {"path": f"{closest.path}/", "methods": sorted(closest.endpoints)}
    return _told("route", text, closest=told)


def _key(world: World, entry: Entry, code: str, detail: str) -> Told:
    found = find_key(entry.variables.get("HTTP_AUTHORIZATION"), entry.body, entry.query)  # type: ignore[arg-type]
    if found is None and entry.variables.get("HTTP_AUTHORIZATION"):
        text = "The Authorization header is not of the form `Bearer <personal API key>`."
    elif found is None:
        text = "No key was sent. The API takes a personal API key, in the header Authorization: Bearer …"
    elif found[0].startswith("phc_"):
        text = f"The {found[1]} bears a project token. The API takes a personal API key (phx_…)."
    elif code == "authentication_failed" and not _key_of(world, entry):
        text = f"The key in the {found[1]} is of no world of this server."
    else:
        text = detail
    return _told("key", text)


def _scope(world: World, entry: Entry, scope: str) -> Told:
    key = _key_of(world, entry) or {}
    scopes = list(key.get("scopes") or [])
    text = f"The key {key['label']!r} lacks the scope {scope}." if key else f"The key lacks the scope {scope}."
    return _told("scope", text, scope=scope, scopes=scopes)


def _key_of(world: World, entry: Entry) -> Record | None:
    found = find_key(entry.variables.get("HTTP_AUTHORIZATION"), entry.body, entry.query)  # type: ignore[arg-type]
    return world.view().table("api_keys").get(found[0]) if found else None


def _tenant(world: World, entry: Entry, route: Route | None, parameter: str, noun: str) -> Told:
    template = re.escape(route.path if route else "").replace(r"\{" + parameter + r"\}", "([^/]+)")
    found = re.match(re.sub(r"\\\{\w+\\\}", "[^/]+", template), entry.path)
    asked = found[1] if found and found.groups() else None
    known = [record["id"] for record in world.view().table(f"{noun}s")][:20]
    text = f"There is no {noun} {asked} in the world of this key; it has {', '.join(map(str, known)) or 'none'}."
    return _told("tenant", text, known=known)


def _field(plane: Plane, entry: Entry, operation: Operation | None, attr: str, detail: str) -> Told:
    path = attr.split("__")
    schema = None if operation is None else _schema_of(plane, operation, path)
    expected = None if schema is None else {name: schema[name] for name in TOLD if name in schema}
    is_sent, sent = _sent(entry, path)
    more = {"sent": redact({path[-1]: sent})[path[-1]]} if is_sent else {}
    return _told("field", detail, field=".".join(path), expected=expected, is_sent=is_sent, **more)


def _sent(entry: Entry, path: list[str]) -> tuple[bool, Any]:
    """Return whether a field was sent, and what: in the body, else in the query."""
    value = entry.body
    for name in path:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return path[0] in entry.query, entry.query.get(path[0])
    return True, value


def _schema_of(plane: Plane, operation: Operation, path: list[str]) -> Document | None:
    """Return the schema of a field of a request's body, or of a parameter of its query; None for one unknown."""
    resolve = plane.registry.resolve_of(operation) or plane.contract.resolve
    body = resolve(operation.spec.get("requestBody") or {}).get("content", {}).get("application/json", {})
    node: Document | None = resolve(body.get("schema"))
    for name in path:
        node = _inside(resolve, node, name)
    if node is not None:
        return node
    parameters = [resolve(each) for each in operation.spec.get("parameters", [])]
    return next((each["schema"] for each in parameters if each.get("name") == path[0] and "schema" in each), None)


def _inside(resolve: Callable[[Any], Any], node: Document | None, name: str) -> Document | None:
    if node is None:
        return None
    inside = node["items"] if name.isdigit() and "items" in node else node.get("properties", {}).get(name)
    if inside is not None:
        found: Document = resolve(inside)
        return found
    parts = [resolve(part) for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ())]
    return next((inner for part in parts if (inner := _inside(resolve, part, name)) is not None), None)

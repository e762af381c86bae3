"""Probes: what every operation must answer alike, asked once each, written down as scripts.

Properties are drawn at random and may miss what happens once; a probe is about one documented answer of one operation.
All but the last two kinds are refused or only read, so they leave a server as it was; those are for mocks, and for a
project that was made for a replay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.contract import Contract, Operation, Profile
from mockserver.replay.identifiers import ASKED_FOR, example_body
from mockserver.replay.script import Script, Step

WHOLE = {
    "persons/{id}": {"properties": {"plan": "pro"}},
    "persons/{id}/update_property": {"key": "plan", "value": "pro"},
}
"""Bodies that do something, by path within a project, where the contract's example lacks what servers ask for."""
SOURCE = "the order in which servers judge a request; recorded answers"
PREFIX = "probe: "
UNKNOWN_INTEGER = 2147483001
UNKNOWN_UUID = "00000000-0000-4000-8000-000000000001"
UNSEEN_PROJECT = 2147483002
ENVELOPE = {"type": "<text>", "code": "<text>", "detail": "<text>", "attr": "<any>"}


def error(status: int, code: str, **more: Any) -> dict[str, Any]:
    """Return the expectation of an error in the one envelope."""
    return {
        "status": status,
        "body": {**ENVELOPE, "code": code, **more},
        "headers": {"content-type": "application/json"},
    }


def probes(
    contract: Contract, operations: Sequence[Operation], identifiers: Mapping[str, Mapping[str, Sequence[Any]]]
) -> list[Script]:
    """Return the probes of operations, at identifiers that exist on the server they are for."""
    found = []
    reading = {operation.path: operation for operation in operations if operation.method == "get"}
    for operation in operations:
        known = identifiers.get(f"{operation.method.upper()} {operation.path}", {})
        path = {name: values[0] for name, values in known.items() if values and f"{{{name}}}" in operation.path}
        named = set(re.findall(r"{(\w+)}", operation.path)) - {"project_id", "organization_id"}
        complete = named <= set(path)
        found += [
            Script(f"{PREFIX}{name}", operation.family, (Step(operation.id, spec),), role, profile, SOURCE)
            for name, role, profile, spec in _of_operation(contract, operation, path, known, complete=complete)
        ]
        if operation.method == "patch" and operation.path in reading and complete:
            found.append(_of_writing(operation, reading[operation.path], path))
        elif operation.method in ("post", "put", "patch", "delete") and complete:
            found.append(_of_doing(operation, known, reading.get(_record_path(operation))))
    return found


Probe = tuple[str, str, Profile | None, dict[str, Any]]


def _of_operation(
    contract: Contract,
    operation: Operation,
    path: dict[str, Any],
    known: Mapping[str, Sequence[Any]],
    *,
    complete: bool,
) -> Iterator[Probe]:
    statuses = operation.spec["responses"]
    whole = {name: UNKNOWN_INTEGER for name in re.findall(r"{(\w+)}", operation.path) if name not in TENANT} | path
    base: dict[str, Any] = {"path": whole}
    if operation.method in ("post", "put", "patch") and operation.body_schema:
        base["body"] = example_body(operation)
    refusal = operation.stranger_status
    if str(refusal) in statuses:
        yield "nobody is let in without a key", "none", None, {**base, "expect": error(refusal, "not_authenticated")}
        yield "nobody is let in with an unknown key", "unknown", None, {
            **base, "expect": error(refusal, "authentication_failed"),
        }  # fmt: skip
    if "403" in statuses:
        yield from _of_scopes(operation, base)
    if "404" in statuses:
        yield from _of_unknowns(operation, base)
    if "406" in statuses:
        expect = error(406, "not_acceptable") if _is_json_only(operation) else {"status": 406}
        yield "what is not on offer is not given", ROLE, None, {
            **base, "headers": {"Accept": "application/xml"}, "expect": expect,
        }  # fmt: skip
    if operation.method in ("post", "put", "patch") and operation.body_schema and complete:
        yield from _of_bodies(operation, {"path": whole})
    if operation.method == "get" and complete:
        yield from _of_reading(contract, operation, {"path": whole}, known)


LIMITED = frozenset({"insight:write"})
"""What a limited key may do."""
OWN_SCOPES = frozenset({"comments"})
"""Families of which the scope depends on what a request is about, not on the operation alone."""
SETTINGS = frozenset({"environments"})
"""Families of which some writes ask for no more than reading does."""
STAFF = frozenset({"dashboard_templates"})
"""Families that ask who writes before they ask which record."""
FILTERED = frozenset({"projects", "organization_feature_flags"})
"""Families of which an unknown tenant has no records, where others have no tenant."""
TENANT = frozenset({"project_id", "organization_id"})
ROLE = "session"
"""Who probes: a key that no action refuses, in either profile."""


def _of_scopes(operation: Operation, base: dict[str, Any]) -> Iterator[Probe]:
    writing = [scope for scope in operation.scopes if scope.endswith(":write")]
    if writing and operation.family not in SETTINGS:
        detail = f"API key missing required scope '{writing[0]}'"
        yield "a key that may only read does not write", "read_only", None, {
            **base, "expect": error(403, "permission_denied", detail=detail, type="authentication_error"),
        }  # fmt: skip
    elif operation.refuses_keys:
        yield "an action without a scope refuses keys", "all_access", Profile.OBSERVED, {
            **base, "expect": error(403, "permission_denied", type="authentication_error"),
        }  # fmt: skip
    needed = {scope.replace(":read", ":write") for scope in operation.scopes}
    if not needed <= LIMITED and operation.family not in OWN_SCOPES:
        yield "a key without the scope is refused", "limited", None, {
            **base, "expect": error(403, "permission_denied", type="authentication_error"),
        }  # fmt: skip
    if operation.membership_level > 1:
        yield "a member below the level is refused", "member", None, {
            **base, "expect": error(403, "permission_denied", type="authentication_error"),
        }  # fmt: skip
    if not operation.refuses_keys and _names_ours(operation, base["path"]):
        yield "somebody else's key reaches nothing here", "outsider", None, {
            **base, "expect": {"status": [403, 404], "body": ENVELOPE},
        }  # fmt: skip


def _names_ours(operation: Operation, path: Mapping[str, Any]) -> bool:
    """Return whether a path names something that somebody else has not: no list of one's own, nor oneself."""
    names = re.findall(r"{(\w+)}", operation.path)
    return bool(names) and not any(_is_oneself(value) for value in path.values())


def _is_oneself(value: Any) -> bool:
    return str(value).startswith("@")


def _of_unknowns(operation: Operation, base: dict[str, Any]) -> Iterator[Probe]:
    tenant = "project_id" if "{project_id}" in operation.path else "organization_id"
    judges_body = operation.family in FILTERED and operation.method == "post" and not operation.is_item
    if f"{{{tenant}}}" in operation.path and not judges_body:
        value: Any = UNSEEN_PROJECT if tenant == "project_id" else UNKNOWN_UUID
        what = "Project" if tenant == "project_id" else "Organization"
        detail = "Not found." if operation.family in FILTERED else f"{what} not found."
        yield f"an unknown {what.lower()} is not found", ROLE, None, {
            **base, "path": {**base["path"], tenant: value}, "expect": error(404, "not_found", detail=detail),
        }  # fmt: skip
    if operation.family in STAFF and operation.writes:
        return
    if not operation.is_item or operation.successes[Profile.DOCUMENTED].status == 405:
        return
    schema: Mapping[str, Any] = next(
        (p["schema"] for p in operation.spec["parameters"] if p["in"] == "path" and p["name"] == "id"), {}
    )
    unknown: Any = UNKNOWN_UUID if schema.get("format") == "uuid" else UNKNOWN_INTEGER
    name = operation.relative[1:].partition("}")[0]
    if _is_oneself(base["path"].get(name)):
        return
    yield "an unknown record is not found", ROLE, None, {
        **base, "path": {**base["path"], name: unknown}, "expect": {"status": [404, 400, *_of_unnamed(operation)]},
    }  # fmt: skip


def _of_unnamed(operation: Operation) -> list[int]:
    """Return the successes of an operation that asks nothing of its record: any query may be stopped or looked up."""
    return sorted({operation.successes[profile].status for profile in Profile}) if operation.family == "query" else []


def _of_bodies(operation: Operation, base: dict[str, Any]) -> Iterator[Probe]:
    if "415" in operation.spec["responses"]:
        yield "a body of another type is not read", ROLE, None, {
            **base, "raw": "text", "content_type": "text/plain", "expect": error(415, "unsupported_media_type"),
        }  # fmt: skip
    if "400" in operation.spec["responses"]:
        yield "a body that is no JSON is not read", ROLE, None, {
            **base, "raw": '{"a": ', "content_type": "application/json",
            "expect": error(400, "parse_error", type="invalid_request", attr="<null>"),
        }  # fmt: skip


def _of_reading(
    contract: Contract, operation: Operation, base: dict[str, Any], known: Mapping[str, Sequence[Any]]
) -> Iterator[Probe]:
    success = {str(profile): operation.successes[profile].status for profile in Profile}
    names = {parameter["name"] for parameter in operation.spec["parameters"] if parameter["in"] == "query"}
    required = {p["name"] for p in operation.spec["parameters"] if p["in"] == "query" and p.get("required")}
    if any(name in ASKED_FOR and not known.get(name) for name in required):
        return  # there is no record to ask about
    query = {
        parameter["name"]: known[parameter["name"]][0] if known.get(parameter["name"]) else _value(parameter)
        for parameter in operation.spec["parameters"]
        if parameter["in"] == "query" and parameter.get("required")
    }
    if operation.path.endswith("/values"):  # of which property is asked, whatever a page marks as required
        examples = {p["name"]: p.get("example", p["schema"].get("example")) for p in operation.spec["parameters"]}
        key = next(iter(known.get("key", ())), examples.get("key"))
        query |= {"key": key} if key else {}
    for needed in ABOUT:
        query |= needed if names >= needed.keys() else {}
    if operation.relative == "funnel" and "events" in names:
        query |= {name: value for name, value in STEPS.items() if name in names}
    expect: dict[str, Any] = {"status": _either(success)}
    if operation.relative.endswith("funnel/correlation"):
        expect = {"status": {Profile.DOCUMENTED: success[Profile.DOCUMENTED], Profile.OBSERVED: [200, 400, 403]}}
    if min(success.values()) >= 400:  # nobody has a success
        expect = _documented(operation)
    if "202" in operation.spec["responses"]:  # what is asked for may not be ready yet
        expect = {"status": [*success.values(), 202]}
    yield "it answers", ROLE, None, {**base, "query": query, "expect": expect}
    if "limit" in names:
        yield "a page of one", ROLE, None, {**base, "query": {**query, "limit": 1}, "expect": expect}
        offset = "offset" if "offset" in names else "page"
        yield "the page after it", ROLE, None, {**base, "query": {**query, "limit": 1, offset: 1}, "expect": expect}
    for name, value in _filters(contract, operation):
        yield f"filtered by {name}: {value}", ROLE, None, {
            **base, "query": {**query, name: value}, "expect": {"status": [200, 400]},
        }  # fmt: skip


def _filters(contract: Contract, operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield the names of query parameters that choose what is listed, each with values to choose by."""
    for parameter in operation.spec["parameters"]:
        if parameter["in"] != "query" or parameter["name"] == "format":
            continue
        schema = contract.resolve(parameter.get("schema", {}))
        for value in schema.get("enum") or contract.resolve(schema.get("items", {})).get("enum", ()):
            yield parameter["name"], value
        if "example" in parameter:
            yield parameter["name"], parameter["example"]
        if parameter["name"] in FILTERS:
            yield parameter["name"], "e"


def _of_writing(operation: Operation, reading: Operation, path: dict[str, Any]) -> Script:
    """Return the probe that writes what the contract gives as an example and reads the record again.

    The example may be what is there already, since PUT has written it: so each yes of it becomes a no, and each number
    the next.
    """
    body = {name: _other(name, value) for name, value in _whole_body(operation).items()}
    steps = [Step(operation.id, {"path": path, "body": body, "expect": _documented(operation)})]
    steps.append(Step(reading.id, {"path": path, "expect": _documented(reading)}))
    return Script(f"{PREFIX}what is written is read again", operation.family, tuple(steps), ROLE, None, SOURCE)


def _other(name: str, value: Any) -> Any:
    """Return another value of a field than that; what names a record stays."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) and not name.endswith(("id", "level")) else value


def _within(operation: Operation) -> str:
    return operation.path.partition("/{project_id}/")[2]


def _whole_body(operation: Operation) -> Any:
    return WHOLE.get(_within(operation)) or example_body(operation)


def _place(operation: Operation) -> int:
    """Return which of several records an operation is done to: what takes one away, or apart, has one of its own."""
    if operation.path.endswith("/split"):
        return -3
    if operation.method != "delete":
        return 0
    return -2 if operation.path.startswith("/api/environments/") else -1


def _record_path(operation: Operation) -> str:
    """Return the path of the record that an operation is about; of the collection's where it is about none."""
    head, brace, _ = operation.path.rpartition("}")
    return f"{head}{brace}"


def _of_doing(operation: Operation, known: Mapping[str, Sequence[Any]], reading: Operation | None) -> Script:
    """Return the probe that does what an operation is for, and reads the record again where that can be read.

    What it removes is not what the others ask about.
    """
    place = _place(operation)
    path = {
        name: values[max(place, -len(values))]
        for name, values in known.items()
        if values and f"{{{name}}}" in operation.path
    }
    spec: dict[str, Any] = {"path": path, "expect": _documented(operation)}
    if operation.body_schema or _within(operation) in WHOLE:
        spec["body"] = _whole_body(operation)
    steps = [Step(operation.id, spec)]
    if reading is not None:
        steps.append(Step(reading.id, {"path": path, "expect": _documented(reading)}))
    return Script(f"{PREFIX}it is done", operation.family, tuple(steps), ROLE, None, SOURCE)


def _documented(operation: Operation) -> dict[str, Any]:
    return {"status": sorted(int(status) for status in operation.spec["responses"] if status.isdecimal())}


ABOUT: tuple[Mapping[str, str], ...] = (
    {"entity_id": "$pageview", "entity_type": "events"},
    {"funnel_correlation_person_entity": '{"id": "$pageview", "type": "events"}'},
)
"""What a question about the persons behind a point of a graph, or a correlation, is about."""
STEPS = {"events": '[{"id": "$pageview", "order": 0}, {"id": "$pageview", "order": 1}]', "funnel_step": "1"}
"""What a funnel is asked of."""
FILTERS = frozenset({"search", "email", "type", "scope", "key"})


def _value(parameter: Mapping[str, Any]) -> Any:
    """Return a value that a required parameter may have."""
    schema = parameter.get("schema", {})
    given = parameter.get("example", schema.get("example"))
    if given is None and schema.get("type") == "integer":
        return schema.get("minimum", 0)
    return next(iter(schema.get("enum", ())), "2026-01-14") if given is None else given


def _either(success: dict[str, int]) -> Any:
    return success if len(set(success.values())) > 1 else next(iter(success.values()))


def _is_json_only(operation: Operation) -> bool:
    return operation.family != "persons"

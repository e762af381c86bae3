"""HogQLAutocomplete: what could stand where the cursor is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.analytics.hogql import functions
from mockserver.analytics.hogql.literals import typed_identifier
from mockserver.analytics.hogql.tables.database import Database
from mockserver.analytics.hogql.tables.schema import Computed, Joined, Path, Plain, Table, TableField, Within
from mockserver.analytics.hogql.types import Kind
from mockserver.analytics.inquiries import Inquiry
from mockserver.request.call import Call

AFTER_FROM = re.compile(r"\b(?:from|join)\s+[\w.]*$", re.IGNORECASE)
PATH = re.compile(r"(?P<path>(?:[\w$]+\.)*)[\w$]*$")
TABLE = re.compile(
    r"\b(?:from|join)\s+(?P<name>\w+)"
    r"(?:\s+(?:as\s+)?(?!(?:where|join|left|inner|on|group|order|limit|sample|prewhere|having|union)\b)(?P<alias>\w+))?",
    re.IGNORECASE,
)
DETAILS = {
    Kind.STRING: "String", Kind.UUID: "String", Kind.INTEGER: "Integer", Kind.FLOAT: "Float", Kind.DATE: "Date",
    Kind.DATETIME: "DateTime", Kind.BOOLEAN: "Boolean", Kind.JSON: "Object",
}  # fmt: skip
OFFERED = (
    "events", "groups", "persons", "person_distinct_ids", "person_distinct_id_overrides",
    "error_tracking_issue_fingerprint_overrides", "session_replay_events", "cohort_people", "static_cohort_people",
    "log_entries", "query_log", "app_metrics", "sessions", "heatmaps", "exchange_rate",
)  # fmt: skip
"""The tables that servers suggest; raw ones may be asked for all the same."""
EXPRESSION, PROGRAMS = "hogQLExpr", ("hog", "hogTemplate")

Suggestion = dict[str, Any]


def hogql_autocomplete(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with tables after FROM, a path's fields or properties, and else with fields and functions."""
    inquiry, text = Inquiry.of(call, query), query.get("query") or ""
    before = text[: query["endPosition"]]
    return {"incomplete_list": False, "suggestions": list(_suggest(inquiry, query, text, before)), "timings": None}


def _suggest(inquiry: Inquiry, query: Mapping[str, Any], text: str, before: str) -> Iterator[Suggestion]:
    found = PATH.search(before)
    path = found["path"].split(".")[:-1] if found else []
    if query.get("language") in PROGRAMS:
        yield from _globals(query.get("globals"), path)
        return
    if query.get("language") == EXPRESSION:  # its fields are those of the query that it is a part of
        text = (query.get("sourceQuery") or {}).get("query") or ""
    elif AFTER_FROM.search(before):
        yield from (_suggestion(name, "Folder", "Table") for name in OFFERED)
        return
    tables = _tables(text, inquiry.database)
    if not tables and query.get("language") != EXPRESSION:
        tables = {"events": inquiry.database.tables["events"]}  # what one most likely selects from
    table = tables.get(path[0]) if path else next(iter(tables.values()), None)
    if path and table is None:
        yield from _inside(next(iter(tables.values()), None), path, inquiry)
    elif len(path) > 1:
        yield from _inside(table, path[1:], inquiry)
    else:
        for name, item in table.fields.items() if table else ():
            yield {**_suggestion(name, "Variable", _detail(item)), "insertText": typed_identifier(name)}
        yield from _functions()


def _tables(text: str, database: Database) -> dict[str, Table]:
    """Return the tables that a query selects from, by what it calls them."""
    found = {}
    for match in TABLE.finditer(text):
        table = database.find(match["name"])
        if table:
            found[match["alias"] or match["name"]] = table
    return found


def _inside(table: Table | None, path: list[str], inquiry: Inquiry) -> Iterator[Suggestion]:
    """Yield what a path of a table leads to: the fields of another, or the properties of a kind."""
    fields: Mapping[str, TableField] = table.fields if table else {}
    kind = table.properties if table else None
    steps = list(path)
    while steps:
        name = steps.pop(0)
        match fields.get(name):
            case Path(chain):
                steps = [*chain, *steps]
            case Joined(table=onwards):
                fields, kind = inquiry.database.tables[onwards].fields, inquiry.database.tables[onwards].properties
                kind = name if kind == "group" else kind
            case Within(fields=onwards, properties=kind):
                fields = onwards
            case Plain(type=type) if type.kind is Kind.JSON and not steps:
                yield from _properties(kind or "", inquiry)
                return
            case _:
                return
    yield from (_suggestion(name, "Variable", _detail(item)) for name, item in fields.items())


def _properties(kind: str, inquiry: Inquiry) -> Iterator[Suggestion]:
    for item in inquiry.view.table("property_definitions").find(project_id=inquiry.project_id):
        own = item.get("type") or "event"
        if kind == (f"group_{item.get('group_type_index')}" if own == "group" else own):
            yield _suggestion(item["name"], "Variable", item.get("property_type"))


def _globals(given: Mapping[str, Any] | None, path: list[str]) -> Iterator[Suggestion]:
    """Yield what stands at a path of the values that a program is given."""
    inside: Any = given
    for step in path:
        inside = inside.get(step) if isinstance(inside, Mapping) else None
    if isinstance(inside, Mapping):
        yield from (_suggestion(str(name), "Variable", None) for name in inside)


def _functions() -> Iterator[Suggestion]:
    for name in (*functions.functions(), *functions.aggregates(), *functions.OF_SURVEYS):
        if not name.startswith("_"):
            yield {**_suggestion(name, "Function", None), "insertText": f"{name}()"}


def _detail(item: TableField) -> str | None:
    match item:
        case Plain(type=type):
            return DETAILS.get(type.kind)
        case Computed():
            return "Unknown"
        case Joined() | Within():
            return "Table"
    return None


def _suggestion(name: str, kind: str, detail: str | None) -> Suggestion:
    return {"detail": detail, "documentation": None, "insertText": name, "kind": kind, "label": name}

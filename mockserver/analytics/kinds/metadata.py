"""HogQLMetadata: what an editor is told of a query while it is written; a wrong one is answered, not refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.analytics.conditions.properties import tables_of
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node, walk
from mockserver.analytics.hogql.parser import (
    OPENING_TEMPLATE,
    parse_expression,
    parse_program,
    parse_select,
    parse_template,
)
from mockserver.analytics.hogql.placeholders import UNKNOWN_GLOBAL
from mockserver.analytics.hogql.printing.printer import print_clickhouse, print_hogql
from mockserver.analytics.hogql.resolving.resolver import resolve, resolve_expression
from mockserver.analytics.hogql.resolving.sources import TableSource
from mockserver.analytics.hogql.types import Kind
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.kinds.reading import read
from mockserver.request.call import Call

FROM = re.compile(r"\bfrom\s+$", re.IGNORECASE)
Notice = dict[str, Any]
DECLARED = {"Numeric": "Float", "Boolean": "Boolean", "DateTime": "DateTime", "String": "String"}
OWNERS = {"events": "Event", "persons": "Person", "groups": "Group"}


@dataclass
class Told:
    """What there is to say of a query so far."""

    errors: list[Notice] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    table_names: list[str] = field(default_factory=list)
    uses_indexes: str | None = None


def hogql_metadata(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer whether a query, expression, program or template is valid, and what its names are."""
    return describe(Inquiry.of(call, query), query)


def describe(inquiry: Inquiry, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what there is to say of a query, expression, program or template."""
    text, told = query.get("query") or "", Told()
    try:
        _judge(inquiry, query, text, told)
    except QueryError as error:
        told.errors.append(_error(error, text))
    except RecursionError:
        told.errors.append(notice("Query is nested too deeply", None, None))
    return {
        "errors": told.errors,
        "isUsingIndices": None if told.errors else told.uses_indexes,
        "isValid": not told.errors,
        "notices": [] if told.errors else told.notices,
        "query": text,
        "table_names": told.table_names,
        "warnings": told.warnings,
    }


def notice(message: str, start: int | None, end: int | None) -> Notice:
    """Return one thing to say, and of which part of the text."""
    return {"end": end, "fix": None, "message": message, "start": start}


def _error(error: QueryError, text: str) -> Notice:
    if error.detail.startswith("mismatched input '<EOF>' expecting"):
        return notice("Unexpected end of query", error.start, error.end)
    if error.detail.startswith(("Unresolved placeholder", UNKNOWN_GLOBAL)):
        return notice("Unexpected HogVMException", None, None)  # as recorded
    if error.detail.startswith("Unknown table") and error.start is not None:
        found = FROM.search(text, 0, error.start)  # what stands in FROM begins with the word itself
        return notice(error.detail, found.start() if found else error.start, error.end)
    return notice(error.detail, error.start, error.end)


def _judge(inquiry: Inquiry, query: Mapping[str, Any], text: str, told: Told) -> None:
    match query.get("language"):
        case "hogQL":
            _judge_query(inquiry, query, text, told)
        case "hogQLExpr":
            _judge_expression(inquiry, query, text, told)
        case "hog":
            told.warnings += unknown_globals(parse_program(text), query.get("globals") or {})
        case "hogTemplate":
            told.warnings += unknown_globals(parse_template(text), query.get("globals") or {}, len(OPENING_TEMPLATE))
        case _:
            raise QueryError(f"Unsupported language: {query.get('language')}")


def _judge_query(inquiry: Inquiry, query: Mapping[str, Any], text: str, told: Told) -> None:
    parsed = parse_select(text)
    told.table_names = sorted({name for item in walk(parsed) for name in _tables(item)})
    filled = read(inquiry, {**query, "query": text, "values": query.get("globals")})
    found: list[Node] = []
    resolved = resolve(filled, replace(inquiry.context, note=found.append))
    print_clickhouse(resolved, inquiry.printing)
    told.notices = [*_fields(found), *_properties(found)]
    told.uses_indexes = _uses_indexes(resolved, told.table_names)


def _uses_indexes(resolved: nodes.Query, names: Sequence[str]) -> str:
    """Return whether the engine could leave most rows unread: of events by their time, of persons by their project."""
    has_time = any(isinstance(item, nodes.Column) and item.chain[-1] == "timestamp" for item in _conditions(resolved))
    if "events" in names and not has_time:
        return "no"
    return "partial" if "persons" in names else "yes"


def _tables(node: Node) -> set[str]:
    return tables_of(node) if isinstance(node, nodes.SelectQuery) else set()


def _conditions(query: nodes.Query) -> Iterator[Node]:
    for item in walk(query):
        if isinstance(item, nodes.SelectQuery) and item.where is not None:
            yield from walk(item.where)


def _judge_expression(inquiry: Inquiry, query: Mapping[str, Any], text: str, told: Told) -> None:
    if not text.strip():
        raise QueryError("Empty query")
    source = (query.get("sourceQuery") or {}).get("kind")
    table = "persons" if source == "ActorsQuery" else "events"
    found: list[Node] = []
    resolved = resolve_expression(parse_expression(text), table, replace(inquiry.context, note=found.append))
    print_hogql(resolved, inquiry.printing)
    told.notices = [*_fields(found), *_properties(found)]


def _fields(found: Sequence[Node]) -> Iterator[Notice]:
    for item in found:
        if isinstance(item, nodes.Column) and item.start is not None and isinstance(item.source, TableSource):
            kind = "String" if item.type.kind is Kind.JSON else item.type.kind.value
            yield notice(f"Field '{item.chain[-1]}' is of type '{kind}'", item.start, item.end)


def _properties(found: Sequence[Node]) -> Iterator[Notice]:
    for item in found:
        if isinstance(item, nodes.Property) and item.declared and isinstance(item.field.source, TableSource):
            owner = "Person" if "person" in map(str, item.chain) else OWNERS.get(item.field.source.table.name, "Event")
            kind = DECLARED.get(item.declared, "String")
            name = str(item.path[0])
            start = None if item.end is None else item.end - len(name)
            yield notice(f"{owner} property '{name}' is of type '{kind}'.", start, item.end)


def unknown_globals(program: Mapping[str, Any], known: Mapping[str, Any], shift: int = 0) -> Iterator[Notice]:
    """Yield a warning for each name of a Hog program that nothing declares; `shift` is where its text begins."""
    names = set(known) | set(_declared(program))
    for item in _objects(program):
        if item.get("node") == "Field" and item["chain"] and str(item["chain"][0]) not in names:
            start, end = (item[side]["offset"] - shift for side in ("start", "end"))
            yield notice(f"Unknown global variable: {item['chain'][0]}", start, end)


def _declared(program: Mapping[str, Any]) -> Iterator[str]:
    for item in _objects(program):
        match item.get("node"):
            case "VariableDeclaration" | "Function":
                yield item["name"]
                yield from item.get("params") or ()
            case "ForInStatement":
                yield from (name for name in (item.get("keyVar"), item.get("valueVar")) if name)
            case "Lambda":
                yield from item["args"]


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)

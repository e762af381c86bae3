"""EventsQuery: the list of events, column by column as asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson

from mockserver.analytics.conditions.actions import action_condition, find_action
from mockserver.analytics.conditions.properties import property_conditions, test_account_conditions
from mockserver.analytics.dates import parse_date
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.aggregation import has_aggregate
from mockserver.analytics.hogql.nodes import Node, compare, constant, field
from mockserver.analytics.hogql.parser import parse_expression, parse_order
from mockserver.analytics.inquiries import Answered, Inquiry
from mockserver.analytics.modifiers import complete
from mockserver.analytics.pages import Page
from mockserver.errors import ValidationError
from mockserver.request.call import Call

STAR = ("uuid", "event", "properties", "timestamp", "team_id", "distinct_id", "elements_chain", "created_at")
DISPLAY_NAMES = ("email", "Email", "$email", "name", "Name", "username", "Username", "UserName")
LEEWAY = timedelta(seconds=5)


def events_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with rows of events; `*` is an object of an event, `person` one of its person."""
    inquiry = Inquiry.of(call, query)
    columns = list(query.get("select") or ["*"])
    asked = inquiry.guard(build, inquiry, query, columns)
    answered, page = Page.of(query).run(inquiry, asked)
    rows = [list(row) for row in answered.rows]
    for number, column in enumerate(columns):
        _expand(column, number, rows, inquiry)
    return answer_rows(query, columns, rows, answered, page)


def answer_rows(
    query: Mapping[str, Any], columns: Sequence[str], rows: Sequence[Any], answered: Answered, page: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answer that a page of rows is, under the columns that were asked for."""
    return {
        "columns": [called(column) for column in columns],
        "error": None,
        **page,
        "hogql": answered.hogql,
        "modifiers": complete(query.get("modifiers")),
        "query_status": None,
        "resolved_date_range": None,
        "results": rows,
        "timings": [],
        "types": [kind for _, kind in answered.types],
    }


def called(column: str) -> str:
    """Return what a column is called: as it is named in it, else as it is written."""
    parsed = parse_expression(column) if " as " in column.lower() else None
    return parsed.alias if isinstance(parsed, nodes.Alias) else column


def build(inquiry: Inquiry, query: Mapping[str, Any], columns: Sequence[str]) -> nodes.SelectQuery:
    """Return the SELECT that a list of events is. Raises: QueryError."""
    texts = [_written(column, inquiry) for column in columns]
    select = [parse_expression(text) for text in texts]
    plain = [item for item in select if not has_aggregate(item)]
    aggregates = [item for item in select if has_aggregate(item)]
    conditions = _conditions(inquiry, query)
    where = [item for item in conditions if not has_aggregate(item)]
    having = [item for item in conditions if has_aggregate(item)]
    return nodes.SelectQuery(
        select=tuple(select),
        select_from=nodes.JoinExpr(table=field("events")),
        where=nodes.conjunction(where) if where else None,
        having=nodes.conjunction(having) if having else None,
        group_by=tuple(unnamed(item) for item in plain) if aggregates and plain else None,
        order_by=order_of(query, texts, select, aggregates) or None,
    )


def _written(column: str, inquiry: Inquiry) -> str:
    match column.split("--")[0].strip():
        case "*":
            return f"tuple({', '.join(STAR)})"
        case "person":
            return "distinct_id"
        case "person_display_name":
            return display_name(inquiry, "person.properties", "person.id", "distinct_id")
    return column


def display_name(inquiry: Inquiry, properties: str, id: str, fallback: str) -> str:
    """Return HogQL for how a person is called, with what tells them apart."""
    names = inquiry.project.get("person_display_name_properties") or DISPLAY_NAMES
    quoted = (name.replace("\\", "\\\\").replace("`", "\\`") for name in names)
    listed = ", ".join(f"toString({properties}.`{name}`)" for name in quoted)
    return f"(coalesce({listed}, {fallback}), toString({id}), {fallback})"


def _conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    conditions = [parse_expression(text) for text in query.get("where") or []]
    conditions += [property_conditions(item, inquiry) for item in query.get("properties") or []]
    conditions += [property_conditions(item, inquiry) for item in query.get("fixedProperties") or []]
    if query.get("event"):
        conditions.append(compare(field("event"), "==", constant(query["event"])))
    if query.get("actionId"):
        action = find_action(inquiry, query["actionId"])
        if action is None:
            raise ValidationError("Action does not exist")
        if not action.get("steps"):
            raise ValidationError("Action does not have any match groups")
        conditions.append(action_condition(inquiry, action))
    if query.get("personId"):
        conditions.append(compare(field("distinct_id"), "in", _distinct_ids(inquiry, str(query["personId"]))))
    if query.get("filterTestAccounts"):
        conditions += test_account_conditions(inquiry)
    before = query.get("before")
    until = parse_date(before, inquiry.now, inquiry.timezone) if before else inquiry.now + LEEWAY
    conditions.append(compare(field("timestamp"), "<", constant(until)))
    after = query.get("after") or "-24h"
    if after != "all":
        since = parse_date(after, inquiry.now, inquiry.timezone)
        conditions.append(compare(field("timestamp"), ">", constant(since)))
    return conditions


def _distinct_ids(inquiry: Inquiry, key: str) -> nodes.Tuple:
    table = inquiry.view.table("persons")
    by: dict[str, Any] = {"id": int(key)} if key.isascii() and key.isdigit() else {"uuid": key.lower()}
    person = table.first(project_id=inquiry.project_id, **by)
    return nodes.Tuple(exprs=tuple(constant(item) for item in (person["distinct_ids"] if person else [""])))


def order_of(
    query: Mapping[str, Any], texts: Sequence[str], select: Sequence[Node], aggregates: Sequence[Node],
    time: str = "timestamp",
) -> tuple[nodes.OrderExpr, ...]:  # fmt: skip
    """Return the order that a list asks for, else the greatest number, the latest or the first column first."""
    if query.get("orderBy") is not None:
        return tuple(parse_order(text) for text in query["orderBy"])
    if "count()" in texts:
        return (nodes.OrderExpr(expr=nodes.call("count"), order="DESC"),)
    if aggregates:
        return (nodes.OrderExpr(expr=unnamed(aggregates[0]), order="DESC"),)
    if time in texts:
        return (nodes.OrderExpr(expr=field(time), order="DESC"),)
    return (nodes.OrderExpr(expr=unnamed(select[0])),)


def unnamed(node: Node) -> Node:
    """Return an expression without its alias."""
    while isinstance(node, nodes.Alias):
        node = node.expr
    return node


def _expand(column: str, number: int, rows: list[list[Any]], inquiry: Inquiry) -> None:
    """Put objects where a column stands for one."""
    name = column.split("--")[0].strip()
    for row in rows:
        if name == "*":
            row[number] = _event(row[number])
        elif name == "person":
            row[number] = _person(row[number], inquiry)
        elif name == "person_display_name":
            shown, id, distinct_id = row[number]
            row[number] = {"display_name": shown, "id": id, "distinct_id": distinct_id}


def _event(values: Sequence[Any]) -> dict[str, Any]:
    event = dict(zip(STAR, values, strict=True))
    event["properties"] = orjson.loads(event["properties"])
    return event


def _person(distinct_id: str, inquiry: Inquiry) -> dict[str, Any]:
    found = inquiry.view.table("persons").first(distinct_ids=distinct_id, project_id=inquiry.project_id)
    if found is None:
        return {"distinct_id": distinct_id}
    return {
        "uuid": found["uuid"],
        "created_at": found["created_at"],
        "properties": found["properties"],
        "distinct_id": distinct_id,
    }

"""SessionsQuery: the list of sessions, column by column as asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.dates import parse_date
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.aggregation import has_aggregate
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.kinds.events import LEEWAY, answer_rows, order_of, unnamed
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

START = "$start_timestamp"


def sessions_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with rows of sessions; `*` is an object of one."""
    inquiry = Inquiry.of(call, query)
    columns = list(query.get("select") or ["*"])
    starred = [name for name, item in inquiry.database.tables["sessions"].fields.items() if item_is_starred(item)]
    asked = inquiry.guard(build, inquiry, query, columns, starred)
    answered, page = Page.of(query).run(inquiry, asked)
    rows = [list(row) for row in answered.rows]
    for number, column in enumerate(columns):
        if column.split("--")[0].strip() == "*":
            for row in rows:
                row[number] = dict(zip(starred, row[number], strict=True))
    return answer_rows(query, columns, rows, answered, page)


def item_is_starred(item: Any) -> bool:
    """Return whether `*` stands for a field, among others."""
    return bool(getattr(item, "is_starred", False))


def build(
    inquiry: Inquiry, query: Mapping[str, Any], columns: Sequence[str], starred: Sequence[str]
) -> nodes.SelectQuery:
    """Return the SELECT that a list of sessions is. Raises: QueryError."""
    every = f"tuple({', '.join(starred)})"
    texts = [every if column.split("--")[0].strip() == "*" else column for column in columns]
    items = [parse_expression(text) for text in texts]
    plain = [item for item in items if not has_aggregate(item)]
    aggregates = [item for item in items if has_aggregate(item)]
    return nodes.SelectQuery(
        select=tuple(items),
        select_from=nodes.JoinExpr(table=field("sessions")),
        where=conjunction(_conditions(inquiry, query)),
        group_by=tuple(unnamed(item) for item in plain) if aggregates and plain else None,
        order_by=order_of(query, texts, items, aggregates, START) or None,
    )


def _conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    conditions = [parse_expression(text) for text in query.get("where") or []]
    filters = [*(query.get("properties") or []), *(query.get("fixedProperties") or [])]
    if query.get("filterTestAccounts"):
        filters += inquiry.project.get("test_account_filters") or []
    conditions += [_filtered(item, inquiry) for item in filters]
    if query.get("personId"):
        of_person = expression("toString(person_id) = {id}", id=constant(query["personId"]))
        conditions.append(_with_events(of_person))
    before, after = query.get("before"), query.get("after") or "-24h"
    until = parse_date(before, inquiry.now, inquiry.timezone) if before else inquiry.now + LEEWAY
    conditions.append(compare(field(START), "<", constant(until)))
    if after != "all":
        since = parse_date(after, inquiry.now, inquiry.timezone)
        conditions.append(compare(field(START), ">", constant(since)))
    return conditions


def _filtered(item: Any, inquiry: Inquiry) -> Node:
    """Return what a filter says of sessions: of themselves, or that they have an event that it holds of."""
    if isinstance(item, Mapping) and item.get("type") == "session":
        return expression("{is_so}", is_so=property_conditions(item, inquiry, "session"))
    return _with_events(property_conditions(item, inquiry))


def _with_events(condition: Node) -> Node:
    return expression("session_id IN (SELECT $session_id FROM events WHERE {condition})", condition=condition)

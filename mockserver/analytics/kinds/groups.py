"""GroupsQuery: the list of groups of one type, by name and key. Source: a recorded answer, PostHog's sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression, parse_order
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

ALWAYS = ("group_name", "key")
NAME = "coalesce(properties.name, key)"


def groups_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each group, those made last first."""
    inquiry = Inquiry.of(call, query)
    columns = list(dict.fromkeys([*ALWAYS, *(query.get("select") or [])]))
    table = nodes.SelectQuery(
        select=tuple(parse_expression(NAME if column == "group_name" else column) for column in columns),
        select_from=nodes.JoinExpr(table=field("groups")),
        where=conjunction(_conditions(inquiry, query)),
        order_by=tuple(map(_order, query.get("orderBy") or ["created_at DESC"])),
    )
    found, page = Page.of(query).run(inquiry, table)
    types = [kind for _, kind in found.types]
    told = answer(query, found.rows, found.hogql, **page, columns=columns, types=types, kind="GroupsQuery")
    return {**told, "modifiers": None}


def _conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    conditions: list[Node] = [compare(field("index"), "==", constant(query["group_type_index"]))]
    if query.get("properties"):
        conditions.append(property_conditions(query["properties"], inquiry, "group"))
    if query.get("search"):
        pattern = constant(f"%{query['search']}%")
        conditions.append(
            expression("properties.name ILIKE {pattern} OR toString(key) ILIKE {pattern}", pattern=pattern)
        )
    return conditions


def _order(text: str) -> nodes.OrderExpr:
    """Return an order; a group's name is no field of its own."""
    if text.startswith("group_name"):
        return nodes.OrderExpr(expr=expression(NAME), order="DESC" if "DESC" in text else "ASC")
    return parse_order(text)

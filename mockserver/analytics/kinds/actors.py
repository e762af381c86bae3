"""ActorsQuery: the list of persons, or of those behind a number of an insight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockserver.analytics import nodes
from mockserver.analytics.aggregation import has_aggregate
from mockserver.analytics.errors import QueryError
from mockserver.analytics.filters import property_conditions
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.kinds.events import display_name, unnamed
from mockserver.analytics.kinds.hogql import read
from mockserver.analytics.modifiers import complete
from mockserver.analytics.nodes import Node, call, compare, constant, field
from mockserver.analytics.pages import Page
from mockserver.analytics.parser import parse_expression, parse_order
from mockserver.call import Call
from mockserver.errors import NotModelled
from mockserver.store import Record

DEFAULT_COLUMNS = ["person", "id", "person.$delete"]
ACTOR = ("person", "actor")

Source = Callable[[Inquiry, Mapping[str, Any]], nodes.Query]


def hogql_source(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    """Return a query as text, one of whose columns names persons."""
    return read(inquiry, query)


SOURCES: dict[str, Source] = {"HogQLQuery": hogql_source}
"""Insights by kind: each returns the query for its actors, whose first column named like an id is the person's."""


def actors_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with rows of persons; `person` is an object of one."""
    inquiry = Inquiry.of(call, query)
    columns = list(query.get("select") or DEFAULT_COLUMNS)
    asked = inquiry.guard(build, inquiry, query, columns)
    answered, page = Page.of(query).run(inquiry, asked)
    rows = [list(row) for row in answered.rows]
    missing = None
    for number, column in enumerate(columns):
        if column in ACTOR:
            missing = _expand(number, rows, inquiry)
        elif column.split("--")[0].strip() == "person_display_name":
            for row in rows:
                row[number] = {"display_name": row[number][0], "id": row[number][1]}
    return {
        "columns": columns,
        "error": None,
        **page,
        "hogql": answered.hogql,
        "missing_actors_count": missing,
        "modifiers": complete(query.get("modifiers")),
        "query_status": None,
        "resolved_date_range": None,
        "results": rows,
        "timings": [],
        "types": [kind for _, kind in answered.types],
    }


def build(inquiry: Inquiry, query: Mapping[str, Any], columns: Sequence[str]) -> nodes.SelectQuery:
    """Return the SELECT that a list of persons is. Raises: QueryError."""
    select = [_column(column, inquiry) for column in columns]
    aggregates = [item for item in select if has_aggregate(item)]
    plain = [unnamed(item) for item in select if not has_aggregate(item) and not isinstance(item, nodes.Constant)]
    conditions = _conditions(inquiry, query)
    return nodes.SelectQuery(
        select=tuple(select),
        select_from=_from(inquiry, query),
        where=nodes.conjunction(conditions) if conditions else None,
        group_by=tuple(plain) if aggregates and plain else None,
        order_by=_order(query, columns, select, aggregates) or None,
    )


def _column(column: str, inquiry: Inquiry) -> Node:
    if column == "person.$delete":
        return constant(1)
    if column in ACTOR:
        return field("id")
    if column.split("--")[0].strip() == "person_display_name":
        name = display_name(inquiry, "properties", "id", "toString(id)")
        named = parse_expression(name)
        return nodes.Tuple(exprs=named.exprs[:2]) if isinstance(named, nodes.Tuple) else named
    return parse_expression(column)


def _from(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.JoinExpr:
    persons = nodes.JoinExpr(table=field("persons"))
    source = query.get("source")
    if not source:
        return persons
    found = SOURCES.get(str(source.get("kind")))
    if found is None:
        raise NotModelled(f"Actors of {source.get('kind')} are not modelled.")
    actors = found(inquiry, source)
    on = compare(field("persons", "id"), "==", field("source", _id_column(actors)))
    joined = nodes.JoinExpr(table=field("persons"), join_type="INNER JOIN", constraint=nodes.JoinConstraint(expr=on))
    return nodes.JoinExpr(table=actors, alias="source", next_join=joined)


def _id_column(query: nodes.Query) -> str:
    while isinstance(query, nodes.SelectSetQuery):
        query = query.initial_select_query
    names = [
        item.alias if isinstance(item, nodes.Alias) else str(item.chain[-1])
        for item in query.select
        if isinstance(item, (nodes.Alias, nodes.Field))
    ]
    likely = [name for name in names if name in ("group_key", "actor_id", "person_id")]
    likely += [name for name in names if "id" in name.lower()]
    if not likely:
        raise QueryError("Source query must have an id column")
    return likely[0]


def _conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    conditions = [
        property_conditions(query[name], inquiry, "person")
        for name in ("properties", "fixedProperties")
        if query.get(name)
    ]
    if query.get("search"):
        conditions.append(_mentions(str(query["search"])))
    return conditions


def _mentions(search: str) -> Node:
    pattern = constant(f"%{search}%")
    holding = nodes.SelectQuery(
        select=(field("person_id"),),
        select_from=nodes.JoinExpr(table=field("person_distinct_ids")),
        where=compare(field("distinct_id"), "ilike", pattern),
    )
    return nodes.Or(
        exprs=(
            compare(field("properties", "email"), "ilike", pattern),
            compare(field("properties", "name"), "ilike", pattern),
            compare(call("toString", field("id")), "ilike", pattern),
            compare(field("id"), "in", holding),
        )
    )


def _order(
    query: Mapping[str, Any], columns: Sequence[str], select: Sequence[Node], aggregates: Sequence[Node]
) -> tuple[nodes.OrderExpr, ...]:
    if query.get("orderBy") is not None:
        return tuple(parse_order(text) for text in query["orderBy"])
    if "count()" in columns:
        return (nodes.OrderExpr(expr=call("count"), order="DESC"),)
    if aggregates:
        return (nodes.OrderExpr(expr=unnamed(aggregates[0]), order="DESC"),)
    if "created_at" in columns:
        return (nodes.OrderExpr(expr=field("created_at"), order="DESC"),)
    return (nodes.OrderExpr(expr=unnamed(select[0])),)


def _expand(number: int, rows: list[list[Any]], inquiry: Inquiry) -> int:
    """Put persons where their ids stand, and return how many are not there."""
    missing = 0
    for row in rows:
        person = inquiry.view.table("persons").first(uuid=row[number], project_id=inquiry.project_id)
        missing += person is None
        row[number] = {"id": row[number]} if person is None else show_person(person)
    return missing


def show_person(person: Record) -> dict[str, Any]:
    """Return a person as a list of actors shows one."""
    return {
        "id": person["uuid"],
        "properties": person["properties"],
        "is_identified": bool(person.get("is_identified")),
        "created_at": person["created_at"],
        "distinct_ids": list(person["distinct_ids"]),
    }

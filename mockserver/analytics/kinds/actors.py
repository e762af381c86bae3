"""ActorsQuery: the list of persons, or of those behind a number of an insight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.errors import QueryError, unsupported
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.aggregation import has_aggregate
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, call, compare, constant, field
from mockserver.analytics.hogql.parser import parse_expression, parse_order
from mockserver.analytics.inquiries import Inquiry, each_select, first_select
from mockserver.analytics.insights.actors import insight_actors
from mockserver.analytics.insights.funnels.actors import funnel_actors
from mockserver.analytics.insights.funnels.correlations import correlation_actors
from mockserver.analytics.kinds.events import display_name, unnamed
from mockserver.analytics.kinds.reading import read
from mockserver.analytics.modifiers import complete
from mockserver.analytics.pages import Page
from mockserver.analytics.people.finding import find_record
from mockserver.request.call import Call
from mockserver.store import Record

DEFAULT_COLUMNS, GROUP_COLUMNS = ["person", "id", "person.$delete"], ["group"]
ACTOR = ("person", "actor", "group")
GROUP_KEY, DISTINCT_IDS, RECORDINGS = "group_key", "event_distinct_ids", "matched_recordings"

Source = Callable[[Inquiry, Mapping[str, Any]], nodes.Query]


def hogql_source(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    """Return a query as text, one of whose columns names persons."""
    return read(inquiry, query)


SOURCES: dict[str, Source] = {
    "HogQLQuery": hogql_source,
    "FunnelsActorsQuery": funnel_actors,
    "FunnelCorrelationActorsQuery": correlation_actors,
    "InsightActorsQuery": insight_actors,
    "StickinessActorsQuery": insight_actors,
}
"""Insights by kind: each returns the query for its actors, whose first column named like an id is the person's."""


def actors_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with rows of persons; `person` is an object of one."""
    inquiry = Inquiry.of(call, query)
    source = inquiry.guard(find_source, inquiry, query.get("source"))
    is_group = source is not None and _id_column(source) == GROUP_KEY
    columns = list(query.get("select") or (GROUP_COLUMNS if is_group else DEFAULT_COLUMNS))
    if source is not None and DISTINCT_IDS in source_columns(source) and DISTINCT_IDS not in columns:
        columns.append(DISTINCT_IDS)  # as recorded
    asked = inquiry.guard(build, inquiry, query, columns, source)
    answered, page = Page.of(query).run(inquiry, asked)
    rows = [list(row) for row in answered.rows]
    missing = None
    for number, column in enumerate(columns):
        if column in ACTOR:
            missing = _expand(number, rows, inquiry, is_group=is_group)
        elif column.split("--")[0].strip() == "person_display_name":
            for row in rows:
                row[number] = {"display_name": row[number][0], "id": row[number][1]}
    return {
        "columns": columns,
        "error": None,
        **page,
        "hogql": answered.hogql,
        "missing_actors_count": missing,
        "modifiers": complete(query.get("modifiers"), **({"inCohortVia": "subquery"} if source else {})),
        "query_status": None,
        "resolved_date_range": None,
        "results": rows,
        "timings": [],
        "types": [kind for _, kind in answered.types],
    }


def build(
    inquiry: Inquiry, query: Mapping[str, Any], columns: Sequence[str], source: nodes.Query | None = None
) -> nodes.SelectQuery:
    """Return the SELECT that a list of persons, or of a source's actors, is. Raises: QueryError.

    A source's persons are looked up only where the SELECT cannot be resolved without them; so actors of whom there is
    no person are listed unless something of a person is asked for.
    Source: PostHog's runner, which tries to print the query over the source alone and joins persons when that fails.
    """
    if source is not None and _id_column(source) != GROUP_KEY:
        alone = _build(inquiry, query, columns, source, _alone(source))
        try:
            inquiry.resolve(alone)
        except QueryError:
            pass
        else:
            return alone
    return _build(inquiry, query, columns, source, _from(source))


def _build(
    inquiry: Inquiry, query: Mapping[str, Any], columns: Sequence[str], source: nodes.Query | None,
    select_from: nodes.JoinExpr,
) -> nodes.SelectQuery:  # fmt: skip
    items = [_column(column, inquiry, source) for column in columns]
    aggregates = [item for item in items if has_aggregate(item)]
    plain = [unnamed(item) for item in items if not has_aggregate(item) and not isinstance(item, nodes.Constant)]
    conditions = _conditions(inquiry, query)
    return nodes.SelectQuery(
        select=tuple(items),
        select_from=select_from,
        where=nodes.conjunction(conditions) if conditions else None,
        group_by=tuple(plain) if aggregates and plain else None,
        order_by=_order(query, columns, items, aggregates) or None,
    )


def _column(column: str, inquiry: Inquiry, source: nodes.Query | None) -> Node:
    if column == "person.$delete":
        return constant(1)
    if column == RECORDINGS:
        return nodes.Array(exprs=())  # no recordings are kept here
    if column in ACTOR:
        return field("id") if source is None or _id_column(source) != GROUP_KEY else field("key")
    if column.split("--")[0].strip() == "person_display_name":
        name = display_name(inquiry, "properties", "id", "toString(id)")
        named = parse_expression(name)
        return nodes.Tuple(exprs=named.exprs[:2]) if isinstance(named, nodes.Tuple) else named
    return parse_expression(column)


def find_source(inquiry: Inquiry, source: Mapping[str, Any] | None) -> nodes.Query | None:
    """Return the query for those whom a source is about; none stands for everybody. Raises: QueryError."""
    if not source:
        return None
    found = SOURCES.get(str(source.get("kind")))
    if found is None:
        raise unsupported(source)
    return found(inquiry, source)


def _alone(source: nodes.Query) -> nodes.JoinExpr:
    """Return a source of persons as what is selected from: its column of ids is called `id`, too."""
    id = nodes.Alias(alias="id", expr=field(_id_column(source)))
    return nodes.JoinExpr(table=each_select(source, lambda one: replace(one, select=(*one.select, id))), alias="source")


def _from(source: nodes.Query | None) -> nodes.JoinExpr:
    if source is None:
        return nodes.JoinExpr(table=field("persons"))
    column = _id_column(source)
    table, key = ("groups", "key") if column == GROUP_KEY else ("persons", "id")
    on = compare(field(table, key), "==", field("source", column))
    joined = nodes.JoinExpr(table=field(table), join_type="INNER JOIN", constraint=nodes.JoinConstraint(expr=on))
    if column == GROUP_KEY:
        # The id of a group is its key, as where groups are listed.
        source = select(f"SELECT *, {GROUP_KEY} AS id FROM {{source}}", source=source)
    return nodes.JoinExpr(table=source, alias="source", next_join=joined)


def source_columns(query: nodes.Query) -> list[str]:
    """Return the names of a source's columns."""
    return [
        item.alias if isinstance(item, nodes.Alias) else str(item.chain[-1])
        for item in first_select(query).select
        if isinstance(item, (nodes.Alias, nodes.Field))
    ]


def _id_column(query: nodes.Query) -> str:
    names = source_columns(query)
    likely = [name for name in names if name in (GROUP_KEY, "actor_id", "person_id")]
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
    query: Mapping[str, Any], columns: Sequence[str], items: Sequence[Node], aggregates: Sequence[Node]
) -> tuple[nodes.OrderExpr, ...]:
    if query.get("orderBy") is not None:
        return tuple(parse_order(text) for text in query["orderBy"])
    if "count()" in columns:
        return (nodes.OrderExpr(expr=call("count"), order="DESC"),)
    if aggregates:
        return (nodes.OrderExpr(expr=unnamed(aggregates[0]), order="DESC"),)
    if "created_at" in columns:
        return (nodes.OrderExpr(expr=field("created_at"), order="DESC"),)
    return (nodes.OrderExpr(expr=unnamed(items[0])),)


def _expand(number: int, rows: list[list[Any]], inquiry: Inquiry, *, is_group: bool) -> int:
    """Put persons or groups where their ids stand, and return how many are not there."""
    missing = 0
    for row in rows:
        found = find_record(inquiry, row[number], is_group)
        missing += found is None
        show = show_group if is_group else show_person
        row[number] = {"id": row[number]} if found is None else show(found)
    return missing


def show_group(group: Record) -> dict[str, Any]:
    """Return a group as a list of actors shows one."""
    return {
        "id": group["group_key"],
        "type": "group",
        "properties": group["group_properties"],
        "created_at": group["created_at"],
        "group_type_index": group["group_type_index"],
    }


def show_person(person: Record) -> dict[str, Any]:
    """Return a person as a list of actors shows one."""
    return {
        "id": person["uuid"],
        "properties": person["properties"],
        "is_identified": bool(person.get("is_identified")),
        "created_at": person["created_at"],
        "distinct_ids": list(person["distinct_ids"]),
    }

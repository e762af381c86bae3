"""The actors behind an insight: a stretch of those that a query finds, as the records they are."""

from __future__ import annotations

from dataclasses import replace

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import constant
from mockserver.analytics.inquiries import Inquiry, first_select
from mockserver.analytics.people.stretches import Actor, Found, Order, Stretch
from mockserver.store import Record
from mockserver.store.orders import sort_key

GROUP_KEY = "group_key"


def find_people(inquiry: Inquiry, query: nodes.Query, stretch: Stretch, order: Order = Order.BY_ID) -> Found:
    """Return a stretch of a query's actors, those created last first, or those with the greatest value.

    The query's first column is an id: `group_key` where groups are counted. Raises: QueryError.
    """
    names = [item.alias for item in first_select(query).select if isinstance(item, nodes.Alias)]
    is_group = GROUP_KEY in names
    id = GROUP_KEY if is_group else names[0]
    value = "value" if "value" in names else "NULL"
    found = select(
        f"SELECT {id}, {value} AS value FROM {{query}} WHERE {{where}} ORDER BY {order.format(id=id)}",
        query=query,
        where=mentioning(stretch.search, id, is_group) if stretch.search else constant(True),
    )
    if order is Order.UNTOLD:
        found = select(f"SELECT {id}, any(value) AS value FROM {{found}} GROUP BY {id}", found=found)
    asked = replace(found, limit=constant(stretch.limit), offset=constant(stretch.offset))
    rows = inquiry.run(asked, **({"max_threads": 1} if order is Order.UNTOLD else {})).rows
    actors = [
        Actor(record, number, is_group)
        for key, number in rows
        if (record := find_record(inquiry, key, is_group)) is not None
    ]
    actors.sort(key=lambda actor: actor.record.get("uuid") or actor.record["group_key"])
    actors.sort(key=lambda actor: sort_key(actor.record["created_at"]), reverse=True)
    if order is Order.BY_VALUE:
        actors.sort(key=lambda actor: -(actor.value or 0))
    return Found(actors, len(rows), len(rows) - len(actors))


def find_record(inquiry: Inquiry, key: str, is_group: bool) -> Record | None:
    """Return the person or group of an id."""
    if is_group:
        return inquiry.view.table("groups").first(group_key=key, project_id=inquiry.project_id)
    return inquiry.view.table("persons").first(uuid=key, project_id=inquiry.project_id)


def mentioning(search: str, id: str, is_group: bool) -> nodes.Node:
    """Return what holds of actors in whose name, email or distinct ids a text stands."""
    pattern = constant(f"%{escaped(search)}%")
    if is_group:
        return expression(
            f"{id} IN (SELECT key FROM groups WHERE properties.name ILIKE {{pattern}} OR key ILIKE {{pattern}})",
            pattern=pattern,
        )
    return expression(
        f"{id} IN (SELECT id FROM persons"
        " WHERE properties.email ILIKE {pattern} OR properties.name ILIKE {pattern})"
        f" OR {id} IN (SELECT person_id FROM person_distinct_ids WHERE distinct_id ILIKE {{pattern}})",
        pattern=pattern,
    )


def escaped(search: str) -> str:
    """Return text in which nothing stands for other text."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

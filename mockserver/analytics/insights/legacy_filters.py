"""Filters in the words of PostHog's older insights (`events`, `date_from`, `breakdown_type`) as queries of today.

Source: the parameters that the persons' insight endpoints take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Filter = Mapping[str, Any]
Query = dict[str, Any]

TEXTS = ("math", "math_property", "math_property_type", "math_hogql", "custom_name")
MOST_DEEP = 20


def as_query(kind: str, filter: Filter) -> Query:
    """Return the query of a kind that a filter stands for; what is of another shape than it should be is left out."""
    breakdown = _breakdown(filter)
    group, factor = whole(filter.get("aggregation_group_type_index")), filter.get("sampling_factor")
    return {
        "kind": kind,
        "series": series_nodes(filter),
        "dateRange": date_range(filter),
        "interval": filter.get("interval") or "day",
        "properties": typed(filter.get("properties")),
        "filterTestAccounts": is_true(filter.get("filter_test_accounts")),
        **({"breakdownFilter": breakdown} if breakdown else {}),
        **({"aggregation_group_type_index": group} if group is not None else {}),
        **({"samplingFactor": float(factor)} if factor not in (None, "") else {}),
    }


def date_range(filter: Filter) -> Query:
    """Return the days of a filter."""
    names = ("date_from", "date_to")
    return {name: filter[name] for name in names if isinstance(filter.get(name), str) and filter[name]}


def series_nodes(filter: Filter) -> list[Query]:
    """Return the events and actions of a filter as nodes, in the order it gives them."""
    given = [
        (item, kind)
        for name, kind in (("events", "EventsNode"), ("actions", "ActionsNode"))
        for item in (filter.get(name) if isinstance(filter.get(name), list) else None) or []
    ]
    entities = [(entity(item, kind), order_of(item)) for item, kind in given if isinstance(item, (Mapping, str))]
    return [node for node, _ in sorted(entities, key=lambda pair: pair[1])]


def find_target(filter: Filter) -> Query | None:
    """Return the one of a filter's own events and actions that it is about: by its place, or by name and type.

    An unknown type counts as that of events. Source: PostHog's search for the target entity.
    """
    nodes, place = series_nodes(filter), whole(filter.get("entity_order"))
    if place is not None and place < len(nodes):
        return nodes[place]
    kind = "ActionsNode" if filter.get("entity_type") == "actions" else "EventsNode"
    id, math = filter.get("entity_id") or None, target_math(filter)
    for node in nodes:
        named = node.get("event", node.get("id"))
        same_name = (None if named is None else str(named)) == (None if id is None else str(id))
        if same_name and node["kind"] == kind and node.get("math") in (None, "total", math):
            return {**node, **({"math": math} if math else {})}
    return None


def target_math(filter: Filter) -> str | None:
    """Return how a filter counts what it is about, if it says so."""
    given = filter.get("entity_math")
    return given if isinstance(given, str) and given else None


def entity(item: Any, kind: str = "EventsNode") -> Query:
    """Return an event or action, told as an object or by its name alone, as a node."""
    if not isinstance(item, Mapping):
        item = {"id": item}
    if item.get("type") in ("events", "actions"):
        kind = "EventsNode" if item["type"] == "events" else "ActionsNode"
    id = item.get("id")
    named = {"id": id} if kind == "ActionsNode" else {"event": None if id is None else str(id)}
    told: Query = {name: item[name] for name in TEXTS if isinstance(item.get(name), str)}
    group = whole(item.get("math_group_type_index"))
    if group is not None:
        told["math_group_type_index"] = group
    return {"kind": kind, **named, **told, "properties": typed(item.get("properties"))}


def order_of(item: Any) -> int:
    """Return the place that a filter gives one of its series."""
    order = item.get("order") if isinstance(item, Mapping) else None
    return order if isinstance(order, int) else 0


def typed(properties: Any, depth: int = 0) -> Any:
    """Return property filters with the type that one has which says none; an old object of names and values as filters.

    Groups nested deeper than anyone nests them are left out.
    """
    if isinstance(properties, list):
        return [typed(item, depth + 1) for item in properties if isinstance(item, Mapping)]
    if not isinstance(properties, Mapping) or depth > MOST_DEEP:
        return []
    if isinstance(properties.get("values"), list) and "key" not in properties:
        return {**properties, "values": typed(properties["values"], depth + 1)}
    if "key" in properties:
        return {"type": "event", **properties}
    return [named_property(str(name), value) for name, value in properties.items()] if depth == 0 else {}


def named_property(name: str, value: Any) -> Query:
    """Return the filter that `name__operator` and a value were once."""
    key, _, operator = name.partition("__")
    return {"key": key, "operator": operator or "exact", "type": "event", "value": value}


def is_true(value: Any) -> bool:
    """Return what a flag means."""
    return str(value).lower() in ("true", "1")


def whole(value: Any) -> int | None:
    """Return a whole number, told as one or as text; nothing for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _breakdown(filter: Filter) -> Query:
    if filter.get("breakdown") in (None, ""):
        return {}
    return {
        "breakdown": filter["breakdown"],
        "breakdown_type": filter.get("breakdown_type") or "event",
        "breakdown_group_type_index": whole(filter.get("breakdown_group_type_index")),
        "breakdown_histogram_bin_count": whole(filter.get("breakdown_histogram_bin_count")) or None,
    }

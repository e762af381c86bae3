"""What a project's events are: how often each came lately, which properties one has, and which values these.

Source: PostHog's queries of these kinds, which look at the last thirty days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics.conditions.actions import action_condition, find_action
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, constant, field
from mockserver.analytics.inquiries import DEFAULT_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.request.call import Call

LATELY = "timestamp >= now() - INTERVAL 30 DAY"
MOST_VALUES, MOST_PROPERTIES, MOST_EVENTS = 5, 500, 100
OMITTED = (
    r"(\$set|\$time|\$set_once|\$sent_at|distinct_id|\$ip|\$feature\/|\$feature_enrollment\/|\$feature_interaction\/"
    r"|\$product_tour|__|survey_dismiss|survey_responded|phjs|partial_filter_chosen|changed_action|window-id"
    r"|changed_event|partial_filter)"
)
"""Properties of no interest: what tells of persons, flags and the library itself."""
SAMPLED = (
    "SELECT key, arraySlice(arrayDistinct(groupArray(value)), 1, {most}) AS values, count(DISTINCT value) AS number"
)


def team_taxonomy_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the events of the last thirty days, the commonest first, and how often each came."""
    inquiry = Inquiry.of(call, query)
    counted = select(f"SELECT event, count() AS count FROM events WHERE {LATELY} GROUP BY event ORDER BY count DESC")
    found = inquiry.run(replace(counted, limit=constant(DEFAULT_LIMIT)))
    return answer(query, [{"count": count, "event": event} for event, count in found.rows], found.hogql)


def event_taxonomy_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the properties of an event or an action, how many values each has, and some of these."""
    inquiry = Inquiry.of(call, query)
    found = inquiry.run(replace(inquiry.guard(_sampled, inquiry, query), limit=constant(MOST_PROPERTIES)))
    results = [{"property": key, "sample_count": count, "sample_values": values} for key, values, count in found.rows]
    return answer(query, results, found.hogql)


def actors_property_taxonomy_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with some values of persons' or groups' properties, and how many there are."""
    inquiry = Inquiry.of(call, query)
    index = query.get("groupTypeIndex", query.get("group_type_index"))
    names = query.get("properties") or [name for name in (query.get("property"),) if name]
    most = constant(query.get("maxPropertyValues") or MOST_VALUES)
    results, printed = [], []
    for name in names:
        value = text_of(name)
        rows = select(
            "SELECT {value} AS value, count() AS count FROM {table} WHERE {value} != '' AND {of_type}"
            " GROUP BY value ORDER BY count DESC, value",
            value=value,
            table=field("persons" if index is None else "groups"),
            of_type=constant(1) if index is None else compare(field("index"), "==", constant(int(index))),
        )
        sampled = select("SELECT arraySlice(groupArray(value), 1, {most}), count() FROM {rows}", rows=rows, most=most)
        found = inquiry.run(sampled)
        printed.append(found.hogql)
        values, count = found.rows[0]
        results.append({"sample_count": count, "sample_values": values})
    shown: Any = results if "properties" in query else next(iter(results), None)
    return answer(query, shown, "\nUNION ALL\n".join(printed))


def text_of(name: str) -> Node:
    """Return HogQL for a property as text, empty where there is none."""
    return call("JSONExtractString", field("properties"), constant(name))


def _sampled(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.SelectQuery:
    most = constant(query.get("maxPropertyValues") or MOST_VALUES)
    where, names = _events(inquiry, query), query.get("properties") or []
    if not names:
        pairs = select(
            "SELECT JSONExtractKeysAndValues(properties, 'String') AS pairs FROM events WHERE {where}"
            f" ORDER BY timestamp DESC LIMIT {MOST_EVENTS}",
            where=where,
        )
        return select(
            f"{SAMPLED} FROM {{pairs}} ARRAY JOIN pairs.1 AS key, pairs.2 AS value"
            " WHERE NOT match(key, {omitted}) GROUP BY key ORDER BY number DESC",
            pairs=pairs,
            most=most,
            omitted=constant(OMITTED),
        )
    texts = {name: text_of(name) for name in names}
    has_any = nodes.Or(exprs=tuple(compare(text, "!=", constant("")) for text in texts.values()))
    each = nodes.Array(exprs=tuple(nodes.Tuple(exprs=(constant(name), text)) for name, text in texts.items()))
    counted = select(
        "SELECT key, value, count() AS count FROM (SELECT {each} AS pairs FROM events WHERE {where} AND {has_any})"
        " ARRAY JOIN pairs.1 AS key, pairs.2 AS value WHERE value != '' GROUP BY key, value ORDER BY count DESC",
        each=each,
        where=where,
        has_any=has_any,
    )
    return select(f"{SAMPLED} FROM {{counted}} GROUP BY key ORDER BY number DESC, key ASC", counted=counted, most=most)


def _events(inquiry: Inquiry, query: Mapping[str, Any]) -> Node:
    """Return what holds of the events that are asked about. Raises: QueryError."""
    which: Node
    if query.get("event"):
        which = compare(field("event"), "==", constant(query["event"]))
    elif query.get("actionId"):
        action = find_action(inquiry, query["actionId"])
        if action is None:
            raise QueryError("Action does not exist")
        which = action_condition(inquiry, action)
    else:
        raise QueryError("Either event or action ID must be provided.")
    return nodes.And(exprs=(expression(LATELY), which))

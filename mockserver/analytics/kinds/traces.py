"""TracesQuery and TraceQuery: what was asked of language models, by the trace that it belongs to.

Source: the `hogql` of a recorded answer, and the shape of the 2025-11 document. A trace is looked for in its dates and
ten minutes around them; one that began outside of the dates is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from mockserver.analytics.conditions.properties import property_conditions, test_account_conditions
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

AROUND = timedelta(minutes=10)
EVENTS = "event IN ('$ai_span', '$ai_generation', '$ai_metric', '$ai_feedback', '$ai_trace')"
SUMS = ("input_tokens", "output_tokens")
COSTS = ("input_cost", "output_cost", "total_cost")
NAMES = {
    "total_latency": "totalLatency", "input_tokens": "inputTokens", "output_tokens": "outputTokens",
    "input_cost": "inputCost", "output_cost": "outputCost", "total_cost": "totalCost", "trace_name": "traceName",
}  # fmt: skip
STATES = {"input_state": "inputState", "output_state": "outputState"}


def traces_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the traces, those begun last first; of their events, what was measured and said of them.

    Servers of August 2025 asked for one trace here, by `traceId`.
    """
    if query.get("traceId"):
        return trace_query(call, query)
    told = "arrayFilter(x -> x.2 IN ('$ai_metric', '$ai_feedback'), {each})"
    return _answer(call, query, told, [])


def trace_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with one trace and all of its events."""
    of_trace = compare(field("properties", "$ai_trace_id"), "==", constant(str(query["traceId"])))
    return _answer(call, query, "{each}", [of_trace])


def _answer(call: Call, query: Mapping[str, Any], events: str, wanted: Sequence[Node]) -> dict[str, Any]:
    inquiry = Inquiry.of(call, query)
    days = DateRange.of(inquiry, query.get("dateRange"), "hour")
    table = _traces(events, [*_conditions(inquiry, query, days), *wanted])
    if query.get("properties"):
        matching = property_conditions(query["properties"], inquiry)
        table = replace(table, having=compare(nodes.call("max", matching), "==", constant(1)))
    found, page = Page.of(query).run(inquiry, table)
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    within = [row for row in rows if days.start <= datetime.fromisoformat(row["first_timestamp"]) <= days.end]
    return answer(query, [_shown(row) for row in within], found.hogql, **page, columns=found.columns)


def _conditions(inquiry: Inquiry, query: Mapping[str, Any], days: DateRange) -> list[Node]:
    around = replace(days, start=days.start - AROUND, end=days.end + AROUND)
    conditions = [
        expression(EVENTS), expression("properties.$ai_trace_id IS NOT NULL"), *around.conditions(field("timestamp")),
    ]  # fmt: skip
    if query.get("filterTestAccounts"):
        conditions += test_account_conditions(inquiry)
    if query.get("personId"):
        conditions.append(compare(field("person_id"), "==", constant(query["personId"])))
    index = query.get("groupTypeIndex")
    if query.get("groupKey") is not None and isinstance(index, int) and 0 <= index < 5:
        conditions.append(compare(field(f"$group_{index}"), "==", constant(query["groupKey"])))
    return conditions


def _traces(events: str, conditions: Sequence[Node]) -> nodes.SelectQuery:
    generated = "event = '$ai_generation'"
    sums = [f"sumIf(toFloat(properties.$ai_{name}), {generated}) AS {name}" for name in SUMS]
    costs = [f"round(sumIf(toFloat(properties.$ai_{name}_usd), {generated}), 4) AS {name}" for name in COSTS]
    states = [f"argMinIf(properties.$ai_{name}, timestamp, event = '$ai_trace') AS {name}" for name in STATES]
    each = "arraySort(x -> x.3, groupArrayIf(tuple(uuid, event, timestamp, properties), event != '$ai_trace'))"
    return select(
        "SELECT properties.$ai_trace_id AS id, min(timestamp) AS first_timestamp,"
        " tuple(argMin(person.id, timestamp), argMin(distinct_id, timestamp), argMin(person.created_at, timestamp),"
        " argMin(person.properties, timestamp)) AS first_person,"
        " round(sumIf(toFloat(properties.$ai_latency), properties.$ai_parent_id IS NULL"
        " OR properties.$ai_parent_id = properties.$ai_trace_id), 2) AS total_latency,"
        f" {', '.join([*sums, *costs])}, {events.replace('{each}', each)} AS events, {', '.join(states)},"
        " argMinIf(ifNull(properties.$ai_span_name, properties.$ai_trace_name), timestamp, event = '$ai_trace')"
        " AS trace_name FROM events WHERE {conditions} GROUP BY properties.$ai_trace_id"
        " ORDER BY first_timestamp DESC",
        conditions=conjunction(list(conditions)),
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    person, distinct_id, created_at, properties = row["first_person"]
    return {
        "id": row["id"],
        "createdAt": _moment(row["first_timestamp"]),
        "person": {
            "uuid": person, "distinct_id": distinct_id, "created_at": _moment(created_at),
            "properties": _read(properties) or {},
        },
        **{name: row[column] for column, name in NAMES.items()},
        **{name: _read(row[column]) for column, name in STATES.items()},
        "events": [
            {"id": uuid, "event": event, "createdAt": _moment(at), "properties": _read(told) or {}}
            for uuid, event, at, told in row["events"]
        ],
    }  # fmt: skip


def _moment(told: str) -> str:
    return datetime.fromisoformat(told).isoformat()


def _read(text: str | None) -> Any:
    """Return the value that a JSON text holds; nothing of what is none."""
    try:
        return orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return None

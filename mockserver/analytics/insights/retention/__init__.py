"""RetentionQuery: who comes back so many intervals after an event. Source: recorded answers.

An actor belongs to the row of each interval in which it did the first event, or only to that of its very first one. It
comes back where it did the returning event in a later interval that still lies in the range.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import constant
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.breakdowns import OTHER
from mockserver.analytics.insights.date_ranges import show
from mockserver.analytics.insights.retention.cells import Retention
from mockserver.analytics.insights.series import sampling_factor
from mockserver.request.call import Call

Counts = dict[str, Counter[tuple[int, int]]]


def retention_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each interval, and in it how many came back after each."""
    inquiry = Inquiry.of(call, query)
    retention = Retention(inquiry, query)
    if retention.windows.is_rolling and retention.filter.get("cumulative"):
        raise QueryError("Cumulative retention is not supported for 24 hour windows.")
    found = inquiry.run(replace(retention.counts(), limit=constant(MAX_LIMIT)))
    counts: Counts = defaultdict(Counter)
    for *value, start, distance, actors in found.rows:
        counts[str(value[0]) if value else ""][int(start), int(distance)] += int(actors)
    if not retention.breakdown:
        return answer(query, rows(retention, counts[""]), found.hogql)
    values = ranked(retention, counts)
    results = [row for value in values for row in rows(retention, values[value], value)]
    return answer(query, results, found.hogql)


def ranked(retention: Retention, counts: Counts) -> Counts:
    """Return the values with most actors, the most first, and all others as one."""

    def size(value: str) -> int:
        return sum(number for (_, distance), number in counts[value].items() if distance == 0)

    ordered = sorted(counts, key=lambda value: (-size(value), value))
    kept = {value: counts[value] for value in ordered[: retention.breakdown.limit]}
    others: Counter[tuple[int, int]] = Counter()
    for value in ordered[retention.breakdown.limit :]:
        others.update(counts[value])
    return {**kept, OTHER: others} if others else kept


def rows(retention: Retention, counts: Mapping[tuple[int, int], int], value: str | None = None) -> list[dict[str, Any]]:
    """Return a row for each interval."""
    factor, labels = sampling_factor(retention.query), retention.windows.labels(retention.width)

    def cell(row: int, column: int) -> dict[str, Any]:
        number = counts.get((row, column), 0)
        return {"count": number if factor == 1 else round(number / factor), "label": labels[column]}

    return [
        {
            "breakdown_value": value,
            "date": show(beginning),
            "label": f"{retention.period} {row}",
            "values": [cell(row, column) for column in range(len(labels))],
        }
        for row, beginning in enumerate(retention.days.beginnings)
    ]


def retention_actors(inquiry: Inquiry, query: Mapping[str, Any], asked: Mapping[str, Any]) -> nodes.Query:
    """Return who belongs to the row that an InsightActorsQuery asks about, and when they were there."""
    row = asked.get("interval") or 0
    if isinstance(row, bool) or not isinstance(row, int):
        raise QueryError(f"Invalid interval: {row}")
    values = asked.get("breakdown")
    value = "::".join(map(str, values)) if isinstance(values, list) and values else None
    retention = Retention(inquiry, query)
    return retention.actors(row, value if retention.breakdown else None)

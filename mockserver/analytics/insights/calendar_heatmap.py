"""CalendarHeatmapQuery: on which days of the week, and in which of their hours, something happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, conjunction, constant, field
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.series import Series, series_conditions, series_of
from mockserver.request.call import Call

NAMELESS = "Heatmap"
"""What a trend without series is called."""


def calendar_heatmap_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a number for each hour of each day of the week, for each day, for each hour, and for all."""
    calendar, hogql, _ = _calendar(Inquiry.of(call, query), query)
    return answer(query, calendar, hogql, hasMore=None)


def calendar_trends(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a trend that is shown as a calendar: one result, of its first series, that carries the calendar."""
    inquiry = Inquiry.of(call, query)
    calendar, hogql, days = _calendar(inquiry, query)
    first = next(iter(series_of(query, inquiry)), None)
    name, math = (first.label, first.math) if first else (NAMELESS, "total")
    everything = calendar["allAggregations"]
    result = {
        "action": {
            "id": name or (None if first else NAMELESS.lower()), "type": "events", "order": 0, "name": name,
            "math": math,
        },
        "label": name,
        "data": [],
        "aggregated_value": everything,
        "calendar_heatmap_data": calendar,
        "count": everything,
    }  # fmt: skip
    return answer(query, [result], hogql, days, hasMore=None)


def _calendar(inquiry: Inquiry, query: Mapping[str, Any]) -> tuple[dict[str, Any], str, DateRange]:
    """Return the calendar of the first series, how it was asked for, and its dates."""
    days = DateRange.of(inquiry, query.get("dateRange"), "day")
    series = (series_of(query) or [Series()])[0]
    goal = (query.get("conversionGoal") or {}).get("customEventName")
    if goal is not None and not series.is_action:
        series = replace(series, event=goal)
    conditions = series_conditions(inquiry, query, series)
    counts = _of_users(days, conditions) if series.math == "dau" else _of_events(days, conditions)
    found = inquiry.run(replace(counts, limit=constant(MAX_LIMIT)))
    cells, rows, columns, everything = [], [], [], 0
    for row, column, by_row, by_column, value in found.rows:
        if by_row and by_column:
            cells.append({"column": column, "row": row, "value": value})
        elif by_row:
            rows.append({"row": row, "value": value})
        elif by_column:
            columns.append({"column": column, "value": value})
        else:
            everything = value
    calendar = {
        "allAggregations": everything,
        "columnAggregations": columns,
        "data": sorted(cells, key=lambda cell: (cell["row"], str(cell["column"]))),  # as recorded
        "rowAggregations": rows,
    }
    return calendar, found.hogql, days


def _of_events(days: DateRange, conditions: list[Node]) -> nodes.SelectQuery:
    events = select(
        "SELECT person_id, timestamp AS moment FROM events WHERE {where}",
        where=conjunction([*days.conditions(), *conditions]),
    )
    return _counts(expression("count()"), events)


def _of_users(days: DateRange, conditions: list[Node]) -> nodes.SelectQuery:
    """Return the SELECT of users: each counts where their sessions began, in the dates. Source: PostHog's sources."""
    sessions = select(
        "SELECT any(person_id) AS person_id, session.session_id AS session_id, min(session.$start_timestamp) AS moment"
        " FROM events WHERE {where} GROUP BY session_id HAVING {dates}",
        where=conjunction(conditions) if conditions else constant(True),
        dates=conjunction(days.conditions(field("moment"))),
    )
    return _counts(expression("count(DISTINCT person_id)"), sessions)


def _counts(total: Node, moments: nodes.SelectQuery) -> nodes.SelectQuery:
    """Return the SELECT of a total for each cell, row and column, and for all: actors are counted anew for each."""
    return select(
        "SELECT cell.1 AS day, cell.2 AS hour, cell.3 AS by_day, cell.4 AS by_hour, {total} AS value FROM ("
        " SELECT person_id, arrayJoin([(toDayOfWeek(moment), toHour(moment), 1, 1),"
        " (toDayOfWeek(moment), 0, 1, 0), (0, toHour(moment), 0, 1), (0, 0, 0, 0)]) AS cell"
        " FROM {moments}) GROUP BY cell ORDER BY cell",
        total=total,
        moments=moments,
    )

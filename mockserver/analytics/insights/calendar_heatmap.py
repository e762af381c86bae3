"""CalendarHeatmapQuery: on which days of the week, and in which of their hours, something happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, conjunction, constant
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.series import Series, series_conditions, series_of
from mockserver.request.call import Call


def calendar_heatmap_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a number for each hour of each day of the week, for each day, for each hour, and for all."""
    inquiry = Inquiry.of(call, query)
    days = DateRange.of(inquiry, query.get("dateRange"), query.get("interval"))
    series = (series_of(query) or [Series()])[0]
    where = conjunction([*days.conditions(), *series_conditions(inquiry, query, series)])
    found = inquiry.run(replace(_counts(_total(series), where), limit=constant(MAX_LIMIT)))
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
    results = {
        "allAggregations": everything,
        "columnAggregations": columns,
        "data": sorted(cells, key=lambda cell: (cell["row"], str(cell["column"]))),  # as recorded
        "rowAggregations": rows,
    }
    return answer(query, results, found.hogql, hasMore=None)


def _counts(total: Node, where: Node) -> nodes.SelectQuery:
    """Return the SELECT of a total for each cell, row and column, and for all: actors are counted anew for each."""
    return select(
        "SELECT cell.1 AS day, cell.2 AS hour, cell.3 AS by_day, cell.4 AS by_hour, {total} AS value FROM ("
        " SELECT person_id, arrayJoin([(toDayOfWeek(timestamp), toHour(timestamp), 1, 1),"
        " (toDayOfWeek(timestamp), 0, 1, 0), (0, toHour(timestamp), 0, 1), (0, 0, 0, 0)]) AS cell"
        " FROM events WHERE {where}) GROUP BY cell ORDER BY cell",
        total=total,
        where=where,
    )


def _total(series: Series) -> Node:
    return expression("count(DISTINCT person_id)") if series.math == "dau" else expression("count()")

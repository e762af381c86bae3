"""InsightActorsQuery: who is behind a number of an insight; and what can be asked about, InsightActorsQueryOptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.analytics.errors import QueryError, unsupported
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.breakdowns import NOTHING, OTHER
from mockserver.analytics.insights.date_ranges import DateRange, show
from mockserver.analytics.insights.lifecycle import STATUSES, Lifecycle
from mockserver.analytics.insights.paths import paths_actors
from mockserver.analytics.insights.retention import retention_actors
from mockserver.analytics.insights.series import series_of
from mockserver.analytics.insights.stickiness import Stickiness, previous_days
from mockserver.analytics.insights.trend_actors import read_day, trend_actors
from mockserver.analytics.insights.trends import Trends
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

Asked = Mapping[str, Any]
Actors = Callable[[Inquiry, Asked, Asked], nodes.Query]
Options = Callable[[Inquiry, Asked], dict[str, Any]]

OPTIONS_KEYS = ("breakdown", "breakdowns", "compare", "day", "interval", "series", "status")
BREAKDOWN_NAMES = {OTHER: "Other (i.e. all remaining values)", NOTHING: "None (i.e. no value)"}


def lifecycle_actors(inquiry: Inquiry, query: Asked, asked: Asked) -> nodes.Query:
    """Return who has a status in an interval. Raises: QueryError."""
    day = read_day(inquiry, asked.get("day"))
    if asked.get("day") is not None and day is None:
        raise QueryError(f"Invalid day: {asked['day']}")
    return Lifecycle.of(inquiry, query).actors(day, asked.get("status"))


def stickiness_actors(inquiry: Inquiry, query: Asked, asked: Asked) -> nodes.Query:
    """Return who was active in so many intervals. Raises: QueryError."""
    days = DateRange.of(inquiry, query.get("dateRange"), query.get("interval"))
    if asked.get("compare") == "previous" and (query.get("compareFilter") or {}).get("compare"):
        days = previous_days(inquiry, query, days)
    series, index = series_of(query, inquiry), asked.get("series") or 0
    if not isinstance(index, int) or not 0 <= index < len(series):
        raise QueryError(f"There is no series {index}")
    intervals = asked.get("day") if asked.get("interval") is None else asked["interval"]
    if isinstance(intervals, str) and intervals.isdecimal() and len(intervals) < 10:
        intervals = int(intervals)
    if intervals is not None and (isinstance(intervals, bool) or not isinstance(intervals, int)):
        raise QueryError(f"Invalid number of intervals: {intervals}")
    return Stickiness(inquiry, query, series[index], days).actors(intervals, asked.get("operator"))


ACTORS: dict[str, Actors] = {
    "TrendsQuery": trend_actors,
    "LifecycleQuery": lifecycle_actors,
    "PathsQuery": paths_actors,
    "RetentionQuery": retention_actors,
    "StickinessQuery": stickiness_actors,
}
"""Insights by kind, and what finds the actors behind one of its numbers."""


def insight_actors(inquiry: Inquiry, asked: Asked) -> nodes.Query:
    """Return the actors behind a number of an insight. Raises: QueryError."""
    source = asked.get("source")
    if not isinstance(source, Mapping):
        raise QueryError("An insight is missing as source")
    actors = ACTORS.get(str(source.get("kind")))
    if actors is None:
        raise unsupported(source)
    return actors(inquiry, source, asked)


def insight_actors_query(call: Call, query: Asked) -> dict[str, Any]:
    """Answer with the actors behind a number, as rows."""
    inquiry = Inquiry.of(call, query)
    actors = inquiry.guard(insight_actors, inquiry, query)
    answered, page = Page.of(query).run(inquiry, select("SELECT * FROM {actors}", actors=actors))
    told: dict[str, Any] = {"columns": answered.columns, "types": answered.types, "clickhouse": answered.clickhouse}
    return {**answer(query, answered.rows, answered.hogql), **told, **page}


# What can be asked about


def trend_options(inquiry: Inquiry, query: Asked) -> dict[str, Any]:
    """Return the days, series, periods and values of a trend."""
    trends = Trends(inquiry, query)
    options: dict[str, Any] = {
        "series": [{"label": series.name, "value": number} for number, series in enumerate(trends.series)],
    }
    if not trends.is_total:
        options["day"] = _days(trends.days)
    if trends.compares:
        options["compare"] = [{"label": name.capitalize(), "value": name} for name in ("current", "previous")]
    if trends.breakdown:
        options |= _values(trends)
    return options


def _days(days: DateRange) -> list[dict[str, str]]:
    return [{"label": days.label(moment), "value": show(moment)} for moment in days.beginnings]


def _values(trends: Trends) -> dict[str, Any]:
    found = [result["breakdown_value"] for result in trends.results() if "breakdown_value" in result]
    if trends.breakdown.is_multiple:
        columns = zip(*found, strict=True)
        return {"breakdowns": [{"values": [_item(value) for value in dict.fromkeys(column)]} for column in columns]}
    return {"breakdown": [_item(value) for value in dict.fromkeys(found)]}


def _item(value: Any) -> dict[str, Any]:
    return {"label": BREAKDOWN_NAMES.get(value, str(value)), "value": value}


def lifecycle_options(inquiry: Inquiry, query: Asked) -> dict[str, Any]:
    """Return the days and statuses of a lifecycle."""
    statuses = [{"label": status.capitalize(), "value": status} for status in sorted(STATUSES)]
    return {"day": _days(Lifecycle.of(inquiry, query).days), "status": statuses}


def stickiness_options(inquiry: Inquiry, query: Asked) -> dict[str, Any]:
    """Return the numbers of intervals and the series of a stickiness."""
    days = DateRange.of(inquiry, query.get("dateRange"), query.get("interval"))
    numbers = range(1, len(days.beginnings) + 1)
    return {
        "interval": [{"label": f"{n} {days.interval}{'' if n == 1 else 's'}", "value": n} for n in numbers],
        "series": [{"label": series.name, "value": number} for number, series in enumerate(series_of(query, inquiry))],
    }


OPTIONS: dict[str, Options] = {
    "TrendsQuery": trend_options,
    "LifecycleQuery": lifecycle_options,
    "StickinessQuery": stickiness_options,
}
"""Insights by kind, and what can be asked about whom is behind them; nothing of the others."""


def insight_actors_options(call: Call, query: Asked) -> dict[str, Any]:
    """Answer with what an InsightActorsQuery may ask about."""
    asked = query.get("source")
    source = asked.get("source") if isinstance(asked, Mapping) else None
    if not isinstance(source, Mapping):
        raise QueryError("An insight is missing as source")
    inquiry = Inquiry.of(call, query)
    options = OPTIONS.get(str(source.get("kind")))
    found = inquiry.guard(options, inquiry, source) if options else {}
    return {name: found.get(name) for name in OPTIONS_KEYS}

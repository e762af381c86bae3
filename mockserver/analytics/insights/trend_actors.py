"""Who is behind a point of a trend: the actors of one interval, one series and one value broken down by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import read_absolute
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.date_ranges import DateRange, check_reach
from mockserver.analytics.insights.maths import ACTIVE_DAYS, FIRST, Counting, math_of
from mockserver.analytics.insights.series import Series, query_conditions
from mockserver.analytics.insights.trends import TOTALS, Trends

NO_DAY = "A `day` is required for trends actors queries without total value aggregation"
FORBIDDEN_DAY = "A `day` is forbidden for trends actors queries with total value aggregation"


@dataclass(frozen=True)
class Point:
    """A point of a trend, as a client asks who is behind it."""

    day: Any = None
    series: int = 0
    breakdown: Any = None
    is_previous: bool = False
    recordings: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Point:
        """Return the point that an InsightActorsQuery asks about."""
        index = asked.get("series")
        return cls(
            asked.get("day"),
            index if isinstance(index, int) else 0,
            asked.get("breakdown"),
            asked.get("compare") == "previous",
            bool(asked.get("includeRecordings")),
        )


def trend_actors(inquiry: Inquiry, query: Mapping[str, Any], asked: Mapping[str, Any]) -> nodes.SelectQuery:
    """Return the actors behind a point, how many events each has, and under which distinct ids. Raises: QueryError."""
    trends, point = Trends(inquiry, query), Point.of(asked)
    if not 0 <= point.series < len(trends.series):
        raise QueryError(f"There is no series {point.series}")
    series = trends.series[point.series]
    days = trends.previous_days if trends.compares and point.is_previous else trends.days
    since, until = _span(trends, days, point)
    conditions = [*query_conditions(inquiry, query), *series.own_conditions(inquiry)]
    if trends.breakdown and point.breakdown is not None:
        conditions += trends.breakdown.holds(inquiry, point.breakdown)
    events = actor_events(inquiry, series, replace(days, is_exact=True), conditions, since, until)
    return counted_actors(series, events, recordings=point.recordings)


def actor_events(
    inquiry: Inquiry, series: Series, days: DateRange, conditions: list[Node], since: datetime, until: Node
) -> nodes.JoinExpr:
    """Return the events of a series from one moment to another, by actor; `until` is a condition on the time."""
    names = ("distinct_id", "timestamp", "uuid", "$session_id", "$window_id")
    if math_of(series, days.interval) in FIRST:
        columns = tuple(nodes.Alias(alias=name, expr=field(name)) for name in names)
        counting = Counting(inquiry, series, days, tuple(conditions), columns)
        first = counting.firsts(math_of(series, days.interval) == FIRST[0])
        since_then = compare(field("first_at"), ">=", constant(since))
        where = conjunction([since_then, expression("meets = 1"), until])
        selected = tuple(nodes.Alias(alias=name, expr=field(name)) for name in ("actor", *names))
        return nodes.JoinExpr(
            table=nodes.SelectQuery(select=selected, select_from=nodes.JoinExpr(table=first), where=where)
        )
    dates = [compare(field("timestamp"), ">=", constant(since)), until]
    inner = nodes.SelectQuery(
        select=(
            nodes.Alias(alias="actor", expr=series.actor),
            *(nodes.Alias(alias=name, expr=field(name)) for name in names),
        ),
        select_from=nodes.JoinExpr(table=field("events")),
        where=conjunction([*dates, *series.named(), *conditions]),
    )
    return nodes.JoinExpr(table=inner)


def counted_actors(series: Series, events: nodes.JoinExpr, *, recordings: bool = False) -> nodes.SelectQuery:
    """Return each actor with the number of its events."""
    columns: list[Node] = [
        nodes.Alias(alias="group_key" if series.of_groups else "actor_id", expr=field("actor")),
        expression("count() AS event_count"),
    ]
    if not series.of_groups:
        columns.append(expression("groupUniqArray(distinct_id) AS event_distinct_ids"))
    if recordings:
        matched = "groupUniqArray(100)((timestamp, uuid, $session_id, $window_id)) AS matching_events"
        columns.append(expression(matched))
    return nodes.SelectQuery(select=tuple(columns), select_from=events, group_by=(field("actor"),))


def read_day(inquiry: Inquiry, given: Any) -> datetime | None:
    """Return the moment that a `day` names, none where it names none. Raises: QueryError for one out of reach."""
    day = read_absolute(given, ZoneInfo(inquiry.timezone)) if isinstance(given, str) else None
    if day is not None:
        check_reach(day)
    return day


def _span(trends: Trends, days: DateRange, point: Point) -> tuple[datetime, Node]:
    """Return from when on events count, and the condition until when. Raises: QueryError."""
    series = trends.series[point.series]
    math = math_of(series, trends.interval)
    active = ACTIVE_DAYS.get(math)
    if trends.display in TOTALS:
        if point.day is not None:
            raise QueryError(FORBIDDEN_DAY)
        start = days.end - timedelta(days=active) if active else days.aligned().start
        return start, compare(_moment(math), "<=", constant(days.end))
    if point.day is None:
        raise QueryError(NO_DAY)
    day = read_day(trends.inquiry, point.day)
    if day is None:
        raise QueryError(f"Invalid day: {point.day}")
    if days is not trends.days:
        # The point is told by the day above which it stands in the chart.
        day = days.start + (day - trends.days.start)
    start, end = day, days.following(day)
    if days.is_exact:
        start, end = max(start, days.start), min(end, days.end)
    if active:
        start -= timedelta(days=active - 1)
    return start, compare(_moment(math), "<", constant(end))


def _moment(math: str) -> Node:
    return field("first_at") if math in FIRST else field("timestamp")

"""StickinessQuery: in how many intervals actors do something. Source: recorded answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.series import Series, series_conditions, series_of
from mockserver.request.call import Call

CUMULATIVE = "cumulative"
COMPARISONS = {"exact": "==", "gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}
MOST = 1_000_000


def stickiness_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a result for each series and period compared: how many were active in so many intervals."""
    inquiry = Inquiry.of(call, query)
    days = DateRange.of(inquiry, query.get("dateRange"), query.get("interval"))
    compares = bool((query.get("compareFilter") or {}).get("compare"))
    periods = [(days, "current")]
    if compares:
        periods.append((previous_days(inquiry, query, days), "previous"))
    results, printed = [], []
    for period, name in periods:
        for series in series_of(query, inquiry):
            if not series.is_known:
                continue
            stickiness = Stickiness(inquiry, query, series, period)
            found = inquiry.run(replace(stickiness.counts(), limit=constant(MAX_LIMIT)))
            printed.append(found.hogql)
            counts = {int(intervals): int(actors) for intervals, actors in found.rows}
            compared = {"compare": True, "compare_label": name} if compares else {}
            results.append({**_result(stickiness, counts), **compared})
    return answer(query, results, "\nUNION ALL\n".join(printed))


def previous_days(inquiry: Inquiry, query: Mapping[str, Any], days: DateRange) -> DateRange:
    """Return the period to compare with. Raises: QueryError."""
    distance = query["compareFilter"].get("compare_to")
    return days.shifted(inquiry, distance) if distance else days.previous()


@dataclass(frozen=True)
class Stickiness:
    """One series of a stickiness query, in one period."""

    inquiry: Inquiry
    query: Mapping[str, Any]
    series: Series
    days: DateRange

    @property
    def filter(self) -> Mapping[str, Any]:
        """What the query says of how to count."""
        return self.query.get("stickinessFilter") or {}

    @property
    def is_cumulative(self) -> bool:
        """Whether those active in more intervals count too."""
        return self.filter.get("computedAs") == CUMULATIVE

    @property
    def width(self) -> int:
        """How many intervals are taken for one. Raises: QueryError."""
        width = self.query.get("intervalCount") or 1
        if width < 1:
            raise QueryError("intervalCount must be positive")
        return min(int(width), MOST)

    def counts(self) -> nodes.SelectQuery:
        """Return how many actors were active in each number of intervals."""
        return select(
            "SELECT intervals, count() AS actors FROM {each} GROUP BY intervals ORDER BY intervals", each=self.actives()
        )

    def actors(self, intervals: int | None, operator: str | None = None) -> nodes.SelectQuery:
        """Return who was active in so many intervals, or in any. Raises: QueryError."""
        name = "group_key" if self.series.of_groups else "actor_id"
        wanted: list[Node] = []
        if intervals is not None:
            comparison = ">=" if self.is_cumulative else comparison_of(operator)
            wanted.append(compare(field("intervals"), comparison, constant(intervals)))
        return select(
            f"SELECT actor AS {name} FROM {{each}} WHERE {{wanted}}", each=self.actives(), wanted=conjunction(wanted)
        )

    def actives(self) -> nodes.SelectQuery:
        """Return every actor and in how many intervals it was active."""
        active = select(
            "SELECT {actor} AS actor, {slot} AS slot FROM events WHERE {where} GROUP BY actor, slot HAVING {often}",
            actor=self._actor(),
            slot=self._slot(),
            where=conjunction(
                [*self.days.aligned().conditions(), *series_conditions(self.inquiry, self.query, self.series)]
            ),
            often=self._often_enough(),
        )
        return select("SELECT actor, count() AS intervals FROM {active} GROUP BY actor", active=active)

    def _actor(self) -> Node:
        if self.series.math == "hogql" and self.series.math_hogql is not None:
            return parse_expression(self.series.math_hogql)
        return self.series.actor

    def _slot(self) -> Node:
        if not self.query.get("intervalCount"):
            return self.days.bucket(field("timestamp"))
        return expression(
            "floor(age({interval}, timestamp, {end}) / {width})",
            interval=constant(self.days.interval),
            end=constant(self.days.end),
            width=constant(self.width),
        )

    def _often_enough(self) -> Node:
        """Return how often an actor must do it in an interval to be active in it. Raises: QueryError."""
        given = self.filter.get("stickinessCriteria")
        if not given:
            return constant(True)
        value = given.get("value") if isinstance(given, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise QueryError("Stickiness criteria need a number")
        return compare(expression("count()"), comparison_of(given.get("operator")), constant(value))


def comparison_of(operator: Any) -> str:
    """Return how HogQL spells a comparison of counts. Raises: QueryError."""
    found = COMPARISONS.get(str(operator or "exact"))
    if found is None:
        raise QueryError(f"Invalid operator: {operator}")
    return found


def _result(stickiness: Stickiness, counts: Mapping[int, int]) -> dict[str, Any]:
    days, series = stickiness.days, stickiness.series
    most = max([math.ceil(len(days.beginnings) / stickiness.width), *counts])
    numbers = list(range(1, most + 1))
    data = [counts.get(number, 0) for number in numbers]
    count, more = sum(data), ""
    if stickiness.is_cumulative:
        data, more = [sum(data[start:]) for start in range(len(data))], " or more"
    return {
        "count": count,
        "data": data,
        "days": numbers,
        "label": series.name,
        "labels": [f"{number} {days.interval}{'' if number == 1 else 's'}{more}" for number in numbers],
        "action": {
            "order": series.order,
            "type": "events",
            "name": series.name,
            "id": series.label,
            "custom_name": series.custom_name,
        },
    }

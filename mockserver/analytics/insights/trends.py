"""TrendsQuery: a number for each interval, for each series and value that it is broken down by.

Source: recorded answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, constant
from mockserver.analytics.inquiries import MAX_LIMIT, Answered, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.breakdowns import (
    EVERYONE,
    NOTHING,
    OTHER,
    Breakdown,
    Bucket,
    cohort_conditions,
    find_cohort,
    is_everyone,
    make_buckets,
)
from mockserver.analytics.insights.calendar_heatmap import calendar_trends
from mockserver.analytics.insights.date_ranges import DateRange, show
from mockserver.analytics.insights.formulas import apply_formulas, formulas_of
from mockserver.analytics.insights.maths import Counting, math_of
from mockserver.analytics.insights.series import Series, query_conditions, sampling_factor, series_of
from mockserver.analytics.insights.shown_filters import shown_filter
from mockserver.request.call import Call

TOTALS = frozenset({"BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap"})
CALENDAR = "CalendarHeatmap"
CONJOINED = "leftjoin_conjoined"
CUMULATIVE = "ActionsLineGraphCumulative"
COUNTED = ("sum", "total", None)

Number = int | float
Result = dict[str, Any]


def trends_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a result for each series, period compared and value broken down by."""
    if (query.get("trendsFilter") or {}).get("display") == CALENDAR:
        return calendar_trends(call, query)
    trends = Trends(Inquiry.of(call, query), query)
    results = trends.results()
    more = {
        "error": "",
        "hasMore": trends.has_more,
        "settled": {"dataWarehouseEventsModifiers": [], **({"inCohortVia": CONJOINED} if trends.conjoins else {})},
    }
    return answer(query, results, "\nUNION ALL\n".join(trends.printed), trends.days, **more)


@dataclass(frozen=True)
class Line:
    """One series in one period, of one cohort if it is broken down by cohorts."""

    series: Series
    days: DateRange
    is_previous: bool = False
    cohort: Any = None


class Trends:
    """One trends query: what it asks for, and what has been found."""

    def __init__(self, inquiry: Inquiry, query: Mapping[str, Any]) -> None:
        self.inquiry, self.query = inquiry, query
        self.filter: Mapping[str, Any] = query.get("trendsFilter") or {}
        self.display: str | None = self.filter.get("display")
        self.is_total = self.display in TOTALS
        self.interval: str = "day" if self.is_total else query.get("interval") or "day"
        self.days = DateRange.of(inquiry, query.get("dateRange"), self.interval)
        self.breakdown = Breakdown.of(query.get("breakdownFilter"), self.display)
        self.series = series_of(query, inquiry)
        self.printed: list[str] = []
        self.has_more = False

    @property
    def compares(self) -> bool:
        """Whether the period before is shown beside."""
        return bool((self.query.get("compareFilter") or {}).get("compare"))

    @cached_property
    def previous_days(self) -> DateRange:
        """The period to compare with: the one just before, or the same so long ago."""
        distance = (self.query.get("compareFilter") or {}).get("compare_to")
        return self.days.shifted(self.inquiry, distance) if distance else self.days.previous()

    def results(self) -> list[Result]:
        """Return the results, in order. Raises: QueryError."""
        groups = list(self._groups(self.days, is_previous=False))
        if self.compares:
            groups += self._groups(self.previous_days, is_previous=True)
        formulas = formulas_of(self.filter)
        if formulas:
            return apply_formulas(
                formulas, groups, len(self.series), bool(self.breakdown), self.compares, self.is_total
            )
        return [result for group in groups for result in group]

    def _groups(self, days: DateRange, *, is_previous: bool) -> Iterator[list[Result]]:
        """Yield what belongs together: the results of a series, or of one in a cohort that is asked for apart.

        Source: servers ask for several cohorts at once, most first, unless all users are among them.
        """
        cohorts = self.breakdown.cohorts or (None,)
        if self.conjoins:
            for series in self.series:
                found = [self._of_line(Line(series, days, is_previous, cohort)) for cohort in cohorts]
                yield sorted((result for results in found for result in results), key=_size, reverse=True)
            return
        for cohort in cohorts:
            for series in self.series:
                yield self._of_line(Line(series, days, is_previous, cohort))

    @property
    def conjoins(self) -> bool:
        """Whether cohorts are counted by one query for them all."""
        cohorts, via = self.breakdown.cohorts, self.inquiry.modifiers.get("inCohortVia") or "auto"
        is_several = len(cohorts) > 1 and not any(is_everyone(cohort) for cohort in cohorts)
        return via == CONJOINED or (via == "auto" and is_several)

    # One line

    def _of_line(self, line: Line) -> list[Result]:
        if not line.series.is_known:
            return []
        counted = self._counted(line)
        shown = [self._result(line, values, found) for values, found in counted]
        if any(values and values[0] == OTHER for values, _ in counted):
            self.has_more = True
            if self.breakdown.hides_other:
                shown = [result for result in shown if not _is_other(result["breakdown_value"])]
        return shown

    def counting(self, line: Line) -> Counting:
        """Return how a line is counted."""
        conditions = [*query_conditions(self.inquiry, self.query), *line.series.own_conditions(self.inquiry)]
        if line.cohort is not None:
            conditions += cohort_conditions(self.inquiry, line.cohort)
        return Counting(
            self.inquiry,
            line.series,
            line.days,
            tuple(conditions),
            by_day=not self.is_total,
            once=self.display == CUMULATIVE,
        )

    def _counted(self, line: Line) -> list[tuple[list[str], list[Number]]]:
        """Return what a line counts: for each value broken down by, a number for each interval or one for all."""
        counting = self.counting(line)
        if not self.breakdown.dimensions:
            found = self._run(counting.select())
            return [([], self._finish(self._spread(line, found.rows)))]
        columns = self.breakdown.columns(self._buckets(counting))
        ranked = rank(replace(counting, columns=columns).select(), len(columns), self.breakdown.limit, self.is_total)
        counted = []
        for values, (days, totals) in self._run(ranked).rows:
            numbers = self._spread(line, zip(totals, days, strict=True))
            counted.append((values, self._finish([float(number) for number in numbers])))
        return sorted(counted, key=_order)

    def _run(self, query: nodes.SelectQuery) -> Answered:
        found = self.inquiry.run(replace(query, limit=constant(MAX_LIMIT)))
        self.printed.append(found.hogql)
        return found

    def _buckets(self, counting: Counting) -> dict[int, list[Bucket]]:
        """Return the buckets of those dimensions whose numbers are put into some."""
        buckets: dict[int, list[Bucket]] = {}
        for number, dimension in enumerate(self.breakdown.dimensions):
            if dimension.bins is not None:
                column = nodes.Alias(alias="number", expr=dimension.number)
                numbers = replace(counting, columns=(column,), by_day=False).select()
                ends = select("SELECT min(number), max(number) FROM {numbers}", numbers=numbers)
                low, high = self.inquiry.run(ends).rows[0]
                buckets[number] = make_buckets(low, high, dimension.bins)
        return buckets

    def _spread(self, line: Line, rows: Any) -> list[Number]:
        """Return a number for each interval, nought where nothing was counted."""
        if self.is_total:
            return [_number(row[0]) for row in rows] or [0]
        by_day = {line.days.key(day): _number(total) for total, day in rows}
        return [by_day.get(key, 0) for key in line.days.keys]

    def _finish(self, numbers: list[Number]) -> list[Number]:
        """Return numbers summed up from the first day on, smoothed and scaled up as the query asks."""
        if self.display == CUMULATIVE:
            numbers = list(_sums(numbers))
        smoothing = self.filter.get("smoothingIntervals")
        if isinstance(smoothing, int) and smoothing > 1 and not self.is_total:
            numbers = _smoothed(numbers, smoothing)
        return numbers

    # Showing

    def _result(self, line: Line, values: list[str], numbers: list[Number]) -> Result:
        series, days = line.series, line.days
        numbers = self._scaled(series, numbers)
        result: Result = {"data": [], "days": [], "count": 0, "aggregated_value": numbers[0] if numbers else 0}
        if not self.is_total:
            count: Number = float(sum(numbers))
            if self.display == CUMULATIVE:
                count = numbers[-1] if numbers else 0
            # Labels of weeks are cut to the days of the present period, also those of the one before it.
            labels = [self.days.label(moment) for moment in days.beginnings]
            result = {"data": numbers, "labels": labels, "days": days.keys, "count": count}
        result |= {"label": series.name, "filter": shown_filter(self.query, self.days), "action": self._action(series)}
        if self.compares:
            result |= {"compare": True, "compare_label": "previous" if line.is_previous else "current"}
        if self.breakdown:
            label, value = self._value(line, values)
            apart = 1 if self.conjoins else len(self.breakdown.cohorts) or 1
            result["label"] = f"{series.name} - {label}" if len(self.series) * apart > 1 else label
            result["breakdown_value"] = value
        return {**result, "order": series.order}

    def _value(self, line: Line, values: list[str]) -> tuple[str, Any]:
        """Return what a value broken down by is called, and the value."""
        if line.cohort is not None:
            if is_everyone(line.cohort):
                return EVERYONE, "all"
            cohort = find_cohort(self.inquiry, line.cohort)
            return cohort["name"], cohort["id"]
        return "::".join(values), values if self.breakdown.is_multiple else values[0]

    def _action(self, series: Series) -> dict[str, Any]:
        given = series.given
        return {
            "days": [show(moment) for moment in self.days.beginnings],
            "id": series.label,
            "type": "events",
            "order": series.order,
            "name": series.name,
            "custom_name": series.custom_name,
            "math": math_of(series, self.interval) if series.math else None,
            "math_property": given.get("math_property"),
            "math_hogql": given.get("math_hogql"),
            "math_group_type_index": given.get("math_group_type_index"),
            "properties": {},
        }

    def _scaled(self, series: Series, numbers: list[Number]) -> list[Number]:
        """Return numbers of a sample as they would be of all."""
        factor = sampling_factor(self.query)
        if factor == 1 or series.math not in COUNTED:
            return numbers
        return [round(number / factor) for number in numbers]


def rank(counted: nodes.SelectQuery, count: int, limit: int, is_total: bool) -> nodes.SelectQuery:
    """Return counts with the values that count least made one: a row for each value, its days and its numbers.

    What has no value comes after all that have one, however much it counts.
    """
    names = ", ".join(f"value_{number}" for number in range(count))
    weighed = select(
        f"SELECT [{names}] AS values, sum(total) AS weight, groupArray({'0' if is_total else 'day'}) AS days,"
        " groupArray(ifNull(total, 0)) AS totals FROM {counted} GROUP BY values",
        counted=counted,
    )
    others: Node = nodes.Array(exprs=tuple(constant(OTHER) for _ in range(count)))
    ranked = select(
        "SELECT if(row_number() OVER (ORDER BY has(values, {nothing}) ASC, weight DESC, values ASC) > {limit},"
        " {others}, values) AS merged, days, totals FROM {weighed}",
        nothing=constant(NOTHING),
        limit=constant(limit),
        others=others,
        weighed=weighed,
    )
    return select("SELECT merged, sumMap(days, totals) AS summed FROM {ranked} GROUP BY merged", ranked=ranked)


def _order(counted: tuple[list[str], list[Number]]) -> tuple[bool, bool, Number, list[str]]:
    values, numbers = counted
    return OTHER in values, NOTHING in values, -sum(numbers), values


def _size(result: Result) -> Number:
    numbers = result["data"] or [result.get("aggregated_value", 0)]
    return sum(numbers)


def _is_other(value: Any) -> bool:
    return bool(value == OTHER or (isinstance(value, list) and OTHER in value))


def _number(value: Any) -> Number:
    """Return what was counted as a number; nothing is nought. Raises: QueryError for what is none."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise QueryError("A series must count a number")
    return value


def _sums(numbers: Sequence[Number]) -> Iterator[Number]:
    total: Number = 0
    for number in numbers:
        total += number
        yield total


def _smoothed(numbers: Sequence[Number], width: int) -> list[Number]:
    """Return the average of each number and those before it, so many in all, without what is less than one."""
    smoothed: list[Number] = []
    for number in range(len(numbers)):
        window = numbers[max(0, number - width + 1) : number + 1]
        smoothed.append(float(sum(window) // len(window)))
    return smoothed

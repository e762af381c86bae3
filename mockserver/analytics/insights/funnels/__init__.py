"""FunnelsQuery: how many actors get from one step to the next, and how long it takes them. Source: recorded answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.funnels.attempts import Attempts, Exclusion, Step
from mockserver.analytics.insights.funnels.breakdowns import OTHER, FunnelBreakdown
from mockserver.analytics.insights.series import Series, query_conditions, sampling_factor, series_of

TOO_FEW = "Funnels require at least two steps before calculating."
BACKWARDS = "Exclusion event range is invalid. End of range should be greater than start."
BEYOND = "Exclusion event range is invalid. Start of range is greater than number of steps."
TOO_LATE = "Exclusion event range is invalid. End of range is greater than number of steps."
A_STEP = "Exclusion steps cannot contain an event that's part of funnel steps."
FIRST_TIME = {
    "first_time_for_user": False,
    "first_time_for_user_with_filters": True,
    "first_matching_event_for_user": True,
}
DEFAULT_WINDOW, DEFAULT_UNIT = 14, "day"
MOST_STEPS = 30
MOST_WINDOW = 1_000_000
NO_WAREHOUSE = (
    "Data warehouse tables are not supported in funnels just yet. For now, please try this funnel without the data"
    " warehouse-based step."
)


@dataclass(frozen=True)
class Funnel:
    """One funnel: its steps, whose they are, and how long an attempt may take."""

    inquiry: Inquiry
    query: Mapping[str, Any]
    fewest: int = 2
    """How many steps it must have; lists of persons are content with one."""

    @cached_property
    def series(self) -> list[Series]:
        """The steps. Raises: QueryError."""
        if any(node.get("kind") == "DataWarehouseNode" for node in self.query.get("series") or ()):
            raise QueryError(NO_WAREHOUSE)
        series = series_of(self.query)
        if len(series) < self.fewest:
            raise QueryError(TOO_FEW)
        if len(series) > MOST_STEPS:
            raise QueryError(f"Funnels have at most {MOST_STEPS} steps.")
        return series

    @property
    def filter(self) -> Mapping[str, Any]:
        """What the query says of how to count."""
        return self.query.get("funnelsFilter") or {}

    @property
    def order(self) -> str:
        """Whether steps are taken in order, without others between them, or in any order."""
        return self.filter.get("funnelOrderType") or "ordered"

    @property
    def window(self) -> tuple[int, str]:
        """How long an attempt may take, and in which unit. Raises: QueryError."""
        length = int(self.filter.get("funnelWindowInterval") or DEFAULT_WINDOW)
        if abs(length) > MOST_WINDOW:
            raise QueryError("The funnel's window is too long")
        return length, self.filter.get("funnelWindowIntervalUnit") or DEFAULT_UNIT

    @cached_property
    def days(self) -> DateRange:
        """The days that attempts lie in."""
        return DateRange.of(self.inquiry, self.query.get("dateRange"), self.query.get("interval"))

    @cached_property
    def breakdown(self) -> FunnelBreakdown | None:
        """What it is broken down by."""
        return FunnelBreakdown.of(self.inquiry, self.query, len(self.series))

    @property
    def actor(self) -> Node:
        """HogQL for whose event one is; the events of no group are one actor's too. Raises: QueryError.

        Source: a recorded answer, with groups.
        """
        by = self.filter.get("funnelAggregateByHogQL")
        if by and by != "person_id":
            return parse_expression(by)
        group = self.group
        return field("person_id") if group is None else field(f"$group_{group}")

    @property
    def group(self) -> int | None:
        """Index of the groups that are counted; none for persons."""
        index = self.query.get("aggregation_group_type_index")
        return int(index) if isinstance(index, (int, float)) and 0 <= index < 5 else None

    @cached_property
    def attempts(self) -> Attempts:
        """How its attempts are found. Raises: QueryError."""
        length, unit = self.window
        conditions = [*self.days.conditions(), *query_conditions(self.inquiry, self.query)]
        steps = [Step(self._condition(series), _key(series)) for series in self.series]
        return Attempts(steps, self.actor, conditions, self.order, length, unit, self._exclusions(), self.breakdown)

    def _condition(self, series: Series) -> Node:
        conditions = [*series.named(), *series.own_conditions(self.inquiry)]
        if series.math in FIRST_TIME:
            of_filtered = FIRST_TIME[series.math]
            first = select(
                "SELECT argMin(uuid, timestamp) FROM events WHERE {matching} GROUP BY person_id",
                matching=conjunction(conditions if of_filtered else series.named()),
            )
            conditions.append(compare(field("uuid"), "in", first))
        return conjunction(conditions)

    def _exclusions(self) -> list[Exclusion]:
        exclusions = []
        for node in self.filter.get("exclusions") or []:
            first, last, series = int(node["funnelFromStep"]), int(node["funnelToStep"]), Series.of(node)
            if first >= last or first < 0:
                raise QueryError(BACKWARDS)
            if first >= len(self.series) - 1:
                raise QueryError(BEYOND)
            if last >= len(self.series):
                raise QueryError(TOO_LATE)
            if _key(series) in {_key(step) for step in self.series[first : last + 1]}:
                raise QueryError(A_STEP)
            exclusions.append(Exclusion(self._condition(series), first, last))
        return exclusions

    # Queries

    def steps_of_actors(self, extra: Sequence[str] = ()) -> nodes.SelectQuery:
        """Return how far each actor got at best: `actor`, `steps`, `prop`, and the times of each step.

        `extra` are more columns, as text, over the attempts that got so far.
        """
        attempts = self.attempts
        times = [f"time_{number}" for number in range(1, attempts.size)]
        keys = ["actor", "steps", *(["prop"] if self.breakdown else [])]
        partition = ", ".join(key for key in keys if key != "steps")
        every = [*attempts.columns, "steps", *times]
        best = select(
            f"SELECT {', '.join(every)}, max(steps) OVER (PARTITION BY {partition}) AS most FROM {{attempts}}",
            attempts=attempts.select(),
        )
        averages = [f"avg({time}) AS average_{time}, median({time}) AS median_{time}" for time in times]
        return select(
            f"SELECT {', '.join([*keys, *averages, *extra])} FROM {{best}} WHERE steps = most"
            f" GROUP BY {', '.join(keys)}",
            best=best,
        )

    def counts(self) -> nodes.SelectQuery:
        """Return how many actors got how far at best, and how long each step took them."""
        size = len(self.series)
        columns = [f"countIf(steps = {number}) AS count_{number}" for number in range(1, size + 1)]
        columns += [f"avg(average_time_{number})" for number in range(1, size)]
        columns += [f"median(median_time_{number})" for number in range(1, size)]
        actors = self.steps_of_actors()
        if not self.breakdown:
            return select(f"SELECT {', '.join(columns)} FROM {{actors}}", actors=actors)
        return select(
            f"SELECT {', '.join(columns)}, {{value}} AS value FROM {{actors}} GROUP BY value",
            actors=actors,
            value=self.value(),
        )

    def value(self) -> Node:
        """Return HogQL for the value that an actor is counted for; those that are rare are one."""
        breakdown = self.breakdown
        assert breakdown is not None
        prop = field("prop")
        if breakdown.cohort_names:
            return prop
        frequent = self.inquiry.run(
            select(
                "SELECT {value} AS value FROM events WHERE {conditions} GROUP BY value ORDER BY count() DESC, value"
                " LIMIT {limit}",
                value=breakdown.value,
                conditions=conjunction([*self.attempts.conditions, self._any_step()]),
                limit=constant(breakdown.limit + 1),
            )
        ).rows
        if len(frequent) <= breakdown.limit:
            return prop
        other = nodes.Array(exprs=(constant(OTHER),)) if breakdown.is_list else constant(OTHER)
        kept = nodes.Array(exprs=tuple(_literal(row[0]) for row in frequent[: breakdown.limit]))
        return expression("if(has({kept}, prop), prop, {other})", kept=kept, other=other)

    def _any_step(self) -> Node:
        return nodes.Or(exprs=tuple(step.condition for step in self.attempts.steps))

    # Results

    def steps(self) -> tuple[list[Any], str]:
        """Return a result for each step, or a list of them for each value broken down by; and the query."""
        found = self.inquiry.run(replace(self.counts(), limit=constant(MAX_LIMIT)))
        if not self.breakdown:
            return self._results(found.rows[0]), found.hogql
        told = []
        for row in found.rows:
            shown = self.breakdown.shown(row[-1])
            told.append([{**result, **shown} for result in self._results(row)])
        return sorted(told, key=_rank), found.hogql

    def _results(self, row: Sequence[Any]) -> list[dict[str, Any]]:
        size, factor = len(self.series), sampling_factor(self.query)
        averages, medians = row[size : 2 * size - 1], row[2 * size - 1 : 3 * size - 2]
        results = []
        for number, series in enumerate(self.series):
            count = sum(int(actors) for actors in row[number:size])
            times = {
                "average_conversion_time": _finite(averages[number - 1]) if number else None,
                "median_conversion_time": _finite(medians[number - 1]) if number else None,
            }
            shown = self._shown(number, series)
            results.append({**shown, "count": count if factor == 1 else round(count / factor), **times})
        return results

    def _shown(self, number: int, series: Series) -> dict[str, Any]:
        if self.order == "unordered":
            named: dict[str, Any] = {
                "action_id": None,
                "name": f"Completed {number + 1} step{'s' if number else ''}",
                "custom_name": None,
            }
        else:
            id = series.given.get("id") if series.is_action else series.event
            named = {"action_id": id, "name": series.event, "custom_name": series.custom_name}
        kind = "actions" if series.is_action else "events"
        return {**named, "order": number, "people": [], "type": kind}


def _key(series: Series) -> object:
    """Return what steps about the same events have in common."""
    return (series.is_action, series.given.get("id"), series.event, repr(series.properties or []))


def _literal(value: Any) -> Node:
    if isinstance(value, list):
        return nodes.Array(exprs=tuple(constant(each) for each in value))
    return constant(value)


def _rank(results: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """Return what puts the values with most actors first."""
    return -results[0]["count"], str(results[0]["breakdown_value"])


def _finite(number: Any) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)

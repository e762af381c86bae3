"""FunnelsQuery: how many actors get from one step to the next, and how long it takes them.

Which attempts there are is for the matcher to find (`clickhouse/matcher`); what it is asked is in `matching`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.funnels.breakdowns import STEP, FunnelBreakdown
from mockserver.analytics.insights.series import Series, query_conditions, series_of

TOO_FEW = "Funnels require at least two steps before calculating."
FROM_OUTSIDE = "funnelFromStep is out of bounds. It must be between 0 and {}."
TO_OUTSIDE = "funnelToStep is out of bounds. It must be between 1 and {}."
NO_RANGE = "Funnel step range is invalid. funnelToStep should be greater than funnelFromStep."
BACKWARDS = "Exclusion event range is invalid. End of range should be greater than start."
BEYOND = "Exclusion event range is invalid. Start of range is greater than number of steps."
TOO_LATE = "Exclusion event range is invalid. End of range is greater than number of steps."
A_STEP = "Exclusion steps cannot contain an event that's part of funnel steps."
PARTIAL = "Partial Exclusions not allowed in unordered funnels"
FIRST_ONLY = "Only the first step can be used for breakdown attribution in unordered funnels"
NOT_OPTIONAL_THERE = (
    "Optional funnel steps are only supported in funnels with step order Sequential or Strict"
    ' and the graph type "Conversion Steps".'
)
FIRST_OPTIONAL = "The first step of a funnel cannot be optional."
OPTIONAL_TWICE = "An optional step cannot be the same as the following required step."
FIRST_TIME = {
    "first_time_for_user": False,
    "first_time_for_user_with_filters": True,
    "first_matching_event_for_user": True,
}
DEFAULT_WINDOW, DEFAULT_UNIT = 14, "day"
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "month": 31 * 86_400}
UNORDERED = "unordered"
MOST_STEPS = 30
MOST_WINDOW = 1_000_000
NO_WAREHOUSE = (
    "Data warehouse tables are not supported in funnels just yet. For now, please try this funnel without the data"
    " warehouse-based step."
)


@dataclass(frozen=True)
class Exclusion:
    """Events that end an attempt between two of its steps, told from nought."""

    condition: Node
    first: int
    last: int


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
        series = series_of(self.query, self.inquiry)
        if len(series) < self.fewest:
            raise QueryError(TOO_FEW)
        if len(series) > MOST_STEPS:
            raise QueryError(f"Funnels have at most {MOST_STEPS} steps.")
        return series

    @property
    def size(self) -> int:
        """How many steps there are."""
        return len(self.series)

    @property
    def filter(self) -> Mapping[str, Any]:
        """What the query says of how to count."""
        return self.query.get("funnelsFilter") or {}

    @property
    def chart(self) -> str:
        """What it is shown as: `steps`, `time_to_convert` or `trends`."""
        return self.filter.get("funnelVizType") or "steps"

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

    @property
    def window_seconds(self) -> int:
        """How long an attempt may take; a month is 31 days."""
        length, unit = self.window
        return length * SECONDS[unit]

    @cached_property
    def days(self) -> DateRange:
        """The days that attempts lie in."""
        return DateRange.of(self.inquiry, self.query.get("dateRange"), self.query.get("interval"))

    @cached_property
    def breakdown(self) -> FunnelBreakdown | None:
        """What it is broken down by."""
        return FunnelBreakdown.of(self.inquiry, self.query, self.size)

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
    def bounds(self) -> tuple[int, int]:
        """The steps, from nought, that a chart goes from and to. Raises: QueryError."""
        first, last = self.filter.get("funnelFromStep"), self.filter.get("funnelToStep")
        greatest = self.size - 1
        if first is not None and not 0 <= first <= greatest - 1:
            raise QueryError(FROM_OUTSIDE.format(greatest - 1))
        if last is not None and not 1 <= last <= greatest:
            raise QueryError(TO_OUTSIDE.format(greatest))
        if first is not None and last is not None and first >= last:
            raise QueryError(NO_RANGE)
        return (int(first) if first is not None else 0, int(last) if last is not None else greatest)

    @cached_property
    def steps(self) -> list[Node]:
        """What holds of the events that are each step. Raises: QueryError."""
        return [self._condition(series) for series in self.series]

    @cached_property
    def optional(self) -> list[int]:
        """The steps, from one, that an attempt may leave out. Raises: QueryError where none may be."""
        optional = [number for number, series in enumerate(self.series, 1) if series.given.get("optionalInFunnel")]
        if optional:
            if self.order == UNORDERED or self.chart != "steps":
                raise QueryError(NOT_OPTIONAL_THERE)
            if optional[0] == 1:
                raise QueryError(FIRST_OPTIONAL)
            for number, (series, following) in enumerate(pairwise(self.series), 1):
                if number in optional and number + 1 not in optional and _key(series) == _key(following):
                    raise QueryError(OPTIONAL_TWICE)
        return optional

    @cached_property
    def exclusions(self) -> list[Exclusion]:
        """The events that end attempts. Raises: QueryError."""
        return list(self._exclusions())

    def check(self) -> None:
        """Refuse what cannot be counted, in the order of the servers. Raises: QueryError."""
        _ = (self.series, self.bounds, self.exclusions, self.optional, self.breakdown)

    def check_unordered(self) -> None:
        """Refuse what cannot be counted by step where steps are in any order. Raises: QueryError."""
        if self.order == UNORDERED:
            whole = (0, self.size - 1)
            if any((exclusion.first, exclusion.last) != whole for exclusion in self.exclusions):
                raise QueryError(PARTIAL)
            if self.breakdown and self.breakdown.attribution == STEP and self.breakdown.step:
                raise QueryError(FIRST_ONLY)

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

    @property
    def conditions(self) -> list[Node]:
        """What holds of every event that it looks at."""
        return [*self.days.conditions(), *query_conditions(self.inquiry, self.query)]

    def _exclusions(self) -> Iterator[Exclusion]:
        for node in self.filter.get("exclusions") or []:
            first, last, series = int(node["funnelFromStep"]), int(node["funnelToStep"]), Series.of(node)
            if first >= last or first < 0:
                raise QueryError(BACKWARDS)
            if first >= self.size - 1:
                raise QueryError(BEYOND)
            if last >= self.size:
                raise QueryError(TOO_LATE)
            if _key(series) in {_key(step) for step in self.series[first : last + 1]}:
                raise QueryError(A_STEP)
            yield Exclusion(self._condition(series), first, last)


def _key(series: Series) -> object:
    """Return what steps about the same events have in common."""
    return (series.is_action, series.given.get("id"), series.event, repr(series.properties or []))

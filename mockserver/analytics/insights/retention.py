"""RetentionQuery: who comes back so many intervals after an event. Source: recorded answers.

An actor belongs to the row of each interval in which it did the first event, or only to that of its very first one. It
comes back where it did the returning event in a later interval that still lies in the range.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.breakdowns import OTHER, Breakdown
from mockserver.analytics.insights.date_ranges import DateRange, show
from mockserver.analytics.insights.retention_windows import Windows
from mockserver.analytics.insights.series import Series, query_conditions, sampling_factor
from mockserver.request.call import Call

DEFAULT_INTERVALS, INTERVALS_FOR_NONE, MOST_INTERVALS = 8, 7, 1000
DEFAULT_PERIOD = "Day"
DEFAULT_EVENT = {"id": "$pageview", "type": "events"}
FIRST_TIMES = ("retention_first_time", "retention_first_ever_occurrence")
CELLS = "arrayJoin(arrayConcat([0], arrayDistinct({distances}))) AS distance"

Counts = dict[str, Counter[tuple[int, int]]]


def retention_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each interval, and in it how many came back after each."""
    inquiry = Inquiry.of(call, query)
    retention = Retention(inquiry, query)
    found = inquiry.run(replace(retention.counts(), limit=constant(MAX_LIMIT)))
    counts: Counts = defaultdict(Counter)
    for *value, start, distance, actors in found.rows:
        counts[str(value[0]) if value else ""][int(start), int(distance)] += int(actors)
    if not retention.breakdown:
        return answer(query, retention.rows(counts[""]), found.hogql)
    ranked = retention.ranked(counts)
    results = [row for value in ranked for row in retention.rows(ranked[value], value)]
    return answer(query, results, found.hogql)


@dataclass(frozen=True)
class Retention:
    """One retention query: which events, in which intervals."""

    inquiry: Inquiry
    query: Mapping[str, Any]

    @property
    def filter(self) -> Mapping[str, Any]:
        """What the query says of how to count."""
        return self.query.get("retentionFilter") or {}

    @property
    def period(self) -> str:
        """How long an interval is, as it is shown."""
        return self.filter.get("period") or DEFAULT_PERIOD

    @property
    def windows(self) -> Windows:
        """How far an actor that comes back is from where it began."""
        return Windows.of(self.filter, self.period)

    @property
    def width(self) -> int:
        """How many intervals a row has. Raises: QueryError."""
        if self.windows.brackets:
            return len(self.windows.brackets) + 1
        given = self.filter.get("totalIntervals")
        width = DEFAULT_INTERVALS if given is None else int(given) or INTERVALS_FOR_NONE
        if not 0 < width <= MOST_INTERVALS:
            raise QueryError(f"Retention has between 1 and {MOST_INTERVALS} intervals")
        return width

    @cached_property
    def days(self) -> DateRange:
        """The intervals that are rows: so many up to now where it is not said when they begin. Raises: QueryError.

        A range that ends before it begins has its last interval alone.
        """
        given = self.query.get("dateRange") or {}
        interval = self.period.lower()
        days = DateRange.of(self.inquiry, given, interval)
        if given.get("date_from"):
            return replace(days, start=days.floor(min(days.start, days.end)))
        start = days.floor(days.end)
        for _ in range(self.width - 1):
            start = days.floor(start - timedelta(minutes=1))
        return replace(days, start=start)

    @property
    def group(self) -> int | None:
        """Index of the groups that are counted; none for persons."""
        index = self.query.get("aggregation_group_type_index")
        return int(index) if isinstance(index, (int, float)) and 0 <= index < 5 else None

    @cached_property
    def breakdown(self) -> Breakdown:
        """What it is broken down by; an actor counts once for each value that its events have."""
        return Breakdown.of(self.query.get("breakdownFilter"))

    # Queries

    def counts(self) -> nodes.SelectQuery:
        """Return how many came back how many intervals after each."""
        keys = [*self._names, "start", "distance"]
        return select(
            f"SELECT {', '.join(keys)}, count() AS actors FROM {{cells}} GROUP BY {', '.join(keys)}",
            cells=self.cells(),
        )

    def cells(self) -> nodes.SelectQuery:
        """Return each actor's cells: `start` is the row, `distance` the column."""
        rows = select(
            f"SELECT {', '.join(['actor', *self._names])}, arrayJoin(starts) AS start, returns, firsts FROM {{actors}}",
            actors=self._actors(),
        )
        cells = select(
            f"SELECT {', '.join(['actor', *self._names])}, start, {CELLS} FROM {{rows}}",
            rows=rows,
            distances=self.windows.distances(self.width),
        )
        if not self.filter.get("cumulative"):
            return cells
        # Whoever comes back later counts for all intervals before.
        return select(
            f"SELECT {', '.join(['actor', *self._names])}, start, arrayJoin(range(0, toInt(last + 1))) AS distance"
            f" FROM (SELECT {', '.join(['actor', *self._names])}, start, max(distance) AS last FROM {{cells}}"
            f" GROUP BY {', '.join(['actor', *self._names, 'start'])})",
            cells=cells,
        )

    def actors(self, row: int) -> nodes.SelectQuery:
        """Return who belongs to a row, and the intervals after it in which they were there."""
        name = "actor_id" if self.group is None else "group_key"
        return select(
            f"SELECT actor AS {name}, arraySort(groupUniqArray(distance)) AS appearances FROM {{cells}}"
            f" WHERE start = {{row}} GROUP BY actor",
            cells=self.cells(),
            row=constant(row),
        )

    @property
    def _names(self) -> list[str]:
        return ["value"] if self.breakdown else []

    def _actors(self) -> nodes.SelectQuery:
        """Return each actor with the intervals of its first events, and of those with which it comes back."""
        days, last = self.days, self.days.beginnings[-1]
        target, returning = self._entity("targetEntity"), self._entity("returningEntity")
        within = [
            compare(field("timestamp"), ">=", constant(days.start)),
            compare(field("timestamp"), "<", constant(days.following(last))),
        ]
        is_first_time = self.filter.get("retentionType") in FIRST_TIMES
        starts = expression("arraySort(groupUniqArrayIf({slot}, {target}))", slot=self._slot(), target=target)
        if is_first_time:
            # The very first time may lie before the range: then an actor belongs to no row.
            starts = expression(
                "arrayFilter(slot -> slot >= 0 AND slot < {count}, [{first}])",
                count=constant(len(days.beginnings)),
                first=self._slot(expression("minIf(timestamp, {target})", target=target)),
            )
        conditions = query_conditions(self.inquiry, self.query)
        events = nodes.Or(exprs=(conjunction([target] if is_first_time else [target, *within]),
                                 conjunction([returning, *within])))  # fmt: skip
        if is_first_time:
            conditions.append(within[1])
        actor: Node = field("person_id") if self.group is None else field(f"$group_{self.group}")
        if self.group is not None:
            conditions.append(compare(actor, "!=", constant("")))
        text = (
            "SELECT {actor} AS actor, {starts} AS starts,"
            " groupArrayIf(tuple({slot}, timestamp), {target}) AS firsts,"
            " groupArrayIf({came}, {returning} AND timestamp >= {start}) AS returns"
            f"{', {value} AS value' if self.breakdown else ''} FROM events WHERE {{where}}"
            f" GROUP BY {', '.join(['actor', *self._names])} HAVING countIf({{target}}) > 0"
        )
        return select(
            text,
            actor=actor,
            starts=starts,
            slot=self._slot(),
            came=field("timestamp") if self.windows.is_rolling else self._slot(),
            returning=returning,
            start=constant(days.start),
            target=target,
            where=conjunction([*conditions, events]),
            **({"value": self._value()} if self.breakdown else {}),
        )

    def _entity(self, name: str) -> Node:
        """Return HogQL for whether an event is the one that begins a row, or with which actors come back."""
        given = self.filter.get(name) or DEFAULT_EVENT
        is_action = given.get("type") == "actions" or given.get("kind") == "ActionsNode"
        id = given.get("id")
        if is_action and id is not None:  # what else is said of one does not count
            return conjunction(Series(is_action=True, given={"id": id}).named())
        series = Series(event=None if id is None else str(id), properties=given.get("properties"))
        return conjunction([*series.named(), *series.own_conditions(self.inquiry)])

    def _slot(self, moment: Node | None = None) -> Node:
        """Return HogQL for the number of the interval that a moment lies in; the first one's is 0."""
        first = self.days.bucket(constant(self.days.start))
        return call("dateDiff", constant(self.days.interval), first, self.days.bucket(moment or field("timestamp")))

    def _value(self) -> Node:
        if self.breakdown.cohorts:
            raise QueryError("Retention cannot be broken down by cohorts")
        texts = [expression("ifNull(toString({raw}), '')", raw=each.raw) for each in self.breakdown.dimensions]
        if len(texts) == 1:
            return texts[0]
        return call("arrayStringConcat", nodes.Array(exprs=tuple(texts)), constant("::"))

    # Results

    def ranked(self, counts: Counts) -> Counts:
        """Return the values with most actors, the most first, and all others as one."""

        def size(value: str) -> int:
            return sum(number for (_, distance), number in counts[value].items() if distance == 0)

        ordered = sorted(counts, key=lambda value: (-size(value), value))
        kept = {value: counts[value] for value in ordered[: self.breakdown.limit]}
        others: Counter[tuple[int, int]] = Counter()
        for value in ordered[self.breakdown.limit :]:
            others.update(counts[value])
        return {**kept, OTHER: others} if others else kept

    def rows(self, counts: Mapping[tuple[int, int], int], value: str | None = None) -> list[dict[str, Any]]:
        """Return a row for each interval."""
        factor, period, labels = sampling_factor(self.query), self.period, self.windows.labels(self.width)

        def cell(row: int, column: int) -> dict[str, Any]:
            number = counts.get((row, column), 0)
            return {"count": number if factor == 1 else round(number / factor), "label": labels[column]}

        return [
            {
                "breakdown_value": value,
                "date": show(beginning),
                "label": f"{period} {row}",
                "values": [cell(row, column) for column in range(len(labels))],
            }
            for row, beginning in enumerate(self.days.beginnings)
        ]


def retention_actors(inquiry: Inquiry, query: Mapping[str, Any], asked: Mapping[str, Any]) -> nodes.Query:
    """Return who belongs to the row that an InsightActorsQuery asks about, and when they were there."""
    row = asked.get("interval") or 0
    if isinstance(row, bool) or not isinstance(row, int):
        raise QueryError(f"Invalid interval: {row}")
    return Retention(inquiry, query).actors(row)

"""The cells of retention: which actors belong to a row, and in which columns of it they come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select, union
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.breakdowns import Breakdown, cohort_conditions, is_everyone
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.retention.windows import Windows
from mockserver.analytics.insights.series import Series, query_conditions

DEFAULT_INTERVALS, INTERVALS_FOR_NONE, MOST_INTERVALS = 8, 7, 1000
DEFAULT_PERIOD = "Day"
DEFAULT_EVENT = {"id": "$pageview", "type": "events"}
FIRST_TIME, FIRST_EVER = "retention_first_time", "retention_first_ever_occurrence"
CELLS = "arrayJoin(arrayConcat([0], arrayDistinct({distances}))) AS distance"


@dataclass(frozen=True)
class Retention:
    """One retention query: which events, in which intervals."""

    inquiry: Inquiry
    query: Mapping[str, Any]
    cohort: Any = None
    """The cohort that is looked at, where it is broken down by cohorts."""

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
        return len(self.windows.brackets) + 1 if self.windows.brackets else self._intervals

    @property
    def _intervals(self) -> int:
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
        for _ in range(self._intervals - 1):
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

    def cells(self) -> nodes.Query:
        """Return each actor's cells: `start` is the row, `distance` the column; of several cohorts, those of each."""
        if self.breakdown.cohorts and self.cohort is None:
            return union([replace(self, cohort=cohort).of_events() for cohort in self.breakdown.cohorts])
        return self.of_events()

    def of_events(self) -> nodes.SelectQuery:
        """Return the cells of everybody, or of those in the cohort. Raises: QueryError."""
        columns = ", ".join(["actor", *self._names])
        if self.windows.is_rolling:
            return self._own_cells(columns)
        rows = select(
            f"SELECT {columns}, arrayJoin(starts) AS start, starts, returns FROM {{actors}}", actors=self._actors()
        )
        cells = select(
            f"SELECT {columns}, start, {CELLS} FROM {{rows}}", rows=rows, distances=self.windows.distances(self.width)
        )
        if not self.filter.get("cumulative"):
            return cells
        # Whoever comes back later counts for all intervals before.
        return select(
            f"SELECT {columns}, start, arrayJoin(range(0, toInt(last + 1))) AS distance"
            f" FROM (SELECT {columns}, start, max(distance) AS last FROM {{cells}} GROUP BY {columns}, start)",
            cells=cells,
        )

    def actors(self, row: int, value: str | None = None) -> nodes.SelectQuery:
        """Return who belongs to a row, or to that of one value, and the intervals in which they were there."""
        name = "actor_id" if self.group is None else "group_key"
        conditions: list[Node] = [compare(field("start"), "==", constant(row))]
        if value is not None:
            conditions.append(compare(field("value"), "==", constant(value)))
        return select(
            f"SELECT actor AS {name}, arraySort(groupUniqArray(distance)) AS appearances FROM {{cells}}"
            f" WHERE {{conditions}} GROUP BY actor",
            cells=self.cells(),
            conditions=conjunction(conditions),
        )

    @property
    def _names(self) -> list[str]:
        return ["value"] if self.breakdown else []

    def _actors(self) -> nodes.SelectQuery:
        """Return each actor with the intervals of its first events, and of those with which it comes back."""
        starts = expression("arraySort(groupUniqArrayIf({slot}, {target}))", slot=self._slot(), target=self._target)
        if self.counts_first_times:
            # The very first time may lie before the range: then an actor belongs to no row.
            starts = expression(
                "arrayFilter(slot -> slot >= 0 AND slot < {count}, [ifNull({first}, -1)])",
                count=constant(len(self.days.beginnings)),
                first=self._slot(self._first),
            )
        return self._per_actor(
            "{starts} AS starts, groupArrayIf({slot}, {returning} AND timestamp >= {begin}) AS returns",
            starts=starts,
            slot=self._slot(),
            returning=self._entity("returningEntity"),
            begin=constant(self.days.start),
        )

    def _own_cells(self, columns: str) -> nodes.SelectQuery:
        """Return the cells of windows that are an actor's own: it has one row, that of its first event."""
        moments = self._per_actor(
            "{first} AS first, groupArrayIf(timestamp, {returning}) AS returns",
            first=self._first,
            returning=self._entity("returningEntity"),
        )
        return select(
            f"SELECT {columns}, {{start}} AS start,"
            " arrayJoin(arrayDistinct(arrayConcat([0], arrayMap(moment -> {distance},"
            " arrayFilter(moment -> moment >= first, returns))))) AS distance"
            " FROM {moments} WHERE first >= {begin}",
            start=self.windows.between(constant(self.days.start), field("first")),
            distance=self.windows.between(field("first"), field("moment")),
            moments=moments,
            begin=constant(self.days.start),
        )

    @property
    def counts_first_times(self) -> bool:
        """Whether an actor begins once, with its very first event, and in no other row."""
        return self.filter.get("retentionType") in (FIRST_TIME, FIRST_EVER)

    @property
    def _target(self) -> Node:
        return self._entity("targetEntity")

    @property
    def _first(self) -> Node:
        """HogQL for an actor's first event; null where it is the first of its name that counts, and another."""
        first = expression("minIf(timestamp, {target})", target=self._target)
        if self.filter.get("retentionType") != FIRST_EVER:
            return first
        ever = expression("minIf(timestamp, {any})", any=self._entity("targetEntity", is_any=True))
        return expression("if({ever} = {first}, {first}, NULL)", ever=ever, first=first)

    def _per_actor(self, columns: str, **parts: Node) -> nodes.SelectQuery:
        """Return a row for each actor who did the first event, and for each value, from all events that count."""
        last = self.days.beginnings[-1]
        before = compare(field("timestamp"), "<", constant(self.days.following(last)))
        within = [compare(field("timestamp"), ">=", constant(self.days.start)), before]
        target, returning = (
            self._entity("targetEntity", is_any=self.filter.get("retentionType") == FIRST_EVER),
            self._entity("returningEntity"),
        )
        conditions = query_conditions(self.inquiry, self.query)
        events = nodes.Or(exprs=(conjunction([target] if self.counts_first_times else [target, *within]),
                                 conjunction([returning, *within])))  # fmt: skip
        if self.counts_first_times:
            conditions.append(before)
        actor: Node = field("person_id") if self.group is None else field(f"$group_{self.group}")
        if self.group is not None:
            conditions.append(compare(actor, "!=", constant("")))
        if self.cohort is not None:
            conditions += cohort_conditions(self.inquiry, self.cohort)
        return select(
            f"SELECT {{actor}} AS actor, {columns}{', {value} AS value' if self.breakdown else ''}"
            f" FROM events WHERE {{where}} GROUP BY {', '.join(['actor', *self._names])}"
            " HAVING countIf({target}) > 0",
            actor=actor,
            where=conjunction([*conditions, events]),
            target=self._target,
            **parts,
            **({"value": self._value()} if self.breakdown else {}),
        )

    def _entity(self, name: str, *, is_any: bool = False) -> Node:
        """Return HogQL for whether an event is the one that begins a row, or with which actors come back.

        Of `is_any` properties do not count.
        """
        given = self.filter.get(name) or DEFAULT_EVENT
        is_action = given.get("type") == "actions" or given.get("kind") == "ActionsNode"
        id = given.get("id")
        if is_action and id is not None:  # what else is said of one does not count
            return conjunction(Series(is_action=True, given={"id": id}).named())
        series = Series(event=None if id is None else str(id), properties=None if is_any else given.get("properties"))
        return conjunction([*series.named(), *series.own_conditions(self.inquiry)])

    def _slot(self, moment: Node | None = None) -> Node:
        """Return HogQL for the number of the interval that a moment lies in; the first one's is 0."""
        first = self.days.bucket(constant(self.days.start))
        return call("dateDiff", constant(self.days.interval), first, self.days.bucket(moment or field("timestamp")))

    def _value(self) -> Node:
        if self.cohort is not None:
            return constant("0" if is_everyone(self.cohort) else str(self.cohort))
        texts = [expression("ifNull(toString({raw}), '')", raw=each.raw) for each in self.breakdown.dimensions]
        if len(texts) == 1:
            return texts[0]
        return call("arrayStringConcat", nodes.Array(exprs=tuple(texts)), constant("::"))

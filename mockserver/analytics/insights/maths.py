"""What is counted of a series' events: the SELECT that gives a number for each interval and value broken down by.

Each of these SELECTs has the columns `total`, `day` (unless there is one number for all days) and what is broken down
by. Source: recorded answers for every kind of counting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.date_ranges import BY_THE_CLOCK, ROUGHLY, DateRange
from mockserver.analytics.insights.series import Series

QUANTILES = {"median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
PER_ACTOR = "_count_per_actor"
ACTIVE_DAYS = {"weekly_active": 7, "monthly_active": 30}
FIRST = ("first_time_for_user", "first_matching_event_for_user")
SESSION_DURATION = "$session_duration"
PLAIN_ACTOR_MATHS = ("dau", "unique_group")
FAR = 2**31 - 1


@dataclass(frozen=True)
class Counting:
    """One series to count: whose events, in which days, by what they are broken down, and how."""

    inquiry: Inquiry
    series: Series
    days: DateRange
    conditions: tuple[Node, ...]
    """What holds of the events, dates and the series' name apart."""
    columns: tuple[nodes.Alias, ...] = ()
    """What they are broken down by."""
    by_day: bool = True
    once: bool = False
    """Whether an actor counts once for all days, on the first one."""

    @property
    def math(self) -> str:
        """How it is counted."""
        return math_of(self.series, self.days.interval)

    def select(self) -> nodes.SelectQuery:
        """Return the SELECT that counts. Raises: QueryError."""
        math = self.math
        if math in ACTIVE_DAYS:
            return self._active(ACTIVE_DAYS[math]) if self.by_day else self._active_at_the_end(ACTIVE_DAYS[math])
        if math in FIRST:
            return self._first_time(math == "first_time_for_user")
        if math.endswith(PER_ACTOR):
            return self._per_actor(math.removesuffix(PER_ACTOR))
        if self.series.math_property == SESSION_DURATION:
            return self._of_sessions(math)
        if self.once and math in PLAIN_ACTOR_MATHS:
            return self._once()
        return self._grouped(self._total(math), "events", self._where(self.days.aligned().conditions()))

    # Parts

    def _where(self, dates: Sequence[Node]) -> Node:
        return conjunction([*dates, *self.series.named(), *self.conditions])

    def _day(self, moment: Node | None = None) -> list[nodes.Alias]:
        if not self.by_day:
            return []
        return [nodes.Alias(alias="day", expr=self.days.bucket(moment or field("timestamp")))]

    @property
    def _names(self) -> list[Node]:
        return [field(column.alias) for column in self.columns]

    def _grouped(self, total: Node, table: str | nodes.SelectQuery, where: Node | None) -> nodes.SelectQuery:
        """Return a total for each interval and value, of events or of a subquery that has both as columns."""
        is_events = isinstance(table, str)
        columns: list[Node] = [*self._day(), *self.columns] if is_events else self._outer()
        keys = [*([field("day")] if self.by_day else []), *self._names]
        source = nodes.JoinExpr(table=field(table) if isinstance(table, str) else table)
        return nodes.SelectQuery(
            select=(nodes.Alias(alias="total", expr=total), *columns),
            select_from=source,
            where=where,
            group_by=tuple(keys) or None,
        )

    def _outer(self) -> list[Node]:
        return [*([field("day")] if self.by_day else []), *self._names]

    def _total(self, math: str) -> Node:
        series = self.series
        if math == "hogql" and series.math_hogql is not None:
            return parse_expression(series.math_hogql)
        if math == "dau":
            return expression("count(DISTINCT person_id)")
        if math == "unique_session":
            return expression("count(DISTINCT `$session_id`)")
        if series.of_groups:
            return expression("count(DISTINCT {group})", group=series.actor)
        if series.math_property is not None:
            return of_values(math, value_of(series))
        return call("count")

    # Counting that is more than one aggregate

    def _once(self) -> nodes.SelectQuery:
        """Return how many are there for the first time in these days."""
        first = replace(
            select("SELECT min(timestamp) AS timestamp FROM events"),
            select=(nodes.Alias(alias="day", expr=self.days.bucket(call("min", field("timestamp")))), *self.columns),
            where=self._where(self.days.aligned().conditions()),
            group_by=(self.series.actor, *self._names),
        )
        return self._grouped(call("count"), first, None)

    def _per_actor(self, math: str) -> nodes.SelectQuery:
        each = replace(
            self._grouped(call("count"), "events", self._where(self.days.aligned().conditions())),
            group_by=(field("person_id"), *([field("day")] if self.by_day else []), *self._names),
        )
        return self._grouped(of_values(math, expression("toFloat(total)")), each, None)

    def _of_sessions(self, math: str) -> nodes.SelectQuery:
        duration = expression("any(session.$session_duration)")
        each = replace(
            self._grouped(duration, "events", self._where(self.days.aligned().conditions())),
            group_by=(field("$session_id"), *([field("day")] if self.by_day else []), *self._names),
        )
        return self._grouped(of_values(math, expression("toFloat(total)")), each, None)

    def _first_time(self, of_event: bool) -> nodes.SelectQuery:
        """Return for how many an event is the first."""
        begins = constant(self.days.aligned().start)
        keys = [*([field("day")] if self.by_day else []), *self._names]
        return nodes.SelectQuery(
            select=(expression("count() AS total"), *self._day(field("first_at")), *self._names),
            select_from=nodes.JoinExpr(table=self.firsts(of_event)),
            where=expression("first_at >= {start} AND meets = 1", start=begins),
            group_by=tuple(keys) or None,
        )

    def firsts(self, of_event: bool) -> nodes.SelectQuery:
        """Return everybody's first event: of its name (and whether it `meets` all conditions), or that meets them."""
        before = compare(field("timestamp"), "<=", constant(self.days.end))
        meets = conjunction(list(self.conditions))
        where = [before, *self.series.named(), *([] if of_event else self.conditions)]
        told = [
            nodes.Alias(alias=column.alias, expr=call("argMin", column.expr, field("timestamp")))
            for column in self.columns
        ]
        return nodes.SelectQuery(
            select=(
                nodes.Alias(alias="actor", expr=field("person_id")),
                expression("min(timestamp) AS first_at"),
                expression("argMin(if({meets}, 1, 0), timestamp) AS meets", meets=meets),
                *told,
            ),
            select_from=nodes.JoinExpr(table=field("events")),
            where=conjunction(where),
            group_by=(field("person_id"),),
        )

    def _active_at_the_end(self, length: int) -> nodes.SelectQuery:
        """Return how many were active in the last days. One number for all days has no better meaning."""
        since = constant(self.days.end - timedelta(days=length))
        dates = [compare(field("timestamp"), ">=", since), self.days.conditions()[1]]
        return self._grouped(expression("count(DISTINCT person_id)"), "events", self._where(dates))

    def _active(self, length: int) -> nodes.SelectQuery:
        """Return how many were active on each day or in the days before it, seven or thirty in all.

        An actor's days are put in order, and each counts for the days after it until the next one does: so every
        actor is counted once a day, without comparing each event with each day.
        """
        unit = self.days.interval if self.days.interval in BY_THE_CLOCK else "day"
        a_day, width = timedelta(days=1) // ROUGHLY[unit], ROUGHLY[self.days.interval] // ROUGHLY[unit]
        first = self.days.beginnings[0] if self.days.beginnings else self.days.start
        since = constant(self.days.start - timedelta(days=length))
        slot = expression(
            "dateDiff({unit}, {first}, {cell})",
            unit=constant(unit),
            first=constant(first),
            cell=call(f"toStartOf{unit.capitalize()}", field("timestamp")),
        )
        dates = [compare(field("timestamp"), ">=", since), self.days.conditions()[1]]
        of_actor = nodes.SelectQuery(
            select=(expression("arraySort(groupUniqArray({slot})) AS slots", slot=slot), *self.columns),
            select_from=nodes.JoinExpr(table=field("events")),
            where=self._where(dates),
            group_by=(field("person_id"), *self._names),
        )
        pairs = replace(
            select("SELECT arrayJoin(arrayZip(slots, arrayPushBack(arrayPopFront(slots), {far}))) AS pair", far=FAR_),
            select_from=nodes.JoinExpr(table=of_actor),
        )
        pairs = replace(pairs, select=(*pairs.select, *self._names))
        counted = expression(
            "arrayJoin(range("
            " toInt(greatest(ceil((pair.1 - {ahead}) / {width}), 0)),"
            " toInt(greatest(least(least(ceil((pair.1 - {ahead} + {long}) / {width}),"
            " ceil((pair.2 - {ahead}) / {width})), {count}), 0)))) AS number",
            ahead=constant(a_day - 1),
            width=constant(width),
            long=constant(length * a_day),
            count=constant(len(self.days.beginnings)),
        )
        numbered = nodes.SelectQuery(
            select=(counted, *self._names), select_from=nodes.JoinExpr(table=pairs),
        )  # fmt: skip
        day = expression(
            "{first} + {interval} AS day",
            first=self.days.bucket(constant(first)),
            interval=call(f"toInterval{self.days.interval.capitalize()}", field("number")),
        )
        return nodes.SelectQuery(
            select=(expression("count() AS total"), day, *self._names),
            select_from=nodes.JoinExpr(table=numbered),
            group_by=(field("day"), *self._names),
        )


FAR_ = constant(FAR)


def math_of(series: Series, interval: str) -> str:
    """Return how a series is counted: those active in a week are, by the week or month, those of each interval."""
    math = series.math or "total"
    longer = {"weekly_active": ("week", "month"), "monthly_active": ("month",)}
    return "dau" if interval in longer.get(math, ()) else math


def value_of(series: Series) -> Node:
    """Return HogQL for the number that a series' property holds, times what it is to be multiplied by."""
    name = series.math_property or ""
    match series.math_property_type:
        case "person_properties":
            found: Node = field("person", "properties", name)
        case "session_properties":
            found = field("session", name)
        case _:
            found = field("properties", name)
    number = call("toUnixTimestamp", found) if name == "$time" else call("toFloat", found)
    if series.math_multiplier is None:
        return number
    return nodes.ArithmeticOperation(op="*", left=number, right=constant(series.math_multiplier))


def of_values(math: str, value: Node) -> Node:
    """Return an aggregate of numbers; none at all is nought, for formulas to count with."""
    if math in QUANTILES:
        found: Node = nodes.Call(name="quantile", args=(value,), params=(constant(QUANTILES[math]),))
    elif math in ("avg", "sum", "min", "max"):
        found = call(math, value)
    else:
        return call("count")
    return call("ifNull", found, constant(0))

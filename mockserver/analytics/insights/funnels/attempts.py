"""The attempts of a funnel: every event that begins one, how far its actor got from there, and how fast.

PostHog's server finds them with windows over each actor's events, looking back from the last one. The order of these
steps, and their oddities, are its own: a step's time counts where it is within the window of the step before, even if
it is not within the one of the whole funnel. Source: recorded answers, of a server without compiled functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select, union
from mockserver.analytics.hogql.nodes import Node, conjunction
from mockserver.analytics.insights.funnels.breakdowns import FunnelBreakdown

AHEAD = "ROWS BETWEEN UNBOUNDED PRECEDING AND"


@dataclass(frozen=True)
class Step:
    """Which events are one step; `key` is the same for steps that are about the same events."""

    condition: Node
    key: object


@dataclass(frozen=True)
class Exclusion:
    """Events that end an attempt between two of its steps."""

    condition: Node
    first: int
    last: int


@dataclass(frozen=True)
class Attempts:
    """What the attempts of a funnel are found by."""

    steps: Sequence[Step]
    actor: Node
    conditions: Sequence[Node]
    order: str
    window: int
    unit: str
    exclusions: Sequence[Exclusion] = ()
    breakdown: FunnelBreakdown | None = None

    @property
    def size(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    @property
    def latest(self) -> list[str]:
        """Columns with the moment of each step."""
        return [f"latest_{number}" for number in range(self.size)]

    @property
    def columns(self) -> list[str]:
        """What every attempt has, beside how far it got and the time of each step."""
        return ["actor", "moment", *self._prop, *self.latest]

    def select(self) -> nodes.Query:
        """Return the attempts: `columns`, `steps` and `time_1`, `time_2`…"""
        if self.order == "unordered":
            steps = list(self.steps)
            rotated = [replace(self, steps=steps[start:] + steps[:start]) for start in range(self.size)]
            return union([each._unordered() for each in rotated])
        return self._strict() if self.order == "strict" else self._ordered()

    # Kinds of order

    def _ordered(self) -> nodes.SelectQuery:
        rows = self._looking_back(1, self._events())
        for level in range(self.size - 1, 1, -1):
            rows = self._looking_back(level, self._in_order(level, rows))
        return self._judged(rows, self._reached_in_order(), self._times("latest_{}"), self._taken())

    def _strict(self) -> nodes.SelectQuery:
        following = [self._window(f"latest_{number}", f"ROWS BETWEEN {number} PRECEDING AND {number} PRECEDING")
                     for number in range(1, self.size)]  # fmt: skip
        rows = self._over(["actor", "moment", *self._prop, "step_0", "latest_0", *following], self._events(of_any=True))
        whole = replace(self, exclusions=())
        return whole._judged(rows, self._reached_in_order(), self._times("latest_{}"), self._taken())

    def _unordered(self) -> nodes.SelectQuery:
        rows = self._looking_back(1, self._events())
        done = [f"if(latest_0 < latest_{number} AND latest_{number} <= {self._until('latest_0')}, 1, 0)"
                for number in range(1, self.size)]  # fmt: skip
        in_order = f"arraySort([{', '.join(self.latest)}]) AS moments"
        reached = f"arraySum([{', '.join([*done, '1'])}])"
        moments = {f"latest_{number}": f"moments[{number + 1}]" for number in range(self.size)}
        return self._judged(rows, reached, self._times("moments[{}]", first=1), [in_order], moments)

    # Parts

    @property
    def _prop(self) -> list[str]:
        return ["prop"] if self.breakdown else []

    @property
    def _barred(self) -> list[str]:
        return [f"barred_{number}" for number in range(len(self.exclusions))]

    def _events(self, *, of_any: bool = False) -> nodes.SelectQuery:
        """Return the events that are steps or exclusions, or all of them, each with the moments of what it is."""
        columns = ["{actor} AS actor", "timestamp AS moment"]
        wanted: list[Node] = []
        parts: dict[str, Node] = {"actor": self.actor}
        for number, step in enumerate(self.steps):
            columns += [
                f"if({{step_{number}}}, 1, 0) AS step_{number}",
                f"if(step_{number} = 1, moment, null) AS latest_{number}",
            ]
            parts[f"step_{number}"] = step.condition
            wanted.append(step.condition)
        for number, exclusion in enumerate(self.exclusions):
            columns.append(f"if({{barred_{number}}}, moment, null) AS barred_{number}")
            parts[f"barred_{number}"] = exclusion.condition
            wanted.append(exclusion.condition)
        conditions = list(self.conditions) if of_any else [*self.conditions, nodes.Or(exprs=tuple(wanted))]
        if self.breakdown:
            columns += self.breakdown.columns(self.steps, parts)
        rows = select(f"SELECT {', '.join(columns)} FROM events WHERE {{conditions}}",
                      conditions=conjunction(conditions), **parts)  # fmt: skip
        return self.breakdown.attributed(rows, self.size, self._barred) if self.breakdown else rows

    def _window(self, column: str, frame: str) -> str:
        partition = ", ".join(["actor", *self._prop])
        return f"min({column}) OVER (PARTITION BY {partition} ORDER BY moment DESC {frame}) AS {column}"

    def _looking_back(self, level: int, rows: nodes.SelectQuery) -> nodes.SelectQuery:
        """Return the events with the next moment of each step from a level on."""
        columns = ["actor", "moment", *self._prop, "step_0"]
        for number in range(self.size):
            if number < level:
                columns.append(f"latest_{number}")
            else:
                columns.append(self._window(f"latest_{number}", f"{AHEAD} {int(self._is_repeated(number))} PRECEDING"))
        for number, exclusion in enumerate(self.exclusions):
            column = f"barred_{number}"
            is_due = level <= exclusion.first + 1
            columns.append(self._window(column, f"{AHEAD} 0 PRECEDING") if is_due else column)
        return self._over(columns, rows)

    def _in_order(self, level: int, rows: nodes.SelectQuery) -> nodes.SelectQuery:
        """Return the events without the moments that come before those of the steps before them.

        Columns are named with their source: a bare name would stand for the column of this very query, as `early_1`
        does, which says whether a step or one before it comes too early.
        """
        columns = ["actor", "moment", *self._prop, "step_0", *self.latest[:level]]
        for number in range(level, self.size):
            early = f"rows.latest_{number} < rows.latest_{number - 1}"
            if number > level:
                early = f"early_{number - 1} OR {early}"
            columns.append(f"({early}) AS early_{number}")
            columns.append(f"if(early_{number}, null, rows.latest_{number}) AS latest_{number}")
        for number, exclusion in enumerate(self.exclusions):
            column, since = f"barred_{number}", f"rows.latest_{exclusion.first}"
            is_due = level <= exclusion.first + 1
            columns.append(f"if(rows.{column} < {since}, null, rows.{column}) AS {column}" if is_due else column)
        return select(f"SELECT {', '.join(columns)} FROM {{rows}} AS rows", rows=rows)

    def _judged(
        self, rows: nodes.SelectQuery, reached: str, times: list[str],
        before: Sequence[str] = (), moments: dict[str, str] | None = None,
    ) -> nodes.SelectQuery:  # fmt: skip
        """Return the attempts among events, but those that an exclusion ends."""
        columns = [*self.columns, *before, f"{reached} AS steps", *times]
        wanted = "step_0 = 1"
        if self.exclusions:
            columns.append(f"{self._ended(moments or {})} AS ended")
            judged = self._over(columns, rows, wanted)
            kept = [*self.columns, "steps", *(f"time_{number}" for number in range(1, self.size))]
            return self._over(kept, judged, "ended = 0")
        return self._over(columns, rows, wanted)

    def _taken(self) -> list[str]:
        """Return columns that say of each step but the first whether it and all before it were taken in order."""
        columns = []
        for number in range(1, self.size):
            sign = "<" if self._is_repeated(number) else "<="
            moment = f"latest_{number}"
            taken = f"latest_{number - 1} {sign} {moment} AND {moment} <= {self._until('latest_0')}"
            before = f"taken_{number - 1} AND " if number > 1 else ""
            columns.append(f"({before}{taken}) AS taken_{number}")
        return columns

    def _reached_in_order(self) -> str:
        cases = ", ".join(f"taken_{number}, {number + 1}" for number in range(self.size - 1, 0, -1))
        return f"multiIf({cases}, 1)" if cases else "1"

    def _times(self, name: str, first: int = 0) -> list[str]:
        times = []
        for number in range(1, self.size):
            before, at = name.format(number - 1 + first), name.format(number + first)
            times.append(
                f"if(isNotNull({at}) AND {at} <= {self._until(before)},"
                f" dateDiff('second', {before}, {at}), null) AS time_{number}"
            )
        return times

    def _ended(self, moments: dict[str, str]) -> str:
        """Return how many exclusions end an attempt."""
        ends = []
        for number, exclusion in enumerate(self.exclusions):
            since, until = f"latest_{exclusion.first}", f"latest_{exclusion.last}"
            until = moments.get(until, until)
            ends.append(
                f"if(barred_{number} > {since}"
                f" AND barred_{number} < if(isNull({until}), {self._until(since)}, {until}), 1, 0)"
            )
        return f"arraySum([{', '.join(ends)}])"

    def _until(self, moment: str) -> str:
        return f"{moment} + toInterval{self.unit.capitalize()}({self.window})"

    def _is_repeated(self, number: int) -> bool:
        """Return whether a step is about the same events as the one before: one event is not both."""
        return self.steps[number].key == self.steps[number - 1].key

    @staticmethod
    def _over(columns: Sequence[str], rows: nodes.SelectQuery, where: str = "") -> nodes.SelectQuery:
        text = f"SELECT {', '.join(columns)} FROM {{rows}}" + (f" WHERE {where}" if where else "")
        return select(text, rows=rows)

"""Steps in order, others between them or not (`strict`): the attempt that gets furthest, found in one pass.

Each step holds the attempt that reached it last. An event takes its steps from the last to the first, so it is no two
steps of one attempt, and a new first step begins an attempt that later steps go on from. Events of one moment that are
different steps are taken in the order of the steps, each event once in an attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any

from mockserver.analytics.clickhouse.matcher.events import Asked, Event


@dataclass(slots=True)
class Attempt:
    """An attempt as it stood at a step: when it began, what its required steps were, and all steps taken."""

    began: float
    moments: tuple[float, ...] = ()
    uuids: tuple[str, ...] = ()
    taken: tuple[int, ...] = ()
    is_excluded: bool = False


class Ordered:
    """One actor's attempts for one value."""

    def __init__(self, asked: Asked, value: Any) -> None:
        self._asked, self._value = asked, value
        self._attributed = asked.attributed
        self._held: list[Attempt | None] = [None] * (asked.size + 1)
        self.furthest = 0
        """The deepest step reached."""
        self.best: Attempt | None = None
        """The attempt that reached it first, or one that did so without being excluded."""

    def run(self, events: Iterable[Event]) -> None:
        """Take events in the order of time, until an attempt has every step."""
        for moment, same in groupby(events, attrgetter("moment")):
            simultaneous = list(same)
            self._held[0] = Attempt(moment)
            steps = simultaneous[0].steps
            if all(event.steps == steps for event in simultaneous):
                for event in simultaneous:
                    self._take(event, event.steps)
                    if self._asked.order == "strict":
                        self._forget_all_but(event.steps)
            else:
                each = [(step, event) for event in simultaneous for step in event.steps if step > 0]
                for step, event in sorted(each, key=lambda pair: pair[0]):
                    self._take(event, (step,), is_repeated=True)
            if self._held[-1] is not None:
                return

    def _take(self, event: Event, steps: Sequence[int], *, is_repeated: bool = False) -> None:
        for told in reversed(steps):
            step = abs(told)
            before = self._before(step, event.moment)
            if before is None:
                continue
            origin, current = self._held[before], self._held[step]
            assert origin is not None
            if current is not None and current.began == origin.began:
                continue
            if told < 0:
                self._exclude(before, origin, event.moment)
            elif before == self._attributed and event.value != self._value:
                continue
            elif not (is_repeated and event.uuid in origin.uuids):
                self._reach(step, origin, event)

    def _before(self, step: int, moment: float) -> int | None:
        """Return the step that one follows, whose attempt is still in its window; optional ones may be left out."""
        before = step - 1
        while True:
            held = self._held[before]
            if held is not None and moment - held.began <= self._asked.window:
                return before
            if before not in self._asked.optional:
                return None
            before -= 1

    def _exclude(self, before: int, origin: Attempt, moment: float) -> None:
        if origin.is_excluded:
            return
        origin.is_excluded = True
        best = self.best
        if best is not None and self.furthest == before and moment - best.began <= self._asked.window:
            best.is_excluded = True

    def _reach(self, step: int, origin: Attempt, event: Event) -> None:
        reached = replace(origin, taken=(*origin.taken, step))
        if step not in self._asked.optional:
            reached.moments += (event.moment,)
            reached.uuids += (event.uuid,)
        if not origin.is_excluded:
            self._held[step] = reached
        if step > self.furthest or (step == self.furthest and self.best is not None and self.best.is_excluded):
            self.furthest, self.best = step, replace(reached)

    def _forget_all_but(self, steps: Sequence[int]) -> None:
        for step in range(1, self._asked.size + 1):
            if step not in steps:
                self._held[step] = None

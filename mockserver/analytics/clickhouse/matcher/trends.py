"""Funnels over time: for each interval in which an actor enters, whether an attempt begun in it reaches the goal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from mockserver.analytics.clickhouse.matcher.events import Asked, Event
from mockserver.analytics.clickhouse.matcher.unordered import Queues

REACHED, LOST = 1, -1

Outcomes = dict[int, int]
"""Intervals by when they begin, and whether the goal was reached."""


class Exclusion(Enum):
    """Whether an attempt met an exclusion, and then the step after it all the same."""

    NONE = auto()
    MET = auto()
    PASSED = auto()


@dataclass
class Entry:
    """The attempts begun in one interval: which of them holds each step, and how far one got."""

    held: list[float | None]
    began: float
    furthest: int = 1
    exclusion: Exclusion = Exclusion.NONE
    excluded: set[int] = field(default_factory=set)

    def hold(self, step: int, began: float) -> None:
        """Let an attempt hold a step, whatever was excluded there before."""
        self.held[step] = began
        self.excluded.discard(step)


class OrderedTrend:
    """One actor's attempts for one value, where steps are in order."""

    def __init__(self, asked: Asked, value: Any) -> None:
        self._asked, self._value = asked, value
        self._attributed = asked.attributed
        self._entries: dict[int, Entry] = {}
        self._outcomes: Outcomes = {}

    def run(self, events: Iterable[Event]) -> Outcomes:
        """Return the outcome of each interval that was entered as far as counts.

        Who passed an exclusion in one interval is lost in none: such a one is not counted.
        """
        for event in events:
            self._take(event)
            if self._asked.order == "strict":
                self._forget_all_but(event.steps)
        if all(entry.exclusion is not Exclusion.PASSED for entry in self._entries.values()):
            for interval, entry in self._entries.items():
                if entry.furthest >= self._asked.since and entry.exclusion is Exclusion.NONE:
                    self._outcomes.setdefault(interval, LOST)
        return self._outcomes

    def _take(self, event: Event) -> None:
        for told in reversed(event.steps):
            step = abs(told)
            is_foreign = step - 1 == self._attributed and event.value != self._value
            if step == 1:
                if not is_foreign and event.interval not in self._outcomes:
                    self._enter(event)
                continue
            for interval, entry in list(self._entries.items()):
                began = entry.held[step - 1]
                if began is None or event.moment - began > self._asked.window or entry.held[step] == began:
                    continue
                if told < 0:
                    self._exclude(entry, step - 1, event.moment)
                elif not is_foreign and self._reaches_goal(entry, step, began, event.moment):
                    self._outcomes[interval] = REACHED
                    del self._entries[interval]

    def _enter(self, event: Event) -> None:
        entry = self._entries.get(event.interval)
        if entry is None or (entry.furthest == 1 and entry.exclusion is not Exclusion.NONE):
            entry = self._entries[event.interval] = Entry([None] * (self._asked.size + 1), event.moment)
        entry.hold(1, event.moment)

    def _exclude(self, entry: Entry, step: int, moment: float) -> None:
        if step not in entry.excluded:
            entry.excluded.add(step)
            if entry.furthest == step and moment - entry.began <= self._asked.window:
                entry.exclusion = Exclusion.MET

    def _reaches_goal(self, entry: Entry, step: int, began: float, moment: float) -> bool:
        is_excluded = step - 1 in entry.excluded
        if not is_excluded:
            entry.hold(step, began)
        if entry.held[self._asked.until] is not None:
            return True
        if step > entry.furthest or (step == entry.furthest and entry.exclusion is Exclusion.MET):
            entry.furthest, entry.began = step, moment
            entry.exclusion = Exclusion.PASSED if is_excluded else Exclusion.NONE
        return False

    def _forget_all_but(self, steps: Sequence[int]) -> None:
        for entry in self._entries.values():
            for step in range(1, self._asked.size + 1):
                if step not in steps:
                    entry.held[step] = None
                    entry.excluded.discard(step)


class UnorderedTrend:
    """One actor's attempts for one value, where steps are in any order: most steps from each interval's events."""

    def __init__(self, asked: Asked, value: Any) -> None:
        self._asked = asked
        self._queues = Queues(asked, value)
        self._most: dict[int, int] = {}

    def run(self, events: Iterable[Event]) -> Outcomes:
        """Return the outcome of each interval that was entered as far as counts."""
        for event in events:
            while (oldest := self._queues.oldest()) and self._queues.is_outdated(oldest, event):
                self._drop(oldest)
            self._queues.add(event)
        while oldest := self._queues.oldest():
            self._drop(oldest)
        return {
            interval: REACHED if most >= self._asked.until else LOST
            for interval, most in self._most.items()
            if most >= self._asked.since
        }

    def _drop(self, oldest: Event) -> None:
        self._most[oldest.interval] = max(self._most.get(oldest.interval, 0), self._queues.taken)
        self._queues.drop(oldest)

"""Steps in any order: each keeps its events, oldest first, while they lie in the window before the newest event."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from mockserver.analytics.clickhouse.matcher.events import Asked, Event
from mockserver.analytics.clickhouse.matcher.ordered import Attempt


class Queues:
    """The events that wait, a queue a step; an event that can be several steps goes to the one that waited longest."""

    def __init__(self, asked: Asked, value: Any) -> None:
        self._asked, self._value = asked, value
        self._attributed = asked.attributed
        self._waiting: list[deque[Event]] = [deque() for _ in range(asked.size)]

    @property
    def taken(self) -> int:
        """How many steps have an event."""
        return sum(map(bool, self._waiting))

    @property
    def first(self) -> list[Event]:
        """The oldest event of each step that has one, in the order of time."""
        return sorted((queue[0] for queue in self._waiting if queue), key=lambda event: event.moment)

    def oldest(self) -> Event | None:
        """Return the oldest event of all."""
        return min((queue[0] for queue in self._waiting if queue), key=lambda event: event.moment, default=None)

    def is_outdated(self, oldest: Event, event: Event) -> bool:
        """Return whether the oldest event must go: all steps are there, or it lies before the window of another."""
        return self.taken >= self._asked.size or oldest.moment + self._asked.window < event.moment

    def drop(self, oldest: Event) -> None:
        """Let the oldest event go."""
        next(queue for queue in self._waiting if queue and queue[0] is oldest).popleft()

    def add(self, event: Event) -> None:
        """Take an event; one that excludes empties every queue."""
        steps = [step for step in event.steps if step > 0]
        if not steps:
            for queue in self._waiting:
                queue.clear()
        elif self.taken != self._attributed or event.value == self._value:
            queues = (self._waiting[step - 1] for step in steps)
            min(queues, key=lambda queue: queue[-1].moment if queue else 0.0).append(event)


class Unordered:
    """One actor's attempt for one value that has most steps, the first such."""

    def __init__(self, asked: Asked, value: Any) -> None:
        self._size = asked.size
        self._queues = Queues(asked, value)
        self.furthest = 0
        """How many steps it has."""
        self.best: Attempt | None = None
        """The attempt."""

    def run(self, events: Sequence[Event]) -> None:
        """Take events in the order of time, until an attempt has every step."""
        for event in events:
            while (oldest := self._queues.oldest()) and self._queues.is_outdated(oldest, event):
                self._compare()
                self._queues.drop(oldest)
            self._queues.add(event)
            if self.furthest == self._size:
                return
        self._compare()

    def _compare(self) -> None:
        taken = self._queues.taken
        if taken > self.furthest:
            first = self._queues.first
            moments, uuids = (event.moment for event in first), (event.uuid for event in first)
            self.furthest = taken
            self.best = Attempt(first[0].moment, tuple(moments), tuple(uuids), tuple(range(1, taken + 1)))

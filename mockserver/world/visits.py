"""Events as visits tell them: by few numbers, of which Python makes an event at a time and ClickHouse a million.

Whoever makes up events says of each visit who it was, when, and what was done. The rest follows: here, and as the same
rules in SQL, in `analytics/clickhouse/visits`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mockserver.store import Record
from mockserver.world import entropy

SESSION, WINDOW = "$session_id", "$window_id"
NOTHING: Record = {}


class Bases(NamedTuple):
    """What the identifiers of events, sessions and windows are counted from, 64 bits each."""

    event: int
    session: int
    window: int


class Deed(NamedTuple):
    """One thing that may be done: the event, and the properties that it has of itself."""

    event: str
    properties: Record


class Stretch(NamedTuple):
    """Events that follow each other in one visit of one person, and differ in what was done and when.

    Their places are counted from `place` on. The visit began at `begun_ms` with the event at the place `visit`.
    """

    common: Record
    """The fields that all of them have, and of their properties those that the person brings along."""
    begun_ms: int
    visit: int
    place: int
    moments_ms: Sequence[int]
    deeds: Sequence[int]
    """What was done, by its number among the deeds."""
    own: Record = NOTHING
    """Properties that stand in the place of the deed's; then there is one event."""


class Visits(ABC):
    """A block of events, told by the visit."""

    @property
    @abstractmethod
    def bases(self) -> Bases:
        """What identifiers are counted from."""

    @property
    @abstractmethod
    def deeds(self) -> Sequence[Deed]:
        """All that may be done, by number."""

    @abstractmethod
    def stretches(self) -> Iterator[Stretch]:
        """Yield all events in order; those of a person share one object as `common` as far as they can."""

    def records(self, stretch: Stretch) -> Iterator[dict[str, Any]]:
        """Yield the events of a stretch."""
        common, bases = stretch.common, self.bases
        brought = {
            **common["properties"],
            SESSION: entropy.uuid7_at(stretch.begun_ms, stretch.visit, bases.session),
            WINDOW: entropy.uuid7_at(stretch.begun_ms, stretch.visit, bases.window),
        }
        told = enumerate(zip(stretch.moments_ms, stretch.deeds, strict=True), stretch.place)
        for place, (moment_ms, number) in told:
            deed, timestamp = self.deeds[number], entropy.timestamp_of(moment_ms)
            yield {
                **common,
                "uuid": entropy.uuid7_at(moment_ms, place, bases.event),
                "event": deed.event,
                "timestamp": timestamp,
                "created_at": timestamp,
                "properties": {**brought, **(stretch.own or deed.properties)},
            }

"""A project's events in order of their time, sorted once for as long as no event comes or goes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from mockserver.store import Record, View
from mockserver.store.orders import sort_key
from mockserver.store.remembering import Remembered
from mockserver.world import entropy

TABLE = "events"
MOST_KEPT = 8


@dataclass(frozen=True)
class Timeline:
    """Events, the oldest first."""

    events: Sequence[Record]
    _moments: Sequence[Any] = field(repr=False)

    @classmethod
    def of(cls, view: View, project_id: int) -> Timeline:
        """Return a project's events as they stand."""
        return _kept.find(view, partial(cls._made, view, project_id), project_id)

    @classmethod
    def _made(cls, view: View, project_id: int) -> Timeline:
        events = sorted(view.table(TABLE).find(project_id=project_id), key=place_of)
        return cls(events, [moment_of(event) for event in events])

    def between(self, after: datetime, before: datetime) -> Sequence[Record]:
        """Return the events later than one moment and earlier than another."""
        first = bisect_right(self._moments, sort_key(entropy.timestamp(after)))
        last = bisect_left(self._moments, sort_key(entropy.timestamp(before)))
        return self.events[first:last]


def moment_of(event: Record) -> Any:
    """Return what an event is sorted by."""
    return sort_key(event["timestamp"])


def place_of(event: Record) -> Any:
    """Return what events stand in order by; those of one moment by their UUID, however they came."""
    return moment_of(event), event["uuid"]


_kept = Remembered[Timeline]((TABLE,), MOST_KEPT)

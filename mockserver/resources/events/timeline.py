"""A project's events in order of their time, sorted once for as long as no event comes or goes."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mockserver.store import Record, View
from mockserver.store.orders import sort_key
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
        key = (project_id, view.version(TABLE))
        found = _kept.get(key)
        if found is None:
            events = sorted(view.table(TABLE).find(project_id=project_id), key=place_of)
            found = cls(events, [moment_of(event) for event in events])
            with _lock:
                _kept[key] = found
                while len(_kept) > MOST_KEPT:
                    del _kept[next(iter(_kept))]
        return found

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


_kept: dict[tuple[int, Any], Timeline] = {}
_lock = threading.Lock()

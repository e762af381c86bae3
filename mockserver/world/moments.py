"""A world's state, looked at as if it were another time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver.store import Repository, View
from mockserver.world import entropy


class AtMoment:
    """What a view shows, at a moment that is not its own."""

    def __init__(self, view: View, moment: datetime) -> None:
        self._view = view
        self._clock = {"frozen": entropy.timestamp(moment)}

    def table(self, name: str) -> Repository:
        """Return the guard of a table."""
        return self._view.table(name)

    def value(self, name: str) -> Any:
        """Return a value kept beside the tables; the clock stands."""
        return self._clock if name == entropy.CLOCK else self._view.value(name)

    def values(self) -> dict[str, Any]:
        """Return every value kept beside the tables, by name."""
        return {**self._view.values(), entropy.CLOCK: self._clock}

    def version(self, name: str) -> object:
        """Return a token that changes whenever a table does."""
        return self._view.version(name)

    def read_outside(self) -> None:
        """Say that something was read which no view holds."""
        self._view.read_outside()

"""What was made of some tables, found again as long as nobody writes to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from mockserver.store.model import View

Made = TypeVar("Made")


class Remembered(Generic[Made]):
    """The latest so many of what was made of tables, by what else it depends on and by the versions of these tables.

    It must be made of these tables alone: nothing else lets it go.
    """

    def __init__(self, tables: Sequence[str], most: int) -> None:
        self._tables, self._most = tables, most
        self._kept: dict[tuple[Hashable, ...], Made] = {}
        self._lock = threading.Lock()

    def find(self, view: View, make: Callable[[], Made], *by: Hashable) -> Made:
        """Return what was made of a view's tables, or make it. What `make` raises is not remembered."""
        key = (*by, *[view.version(table) for table in self._tables])
        try:
            return self._kept[key]
        except KeyError:
            pass
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return made

"""What happened to a world, in order: a log that forgets its beginning when there is too much of it."""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from threading import Lock
from typing import Any

MOST_ITEMS = 1000
MOST_BYTES = 16 * 1024 * 1024


class Log:
    """Numbered items, bounded in number and in bytes.

    It stands beside the store's value, not in it: what is appended while somebody writes for seconds must neither wait
    for that nor be lost with it. Being bounded, it is copied at the same small cost whatever the world holds.
    """

    __slots__ = ("_bytes", "_items", "_lock", "_number")

    def __init__(self) -> None:
        self._items: deque[tuple[int, int, Any]] = deque()
        self._bytes = 0
        self._number = 0
        self._lock = Lock()

    def append(self, item: Any, size: int = 0, *, most: int = MOST_ITEMS) -> None:
        """Add an item that takes `size` bytes, and forget the oldest while there are more than `most`."""
        with self._lock:
            self._number += 1
            items = self._items
            items.append((self._number, size, item))
            self._bytes += size
            while len(items) > most or (self._bytes > MOST_BYTES and len(items) > 1):
                self._bytes -= items.popleft()[1]

    def put(self, number: int, item: Any, size: int) -> None:
        """Add an item under a number that it had in another process."""
        with self._lock:
            self._number = number
            self._items.append((number, size, item))
            self._bytes += size

    def items(self, after: int = 0) -> list[tuple[int, Any]]:
        """Return what is remembered, oldest first, each with its number; only what came after one, at its own cost."""
        with self._lock:
            if not after:
                return [(number, item) for number, _, item in self._items]
            later = takewhile(lambda each: each[0] > after, reversed(self._items))
            return [(number, item) for number, _, item in later][::-1]

    @property
    def latest(self) -> int:
        """The number of the item that was added last, 0 before the first."""
        return self._number

    def clear(self) -> None:
        """Forget everything; numbers go on where they were."""
        with self._lock:
            self._items.clear()
            self._bytes = 0

    def copy(self) -> Log:
        """Return a log of its own that starts as this one stands."""
        twin = Log()
        with self._lock:
            twin._items, twin._bytes, twin._number = self._items.copy(), self._bytes, self._number
        return twin

    def __len__(self) -> int:
        return len(self._items)

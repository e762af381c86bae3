"""A sorted list that is never changed in place, cheap to copy and to read by position.

It is a tuple of chunks, each a sorted tuple. Adding rebuilds one chunk and the outer tuple: some microseconds at a
million entries, where a plain tuple would copy them all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

Entry = tuple[Any, int]  # sort key, row
CHUNK = 512
FEW = 100  # how many times fewer entries than the list holds are quicker added one by one


class SortedRows:
    """Rows in order of their sort keys, ties in order of the rows."""

    __slots__ = ("_chunks", "_length")

    def __init__(self, chunks: tuple[tuple[Entry, ...], ...] = (), length: int = 0) -> None:
        self._chunks = chunks
        self._length = length

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> SortedRows:
        """Return a list of these entries, which need not be sorted."""
        ordered = sorted(entries)
        chunks = tuple(tuple(ordered[i : i + CHUNK]) for i in range(0, len(ordered), CHUNK))
        return cls(chunks, len(ordered))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[int]:
        return (row for _, row in chain.from_iterable(self._chunks))

    def __reversed__(self) -> Iterator[int]:
        return (row for chunk in reversed(self._chunks) for _, row in reversed(chunk))

    def add(self, entry: Entry) -> SortedRows:
        """Return the list with one entry more."""
        if not self._chunks:
            return SortedRows(((entry,),), 1)
        at = max(bisect_right(self._chunks, entry, key=_head) - 1, 0)
        chunk = list(self._chunks[at])
        insort(chunk, entry)
        halves = (tuple(chunk),) if len(chunk) <= 2 * CHUNK else (tuple(chunk[:CHUNK]), tuple(chunk[CHUNK:]))
        return SortedRows((*self._chunks[:at], *halves, *self._chunks[at + 1 :]), self._length + 1)

    def merged(self, entries: Iterable[Entry]) -> SortedRows:
        """Return the list with many entries more: sorted anew, unless they are few beside those it holds."""
        more = list(entries)
        if len(more) * FEW < self._length:
            grown = self
            for entry in more:
                grown = grown.add(entry)
            return grown
        return SortedRows.of(chain(chain.from_iterable(self._chunks), more))

    def discard(self, entry: Entry) -> SortedRows:
        """Return the list without one entry; the same list when it is not there."""
        at = bisect_right(self._chunks, entry, key=_head) - 1
        if at < 0:
            return self
        chunk = self._chunks[at]
        place = bisect_left(chunk, entry)
        if place == len(chunk) or chunk[place] != entry:
            return self
        rest = (*chunk[:place], *chunk[place + 1 :])
        return SortedRows((*self._chunks[:at], *((rest,) if rest else ()), *self._chunks[at + 1 :]), self._length - 1)

    def slice(self, offset: int, limit: int, *, descending: bool = False) -> list[int]:
        """Return `limit` rows from position `offset`, counted from the end when descending."""
        chunks: Iterable[tuple[Entry, ...]] = reversed(self._chunks) if descending else self._chunks
        rows: list[int] = []
        for chunk in chunks:
            if offset >= len(chunk):
                offset -= len(chunk)
                continue
            entries = (chunk[::-1] if descending else chunk)[offset : offset + limit - len(rows)]
            rows += [row for _, row in entries]
            offset = 0
            if len(rows) >= limit:
                break
        return rows


def _head(chunk: tuple[Entry, ...]) -> Entry:
    return chunk[0]

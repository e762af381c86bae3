"""Sorted lists that are never changed in place, cheap to copy and to read by position.

Each is a tuple of chunks, each a sorted tuple, and a short tail. What comes after all there is, as most does, makes a
new tail; anything else rebuilds one chunk and the outer tuple: some microseconds at a million entries, where a plain
tuple would copy them all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Generic, Self, TypeVar

Entry = TypeVar("Entry", bound=Any)
Keyed = tuple[Any, int]  # sort key, row
CHUNK = 256
"""How long a chunk is. What goes into the middle touches the entries of one, and all chunks; each lies elsewhere. With
this length a list of a thousand and one of a hundred thousand cost about the same."""
TAIL = 32
FEW = 100  # how many times fewer entries than the list holds are quicker added one by one


class Sorted(Generic[Entry]):
    """Entries in order."""

    __slots__ = ("_chunks", "_length", "_tail")

    def __init__(
        self, chunks: tuple[tuple[Entry, ...], ...] = (), length: int = 0, tail: tuple[Entry, ...] = ()
    ) -> None:
        self._chunks = chunks
        self._length = length
        self._tail = tail

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Return a list of these entries, which need not be sorted."""
        ordered = sorted(entries)
        return cls(_cut(ordered), len(ordered))

    def __len__(self) -> int:
        return self._length

    def entries(self) -> Iterator[Entry]:
        """Return the entries, in order."""
        return chain(chain.from_iterable(self._chunks), self._tail)

    def add(self, entry: Entry) -> Self:
        """Return the list with one entry more."""
        chunks, tail = self._chunks, self._tail
        last = tail or (chunks[-1] if chunks else ())
        if not last or entry >= last[-1]:
            if len(tail) < TAIL:
                return type(self)(chunks, self._length + 1, (*tail, entry))
            return type(self)(self._folded(), self._length + 1, (entry,))
        chunks = self._folded()
        at = max(bisect_right(chunks, entry, key=_head) - 1, 0)
        chunk = list(chunks[at])
        insort(chunk, entry)
        halves = (tuple(chunk),) if len(chunk) <= 2 * CHUNK else (tuple(chunk[:CHUNK]), tuple(chunk[CHUNK:]))
        return type(self)((*chunks[:at], *halves, *chunks[at + 1 :]), self._length + 1)

    def merged(self, entries: Iterable[Entry]) -> Self:
        """Return the list with many entries more: sorted anew, unless they are few, or come after all it holds."""
        more = sorted(entries)
        if len(more) * FEW < self._length:
            grown = self
            for entry in more:
                grown = grown.add(entry)
            return grown
        chunks = self._folded()
        if more and chunks and more[0] >= chunks[-1][-1]:
            return type(self)((*chunks[:-1], *_cut([*chunks[-1], *more])), self._length + len(more))
        return self.of(chain(self.entries(), more))

    def discard(self, entry: Entry) -> Self:
        """Return the list without one entry; the same list when it is not there."""
        chunks = self._folded()
        at = bisect_right(chunks, entry, key=_head) - 1
        if at < 0:
            return self
        chunk = chunks[at]
        place = bisect_left(chunk, entry)
        if place == len(chunk) or chunk[place] != entry:
            return self
        rest = (*chunk[:place], *chunk[place + 1 :])
        return type(self)((*chunks[:at], *((rest,) if rest else ()), *chunks[at + 1 :]), self._length - 1)

    def _folded(self) -> tuple[tuple[Entry, ...], ...]:
        """Return the chunks, with the tail as the end of the last one where there is room, or as one more."""
        chunks, tail = self._chunks, self._tail
        if not tail:
            return chunks
        if chunks and len(chunks[-1]) + len(tail) <= CHUNK:
            return (*chunks[:-1], (*chunks[-1], *tail))
        return (*chunks, tail)


class SortedRows(Sorted[Keyed]):
    """Rows in order of their sort keys, ties in order of the rows."""

    __slots__ = ()

    def __iter__(self) -> Iterator[int]:
        return (row for _, row in self.entries())

    def __reversed__(self) -> Iterator[int]:
        return (row for chunk in reversed(self._folded()) for _, row in reversed(chunk))

    def slice(self, offset: int, limit: int, *, descending: bool = False) -> list[int]:
        """Return `limit` rows from position `offset`, counted from the end when descending."""
        chunks: Iterable[tuple[Keyed, ...]] = reversed(self._folded()) if descending else self._folded()
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


def _cut(ordered: list[Entry]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(ordered[at : at + CHUNK]) for at in range(0, len(ordered), CHUNK))


def _head(chunk: tuple[Entry, ...]) -> Entry:
    return chunk[0]

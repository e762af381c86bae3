"""Sort as PostgreSQL does, so that rows that tie come in the order in which it leaves them.

Its sort is not stable: whole lists go through the quicksort of Bentley and McIlroy ("Engineering a sort function",
1993), and the first few of a long list through a heap that holds no more than these. So the order of ties depends on
how much of the list is asked for, and pages of it may overlap. Source: recorded lists of annotations without a date.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")

SHORT = 7
"""Fewer rows than these are sorted by insertion, which keeps ties as they stand."""
LONG = 40
"""Of more rows than these the pivot is the median of nine, else of three."""


def first_rows(
    rows: Sequence[Row], key: Callable[[Row], Any], count: int, *, ascending: bool = False
) -> list[Row]:  # fmt: skip
    """Return the first `count` rows in descending order of `key`; `rows` stand as the table holds them."""
    keys = [key(row) for row in rows]
    rank = {value: number for number, value in enumerate(sorted(set(keys), reverse=not ascending))}
    ranks = [rank[value] for value in keys]
    if len(rank) == len(rows):  # no ties: every sort says the same
        order = sorted(range(len(rows)), key=ranks.__getitem__)
    else:
        order = _heapsort(ranks, count) if len(rows) > 2 * count else _Quicksort(ranks).order
    return [rows[place] for place in order[:count]]


class _Quicksort:
    """Places of a list of ranks, sorted by these."""

    def __init__(self, ranks: Sequence[int]) -> None:
        self.ranks = ranks
        self.order = list(range(len(ranks)))
        waiting = [(0, len(ranks))]
        while waiting:
            waiting.extend(self._part(*waiting.pop()))

    def _compare(self, left: int, right: int) -> int:
        return self.ranks[self.order[left]] - self.ranks[self.order[right]]

    def _swap(self, left: int, right: int, length: int = 1) -> None:
        order = self.order
        for step in range(length):
            order[left + step], order[right + step] = order[right + step], order[left + step]

    def _part(self, start: int, length: int) -> list[tuple[int, int]]:
        """Put one stretch in order, or part it round a pivot and return the two stretches still to be sorted."""
        if all(self._compare(at - 1, at) <= 0 for at in range(start + 1, start + length)):
            return []
        if length < SHORT:
            self._insert(start, length)
            return []
        self._swap(start, self._pivot(start, length))
        low = equal_low = start + 1
        high = equal_high = start + length - 1
        while True:
            while low <= high and (found := self._compare(low, start)) <= 0:
                if found == 0:
                    self._swap(equal_low, low)
                    equal_low += 1
                low += 1
            while low <= high and (found := self._compare(high, start)) >= 0:
                if found == 0:
                    self._swap(high, equal_high)
                    equal_high -= 1
                high -= 1
            if low > high:
                break
            self._swap(low, high)
            low, high = low + 1, high - 1
        end = start + length
        moved = min(equal_low - start, low - equal_low)
        self._swap(start, low - moved, moved)
        moved = min(equal_high - high, end - equal_high - 1)
        self._swap(low, end - moved, moved)
        smaller, greater = low - equal_low, equal_high - high
        return [(start, smaller), (end - greater, greater)]

    def _insert(self, start: int, length: int) -> None:
        for last in range(start + 1, start + length):
            at = last
            while at > start and self._compare(at - 1, at) > 0:
                self._swap(at, at - 1)
                at -= 1

    def _pivot(self, start: int, length: int) -> int:
        left, middle, right = start, start + length // 2, start + length - 1
        if length > LONG:
            step = length // 8
            left = self._median(left, left + step, left + 2 * step)
            middle = self._median(middle - step, middle, middle + step)
            right = self._median(right - 2 * step, right - step, right)
        return self._median(left, middle, right) if length > SHORT else middle

    def _median(self, a: int, b: int, c: int) -> int:
        if self._compare(a, b) < 0:
            return b if self._compare(b, c) < 0 else c if self._compare(a, c) < 0 else a
        return b if self._compare(b, c) > 0 else a if self._compare(a, c) < 0 else c


def _heapsort(ranks: Sequence[int], count: int) -> list[int]:
    """Return the first `count` places by rank, from a heap whose top is the last of those held."""
    if not count:
        return []
    heap: list[int] = []
    for place in range(len(ranks)):
        if len(heap) == count and ranks[place] >= ranks[heap[0]]:
            continue
        if place <= 2 * count:  # how many rows there are shows only after so many; these are pushed one by one
            _push(heap, place, ranks)
            if len(heap) > count:
                _pop(heap, ranks)
        else:
            _replace_top(heap, place, ranks)
    order: list[int] = []
    while heap:
        order.append(heap[0])
        _pop(heap, ranks)
    return order[::-1]


def _push(heap: list[int], place: int, ranks: Sequence[int]) -> None:
    heap.append(place)
    at = len(heap) - 1
    while at and ranks[place] > ranks[heap[(at - 1) // 2]]:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = place


def _pop(heap: list[int], ranks: Sequence[int]) -> None:
    last = heap.pop()
    if heap:
        _replace_top(heap, last, ranks)


def _replace_top(heap: list[int], place: int, ranks: Sequence[int]) -> None:
    at = 0
    while (child := 2 * at + 1) < len(heap):
        if child + 1 < len(heap) and ranks[heap[child + 1]] > ranks[heap[child]]:
            child += 1
        if ranks[place] >= ranks[heap[child]]:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = place

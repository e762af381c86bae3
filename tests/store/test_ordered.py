from __future__ import annotations

import random

from mockserver.store.ordered import CHUNK, Sorted, SortedRows


def test_rows_stay_sorted_through_adding_and_discarding():
    numbers = random.Random(1)
    entries = [((0, numbers.randrange(500)), row) for row in range(4 * CHUNK)]
    rows = SortedRows()
    for entry in entries:
        rows = rows.add(entry)
    for entry in entries[::3]:
        rows = rows.discard(entry)
    kept = sorted(entry for index, entry in enumerate(entries) if index % 3)
    assert list(rows) == [row for _, row in kept]
    assert list(reversed(rows)) == [row for _, row in reversed(kept)]
    assert len(rows) == len(kept)


def test_slice_counts_from_either_end():
    rows = SortedRows.of(((0, number), number) for number in range(3 * CHUNK))
    assert rows.slice(CHUNK - 1, 3) == [CHUNK - 1, CHUNK, CHUNK + 1]
    assert rows.slice(0, 2, descending=True) == [3 * CHUNK - 1, 3 * CHUNK - 2]
    assert rows.slice(10**9, 5) == []


def test_discarding_what_is_not_there_changes_nothing():
    rows = SortedRows.of([((0, 1), 1)])
    assert rows.discard(((0, 2), 2)) is rows
    assert len(rows.discard(((0, 1), 1))) == 0


def test_merging_sorts_once():
    rows = SortedRows.of([((0, 5), 1)]).merged([((0, 9), 2), ((0, 1), 3)])
    assert list(rows) == [3, 1, 2]


def test_merging_what_comes_after_all_of_it_keeps_the_chunks_before():
    rows = Sorted.of(range(3 * CHUNK)).merged(range(3 * CHUNK, 5 * CHUNK))
    assert list(rows.entries()) == list(range(5 * CHUNK))
    assert len(rows.discard(4 * CHUNK)) == 5 * CHUNK - 1

"""PostgreSQL's sort: descending, whole or cut short, and its order of ties."""

from __future__ import annotations

import pytest

from mockserver.listing.tuplesort import first_rows


def first_ids(ranks: list[int], count: int) -> list[int]:
    rows = list(enumerate(ranks, 1))
    return [number for number, _ in first_rows(rows, lambda row: row[1], count)]


@pytest.mark.parametrize("size", [0, 1, 6, 7, 8, 40, 41, 333])
def test_every_row_comes_once_and_in_order(size: int) -> None:
    ranks = [(number * 7919) % 13 for number in range(size)]
    for count in (1, 3, size // 3, size, 2**62):
        first = first_ids(ranks, count)
        assert len(set(first)) == len(first) == min(count, size)
        assert [ranks[number - 1] for number in first] == sorted(ranks, reverse=True)[:count]


def test_short_lists_and_sorted_ones_keep_their_ties() -> None:
    assert first_ids([1, 2, 1, 2, 1], 5) == [2, 4, 1, 3, 5]
    assert first_ids([2] * 50 + [1] * 50, 100) == list(range(1, 101))


# Recorded annotations: number, and place of the date in time, 9 where there is none.
STORED = [
    (1, 1), (2, 3), (3, 9), (4, 9), (5, 0), (6, 0), (7, 0), (8, 9), (9, 9), (10, 4), (11, 4), (13, 9), (15, 9),
    (16, 5), (17, 9), (18, 9), (19, 9), (20, 2), (21, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "limit", "listed"),
    [(0, 1000, [17, 18, 8]), (0, 2, [3, 4]), (1, 2, [3, 8]), (2, 2, [4, 9]), (0, 1, [3])],
)
def test_ties_come_as_they_were_recorded(offset: int, limit: int, listed: list[int]) -> None:
    numbers = [number for number, _ in first_rows(STORED, lambda row: row[1], offset + limit)]
    assert numbers[offset : offset + limit][:3] == listed
    assert limit < 1000 or numbers[-1] == 7

"""Two answers compared where servers may say the same in another way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.replay.alignment import Alignment
from mockserver.replay.script import Answer

FIRST, SECOND = "01a22cb6-3120-0000-9f7b-195b814caf58", "01a22cb6-3124-0001-b653-f46094516b3a"
OTHER, ANOTHER = "0198f000-0000-7000-8000-000000000000", "0198f000-0000-7000-8000-000000000001"
ROWS = [{"id": FIRST, "name": "a"}, {"id": SECOND, "name": "b"}]


def found(alignment: Alignment, left: Any, right: Any) -> list[tuple[str, str]]:
    answers = (Answer(200, {}, json.dumps(body).encode()) for body in (left, right))
    return [(difference.place, difference.kind) for difference in alignment.differences(*answers)]


@pytest.mark.parametrize(
    ("left", "right", "differences"),
    [
        ({"tags": ["b", "a"]}, {"tags": ["a", "b"]}, []),
        ({"tags": ["b", "a"]}, {"tags": ["a", "c"]}, [("$.tags[]", "value")]),
        ({"query": {"tags": ["b", "a"]}}, {"query": {"tags": ["a", "b"]}}, [("$.query.tags[]", "value")]),
        ({"scopes": ["b", "a"]}, {"scopes": ["a", "b"]}, [("$.scopes[]", "value")]),
        ({"mask_value": "phx_...ab12"}, {"mask_value": "phx_...cd34"}, []),
        (["phx_...ab12", "phx_...ab12"], ["phx_...cd34", "phx_...ef56"], [("$[]", "value")]),
    ],
)  # fmt: skip
def test_sets_have_no_order_and_what_is_drawn_has_counterparts(left, right, differences) -> None:
    assert found(Alignment(twins=True), left, right) == differences


def test_rows_that_stand_in_another_order_are_told_once_and_paired_by_what_they_say() -> None:
    alignment = Alignment(twins=True)
    assert found(alignment, ROWS, [{"id": ANOTHER, "name": "b"}, {"id": OTHER, "name": "a"}]) == [("$", "order")]
    assert alignment.counterparts == {FIRST: OTHER, SECOND: ANOTHER}
    assert found(alignment, [FIRST, SECOND], [OTHER, ANOTHER]) == []


def test_rows_that_are_not_the_same_are_compared_where_they_stand() -> None:
    assert found(Alignment(twins=True), ROWS, [{"id": OTHER, "name": "b"}, {"id": ANOTHER, "name": "c"}]) == [
        ("$[].name", "value")
    ]
    known = Alignment(twins=True, counterparts={FIRST: ANOTHER, SECOND: OTHER})
    rows = [{"id": OTHER, "name": "same"}, {"id": ANOTHER, "name": "same"}]
    assert found(known, [row | {"name": "same"} for row in ROWS], rows) == [("$", "order")]


def test_row_of_another_number_is_another_record_where_both_count_alike() -> None:
    left, right = [{"id": 1, "name": "a", "by": {"id": 4}}], [{"id": 2, "name": "b", "by": {"id": 5}}]
    assert found(Alignment(twins=True, counts_alike=True), left, right) == [("$[].id", "value")]
    assert found(Alignment(twins=True), left, right) == [("$[].name", "value")]
    assert found(Alignment(twins=True, counts_alike=True, counterparts={1: 2}), left, right) == [("$[].name", "value")]

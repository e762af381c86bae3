"""What is compared of answers to queries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.replay.recordings.cutting import cut, drop
from mockserver.replay.recordings.model import Kept, RecordedExchange
from mockserver.replay.recordings.queries import comparable, comparable_values, tolerance
from mockserver.replay.script import Answer


def exchange(query: Any = None, *, path: str = "/api/projects/1/query/", status: int = 200, kept: Kept | None = None):
    body = None if query is None else json.dumps({"query": query}).encode()
    return RecordedExchange(1, "", "all", "POST", path, {}, body, Answer(status, {}, b""), kept)


HOGQL = {"kind": "HogQLQuery", "query": "select a from events"}
ORDERED = {"kind": "HogQLQuery", "query": "select a from events order by a"}
FUNNEL = {"kind": "FunnelsQuery", "series": []}
BROKEN_DOWN = {"kind": "FunnelsQuery", "breakdownFilter": {"breakdown": "x"}}


@pytest.mark.parametrize(
    ("query", "agree"),
    [(HOGQL, True), (ORDERED, False), (FUNNEL, False), (BROKEN_DOWN, True), ({"kind": "TrendsQuery"}, False)],
)
def test_rows_come_in_any_order_where_the_question_asks_for_none(query: Any, agree: bool) -> None:
    left, right = comparable(exchange(query), {"results": [[1], [2.0], [None]]}, {"results": [[2], [None], [1]]})
    assert (left == right) is agree


def test_printed_hogql_is_compared_where_it_was_written() -> None:
    pair = {"results": [], "hogql": "SELECT 1"}, {"results": [], "hogql": "SELECT 2"}
    assert comparable(exchange(HOGQL), *pair) == pair
    assert comparable(exchange(FUNNEL), *pair) == ({"results": []}, {"results": []})


@pytest.mark.parametrize(
    ("recorded", "agree"),
    [
        ({"code": "invalid_input", "detail": "No such field"}, False),
        ({"code": "invalid_input", "detail": "mismatched input 'x' expecting <EOF>"}, True),
        ({"code": "illegal_type_of_argument", "detail": "Illegal types"}, True),
        ({"code": "not_found", "detail": "Not found."}, False),
    ],
)
def test_words_of_parser_and_engine_are_those_of_their_builds(recorded: Any, agree: bool) -> None:
    left, right = comparable(exchange(HOGQL, status=400), recorded, recorded | {"detail": "other"})
    assert (left == right) is agree


def test_refusal_elsewhere_is_compared_word_by_word() -> None:
    pair = {"code": "blank", "detail": "a"}, {"code": "blank", "detail": "b"}
    assert comparable(exchange(path="/api/projects/1/roles/", status=400), *pair) == pair


def test_estimates_may_differ_more_than_counts() -> None:
    assert tolerance(exchange({"query": "select quantile(0.5)(x)"})) > tolerance(exchange({"query": "select count()"}))


def test_modifiers_of_later_servers_are_not_asked_after() -> None:
    left, right = comparable(exchange(FUNNEL), {"modifiers": {"a": 1}}, {"modifiers": {"a": 1, "later": 2}})
    assert left == right
    left, right = comparable(exchange(FUNNEL), {"modifiers": {"a": 1}}, {"modifiers": {"later": 2}})
    assert left != right


@pytest.mark.parametrize(
    ("ours", "agree"),
    [
        ([("c", 3), ("b", 2), ("a", 2)], True),
        ([("c", 3), ("a", 2), ("z", 2)], False),
        ([("c", 3), ("a", 2)], False),
        ([("c", 2), ("a", 2), ("b", 2)], False),
    ],
)
def test_values_of_one_count_come_in_any_order(ours: Any, agree: bool) -> None:
    lists = (
        [{"name": name, "count": count} for name, count in rows] for rows in ([("c", 3), ("a", 2), ("b", 2)], ours)
    )
    left, right = comparable_values(*lists, lambda value: None)
    assert (left == right) is agree


@pytest.mark.parametrize("counted", [1, 2])
def test_least_common_values_of_a_full_list_must_count_as_much_here(counted: int) -> None:
    recorded, ours = ([{"name": f"{letter}{n}", "count": 1} for n in range(20)] for letter in "ab")
    left, right = comparable_values(recorded, ours, lambda value: counted)
    assert (left == right) is (counted == 1)


@pytest.mark.parametrize(
    ("kept", "recorded", "agree"),
    [
        (Kept(of=5, first=2, last=1), [0, 1, 4], True),
        (Kept(of=6, first=2, last=1), [0, 1, 4], False),
        (Kept(of=5, first=2, last=1), [0, 1, 3], False),
        (Kept(first=1, uuids=("0", "1", "2", "3", "4")), [0], True),
        (Kept(first=1, uuids=("0", "1", "2", "4", "3")), [0], False),
        (Kept(first=1, members=("0", "1", "2", "3")), [0], False),
    ],
)
def test_long_answer_is_compared_by_what_was_kept(kept: Kept, recorded: list[int], agree: bool) -> None:
    def results(numbers: Any) -> dict[str, Any]:
        return {"results": [{"uuid": str(number)} for number in numbers]}

    left, right = cut(exchange(HOGQL, kept=kept), results(recorded), results(range(5)))
    assert (left == right) is agree


def test_keys_are_dropped_by_name_and_place() -> None:
    answer = {"timings": [], "query_status": {"end_time": 1, "id": 2}, "end_time": 3}
    assert drop(("timings", "query_status.end_time"), answer) == {"query_status": {"id": 2}, "end_time": 3}

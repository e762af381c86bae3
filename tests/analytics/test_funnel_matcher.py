"""The funnel matcher, called as the engine calls it. Source: funnels that a server with PostHog's compiled matcher ran.

Cases that no recorded data set holds (exclusions passed, steps of one moment) follow the rules of its program.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.analytics.clickhouse.matcher import FUNCTIONS

DAY = 86_400


def steps(
    events: list[tuple[Any, ...]], *, size: int = 3, window: int = DAY, order: str = "ordered",
    attribution: str = "first_touch", values: list[str] | None = None, optional: list[int] | None = None,
) -> list[Any]:  # fmt: skip
    """Ask for the rows of events told as (moment, steps) and maybe a value and an id."""
    told = [[at, rest[1] if rest[1:] else f"e{n}", rest[0] if rest else "", taken]
            for n, (at, taken, *rest) in enumerate(events)]  # fmt: skip
    asked = [size, window, attribution, order, values or [""], optional or [], told]
    rows: list[Any] = json.loads(FUNCTIONS["match_funnel_steps"](json.dumps(asked)))
    return rows


def trend(events: list[tuple[int, int, list[int]]], *, size: int = 2, order: str = "ordered") -> dict[int, int]:
    told = [[at, interval, f"e{n}", "", taken] for n, (at, interval, taken) in enumerate(events)]
    asked = [1, size, size, DAY, "first_touch", order, [""], told]
    return {
        interval: outcome for interval, outcome, _ in json.loads(FUNCTIONS["match_funnel_trends"](json.dumps(asked)))
    }


def reached(rows: list[Any]) -> int:
    return int(rows[0][0])


def test_a_later_first_step_begins_anew_and_times_are_those_of_that_attempt() -> None:
    assert steps([(10, [1]), (20, [1]), (25, [2]), (30, [3])])[0][2] == [5, 5]


def test_the_first_attempt_that_gets_furthest_counts() -> None:
    assert steps([(10, [1]), (13, [2]), (20, [1]), (21, [2])])[0][2] == [3]


def test_the_window_runs_from_the_first_step_and_holds_its_end() -> None:
    assert reached(steps([(10, [1]), (15, [2]), (20, [3])], window=10)) == 2
    assert reached(steps([(10, [1]), (15, [2]), (21, [3])], window=10)) == 1


def test_one_event_is_one_step_of_an_attempt() -> None:
    assert reached(steps([(10, [1, 2])], size=2)) == 0
    assert steps([(10, [1, 2]), (17, [1, 2])], size=2)[0][2] == [7]


def test_different_steps_of_one_moment_are_taken_in_the_order_of_steps() -> None:
    assert reached(steps([(10, [2]), (10, [1])], size=2)) == 1
    assert reached(steps([(10, [1]), (10, [1, 2])], size=2)) == 1
    assert reached(steps([(10, [1, 2]), (10, [3])])) == 0  # none is the second: the first event is used


def test_nobody_enters_without_the_first_step() -> None:
    assert reached(steps([(10, [2]), (20, [3])])) == -1


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([(10, [1]), (15, [-2]), (20, [2])], -1),  # excluded at the furthest step: not counted at all
        ([(10, [1]), (15, [-2])], -1),
        ([(10, [1]), (15, [-2]), (20, [1]), (25, [2])], 1),  # another attempt gets as far without it
        ([(10, [1]), (15, [2]), (20, [-2])], 1),  # comes after its steps
        ([(10, [1]), (15, [2]), (20, [-3]), (25, [3])], -1),
    ],
)
def test_an_exclusion_takes_out_whoever_gets_no_further_without_it(events: list[tuple[Any, ...]], last: int) -> None:
    assert reached(steps(events)) == last


def test_a_strict_funnel_forgets_what_another_event_interrupts() -> None:
    assert reached(steps([(10, [1]), (15, []), (20, [2])], size=2, order="strict")) == 0
    assert reached(steps([(10, [1]), (20, [2])], size=2, order="strict")) == 1


def test_optional_steps_may_be_left_out_and_take_no_time() -> None:
    [row] = steps([(10, [1]), (30, [3])], optional=[2])
    assert (row[0], row[2], row[4]) == (1, [20], [1, 3])
    [row] = steps([(10, [1]), (15, [2]), (30, [3])], optional=[2])
    assert (row[0], row[2], row[4]) == (1, [20], [1, 2, 3])


def test_all_events_matches_each_value_on_its_own_events() -> None:
    events = [(10, [1], "a"), (15, [2], "b"), (20, [1], "b"), (25, [2], "b")]
    rows = steps(events, size=2, attribution="all_events", values=["a", "b"])
    assert [(row[0], row[1]) for row in rows] == [(0, "a"), (1, "b")]


@pytest.mark.parametrize(("step", "last"), [(0, 1), (1, 0)])
def test_a_step_that_values_are_attributed_by_must_have_the_value(step: int, last: int) -> None:
    assert reached(steps([(10, [1], "a"), (15, [2], "b")], size=2, attribution=f"step_{step}", values=["a"])) == last


def test_unordered_steps_count_from_the_oldest_event_in_the_window() -> None:
    [row] = steps([(10, [2]), (12, [1]), (30, [3])], order="unordered")
    assert (row[0], row[2]) == (2, [2, 18])
    assert reached(steps([(10, [2]), (50, [1]), (70, [3])], order="unordered", window=30)) == 1


def test_an_unordered_event_goes_to_the_step_that_waited_longest() -> None:
    assert reached(steps([(10, [1, 2, 3]), (20, [1, 2, 3])], order="unordered")) == 1


def test_an_exclusion_empties_an_unordered_funnel() -> None:
    assert reached(steps([(10, [1]), (15, [-2, -3]), (20, [2])], order="unordered")) == 0


def test_a_trend_tells_each_interval_entered_whether_the_goal_was_reached() -> None:
    assert trend([(10, 0, [1]), (100, 100, [1]), (130, 100, [2])]) == {0: 1, 100: 1}
    assert trend([(10, 0, [1]), (20, 0, [2]), (100, 100, [1])]) == {0: 1, 100: -1}
    assert trend([(10, 0, [2]), (100, 100, [1])], order="unordered") == {0: 1, 100: -1}


def test_whoever_passes_an_exclusion_is_lost_in_no_interval() -> None:
    assert trend([(10, 0, [1]), (20, 0, [-2]), (30, 0, [2])]) == {}
    assert trend([(10, 0, [1]), (20, 0, [-2]), (100, 100, [1])]) == {100: -1}

"""Who came back, and who walked an edge of a path: both are known to the pages alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker
from tests.analytics.stories import JANUARY, Insights


@pytest.fixture
def paged(make_asker: Callable[..., Asker]) -> Insights:
    return Insights(make_asker(scenario="empty", profile="documented", freeze_time="2020-01-20T12:00:00Z"))


def appearances(paged: Insights, **asked: Any) -> list[tuple[str, list[int]]]:
    response = paged.get("retention", date_to="2020-01-15", total_intervals=4, **asked)
    assert response.status_code == 200, response.json
    return [(row["person"]["distinct_ids"][0], row["appearances"]) for row in response.json["result"]]


def test_retention_tells_who_belongs_to_a_row_most_faithful_first(paged: Insights) -> None:
    days = {"a": (12, 13, 15), "b": (12,), "c": (13, 14), "d": (10, 12)}
    paged.happen({who: [f"2020-01-{day}T10:00:00Z" for day in each] for who, each in days.items()}, event="$pageview")
    most, *others = appearances(paged)
    assert most == ("a", [1, 1, 0, 1])
    assert sorted(others) == [("b", [1, 0, 0, 0]), ("d", [1, 0, 0, 0])]
    assert sorted(appearances(paged, selected_interval=1)) == [("a", [1, 0, 1]), ("c", [1, 1, 0])]
    first = appearances(paged, retention_type="retention_first_time")
    assert sorted(first) == [("a", [1, 1, 0, 1]), ("b", [1, 0, 0, 0])]


@pytest.mark.parametrize(
    ("period", "total", "at"),
    [
        ("Hour", 3, ["2020-01-15T10:30:00Z", "2020-01-15T12:10:00Z"]),
        ("Week", 2, ["2020-01-06T00:00:00Z", "2020-01-15T00:00:00Z"]),
        ("Month", 2, ["2019-12-10T00:00:00Z", "2020-01-15T00:00:00Z"]),
    ],
)
def test_retention_has_rows_of_any_period(paged: Insights, period: str, total: int, at: list[str]) -> None:
    paged.happen({"a": [("in", at[0]), ("back", at[1])]})
    asked = {"target_entity": {"id": "in", "type": "events"}, "returning_entity": {"id": "back", "type": "events"}}
    until = "2020-01-15T12:30:00Z" if period == "Hour" else "2020-01-15"
    (row,) = paged.get("retention", **asked, period=period, total_intervals=total, date_to=until).json["result"]
    assert row["appearances"] == [1, *[0] * (total - 2), 1]


def test_a_path_is_cut_at_pauses_and_folds_what_repeats(paged: Insights) -> None:
    paged.happen(
        {"a": [("one", "2020-01-10T00:00:00Z"), ("one", "2020-01-10T00:10:00Z"), ("two", "2020-01-10T00:20:00Z")],
         "b": [("one", "2020-01-10T00:00:00Z"), ("two", "2020-01-10T00:31:00Z")],
         "c": [("one", "2020-01-10T00:00:00Z"), ("two", "2020-01-10T00:30:00Z")]}
    )  # fmt: skip
    edge = {"path_start_key": "1_one", "path_end_key": "2_two"}
    assert sorted(paged.names("path", **JANUARY, **edge)) == ["a", "c"]
    assert paged.names("path", **JANUARY, path_dropoff_key="1_one") == ["b"]
    assert sorted(paged.names("path", **JANUARY)) == ["a", "b", "c"]


def test_paths_are_those_of_pages_screens_or_events(paged: Insights) -> None:
    at = "2020-01-10T00:0{}:00Z".format
    paged.happen({
        "a": [("$pageview", at(0), {"$current_url": "https://x.test/home/"}),
              ("$screen", at(1), {"$screen_name": "Main"})],
        "b": [("signed up", at(0)), ("paid", at(1))],
    })  # fmt: skip
    assert paged.names("path", **JANUARY, path_start_key="1_https://x.test/home") == ["a"]
    assert paged.names("path", **JANUARY, path_end_key="2_Main") == ["a"]
    assert paged.names("path", **JANUARY, include_event_types=["$pageview"]) == ["a"]
    assert paged.names("path", **JANUARY, include_event_types=["custom_event"]) == ["b"]
    assert sorted(paged.names("path", **JANUARY, exclude_events=["paid"], path_dropoff_key="1_signed up")) == ["b"]
    assert paged.names("path", **JANUARY, step_limit=1, path_start_key="1_signed up") == []


@pytest.mark.parametrize("insight", ["path", "retention"])
def test_servers_of_today_take_both_words_for_a_person(make_asker: Callable[..., Asker], insight: str) -> None:
    made = Insights(make_asker(scenario="empty", profile="observed"))
    response = made.get(insight)
    assert response.status_code == 400
    assert response.json["detail"].startswith("The ID provided does not look like a personID.")

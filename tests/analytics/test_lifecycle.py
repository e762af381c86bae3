"""Lifecycles and stickiness: the worked example of PostHog's own test, groups, and who is behind a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker

DAYS = {"date_from": "2020-01-12", "date_to": "2020-01-19"}
SERIES = [{"kind": "EventsNode", "event": "seen"}]
# Whoever was created on a day of January 2020, and the days they were active on.
PEOPLE = {"p1": (11, [11, 12, 13, 15, 17, 19]), "p2": (9, [9, 12]), "p3": (12, [12]), "p4": (15, [15])}


@pytest.fixture
def lives(make_asker: Callable[..., Asker]) -> Asker:
    asker = make_asker(scenario="empty", profile="observed", freeze_time="2020-01-20T12:00:00Z")
    asker.load(
        persons=[
            {"distinct_ids": [name], "created_at": f"2020-01-{born:02}T12:00:00Z", "properties": {"name": name}}
            for name, (born, _) in PEOPLE.items()
        ]
    )
    asker.load(
        events=[
            {"event": "seen", "distinct_id": name, "timestamp": f"2020-01-{day:02}T12:00:00Z"}
            for name, (_, days) in PEOPLE.items()
            for day in days
        ]
    )
    return asker


def results(asker: Asker, kind: str, **fields: Any) -> list[dict[str, Any]]:
    response = asker.query({"kind": kind, "series": SERIES, "dateRange": DAYS, **fields})
    assert response.status_code == 200, response.json
    found: list[dict[str, Any]] = response.json["results"]
    return found


def names(asker: Asker, source: dict[str, Any], **asked: Any) -> list[str]:
    about = {"kind": "InsightActorsQuery", "source": {"series": SERIES, "dateRange": DAYS, **source}, **asked}
    response = asker.query({"kind": "ActorsQuery", "select": ["properties.name"], "source": about})
    assert response.status_code == 200, response.json
    return sorted(row[0] for row in response.json["results"])


def test_statuses_are_those_of_the_worked_example(lives: Asker) -> None:
    assert {item["status"]: item["data"] for item in results(lives, "LifecycleQuery")} == {
        "new": [1, 0, 0, 1, 0, 0, 0, 0],
        "returning": [1, 1, 0, 0, 0, 0, 0, 0],
        "resurrecting": [1, 0, 0, 1, 0, 1, 0, 1],
        "dormant": [0, -2, -1, 0, -2, 0, -1, 0],
    }


@pytest.mark.parametrize(
    ("day", "status", "who"),
    [
        ("2020-01-12", "new", ["p3"]),
        ("2020-01-12", "returning", ["p1"]),
        ("2020-01-12", "resurrecting", ["p2"]),
        ("2020-01-13", "dormant", ["p2", "p3"]),
        ("2020-01-14", "new", []),
    ],
)
def test_who_has_a_status_is_told(lives: Asker, day: str, status: str, who: list[str]) -> None:
    assert names(lives, {"kind": "LifecycleQuery"}, day=day, status=status) == who


def test_intervals_may_be_longer(lives: Asker) -> None:
    weeks = {item["status"]: item["data"] for item in results(lives, "LifecycleQuery", interval="week")}
    assert weeks["new"] == [2, 0]  # the weeks of the 12th and the 19th
    assert (weeks["returning"], weeks["dormant"]) == ([2, 1], [0, -3])


def test_groups_have_lives_too(lives: Asker) -> None:
    lives.load(
        group_types=[{"group_type": "company", "group_type_index": 0}],
        groups=[{"group_type_index": 0, "group_key": "acme", "created_at": "2020-01-14T00:00:00Z"}],
    )
    lives.load(
        events=[
            {"event": "seen", "distinct_id": "x", "timestamp": f"2020-01-{day}T10:00:00Z",
             "properties": {"$group_0": "acme"}}
            for day in (14, 15)
        ]
    )  # fmt: skip
    found = {item["status"]: item["data"] for item in results(lives, "LifecycleQuery", aggregation_group_type_index=0)}
    assert found["new"] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert (found["returning"], found["dormant"]) == ([0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, -1, 0, 0, 0])


def test_stickiness_counts_days_of_activity(lives: Asker) -> None:
    (result,) = results(lives, "StickinessQuery")
    assert (result["data"], result["count"]) == ([3, 0, 0, 0, 1, 0, 0, 0], 4)
    assert (result["days"][0], result["labels"][:2]) == (1, ["1 day", "2 days"])


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"stickinessFilter": {"computedAs": "cumulative"}}, [4, 1, 1, 1, 1, 0, 0, 0]),
        ({"stickinessFilter": {"stickinessCriteria": {"operator": "gte", "value": 2}}}, [0] * 8),
        ({"intervalCount": 4}, [3, 1]),
        ({"interval": "week"}, [3, 1]),
    ],
)
def test_stickiness_counts_as_it_is_told(lives: Asker, fields: dict[str, Any], data: list[int]) -> None:
    assert results(lives, "StickinessQuery", **fields)[0]["data"] == data


@pytest.mark.parametrize(("intervals", "who"), [(1, ["p2", "p3", "p4"]), (5, ["p1"]), (2, [])])
def test_who_was_active_so_often_is_told(lives: Asker, intervals: int, who: list[str]) -> None:
    assert names(lives, {"kind": "StickinessQuery"}, day=intervals) == who


def test_stickiness_of_the_period_before_stands_beside(lives: Asker) -> None:
    now, before = results(lives, "StickinessQuery", compareFilter={"compare": True})
    assert (now["compare_label"], before["compare_label"]) == ("current", "previous")
    assert before["data"] == [2, 0, 0, 0, 0, 0, 0, 0]  # the 4th to the 11th: p1 and p2


@pytest.mark.parametrize("fields", [{"intervalCount": 0}, {"intervalCount": -1}])
def test_a_width_that_is_none_is_refused_or_left_out(lives: Asker, fields: dict[str, Any]) -> None:
    response = lives.query({"kind": "StickinessQuery", "series": SERIES, "dateRange": DAYS, **fields})
    assert response.status_code == (200 if not fields["intervalCount"] else 400)

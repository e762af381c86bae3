"""The persons behind funnels and paths: PostHog's own worked examples, and what is asked wrongly."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from tests.conftest import Client

PERSONS = "/api/environments/1/persons/"
TOKEN = "phc_mock_project_token"
NUMBERS = count(1)
DAYS = {"date_from": "2026-01-10", "date_to": "2026-01-14"}

People = dict[str, list[str]]


def happen(client: Client, people: People) -> str:
    """Let people do one thing after the other, ten minutes apart, under names that nobody else has."""
    prefix = f"way-{next(NUMBERS)}-"
    batch = [
        {
            "event": f"{prefix}{event}",
            "distinct_id": f"{prefix}{person}",
            "timestamp": f"2026-01-12T10:{number:02}:00Z",
            "properties": {"plan": person},
        }
        for person, events in people.items()
        for number, event in enumerate(events)
    ]
    assert client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch}).status_code == 200
    return prefix


def found(client: Client, insight: str, prefix: str, **asked: Any) -> list[str]:
    """Return who an insight lists, in the order of their names."""
    answer = client.as_key("phx_mock_session").post(f"{PERSONS}{insight}/", {**DAYS, **asked})
    assert answer.status_code == 200, answer.json
    people = answer.json["results"][0]["people"]
    return sorted(person["distinct_ids"][0].removeprefix(prefix) for person in people)


def steps(prefix: str, *events: str) -> list[dict[str, Any]]:
    return [{"id": f"{prefix}{event}", "type": "events", "order": number} for number, event in enumerate(events)]


@pytest.mark.parametrize(
    ("order", "step", "who"),
    [
        ("ordered", 1, ["lost", "straight", "swapped", "turning"]),
        ("ordered", 2, ["straight", "swapped", "turning"]),
        ("ordered", 3, ["straight", "turning"]),
        ("ordered", -2, ["lost"]),
        ("ordered", -3, ["swapped"]),
        ("strict", 3, ["straight"]),
        ("strict", -3, ["turning"]),
        ("unordered", 3, ["straight", "swapped", "turning"]),
    ],
)
def test_a_funnel_lists_who_got_to_a_step(either: Client, order: str, step: int, who: list[str]) -> None:
    people = {
        "straight": ["one", "two", "three"],
        "turning": ["one", "two", "one", "three"],
        "swapped": ["one", "three", "two"],
        "lost": ["one"],
    }
    prefix = happen(either, people)
    events = steps(prefix, "one", "two", "three")
    assert found(either, "funnel", prefix, events=events, funnel_order_type=order, funnel_step=step) == who


def test_a_window_an_exclusion_and_a_breakdown_narrow_a_funnel(either: Client) -> None:
    prefix = happen(
        either, {"quick": ["one", "two"], "slow": ["one", "x", "x", "two"], "barred": ["one", "bar", "two"]}
    )
    asked = {"events": steps(prefix, "one", "two"), "funnel_step": 2}
    window = {"funnel_window_interval": 2, "funnel_window_interval_unit": "minute"}
    assert found(either, "funnel", prefix, **asked) == ["barred", "quick", "slow"]
    assert found(either, "funnel", prefix, **asked, **window) == ["barred", "quick"]
    barred = [{"id": f"{prefix}bar", "type": "events", "funnel_from_step": 0, "funnel_to_step": 1}]
    assert found(either, "funnel", prefix, **asked, exclusions=barred) == ["quick", "slow"]
    broken = {"breakdown": "plan", "breakdown_type": "event", "funnel_step_breakdown": "slow"}
    assert found(either, "funnel", prefix, **asked, **broken) == ["slow"]
    assert found(either, "funnel", prefix, events=asked["events"], funnel_custom_steps=[1]) == []


@pytest.mark.parametrize("step", [None, -1])
def test_a_step_that_is_none_is_refused(either: Client, step: int | None) -> None:
    body = {"events": steps("x", "one", "two"), **({} if step is None else {"funnel_step": step})}
    answer = either.as_key("phx_mock_session").post(f"{PERSONS}funnel/", body)
    assert (answer.status_code, answer.json["type"]) == (400, "validation_error")


def test_a_path_lists_who_walked_an_edge(client: Client) -> None:
    people = {"a": ["one", "two", "three"], "b": ["one", "three"], "c": ["one", "two", "two", "three"]}
    prefix = happen(client, people)
    asked = {"properties": [], "include_event_types": ["custom_event"]}
    asked["include_custom_events"] = [f"{prefix}{event}" for event in ("one", "two", "three")]

    def ask(**keys: str) -> list[str]:
        return found(client, "path", prefix, **asked, **{name: at.format(prefix) for name, at in keys.items()})

    assert ask() == ["a", "b", "c"]
    assert ask(path_start_key="2_{}two") == ["a", "c"]
    assert ask(path_start_key="1_{}one", path_end_key="2_{}three") == ["b"]
    assert ask(path_dropoff_key="2_{}three") == ["b"]
    assert ask(start_point="{}two", path_start_key="1_{}two") == ["a", "c"]
    assert ask(end_point="{}two", path_end_key="2_{}two") == ["a", "c"]


def test_paths_may_lead_to_a_step_of_a_funnel(client: Client) -> None:
    prefix = happen(client, {"a": ["see", "one", "look", "two"], "b": ["see", "one"]})
    funnel = {"events": steps(prefix, "one", "two"), "funnel_step": 2}
    kinds = {"include_event_types": ["custom_event"]}
    asked = {**kinds, "funnel_filter": funnel, "funnel_paths": "funnel_path_before_step"}
    assert found(client, "path", prefix, **asked) == ["a"]
    asked["funnel_paths"] = "funnel_path_between_steps"
    assert found(client, "path", prefix, **asked, path_end_key=f"2_{prefix}look") == ["a"]
    assert found(client, "path", prefix, **asked, path_end_key=f"2_{prefix}one") == []


@pytest.mark.parametrize(
    ("insight", "asked"),
    [
        ("funnel", {"events": [{"id": "a"}, {"id": "\x00"}], "funnel_step": 1}),
        ("funnel", {"events": [{"id": "a"}] * 31, "funnel_step": 1}),
        ("funnel", {"events": [7, None, {}], "funnel_step": 10**9}),
        ("funnel", {"events": [{"id": "a"}, {"id": "b"}], "funnel_step": 1, "exclusions": [{"id": "c"}]}),
        ("funnel", {"events": [{"id": "a"}, {"id": "b"}], "funnel_step": 1, "breakdown": {"a": 1}}),
        ("funnel", {"events": [{"id": "a"}, {"id": "b"}], "funnel_step": 1, "funnel_aggregate_by_hogql": "1 +"}),
        ("funnel/correlation", {"events": [{"id": "a"}, {"id": "b"}], "funnel_correlation_type": "properties"}),
    ],
)
def test_whatever_is_asked_is_answered_or_refused(either: Client, insight: str, asked: dict[str, Any]) -> None:
    answer = either.as_key("phx_mock_session").post(f"{PERSONS}{insight}/", asked)
    assert answer.status_code in (200, 400), answer.json


@pytest.mark.parametrize(
    "asked",
    [
        {"funnel_paths": "funnel_path_before_step", "funnel_filter": "x"},
        {"step_limit": 10**9, "path_groupings": ["(", "*", None], "exclude_events": "x"},
        {"include_event_types": ["hogql"], "paths_hogql_expression": "1 + +"},
        {"start_point": "\x00", "end_point": "\ud800", "min_edge_weight": "x"},
    ],
)
def test_whatever_is_asked_of_paths_is_answered_or_refused(client: Client, asked: dict[str, Any]) -> None:
    answer = client.as_key("phx_mock_session").post(f"{PERSONS}path/", asked)
    assert answer.status_code in (200, 400), answer.json


def test_retention_refuses_a_row_that_is_not_there(client: Client) -> None:
    asked = {"selected_interval": 11, "target_entity": json.dumps({"id": "a"})}
    assert client.get(f"{PERSONS}retention/", query_string=asked).status_code == 400

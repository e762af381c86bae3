from __future__ import annotations

import gzip
import json
import threading
import time

import pytest

TOKEN = "phc_mock_project_token"


def sent(event: str, distinct_id: str = "ada", **properties) -> dict:
    return {"api_key": TOKEN, "event": event, "distinct_id": distinct_id, "properties": properties}


@pytest.fixture
def capture(ask):
    def send(event: str, distinct_id: str = "ada", **properties) -> None:
        assert ask("POST", "/capture/", sent(event, distinct_id, **properties), key=None).status_code == 200

    return send


@pytest.fixture
def held(admin):
    def list_events(query: str = "") -> list[dict]:
        answer = admin("GET", f"/worlds/default/events{query}").json
        assert answer["count"] >= len(answer["events"])
        return answer["events"]

    return list_events


def test_event_is_shown_decoded(ask, held) -> None:
    body = gzip.compress(json.dumps(sent("signed up", plan="pro")).encode())
    ask("POST", "/e/?compression=gzip-js", key=None, data=body, content_type="text/plain")
    (event,) = held()
    assert (event["event"], event["distinct_id"], event["properties"]["plan"]) == ("signed up", "ada", "pro")
    assert event.keys() == {"uuid", "event", "distinct_id", "person_id", "timestamp", "properties", "project_id"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?event=opened", 3),
        ("?event=opened&distinct_id=bob", 1),
        ("?properties.plan=pro", 2),
        ("?properties.seats=3", 1),
        ("?properties.admin=true", 1),
        ("?properties.plan=pro&properties.seats=3", 1),
        ("?properties.none=x", 0),
        ("?limit=1", 1),
        ("?since=2100-01-01", 0),
    ],
)
def test_events_are_filtered(capture, held, query, count) -> None:
    capture("opened", plan="pro", seats=3)
    capture("opened", "bob", plan="free")
    capture("opened", admin=True)
    capture("closed", plan="pro")
    assert len(held(query)) == count


def test_limit_keeps_the_latest(capture, held) -> None:
    for name in ("a", "b", "c"):
        capture(name)
    assert [event["event"] for event in held("?limit=2")] == ["b", "c"]


def test_events_that_a_world_began_with_are_told_apart(admin) -> None:
    world = admin("POST", "/worlds", {"scenario": "demo"}).json["id"]
    admin("POST", f"/worlds/{world}/load", {"events": [{"event": "mine", "distinct_id": "ada"}]})
    assert admin("GET", f"/worlds/{world}/events?limit=0").json["count"] > 1000
    assert [e["event"] for e in admin("GET", f"/worlds/{world}/events?arrived=true").json["events"]] == ["mine"]
    verdict = admin("POST", f"/worlds/{world}/events/verify", {"match": {}, "count": 1}).json
    assert verdict == {"matched": 1, "ok": True, "near_misses": []}


@pytest.mark.parametrize(
    ("match", "matched"),
    [
        ({"event": "opened"}, 1),
        ({"event": {"$matches": "^open"}}, 1),
        ({"distinct_id": "bob"}, 0),
        ({"properties": {"cart": {"items": "<list>"}}}, 1),
        ({"properties": {"cart": {"items": [1]}}}, 0),
    ],
)
def test_events_are_matched(admin, capture, match, matched) -> None:
    capture("opened", cart={"items": [1, 2], "currency": "EUR"})
    assert admin("POST", "/worlds/default/events/verify", {"match": match}).json["matched"] == matched


def test_near_misses_say_what_differs(admin, capture) -> None:
    capture("opened", plan="free")
    capture("closed", plan="free")
    answer = admin(
        "POST", "/worlds/default/events/verify", {"match": {"event": "opened", "properties": {"plan": "pro"}}}
    )
    miss = answer.json["near_misses"][0]
    assert (miss["event"]["event"], miss["differences"]) == (
        "opened",
        ["event.properties.plan: expected 'pro', got 'free'"],
    )


def test_what_is_still_to_come_is_waited_for(admin, app) -> None:
    client = app.test_client()
    late = threading.Timer(0.15, lambda: client.post("/capture/", json=sent("late")))
    late.start()
    began = time.monotonic()
    answer = admin("POST", "/worlds/default/events/verify", {"match": {"event": "late"}, "within_s": 20}).json
    late.join()
    assert answer["ok"]
    assert time.monotonic() - began < 10


def test_what_does_not_come_is_not_waited_for_longer_than_said(admin) -> None:
    answer = admin("POST", "/worlds/default/events/verify", {"match": {"event": "never"}, "within_s": 0.05}).json
    assert answer == {"matched": 0, "ok": False, "near_misses": []}


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        ({}, "match"),
        ({"match": {"name": "x"}}, "match__name"),
        ({"match": {"event": {"$matches": "("}}}, "match__event"),
        ({"match": {}, "within_s": 61}, "within_s"),
        ({"match": {}, "within_s": -1}, "within_s"),
        ({"match": {}, "at_least": 2, "at_most": 1}, "at_least"),
    ],
)
def test_bad_expectations_are_refused(admin, body, attr) -> None:
    answer = admin("POST", "/worlds/default/events/verify", body)
    assert (answer.status_code, answer.json["attr"]) == (400, attr)


def test_bad_moment_is_refused(admin) -> None:
    answer = admin("GET", "/worlds/default/events?since=yesterday")
    assert (answer.status_code, answer.json["attr"]) == (400, "since")

"""The persons behind insights: parameters, envelopes, paging and refusals."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from tests.conftest import Client

PERSONS = "/api/projects/1/persons/"
TOKEN = "phc_mock_project_token"
NUMBERS = count(1)
CACHED = ["results", "next", "initial", "missing_persons", "is_cached", "last_refresh"]


def session(client: Client) -> Client:
    """Return a client whose key is unscoped, since servers refuse any other for insights."""
    return client.as_key("phx_mock_session")


def happen(client: Client, times: int = 1, people: int = 3, at: str = "2026-01-14T10:00:00Z") -> str:
    """Let some people do something that nobody did before, and return what it is called."""
    event = f"did-{next(NUMBERS)}"
    batch = [
        {"event": event, "distinct_id": f"{event}-{number}", "timestamp": at, "properties": {}}
        for number in range(people)
        for _ in range(times + number)
    ]
    assert client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch}).status_code == 200
    return event


def series(*events: str) -> str:
    return json.dumps([{"id": event, "type": "events", "order": number} for number, event in enumerate(events)])


def ask(client: Client, insight: str, **query: Any) -> Any:
    return session(client).get(f"{PERSONS}{insight}/", query_string=query)


def test_a_trend_lists_who_did_it_most_first(either: Client) -> None:
    event = happen(either)
    answer = ask(either, "trends", entity_id=event, entity_type="events", events=series(event)).json
    assert list(answer) == CACHED
    (found,) = answer["results"]
    assert [person["value_at_data_point"] for person in found["people"]] == [3, 2, 1]
    assert (found["count"], answer["next"], answer["missing_persons"]) == (3, None, 0)
    assert answer["initial"].startswith("http://localhost/api/projects/1/persons/trends/?entity_id=")


def test_what_happened_outside_the_days_does_not_count(either: Client) -> None:
    event = happen(either, at="2026-01-01T10:00:00Z")
    asked = {"entity_id": event, "entity_type": "events", "events": series(event)}
    counts = [
        ask(either, "trends", **asked, **days).json["results"][0]["count"]
        for days in (
            {},
            {"date_from": "-30d"},
            {"date_from": "2026-01-01", "date_to": "2026-01-01"},
            {"date_from": "all"},
        )
    ]
    assert counts == [0, 3, 3, 3]


def test_a_date_that_cannot_be_read_is_today(either: Client) -> None:
    event = happen(either, at="2026-01-15T10:00:00Z")
    asked = {"entity_id": event, "entity_type": "events", "events": series(event), "date_from": "nonsense"}
    assert ask(either, "trends", **asked).json["results"][0]["count"] == 3


def test_a_next_page_of_a_page_with_offset_loses_its_host(either: Client) -> None:
    event = happen(either)
    asked = {"events": series(event), "funnel_step": 1, "limit": 1}
    first = ask(either, "funnel", **asked).json
    assert first["next"].startswith("http://localhost/api/")
    assert first["next"].endswith("&limit=1&offset=1")
    second = ask(either, "funnel", **asked, offset=1).json
    assert second["next"].startswith("api/projects/1/persons/funnel/?")
    assert second["next"].endswith("offset=2")
    assert first["results"][0]["people"] != second["results"][0]["people"]


def test_a_funnel_may_be_in_the_body(either: Client) -> None:
    event = happen(either)
    body = {"events": json.loads(series(event)), "funnel_step": 1, "limit": 2}
    answer = session(either).post(f"{PERSONS}funnel/", body).json
    assert answer["results"][0]["count"] == 2
    assert answer["next"].endswith("offset=2")
    assert session(either).post(f"{PERSONS}funnel/", ["x"]).status_code == 400


def test_an_answer_is_kept_for_whoever_asks_the_same(either: Client) -> None:
    event = happen(either)
    asked = {"events": series(event), "funnel_step": 1, "limit": 2}
    first = ask(either, "funnel", **asked).json
    same = session(either).post("/api/environments/1/persons/funnel/", {**asked, "events": json.loads(series(event))})
    assert (first["is_cached"], same.json["is_cached"]) == (False, True)
    assert {**same.json, "is_cached": False} == first
    assert ask(either, "funnel", **{**asked, "limit": 1}).json["is_cached"] is False


@pytest.mark.parametrize("anew", [{"refresh": "true"}, {"cache_invalidation_key": "abc"}])
def test_an_answer_is_computed_anew_where_that_is_asked_for(either: Client, anew: dict[str, str]) -> None:
    event = happen(either)
    asked = {"entity_id": event, "entity_type": "events"}
    assert ask(either, "trends", **asked).json["is_cached"] is False
    assert ask(either, "trends", **asked, **anew).json["is_cached"] is False
    assert ask(either, "trends", **asked).json["is_cached"] is True


def test_an_answer_that_is_kept_is_stale_once_anything_happens(either: Client) -> None:
    event = happen(either)
    asked = {"events": series(event), "funnel_step": 1}
    assert ask(either, "funnel", **asked).json["results"][0]["count"] == 3
    more = {"event": event, "distinct_id": f"{event}-more", "timestamp": "2026-01-14T10:00:00Z", "properties": {}}
    either.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": [more]})
    answer = ask(either, "funnel", **asked).json
    assert (answer["results"][0]["count"], answer["is_cached"]) == (4, False)


@pytest.mark.parametrize("insight", ["lifecycle", "stickiness"])
def test_pages_without_an_order_hold_everybody_once(either: Client, insight: str) -> None:
    event = happen(either, people=7)
    named = {"lifecycle": {"target_date": "2026-01-14", "lifecycle_type": "new"}, "stickiness": {"stickiness_days": 1}}
    asked = {"events": series(event), "entity_id": event, "entity_type": "events", **named[insight]}
    pages = [ask(either, insight, **asked, limit=3, offset=offset).json["results"][0] for offset in (0, 3, 6)]
    found = [person["uuid"] for page in pages for person in page["people"]]
    assert (len(found), len({*found})) == (7, 7)


def test_a_correlation_is_paged_by_parameters_of_its_own(either: Client) -> None:
    first, last = happen(either), f"did-{next(NUMBERS)}"
    seen = [
        {"event": event, "distinct_id": f"{first}-{number}", "timestamp": at, "properties": {}}
        for number in range(3)
        for event, at in (("seen", "2026-01-14T10:10:00Z"), (last, "2026-01-14T10:20:00Z"))
    ]
    either.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": seen})
    asked = {"events": series(first, last), "funnel_correlation_person_entity": json.dumps({"id": "seen"})}
    answer = ask(either, "funnel/correlation", **asked, funnel_correlation_person_limit=2).json
    assert answer["results"][0]["count"] == 2
    assert answer["next"].endswith("&funnel_correlation_person_offset=2")
    converted = ask(either, "funnel/correlation", **asked, funnel_correlation_person_converted="true").json
    lost = ask(either, "funnel/correlation", **asked, funnel_correlation_person_converted="false").json
    assert (converted["results"][0]["count"], lost["results"][0]["count"]) == (3, 0)


def test_search_narrows_every_insight(either: Client) -> None:
    event = happen(either)
    found = ask(either, "trends", entity_id=event, entity_type="events", events=series(event), search=f"{event}-1").json
    assert [person["name"] for person in found["results"][0]["people"]] == [f"{event}-1"]


def test_lifecycle_and_stickiness_keep_nothing(either: Client) -> None:
    event = happen(either)
    life = ask(either, "lifecycle", events=series(event), target_date="2026-01-14", lifecycle_type="new").json
    sticky = ask(
        either, "stickiness", events=series(event), entity_id=event, entity_type="events", stickiness_days=1
    ).json
    assert list(life) == list(sticky) == ["results", "next"]
    assert life["results"][0]["count"] == 3


@pytest.mark.parametrize(
    ("insight", "query"),
    [
        ("funnel", {"events": "[{}]", "limit": "x"}),
        ("trends", {"entity_id": "x"}),
        ("trends", {"entity_id": "x", "entity_type": "events", "interval": "nonsense"}),
        ("funnel", {"events": "[{}]", "funnel_step": "x"}),
        ("stickiness", {"stickiness_days": "x"}),
        ("lifecycle", {"lifecycle_type": "new"}),
    ],
)
def test_nonsense_is_refused(either: Client, insight: str, query: dict[str, Any]) -> None:
    assert ask(either, insight, **query).status_code == 400


def test_pages_show_insights_to_any_key(client: Client) -> None:
    for insight in ("funnel", "funnel/correlation", "lifecycle", "stickiness", "trends"):
        answer = client.get(f"{PERSONS}{insight}/")
        assert (answer.status_code, answer.json["results"]) == (200, [{"people": [], "count": 0}])


def test_retention_tells_who_came_back(client: Client) -> None:
    event = happen(client, at="2026-01-12T10:00:00Z")
    back = [{"event": event, "distinct_id": f"{event}-1", "timestamp": "2026-01-14T10:00:00Z", "properties": {}}]
    client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": back})
    entity = json.dumps({"id": event, "type": "events"})
    asked = {"target_entity": entity, "returning_entity": entity, "total_intervals": 5, "date_to": "2026-01-15"}
    answer = client.get(f"{PERSONS}retention/", query_string={**asked, "selected_interval": 1}).json
    assert list(answer) == ["result", "next", "missing_persons"]
    assert [row["appearances"] for row in answer["result"]] == [[1, 0, 1, 0], [1, 0, 0, 0], [1, 0, 0, 0]]
    assert answer["result"][0]["person"]["distinct_ids"] == [f"{event}-1"]
    assert client.get(f"{PERSONS}retention/", query_string=asked).json["result"] == []


def test_a_timeline_has_a_point_for_each_change_that_counts(either: Client) -> None:
    event = f"did-{next(NUMBERS)}"
    plans = [("free", 8), ("free", 9), ("pro", 10), ("free", 11)]
    batch = [
        {"event": event, "distinct_id": event, "timestamp": f"2026-01-14T{hour:02}:00:00Z",
         "properties": {"$set": {"plan": plan, "hour": hour}}}
        for plan, hour in plans
    ]  # fmt: skip
    either.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch})
    (person,) = either.get(PERSONS, query_string={"distinct_id": event}).json["results"]
    properties = json.dumps([{"key": "plan", "type": "person", "value": "never"}, {"key": "x", "type": "event"}])
    day = {"date_from": "2026-01-14", "date_to": "2026-01-14", "interval": "day"}
    path = f"{PERSONS}{person['uuid']}/properties_timeline/"
    answer = session(either).get(path, query_string={"events": series(event), "properties": properties, **day}).json
    assert [(p["properties"]["plan"], p["relevant_event_count"]) for p in answer["points"]] == [
        ("free", 2), ("pro", 1), ("free", 1),
    ]  # fmt: skip
    assert answer["crucial_property_keys"] == ["plan"]
    assert answer["effective_date_from"] == "2026-01-14T00:00:00+00:00"
    assert answer["effective_date_to"] == "2026-01-14T23:59:59.999999+00:00"

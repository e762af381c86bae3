"""Capture: every form in which SDKs send events, and what they are told."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.world.worlds import World
from tests.conftest import NOON, Client

TOKEN = "phc_mock_project_token"
ONE = {"event": "captured", "distinct_id": "capture-test"}


def captured(world: World, name: str = "captured") -> list[Any]:
    return [event for event in world.view().table("events") if event["event"] == name]


def base64_of(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


FORMS: dict[str, Callable[[Any], Any]] = {
    "batch": lambda c: c.post("/batch/", json={"api_key": TOKEN, "batch": [ONE]}),
    "batch without slash": lambda c: c.post("/batch", json={"api_key": TOKEN, "batch": [ONE]}),
    "single": lambda c: c.post("/capture/", json={**ONE, "api_key": TOKEN}),
    "single, i/v0": lambda c: c.post("/i/v0/e/", json={**ONE, "token": TOKEN}),
    "list": lambda c: c.post("/e/", json=[{**ONE, "properties": {"token": TOKEN}}]),
    "text/plain": lambda c: c.post("/e/", data=json.dumps({**ONE, "token": TOKEN}), content_type="text/plain"),
    "gzip": lambda c: c.post("/batch/", data=gzip.compress(json.dumps({"api_key": TOKEN, "batch": [ONE]}).encode()),
                             headers={"Content-Encoding": "gzip"}, content_type="application/json"),
    "gzip-js": lambda c: c.post("/e/?compression=gzip-js", content_type="text/plain",
                                data=gzip.compress(json.dumps([{**ONE, "token": TOKEN}]).encode())),
    "base64 form": lambda c: c.post("/e/", data={"data": base64_of({**ONE, "token": TOKEN}), "compression": "base64"}),
    "plain form": lambda c: c.post("/track/", data={"data": json.dumps({**ONE, "token": TOKEN})}),
    "query": lambda c: c.get("/e/", query_string={"data": base64_of({**ONE, "token": TOKEN})}),
    "distinct id in properties": lambda c: c.post(
        "/e/", json={"event": "captured", "token": TOKEN, "properties": {"distinct_id": "capture-test"}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_event_is_taken(client: Client, world: World, form: str) -> None:
    before = len(captured(world))
    response = FORMS[form](client.flask)
    assert (response.status_code, response.json) == (200, {"status": "Ok"}), response.text
    assert [event["distinct_id"] for event in captured(world)[before:]] == ["capture-test"]


def test_a_beacon_is_answered_with_nothing(client: Client) -> None:
    response = client.flask.post("/e/?beacon=1", json={**ONE, "token": TOKEN})
    assert (response.status_code, response.data) == (204, b"")


def test_engage_without_a_name_sets_properties(client: Client) -> None:
    body = {"$token": TOKEN, "$distinct_id": "engaged", "$set": {"name": "Eva"}}
    assert client.flask.post("/engage/", json=body).status_code == 200
    found = client.get("/api/projects/1/persons/", query_string={"distinct_id": "engaged"}).json["results"]
    assert [person["name"] for person in found] == ["Eva"]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"batch": [ONE]}, 401, "event submitted without an api_key"),
        ({"api_key": "phx_mock_all_access", "batch": [ONE]}, 401, "API key is not valid: personal_api_key"),
        ({"api_key": "x" * 65, "batch": [ONE]}, 401, "API key is not valid: too_long"),
        ({"api_key": "ключ", "batch": [ONE]}, 401, "API key is not valid: not_ascii"),
        ([{**ONE, "token": TOKEN}, {**ONE, "token": "phc_other"}], 401,
         "batch submitted with inconsistent api_key values"),
        ({"api_key": TOKEN, "batch": []}, 400, "request holds no event"),
        ({"api_key": TOKEN, "batch": [{"event": "x"}]}, 400, "event submitted without a distinct_id"),
        ({"api_key": TOKEN, "batch": [{"distinct_id": "x"}]}, 400, "event submitted with an empty event name"),
        ({"api_key": TOKEN, "batch": [{**ONE, "properties": []}]}, 400,
         "failed to parse request: invalid type: expected a map"),
        ({"api_key": TOKEN, "batch": [{**ONE, "uuid": "x"}]}, 400, "failed to parse request: UUID parsing failed"),
        ({"api_key": TOKEN, "batch": ["x"]}, 400, "failed to parse request: invalid type: expected an event"),
        ({"api_key": TOKEN, "batch": "x"}, 400, "failed to parse request: invalid type: expected a sequence"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told_in_plain_text(client: Client, body: Any, status: int, text: str) -> None:
    response = client.flask.post("/batch/", json=body)
    assert (response.status_code, response.text) == (status, text)
    assert response.mimetype == "text/plain"


@pytest.mark.parametrize("data", [b"", b"{bad", b"\x1f\x8bno gzip", b"\xff\xfe", b"5", b'"x"', b"null", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused(client: Client, data: bytes) -> None:
    response = client.flask.post("/batch/", data=data, content_type="application/json")
    assert response.status_code in (400, 401)


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(client: Client) -> None:
    packed = gzip.compress(b" " * (21 * 1024 * 1024))
    response = client.flask.post("/batch/", data=packed, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 413


def test_an_unknown_token_is_told_in_the_envelope(client: Client) -> None:
    response = client.flask.post("/batch/", json={"api_key": "phc_unknown", "batch": [ONE]})
    assert (response.status_code, response.json["code"]) == (401, "invalid_api_key")


def test_a_batch_with_one_bad_event_is_not_taken_at_all(client: Client, world: World) -> None:
    before = len(captured(world))
    batch = [ONE, {"event": "captured"}]
    assert client.flask.post("/batch/", json={"api_key": TOKEN, "batch": batch}).status_code == 400
    assert len(captured(world)) == before


@pytest.mark.parametrize(
    ("event", "around", "timestamp"),
    [
        ({}, {}, NOON),
        ({"timestamp": "2026-01-10T12:00:00+02:00"}, {}, "2026-01-10T10:00:00Z"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, {"sent_at": "2020-01-01T00:00:10Z"}, "2026-01-15T11:59:50Z"),
        ({"timestamp": "2020-01-01T00:00:00Z", "properties": {"$ignore_sent_at": True}},
         {"sent_at": "2020-01-01T00:00:10Z"}, "2020-01-01T00:00:00Z"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, {"sent_at": "2020-01-01T00:00:10Z", "historical_migration": True},
         "2020-01-01T00:00:00Z"),
        ({"offset": 2000}, {}, "2026-01-15T11:59:58Z"),
        ({"timestamp": "2026-02-01T00:00:00Z"}, {}, NOON),
        ({"timestamp": "nonsense"}, {}, NOON),
        ({"timestamp": 10**400}, {}, NOON),
        ({"timestamp": "9999-12-31T00:00:00Z"}, {"sent_at": "0001-01-01T00:00:00Z"}, NOON),
    ],
)  # fmt: skip
def test_the_time_of_an_event_is_by_the_worlds_clock(
    client: Client, world: World, event: dict[str, Any], around: dict[str, Any], timestamp: str
) -> None:
    body = {"api_key": TOKEN, **around, "batch": [{**ONE, **event}]}
    assert client.flask.post("/batch/", json=body).status_code == 200
    assert captured(world)[-1]["timestamp"] == timestamp


def test_browser_and_campaign_tell_of_the_person(client: Client) -> None:
    for browser in ("Firefox", "Chrome"):
        event = {**ONE, "properties": {"$browser": browser, "utm_source": "news", "$os_name": "Linux"}}
        client.flask.post("/batch/", json={"api_key": TOKEN, "batch": [event]})
    (person,) = client.get("/api/projects/1/persons/", query_string={"distinct_id": "capture-test"}).json["results"]
    assert person["properties"] == {
        "$browser": "Firefox", "utm_source": "news", "$os": "Linux",
        "$initial_browser": "Firefox", "$initial_utm_source": "news", "$initial_os": "Linux",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_cannot_be_stored_is_replaced(client: Client, world: World, text: str) -> None:
    event = {"event": f"captured{text}", "distinct_id": f"id{text}", "properties": {text: text, "$set": {text: [text]}}}
    assert client.flask.post("/batch/", json={"api_key": TOKEN, "batch": [event]}).status_code == 200
    assert "captureda\ufffdb" in [event["event"] for event in world.view().table("events")]


def test_a_page_of_any_origin_may_send(client: Client) -> None:
    preflight = client.flask.options("/e/", headers={"Origin": "https://shop.test"})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.test"
    sent = client.flask.post("/e/", json={**ONE, "token": TOKEN}, headers={"Origin": "https://shop.test"})
    assert sent.headers["Access-Control-Allow-Origin"] == "https://shop.test"


def test_a_token_names_its_project(client: Client, world: World) -> None:
    other = next(p for p in world.view().table("projects") if p["api_token"] != TOKEN)
    client.flask.post("/batch/", json={"api_key": other["api_token"], "batch": [ONE]})
    assert captured(world)[-1]["project_id"] == other["id"]

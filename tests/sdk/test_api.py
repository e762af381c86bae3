"""Capture: every form in which SDKs send events, and what they are told."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.sdk.answering import ANSWERS, SCRIPTS
from mockserver.sdk.paths import PATHS
from mockserver.world.worlds import World
from tests.conftest import NOON, Client

TOKEN = "phc_mock_project_token"
ONE = {"event": "captured", "distinct_id": "capture-test"}


def captured(world: World, name: str = "captured") -> list[Any]:
    return [event for event in world.view().table("events") if event["event"] == name]


def world_of(client: Client) -> World:
    return client.flask.application.extensions["mockserver"].default  # type: ignore[no-any-return]


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


UNNAMED = "failed to hydrate events from request: non-engage request missing event name attribute"
NO_FORM = "failed to parse request: data did not match any variant of untagged enum RawRequest"


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ([ONE], 401, "event submitted without an api_key"),
        ({"api_key": "phx_mock_all_access", "batch": [ONE]}, 401, "API key is not valid: personal_api_key"),
        ({"api_key": "", "batch": [ONE]}, 401, "API key is not valid: empty"),
        ({"api_key": "x" * 65, "batch": [ONE]}, 401, "API key is not valid: too_long"),
        ({"api_key": "ключ", "batch": [ONE]}, 401, "API key is not valid: not_ascii"),
        ([{**ONE, "token": TOKEN}, {**ONE, "token": "phc_other"}], 401,
         "batch submitted with inconsistent api_key values"),
        ({"api_key": TOKEN, "batch": []}, 400, "request holds no event"),
        ({"api_key": TOKEN, "batch": [{"event": "x"}]}, 400, "event submitted without a distinct_id"),
        ({"api_key": TOKEN, "batch": [{"event": "x", "distinct_id": " "}]}, 400,
         "event submitted without a distinct_id"),
        ({"api_key": TOKEN, "batch": [{**ONE, "event": ""}]}, 400, "event submitted with an empty event name"),
        ({"api_key": TOKEN, "batch": [{**ONE, "properties": {"$cookieless_mode": "yes"}}]}, 400,
         "event submitted with invalid cookieless mode"),
        ({"batch": [ONE]}, 400, UNNAMED),
        ({"api_key": TOKEN, "batch": [{"distinct_id": "x"}]}, 400, UNNAMED),
        ({"api_key": TOKEN, "batch": "x"}, 400, UNNAMED),
        ({"api_key": TOKEN, "distinct_id": "x"}, 400, UNNAMED),
        ({"api_key": 5, "batch": [ONE]}, 400, NO_FORM),
        ({"api_key": TOKEN, "token": TOKEN, "batch": [ONE]}, 400, NO_FORM),
        ([{**ONE, "token": TOKEN, "api_key": TOKEN}], 400, NO_FORM),
        ([5], 400, NO_FORM),
        ("x", 400, NO_FORM),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told_in_plain_text(client: Client, body: Any, status: int, text: str) -> None:
    response = client.flask.post("/batch/", json=body)
    assert (response.status_code, response.text) == (status, text)
    assert response.mimetype == "text/plain"


@pytest.mark.parametrize(
    "field",
    [
        {"event": None}, {"event": 5}, {"properties": None}, {"properties": []}, {"timestamp": 1735689600},
        {"offset": 1.5}, {"offset": True}, {"offset": 2**63}, {"offset": "5"}, {"uuid": "x"}, {"uuid": 5},
        {"$set": []}, {"$set_once": "x"}, {"token": {}}, {"$distinct_id": "x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_field_of_another_type_loses_the_whole_list(client: Client, world: World, field: dict[str, Any]) -> None:
    before = len(world.view().table("events"))
    response = client.flask.post("/e/", json=[{**ONE, "token": TOKEN}, {**ONE, **field}])
    assert (response.status_code, response.text) == (400, NO_FORM)
    assert len(world.view().table("events")) == before


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e400", '"\\ud800"'])
def test_what_is_no_json_anywhere_loses_the_whole_batch(client: Client, world: World, word: str) -> None:
    before = len(captured(world))
    text = json.dumps({"api_key": TOKEN, "batch": [ONE, {**ONE, "properties": {"x": ["?"]}}]}).replace('"?"', word)
    response = client.flask.post("/batch/", data=text, content_type="application/json")
    assert response.status_code == 400
    assert response.text.startswith("failed to parse request: ") and " at line 1 column " in response.text
    assert len(captured(world)) == before


@pytest.mark.parametrize(
    "given", ['"event":"a","event":"b"', '"event":"a","\\u0065vent":"b"', '"event":"a","uuid":"","uuid":""']
)
def test_a_field_named_twice_loses_the_whole_list(client: Client, world: World, given: str) -> None:
    body = f'[{{"event":"captured","distinct_id":"u","api_key":"{TOKEN}"}},{{"distinct_id":"u",{given}}}]'
    response = client.flask.post("/e/", data=body)
    assert (response.status_code, response.text) == (400, NO_FORM)
    assert captured(world) == []


def test_what_the_service_does_not_know_may_be_named_twice(client: Client, world: World) -> None:
    own = '"distinct_id":"u","event":"captured","x":1,"x":2,"properties":{"event":1,"event":2,"uuid":3,"uuid":4}'
    assert client.flask.post("/e/", data=f'{{"api_key":"{TOKEN}",{own}}}').status_code == 200
    assert [event["properties"]["uuid"] for event in captured(world)] == [4]


def test_fields_that_say_nothing_may_be_there(client: Client, world: World) -> None:
    nothing = {"uuid": "", "timestamp": None, "offset": None, "$set": None, "$set_once": None, "token": None, "x": [1]}
    body = {"api_key": TOKEN, "historical_migration": None, "sent_at": None, "batch": [{**ONE, **nothing}]}
    assert client.flask.post("/batch/", json=body).status_code == 200


def test_events_that_are_dropped_unseen_are_answered_as_taken(client: Client, world: World) -> None:
    before = len(world.view().table("events"))
    body = {"api_key": "", "batch": [{"event": "$performance_event"}]}
    response = client.flask.post("/batch/?beacon=1", json=body)
    assert (response.status_code, response.json) == (200, {"status": "Ok"})
    assert len(world.view().table("events")) == before


@pytest.mark.parametrize("query", ["_=soon", "_=1.5", "beacon=yes"])
def test_a_number_in_the_query_must_be_one(client: Client, query: str) -> None:
    response = client.flask.post(f"/e/?{query}", json={**ONE, "token": TOKEN})
    assert response.status_code == 400
    assert response.text == "Failed to deserialize query string: invalid digit found in string"


@pytest.mark.parametrize(
    ("path", "megabytes", "status"), [("/e/", 3, 413), ("/batch/", 3, 200), ("/batch/", 21, 413), ("/s/", 21, 400)]
)
def test_a_body_has_a_limit_by_its_path(client: Client, path: str, megabytes: int, status: int) -> None:
    text = json.dumps({"api_key": TOKEN, "batch": [ONE]}).encode() + b" " * (megabytes * 1024 * 1024)
    response = client.flask.post(path, data=text, content_type="application/json")
    assert response.status_code == status
    if status == 413:
        assert response.text == "Failed to buffer the request body: length limit exceeded"


def test_an_event_has_a_limit(client: Client, world: World) -> None:
    before = len(captured(world))
    large = {**ONE, "properties": {"text": "x" * 1_000_000}}
    response = client.flask.post("/batch/", json={"api_key": TOKEN, "batch": [ONE, large]})
    assert (response.status_code, len(captured(world))) == (413, before)
    assert response.text.startswith("maximum event size exceeded: ")


def test_a_recording_is_taken_if_it_is_one(client: Client) -> None:
    snapshot = {"event": "$snapshot", "distinct_id": "u", "token": TOKEN,
                "properties": {"$session_id": "0198-s", "$snapshot_data": [{"type": 3}]}}  # fmt: skip
    assert client.flask.post("/s/", json=[snapshot, snapshot]).json == {"status": "Ok"}
    for lost, text in (("$session_id", "session id"), ("$snapshot_data", "snapshot data")):
        properties = {name: value for name, value in snapshot["properties"].items() if name != lost}
        answer = client.flask.post("/s/", json={**snapshot, "properties": properties})
        assert (answer.status_code, answer.text) == (400, f"replay event submitted without {text}")
    strange = {**snapshot["properties"], "$session_id": "a b"}
    answer = client.flask.post("/s/", json={**snapshot, "properties": strange})
    assert (answer.status_code, answer.text) == (400, "replay event has invalid session id")


@pytest.mark.parametrize("data", [b"", b"{bad", b"\x1f\x8bno gzip", b"\xff\xfe", b"5 ", b'"x"', b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_refused(client: Client, data: bytes) -> None:
    response = client.flask.post("/batch/", data=data, content_type="application/json")
    assert response.status_code in (400, 401)


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(client: Client) -> None:
    packer = zlib.compressobj(level=1, wbits=31)
    packed = b"".join(packer.compress(b" " * 1024 * 1024) for _ in range(101)) + packer.flush()
    response = client.flask.post("/batch/", data=packed, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 413


def test_an_unknown_token_is_told_in_the_envelope(client: Client) -> None:
    response = client.flask.post("/batch/", json={"api_key": "phc_unknown", "batch": [ONE]})
    assert (response.status_code, response.json["code"]) == (401, "invalid_api_key")


def test_servers_drop_events_of_unknown_tokens_and_say_nothing(observed: Client) -> None:
    before = len(world_of(observed).view().table("events"))
    for token in ("phc_unknown", f"{TOKEN}\n"):
        response = observed.flask.post("/batch/", json={"api_key": token, "batch": [ONE]})
        assert (response.status_code, response.json) == (200, {"status": "Ok"})
    refused = observed.flask.post("/batch/", json={"api_key": "phc_unknown", "batch": [{"event": "x"}]})
    assert refused.status_code == 400
    assert len(world_of(observed).view().table("events")) == before


def test_an_event_sent_again_takes_the_place_of_the_first(client: Client, world: World) -> None:
    sent = {**ONE, "uuid": "0198F000-0000-7000-8000-000000000001", "timestamp": "2026-01-10T12:00:00Z"}
    others = [{**sent, "event": "captured too"}, {**sent, "distinct_id": "other"},
              {**sent, "timestamp": "2026-01-11T12:00:00Z"}]  # fmt: skip
    again = {**sent, "timestamp": "2026-01-10T13:00:00Z", "properties": {"n": 2}}
    for batch in ([sent], others, [sent, again]):
        assert client.flask.post("/batch/", json={"api_key": TOKEN, "batch": batch}).status_code == 200
    found = world.view().table("events").find(uuid=sent["uuid"].lower())
    assert [(e["event"], e["distinct_id"], e["timestamp"][8:13], e["properties"].get("n")) for e in found] == [
        ("captured too", "capture-test", "10T12", None), ("captured", "other", "10T12", None),
        ("captured", "capture-test", "11T12", None), ("captured", "capture-test", "10T13", 2),
    ]  # fmt: skip


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
        ({"timestamp": "2026-01-10T12:00:00Z", "offset": 2000}, {}, "2026-01-15T11:59:58Z"),
        ({"timestamp": "1768000000"}, {}, "2026-01-09T23:06:40Z"),
        ({"timestamp": "1768000000123"}, {}, "2026-01-09T23:06:40.123000Z"),
        ({"timestamp": "01/10/2026 12:00:00"}, {}, "2026-01-10T12:00:00Z"),
        ({"timestamp": "2026/01/10"}, {}, "2026-01-10T00:00:00Z"),
        ({"timestamp": "Sat, 10 Jan 2026 12:00:00 +0200"}, {}, "2026-01-10T10:00:00Z"),
        ({"timestamp": "2026-01-10T12:00:00+03"}, {}, "2026-01-10T09:00:00Z"),
        ({"timestamp": "nonsense"}, {"sent_at": "2020-01-01T00:00:10Z"}, NOON),
        ({"timestamp": "2026-02-01T00:00:00Z"}, {}, NOON),
        ({"timestamp": "nonsense"}, {}, NOON),
        ({"timestamp": ""}, {}, NOON),
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


def test_text_that_cannot_be_stored_is_replaced(client: Client, world: World) -> None:
    text = "a\x00b"
    event = {"event": f"captured{text}", "distinct_id": f"id{text}", "properties": {text: text, "$set": {text: [text]}}}
    assert client.flask.post("/batch/", json={"api_key": TOKEN, "batch": [event]}).status_code == 200
    assert "captureda\ufffdb" in [event["event"] for event in world.view().table("events")]


@pytest.mark.parametrize(
    ("path", "method"),
    [("/e/", "POST"), ("/batch", "POST"), ("/s/", "POST"), ("/flags/", "POST"), ("/decide/", "POST"),
     ("/i/v0/ai", "POST"), ("/i/v0/ai/otel", "POST"), ("/i/v1/logs", "POST"), ("/report/", "POST"),
     ("/i/v1/analytics/events", "POST"), ("/flags/definitions", "GET"), ("/api/surveys/", "GET"),
     ("/api/early_access_features/", "GET"), ("/array/x/config", "GET"), ("/static/array.js", "GET")],
)  # fmt: skip
def test_a_traced_page_of_any_origin_may_send(client: Client, path: str, method: str) -> None:
    asked = {"Origin": "https://shop.test", "Access-Control-Request-Method": method,
             "Access-Control-Request-Headers": "content-type,traceparent,baggage"}  # fmt: skip
    preflight = client.flask.options(path, headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "https://shop.test"
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type,traceparent,baggage"
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    answer = client.flask.open(path, method=method, headers={"Origin": "https://shop.test"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.test"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_a_token_names_its_project(client: Client, world: World) -> None:
    other = next(p for p in world.view().table("projects") if p["api_token"] != TOKEN)
    client.flask.post("/batch/", json={"api_key": other["api_token"], "batch": [ONE]})
    assert captured(world)[-1]["project_id"] == other["id"]


def test_every_path_has_an_answer_and_the_reverse() -> None:
    assert {asked.answer for asked in PATHS} == ANSWERS.keys() | SCRIPTS.keys()

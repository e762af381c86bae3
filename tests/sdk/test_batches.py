"""Batches in the form of 2026: judged event by event, whatever they are packed in."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from mockserver.world.worlds import World
from tests.conftest import NOON, Client

PATH, TOKEN = "/i/v1/analytics/events", "phc_mock_project_token"
REQUEST_ID = "0198f000-0000-7000-8000-00000000000a"
HEADERS = {
    "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "User-Agent": "posthog-rs/1.0",
    "PostHog-Sdk-Info": "posthog-rs/1.0", "PostHog-Attempt": "1", "PostHog-Request-Id": REQUEST_ID,
    "PostHog-Request-Timestamp": NOON,
}  # fmt: skip


def uuid(number: int = 1) -> str:
    return f"0198f000-0000-7000-8000-{number:012}"


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"event": "sent", "uuid": uuid(number), "distinct_id": "v1", "timestamp": "2026-01-15T11:00:00Z", **changes}


def send(client: Client, *events: Any, headers: dict[str, str] | None = None, **around: Any) -> Any:
    body = {"created_at": NOON, "batch": list(events), **around}
    return client.flask.post(PATH, data=json.dumps(body), headers=HEADERS | (headers or {}))


def stored(world: World, number: int = 1) -> Any:
    return world.view().table("events").get(uuid(number))


def test_each_event_is_told_what_became_of_it(client: Client, world: World) -> None:
    answer = send(
        client, event(1), event(2, event=""), event(3, distinct_id="ANONYMOUS"), event(4, uuid=f" {uuid(4)} ")
    )
    assert answer.status_code == 200
    assert answer.json == {"results": {
        uuid(1): {"result": "ok"}, uuid(2): {"result": "drop", "details": "missing_event_name"},
        uuid(3): {"result": "ok", "details": "person_processing_disabled"}, uuid(4): {"result": "ok"},
    }}  # fmt: skip
    assert list(answer.json["results"]) == [uuid(n) for n in (1, 2, 3, 4)]
    assert answer.headers["PostHog-Request-Id"] == REQUEST_ID
    assert parsedate_to_datetime(answer.headers["Date"]).isoformat() == "2026-01-15T12:00:00+00:00"
    assert stored(world, 2) is None
    people = world.view().table("persons")
    assert people.first(distinct_ids="v1") is not None and people.first(distinct_ids="ANONYMOUS") is None


def test_an_event_has_the_properties_of_its_fields(client: Client, world: World) -> None:
    options = {
        "process_person_profile": "true",
        "disable_skew_correction": 1,
        "product_tour_id": 7,
        "cookieless_mode": None,
    }
    send(
        client, event(session_id="s", window_id="w", options=options, properties={"$lib": "x", "$set": {"plan": "pro"}})
    )
    assert stored(world)["properties"] == {
        "$lib": "posthog-rs", "$lib_version": "1.0", "$session_id": "s", "$window_id": "w", "$product_tour_id": "7",
        "$ignore_sent_at": True, "$process_person_profile": True, "$set": {"plan": "pro"}, "$ip": "127.0.0.1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent_at", "changes", "timestamp"),
    [
        (NOON, {}, "2026-01-15T11:00:00Z"),
        ("2020-01-01T00:00:00Z", {"timestamp": "2019-12-31T23:00:00+00:00"}, "2026-01-15T11:00:00Z"),
        ("2020-01-01T00:00:00Z", {"options": {"disable_skew_correction": True}}, "2026-01-15T11:00:00Z"),
        (NOON, {"timestamp": "2026-01-16T11:30:00Z"}, NOON),
    ],
)  # fmt: skip
def test_the_time_of_an_event_is_by_the_worlds_clock(
    client: Client, world: World, sent_at: str, changes: dict[str, Any], timestamp: str
) -> None:
    send(client, event(**changes), headers={"PostHog-Request-Timestamp": sent_at})
    assert stored(world)["timestamp"] == timestamp


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"event": "$performance_event"}, "dropped_performance_event"), ({"event": "x" * 201}, "event_name_too_long"),
        ({"distinct_id": " "}, "missing_distinct_id"), ({"distinct_id": "é" * 101}, "distinct_id_too_large"),
        ({"timestamp": "2026-01-15"}, "invalid_event_timestamp"), ({"timestamp": ""}, "invalid_event_timestamp"),
        ({"properties": []}, "malformed_event_properties"), ({"properties": None}, "malformed_event_properties"),
        ({"options": "x"}, "invalid_options"), ({"options": {"cookieless_mode": "maybe"}}, "invalid_options"),
        ({"options": {"product_tour_id": 1.5}}, "invalid_options"),
        ({"properties": {"x": "y" * 1_000_000}}, "event_too_big"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_an_event_costs_that_event(
    client: Client, world: World, changes: dict[str, Any], details: str
) -> None:
    answer = send(client, event(1), event(2, **changes))
    assert answer.json["results"] == {uuid(1): {"result": "ok"}, uuid(2): {"result": "drop", "details": details}}
    assert stored(world, 1) is not None and stored(world, 2) is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"batch": []}, "empty_batch"), ({"created_at": "today", "batch": [event()]}, "invalid_batch"),
        ({"batch": [event(), event()]}, "duplicate_event_uuid"), ({"batch": [event(uuid="")]}, "missing_event_uuid"),
        ({"batch": [event(uuid="x")]}, "invalid_event_uuid"), ({"batch": [event(event=None)]}, "request_parsing_error"),
        ({"batch": [event(session_id=5)]}, "request_parsing_error"), ({"batch": {}}, "request_parsing_error"),
        ({"batch": [5]}, "request_parsing_error"), ({"created_at": None, "batch": []}, "request_parsing_error"),
        ({"batch": [event()], "historical_migration": None}, "request_parsing_error"),
        ({"batch": [event(properties={"x": float("nan")})]}, "request_parsing_error"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_a_batch_costs_the_batch(client: Client, world: World, body: Any, error: str) -> None:
    before = len(world.view().table("events"))
    answer = client.flask.post(PATH, data=json.dumps({"created_at": NOON, **body}), headers=HEADERS)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert set(answer.json) == {"error", "error_description", "error_uri"}
    assert len(world.view().table("events")) == before


def test_a_field_named_twice_costs_the_batch(client: Client) -> None:
    text = json.dumps({"created_at": NOON, "batch": [event()]}).replace('"event":', '"event": "x", "event":')
    answer = client.flask.post(PATH, data=text, headers=HEADERS)
    assert (answer.status_code, answer.json["error"]) == (400, "request_parsing_error")


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({"Authorization": None}, 401, "missing_authorization"),
        ({"Authorization": "Basic x"}, 400, "invalid_header_value"),
        ({"Authorization": "Bearer phx_mock_all_access"}, 401, "invalid_api_token"),
        ({"Authorization": "Bearer phc_unknown"}, 401, "invalid_api_token"),
        ({"PostHog-Attempt": None, "PostHog-Sdk-Info": None}, 400, "missing_required_headers"),
        ({"PostHog-Attempt": "0"}, 400, "invalid_header_value"),
        ({"PostHog-Request-Id": "1"}, 400, "invalid_header_value"),
        ({"PostHog-Request-Timestamp": "now"}, 400, "invalid_header_value"),
        ({"Content-Type": "text/plain"}, 415, "unsupported_content_type"),
        ({"Content-Encoding": "lz4"}, 415, "unsupported_encoding"),
        ({"Content-Encoding": "gzip"}, 400, "request_decoding_error"),
        ({"Content-Encoding": "deflate"}, 400, "request_decoding_error"),
        ({"authorization": f"bearer {TOKEN}"}, 200, None),
    ],
    ids=str,
)  # fmt: skip
def test_headers_must_be_right(client: Client, headers: dict[str, str | None], status: int, error: str | None) -> None:
    given = {name.lower(): value for name, value in HEADERS.items()} | {n.lower(): v for n, v in headers.items()}
    text = json.dumps({"created_at": NOON, "batch": [event()]})
    answer = client.flask.post(PATH, data=text, headers={n: v for n, v in given.items() if v is not None})
    assert (answer.status_code, answer.json.get("error")) == (status, error)


def brotli(text: bytes) -> bytes:
    return pytest.importorskip("brotli").compress(text)


def zstd(text: bytes) -> bytes:
    return pytest.importorskip("zstandard").compress(text)


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize(("encoding", "module"), [("br", "brotli"), ("zstd", "zstandard")])
def test_what_is_not_of_its_encoding_is_refused(client: Client, encoding: str, module: str) -> None:
    pytest.importorskip(module)
    answer = client.flask.post(PATH, data=b"no", headers=HEADERS | {"Content-Encoding": encoding})
    assert (answer.status_code, answer.json["error"]) == (400, "request_decoding_error")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate), ("br", brotli), ("ZSTD", zstd)],
)
def test_a_batch_may_be_packed(client: Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    told = HEADERS | {"Content-Encoding": encoding}
    text = json.dumps({"created_at": NOON, "batch": [event()]}).encode()
    assert client.flask.post(PATH, data=pack(text), headers=told).json == {"results": {uuid(): {"result": "ok"}}}


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(client: Client) -> None:
    bomb = zlib.compress(b" " * (51 * 1024 * 1024), 1)
    answer = client.flask.post(PATH, data=bomb, headers=HEADERS | {"Content-Encoding": "deflate"})
    assert (answer.status_code, answer.json["error"]) == (413, "payload_too_large")


def test_a_body_has_a_limit_and_is_not_empty(client: Client) -> None:
    large = client.flask.post(PATH, data=b" " * (10 * 1024 * 1024 + 1), headers=HEADERS)
    assert (large.status_code, large.json["error"]) == (413, "payload_too_large")
    empty = client.flask.post(PATH, data=b"", headers=HEADERS)
    assert (empty.status_code, empty.json["error"]) == (400, "empty_body")


def test_servers_say_nothing_of_an_unknown_token(observed: Client) -> None:
    answer = send(observed, event(), headers={"Authorization": "Bearer phc_unknown"})
    assert answer.json == {"results": {uuid(): {"result": "ok"}}}

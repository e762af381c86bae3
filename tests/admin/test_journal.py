from __future__ import annotations

import gzip
import io
import threading
import time
import zlib
from threading import BoundedSemaphore

import orjson
import pytest

from mockserver.admin import verdicts
from mockserver.admin.journal import streaming
from mockserver.serving.app import create_app
from tests.admin.conftest import ANNOTATIONS

FIELDS = {
    "id", "at", "operation", "source", "method", "path", "query", "headers", "body", "status", "response",
    "duration_ms", "planned",
}  # fmt: skip


@pytest.fixture
def seen(admin):
    def get(query: str = "") -> list[dict]:
        return admin("GET", f"/worlds/default/requests{query}").json["requests"]

    return get


def test_request_is_written_down(ask, seen) -> None:
    ask("POST", ANNOTATIONS + "?a=1&b=2&b=3", {"content": "x"})
    (entry,) = seen()
    assert set(entry) == FIELDS
    assert (entry["operation"], entry["method"], entry["path"]) == ("annotations_create", "POST", ANNOTATIONS)
    assert (entry["query"], entry["body"]) == ({"a": "1", "b": ["2", "3"]}, {"content": "x"})
    assert (entry["status"], entry["response"]["content"]) == (201, "x")
    assert entry["duration_ms"] > 0


def test_time_is_the_worlds(admin, ask, seen) -> None:
    admin("PUT", "/worlds/default/clock", {"freeze": "2026-01-01T00:00:00Z"})
    ask("GET", ANNOTATIONS)
    admin("PUT", "/worlds/default/clock", {"advance": 60})
    ask("GET", ANNOTATIONS)
    assert [entry["at"] for entry in seen()] == ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"]
    assert len(seen("?since=2026-01-01T00:00:30Z")) == 1


def test_control_calls_are_not_written_down(admin, seen) -> None:
    admin("GET", "/health")
    admin("GET", "/nothing")
    assert seen() == []


@pytest.mark.parametrize(
    ("path", "options", "body"),
    [
        (ANNOTATIONS, {"data": "{", "content_type": "application/json"}, "{"),
        (ANNOTATIONS, {"data": {"content": "form"}}, {"content": "form"}),
        (ANNOTATIONS, {"data": b"\xff", "content_type": "text/plain"}, "\ufffd"),
        (ANNOTATIONS, {"data": gzip.compress(b'{"a":1}'), "content_type": "text/plain"}, {"a": 1}),
        (ANNOTATIONS, {"data": zlib.compress(b'{"a":1}'), "content_type": "text/plain"}, {"a": 1}),
        (ANNOTATIONS, {"data": gzip.compress(b"x")[:9], "content_type": "text/plain"}, None),
        ("/api/nowhere/", {"json": {"lost": True}}, {"lost": True}),
    ],
)
def test_bodies_are_kept_whatever_they_are(ask, seen, path, options, body) -> None:
    ask("POST", path, **options)
    found = seen()[-1]["body"]
    assert found == body or body is None


def test_upload_is_kept_by_name(ask, seen) -> None:
    from io import BytesIO

    ask("POST", "/api/projects/1/cohorts/", data={"name": "c", "csv": (BytesIO(b"distinct_id\na"), "people.csv")})
    assert seen()[-1]["body"] == {"name": "c", "csv": "<file people.csv>"}


def test_secrets_are_blotted_out(ask, seen) -> None:
    key = "phx_very_secret_1"
    ask("POST", ANNOTATIONS + f"?personal_api_key={key}", {"api_key": "abc", "text": f"uses {key}"}, key=key)
    ask("GET", "/api/projects/1/")
    entries = seen()
    text = orjson.dumps(entries).decode()
    assert key not in text
    assert entries[0]["headers"]["Authorization"] == "[redacted]"
    assert entries[0]["body"] == {"api_key": "[redacted]", "text": "uses phx_[redacted]"}
    assert entries[1]["response"]["api_token"] == "[redacted]"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("?operation=annotations_list", 2),
        ("?method=get", 3),
        ("?path=/api/projects/1/annotations", 3),
        ("?path=/api/*", 4),
        ("?path=/api/{a}/1/{b}/", 3),
        ("?status=404", 1),
        ("?since=2", 2),
        ("?operation=annotations_list&status=404", 0),
    ],
)
def test_requests_are_filtered(admin, ask, query, count) -> None:
    before = admin("GET", "/worlds/default/requests").json["requests"]
    assert before == []
    for method, path in (("GET", ANNOTATIONS), ("POST", ANNOTATIONS), ("GET", "/api/none"), ("GET", ANNOTATIONS)):
        ask(method, path, {"content": "x"} if method == "POST" else None)
    if query == "?since=2":
        first = admin("GET", "/worlds/default/requests").json["requests"][0]["id"]
        query = f"?since={first + 1}"
    answer = admin("GET", f"/worlds/default/requests{query}").json
    assert (answer["count"], len(answer["requests"])) == (count, count)


def test_limit_keeps_the_latest(admin, ask) -> None:
    for number in range(3):
        ask("GET", f"{ANNOTATIONS}?n={number}")
    answer = admin("GET", "/worlds/default/requests?limit=2").json
    assert [entry["query"] for entry in answer["requests"]] == [{"n": "1"}, {"n": "2"}]
    assert answer["count"] == 3


def test_requests_are_forgotten(admin, ask, seen) -> None:
    ask("GET", ANNOTATIONS)
    last = seen()[-1]["id"]
    assert admin("DELETE", "/worlds/default/requests").status_code == 204
    assert seen() == []
    ask("GET", ANNOTATIONS)
    assert seen()[-1]["id"] > last


def test_journal_is_bounded(contract) -> None:
    client = create_app(scenario="empty", contract=contract, journal_size=5).test_client()
    for number in range(8):
        client.get(f"{ANNOTATIONS}?n={number}")
    requests = client.get("/__admin/worlds/default/requests").json["requests"]
    assert [entry["query"]["n"] for entry in requests] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("expected", "ok"),
    [
        ({}, True),
        ({"count": 2}, True),
        ({"count": 1}, False),
        ({"at_least": 3}, False),
        ({"at_least": 1, "at_most": 2}, True),
        ({"at_most": 1}, False),
    ],
)
def test_requests_are_counted(admin, ask, expected, ok) -> None:
    ask("GET", ANNOTATIONS)
    ask("GET", ANNOTATIONS)
    answer = admin("POST", "/worlds/default/requests/verify", {"match": {"operation": "annotations_list"}, **expected})
    assert answer.status_code == 200
    assert {name: answer.json[name] for name in ("matched", "ok")} == {"matched": 2, "ok": ok}


@pytest.mark.parametrize(
    ("match", "matched"),
    [
        ({"body": {"content": "Launch"}}, 1),
        ({"body": {"content": "<text>"}}, 1),
        ({"body": {"content": {"$matches": "^La"}}}, 1),
        ({"body": {"content": {"$matches": "^un"}}}, 0),
        ({"body": {"content": "Launch", "scope": "project"}}, 0),
        ({"query": {"v": 2}}, 1),
        ({"query": {"v": "3"}}, 0),
        ({"status": 201}, 1),
        ({"headers": {"content-type": "application/json"}}, 1),
        ({"headers": {"Content-Type": "text/plain"}}, 0),
        ({"method": "post", "path": "/api/projects/{id}/annotations"}, 1),
        ({}, 1),
    ],
)
def test_requests_are_matched(admin, ask, match, matched) -> None:
    ask("POST", ANNOTATIONS + "?v=2", {"content": "Launch"})
    assert admin("POST", "/worlds/default/requests/verify", {"match": match}).json["matched"] == matched


def test_near_misses_say_what_differs(admin, ask) -> None:
    ask("GET", "/api/projects/1/cohorts/")
    ask("POST", ANNOTATIONS, {"content": "Lunch", "token": "hush"})
    match = {"operation": "annotations_create", "body": {"content": "Launch", "token": "other"}}
    answer = admin("POST", "/worlds/default/requests/verify", {"match": match}).json
    closest = answer["near_misses"][0]
    assert closest["request"]["operation"] == "annotations_create"
    assert closest["differences"][0] == "body.content: expected 'Launch', got 'Lunch'"
    assert "hush" not in str(answer)
    assert answer["near_misses"][1]["differences"][0].startswith("operation: expected 'annotations_create'")


def test_fork_takes_the_journal_along(admin, ask) -> None:
    ask("GET", ANNOTATIONS)
    fork = admin("POST", "/worlds", {"from": "default"}).json["id"]
    ask("GET", ANNOTATIONS)
    assert admin("GET", f"/worlds/{fork}/requests").json["count"] == 1


def test_unknown_route_names_the_closest(ask) -> None:
    answer = ask("GET", "/api/projects/1/anotations/")
    assert answer.headers["X-Mockserver-Closest-Route"] == "/api/projects/{project_id}/annotations"


@pytest.mark.parametrize(
    "query", ["?" + "&".join(f"a{n}=1" for n in range(1500)), "?%ff=%00", "?a=%ed%a0%80", "?&&=&="]
)
def test_strange_queries_are_shown(ask, seen, query) -> None:
    ask("GET", ANNOTATIONS + query)
    assert seen()[-1]["path"] == ANNOTATIONS


def test_request_that_is_still_to_come_is_waited_for(admin, app, ask) -> None:
    client = app.test_client()
    late = threading.Timer(0.15, lambda: client.get(f"{ANNOTATIONS}?late=1"))
    late.start()
    began = time.monotonic()
    answer = admin("POST", "/worlds/default/requests/verify", {"match": {"query": {"late": 1}}, "within_s": 20}).json
    late.join()
    assert answer["ok"]
    assert time.monotonic() - began < 10


def test_too_many_do_not_wait_at_once(admin, monkeypatch) -> None:
    monkeypatch.setattr(verdicts, "_WAITING", threading.BoundedSemaphore(1))
    with verdicts._WAITING:
        answer = admin("POST", "/worlds/default/requests/verify", {"match": {}, "within_s": 1})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def messages(stream, count: int) -> list[tuple[str, str]]:
    """The next messages of a stream, each its name or number with its data."""
    found: list[tuple[str, str]] = []
    while len(found) < count:
        for block in next(stream).decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "data" in lines:
                found.append((lines.get("event") or lines["id"], lines["data"]))
    return found


@pytest.fixture
def listen(flask_client):
    """Listens to the default world's requests, as they are told in one process."""
    streams = []

    def listen(query: str = "", **headers: str):
        answer = flask_client.get(f"/__admin/worlds/default/requests/stream{query}", headers=headers, buffered=False)
        assert answer.content_type.startswith("text/event-stream")
        streams.append(answer)
        return iter(answer.response)

    yield listen
    for stream in streams:
        stream.close()


def test_requests_are_told_as_they_come(ask, listen, seen) -> None:
    ask("GET", ANNOTATIONS)
    told = listen()
    next(told)
    ask("POST", ANNOTATIONS, {"content": "x"})
    ((number, data),) = messages(told, 1)
    (_, entry) = seen()
    assert (int(number), orjson.loads(data)) == (entry["id"], entry)


def test_stream_begins_and_resumes_where_it_is_told(ask, listen) -> None:
    for _ in range(3):
        ask("GET", ANNOTATIONS)
    numbers = [int(number) for number, _ in messages(listen("?since=0&brief=true"), 3)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert messages(listen("?since=2000-01-01"), 3)[0][0] == str(numbers[0])
    assert messages(listen(f"?since={numbers[2] + 1}"), 1) == [("cleared", "{}")]
    resumed = messages(listen("?since=0", **{"Last-Event-ID": str(numbers[1])}), 1)
    assert [number for number, _ in resumed] == [str(numbers[2])]


def test_stream_tells_of_a_reset_and_ends_with_its_world(admin, ask, listen, flask_client) -> None:
    told = listen()
    next(told)
    admin("POST", "/worlds/default/reset")
    assert messages(told, 1) == [("cleared", "{}")]
    world = admin("POST", "/worlds", {"from": "default"}).json["id"]
    other = flask_client.get(f"/__admin/worlds/{world}/requests/stream", buffered=False)
    admin("DELETE", f"/worlds/{world}")
    assert b"data" not in b"".join(other.response)


def test_more_streams_than_are_held_are_told_what_there_is(ask, listen, monkeypatch) -> None:
    monkeypatch.setattr(streaming, "_STREAMS", BoundedSemaphore(1))
    ask("GET", ANNOTATIONS)
    held = listen("?since=0")
    assert len(messages(held, 1)) == 1
    assert b"".join(listen("?since=0")).count(b"data: ") == 1  # and it ends


def test_lines_leave_out_bodies_and_say_what_a_refusal_said(ask, seen) -> None:
    ask("POST", ANNOTATIONS, {"scope": "galaxy"})
    (line,) = seen("?brief=true")
    assert set(line) == FIELDS - {"headers", "body", "response"} | {"detail"}
    assert line["detail"] == '"galaxy" is not a valid choice.'


@pytest.fixture
def explained(admin, ask, seen):
    """Asks something, and returns what is said of it."""

    def explained(*asked, **options) -> dict:
        ask(*asked, **options)
        return admin("GET", f"/worlds/default/requests/{seen()[-1]['id']}").json["explanation"]

    return explained


def test_operation_and_contract_are_told(explained) -> None:
    told = explained("GET", ANNOTATIONS)
    assert told["operation"]["id"] == "annotations_list"
    assert told["operation"]["scopes"] == ["annotation:read"]
    assert (told["contract"], told["reason"]) == ({"kept": True, "problem": None}, None)


def test_an_answer_that_breaks_the_contract_is_told(admin, explained) -> None:
    page = {"count": 0, "next": None, "previous": None, "results": "none"}
    stub = {"match": {}, "response": {"status": 200, "body": page}, "force": True}
    admin("POST", "/worlds/default/stubs", stub)
    told = explained("GET", ANNOTATIONS)["contract"]
    assert told["kept"] is False and "results" in told["problem"]


@pytest.mark.parametrize(
    ("asked", "options", "kind", "told"),
    [
        (("GET", "/api/projcts/1/anotations/"), {}, "route", {"closest": {
            "path": "/api/projects/{project_id}/annotations/", "methods": ["GET", "POST"]}}),
        (("GET", "/wp-login.php"), {}, "route", {"closest": None}),
        (("PUT", ANNOTATIONS, {}), {}, "method", {"allowed": ["GET", "POST", "HEAD", "OPTIONS"]}),
        (("GET", ANNOTATIONS), {"key": None}, "key", {}),
        (("GET", ANNOTATIONS), {"key": "phx_of_nobody"}, "key", {}),
        (("GET", ANNOTATIONS), {"key": "phc_mock_project_token"}, "key", {}),
        (("GET", "/api/projects/77/annotations/"), {}, "tenant", {"known": [1]}),
        (("GET", ANNOTATIONS + "99/"), {}, "record", {}),
        (("POST", ANNOTATIONS), {"data": "{", "content_type": "application/json"}, "body", {}),
        (("POST", ANNOTATIONS), {"data": "x", "content_type": "text/plain"}, "media", {}),
        (("POST", ANNOTATIONS, {"scope": "galaxy"}), {}, "field", {
            "field": "scope", "is_sent": True, "sent": "galaxy"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_refusal_says_why(admin, explained, asked, options, kind, told) -> None:
    if kind == "method" or options.get("key") == "session":
        options = {"key": admin("POST", "/worlds/default/api_keys", {"scopes": []}).json["api_key"]}
    reason = explained(*asked, **options)["reason"]
    assert reason["kind"] == kind
    assert {name: reason[name] for name in told} == told
    assert reason["text"]


def test_a_missing_scope_is_named_beside_those_that_are_there(admin, explained) -> None:
    key = admin("POST", "/worlds/default/api_keys", {"scopes": ["annotation:read"], "label": "mine"}).json["api_key"]
    reason = explained("POST", ANNOTATIONS, {}, key=key)["reason"]
    assert reason["text"] == "The key 'mine' lacks the scope annotation:write."
    assert (reason["kind"], reason["scope"], reason["scopes"]) == ("scope", "annotation:write", ["annotation:read"])


def test_what_was_planned_is_told(admin, ask, seen, explained) -> None:
    admin("POST", "/worlds/default/faults", {"delay_ms": 1, "times": 1, "match": {"operation": "annotations_list"}})
    admin("POST", "/worlds/default/stubs", {"match": {"method": "DELETE"}, "response": {"status": 500}})
    assert ask("GET", ANNOTATIONS).status_code == 200
    assert explained("DELETE", f"{ANNOTATIONS}1/")["reason"]["by"] == "stub-1"
    ask("GET", ANNOTATIONS, headers={"Prefer": "code=503"})
    ask("GET", ANNOTATIONS)
    assert [entry["planned"] for entry in seen()] == ["fault-1", "stub-1", "Prefer", None]


def test_a_request_is_sent_again_as_it_was(admin, ask, seen) -> None:
    ask("POST", ANNOTATIONS + "?a=1", {"content": "Twice"})
    (first,) = seen()
    again = admin("POST", f"/worlds/default/requests/{first['id']}/resend")
    assert again.status_code == 201
    assert (again.json["status"], again.json["body"], again.json["query"]) == (201, {"content": "Twice"}, {"a": "1"})
    assert ask("GET", ANNOTATIONS + "?search=Twice").json["count"] == 2


def test_what_cannot_be_sent_again_is_said(admin, ask, seen) -> None:
    ask("POST", ANNOTATIONS, data={"file": (io.BytesIO(b"x"), "x.csv")}, content_type="multipart/form-data")
    assert admin("POST", f"/worlds/default/requests/{seen()[-1]['id']}/resend").status_code == 409
    for id in ("0", "99999", "x", "-1"):
        assert admin("POST", f"/worlds/default/requests/{id}/resend").status_code == 404
        assert admin("GET", f"/worlds/default/requests/{id}").status_code == 404

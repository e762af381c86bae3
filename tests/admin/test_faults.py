from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from werkzeug.serving import make_server

from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from tests.admin.conftest import ANNOTATIONS

LIST = {"operation": "annotations_list"}


@pytest.fixture
def fail(admin) -> Callable[..., str]:
    def add(**fault) -> str:
        made = admin("POST", "/worlds/default/faults", fault)
        assert made.status_code == 201, made.json
        return made.json["id"]

    return add


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_input"),
        (401, "not_authenticated"),
        (402, "payment_required"),
        (403, "permission_denied"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (409, "conflict"),
        (418, "parse_error"),
        (429, "throttled"),
        (500, "error"),
        (503, "error"),
    ],
)
def test_status_is_answered_in_the_envelope(fail, ask, status, code) -> None:
    fail(match=LIST, status=status)
    answer = ask("GET", ANNOTATIONS)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert list(answer.json) == ["type", "code", "detail", "attr"]


def test_failed_request_does_nothing(fail, ask) -> None:
    fail(match={"operation": "annotations_create"}, status=500)
    ask("POST", ANNOTATIONS, {"content": "lost"})
    assert ask("GET", ANNOTATIONS).json["count"] == 0


def test_body_and_headers_are_as_given(fail, ask) -> None:
    fail(match=LIST, status=502, body="<h1>Bad gateway</h1>", headers={"Content-Type": "text/html", "Via": "proxy"})
    answer = ask("GET", ANNOTATIONS)
    assert (answer.status_code, answer.get_data(as_text=True)) == (502, "<h1>Bad gateway</h1>")
    assert (answer.content_type, answer.headers["Via"]) == ("text/html", "proxy")


def test_throttling_says_when_to_come_back(fail, ask) -> None:
    fail(match=LIST, status=429, headers={"Retry-After": "7"})
    answer = ask("GET", ANNOTATIONS)
    assert answer.headers["Retry-After"] == "7"
    assert answer.json["detail"] == "Request was throttled. Expected available in 7 seconds."


@pytest.mark.parametrize(
    ("match", "statuses"),
    [
        ({}, [503, 503, 503]),
        ({"operation": "annotations_list"}, [503, 201, 404]),
        ({"method": "POST"}, [200, 503, 404]),
        ({"path": "/api/nowhere/"}, [200, 201, 503]),
        ({"path": "/api/projects/*"}, [503, 503, 404]),
        ({"query": {"limit": 1}}, [503, 201, 404]),
        ({"body": {"content": "x"}}, [200, 503, 404]),
    ],
)
def test_match_chooses_the_requests(fail, ask, match, statuses) -> None:
    fail(match=match, status=503)
    answers = (
        ask("GET", ANNOTATIONS + "?limit=1"), ask("POST", ANNOTATIONS, {"content": "x"}), ask("GET", "/api/nowhere/"),
    )  # fmt: skip
    assert [answer.status_code for answer in answers] == statuses


def test_fault_hits_so_many_times(admin, fail, ask) -> None:
    id = fail(match=LIST, status=503, times=2)
    assert [ask("GET", ANNOTATIONS).status_code for _ in range(4)] == [503, 503, 200, 200]
    assert admin("GET", f"/worlds/default/faults/{id}").json["hits"] == 2


def test_chance_is_the_worlds(admin, ask) -> None:
    def fates(seed: int) -> list[int]:
        world = admin("POST", "/worlds", {"seed": seed}).json
        admin("POST", f"/worlds/{world['id']}/faults", {"status": 503, "probability": 0.5})
        return [ask("GET", ANNOTATIONS, key=world["api_key"]).status_code for _ in range(40)]

    assert fates(1) == fates(1) != fates(2)
    assert 8 < fates(1).count(503) < 32


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 503)])
def test_certain_chances(fail, ask, probability, status) -> None:
    fail(status=503, probability=probability)
    assert {ask("GET", ANNOTATIONS).status_code for _ in range(5)} == {status}


def test_delay(fail, ask) -> None:
    fail(match=LIST, delay_ms=60)
    began = time.perf_counter()
    assert ask("GET", ANNOTATIONS).status_code == 200
    assert time.perf_counter() - began >= 0.06


def test_malformed_answer_is_whole_and_no_json(fail, ask) -> None:
    fail(match={"operation": "annotations_create"}, malformed=True, times=1)
    answer = ask("POST", ANNOTATIONS, {"content": "made all the same"})
    assert answer.status_code == 201
    assert answer.content_length == len(answer.get_data())
    with pytest.raises(ValueError):
        json.loads(answer.get_data())
    assert ask("GET", ANNOTATIONS).json["count"] == 1


def test_oldest_fault_counts(admin, fail, ask) -> None:
    oldest = fail(status=503)
    fail(status=500)
    assert ask("GET", ANNOTATIONS).status_code == 503
    assert admin("DELETE", f"/worlds/default/faults/{oldest}").status_code == 204
    assert ask("GET", ANNOTATIONS).status_code == 500
    assert admin("DELETE", "/worlds/default/faults").status_code == 204
    assert ask("GET", ANNOTATIONS).status_code == 200


def test_rate_limit_counts_each_key_in_the_worlds_time(admin, fail, ask) -> None:
    admin("PUT", "/worlds/default/clock", {"freeze": "2026-01-01T00:00:00Z"})
    other = admin("POST", "/worlds/default/api_keys", {"scopes": ["*"]}).json["api_key"]
    fail(rate_limit={"requests": 2, "per_seconds": 60})
    assert [ask("GET", ANNOTATIONS).status_code for _ in range(3)] == [200, 200, 429]
    assert ask("GET", ANNOTATIONS, key=other).status_code == 200
    admin("PUT", "/worlds/default/clock", {"advance": 15})
    refused = ask("GET", ANNOTATIONS)
    assert (refused.headers["Retry-After"], refused.json["type"]) == ("45", "throttled_error")
    admin("PUT", "/worlds/default/clock", {"advance": 45})
    assert ask("GET", ANNOTATIONS).status_code == 200
    assert "windows" not in admin("GET", "/worlds/default/faults").json["faults"][0]


@pytest.mark.parametrize(
    ("prefer", "status"),
    [
        ("code=503", 503),
        ("respond-async, code=429", 429),
        ('code="418"', 418),
        ("code=200", 200),
        ("code=999999999999", 200),
        ("code=²", 200),
        ("code", 200),
        ("return=minimal", 200),
    ],
)
def test_request_can_wish_for_an_error(ask, prefer, status) -> None:
    answer = ask("GET", ANNOTATIONS, headers={"Prefer": prefer})
    assert answer.status_code == status
    assert ("Preference-Applied" in answer.headers) == (status != 200)


def test_world_is_the_only_one_that_fails(admin, ask, fail) -> None:
    other = admin("POST", "/worlds", {}).json["api_key"]
    fail(status=503)
    assert (ask("GET", ANNOTATIONS).status_code, ask("GET", ANNOTATIONS, key=other).status_code) == (503, 200)


def test_captured_events_meet_the_faults_of_their_tokens_world(admin, ask, fail) -> None:
    other = admin("POST", "/worlds", {}).json
    fail(match={"path": "/batch/"}, status=503)
    event = {"api_key": other["project_token"], "batch": [{"event": "e", "distinct_id": "d"}]}
    assert ask("POST", "/batch/", event, key=None).status_code == 200
    admin("POST", f"/worlds/{other['id']}/faults", {"match": {"path": "/batch/"}, "status": 429})
    assert ask("POST", "/batch/", event, key=None).status_code == 429
    assert admin("GET", f"/worlds/{other['id']}/requests?path=/batch").json["count"] == 2


@pytest.fixture(params=["granian", "werkzeug"])
def port(request, contract) -> Iterator[int]:
    """The port of a real server, of either kind."""
    app = create_app(scenario="empty", contract=contract)
    if request.param == "granian":
        server = Server(app, free_address("127.0.0.1", 0)).start()
        yield server.address.port
        server.stop()
        return
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield listening.server_port
    listening.shutdown()
    thread.join()
    listening.server_close()


def _send(port: int, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        with connection.getresponse() as response:
            return response.status, response.read()


@pytest.mark.parametrize("fault", ['{"drop": true, "times": 1}', '{"truncate": 10, "times": 1}'])
def test_connection_breaks(port, fault, capfd) -> None:
    assert _send(port, "POST", "/__admin/worlds/default/faults", fault)[0] == 201
    with pytest.raises((http.client.HTTPException, ConnectionError)) as broken:
        _send(port, "GET", "/api/nowhere/")
    received = getattr(broken.value, "partial", b"")  # a server may break off before what it has is on its way
    assert len(received) <= 10
    assert _send(port, "GET", "/api/nowhere/")[0] == 404
    _, entries = _send(port, "GET", "/__admin/worlds/default/requests")
    assert (b'"status":null' in entries) == ("drop" in fault)


def test_faults_are_carried_out_in_the_order_in_which_they_are_planned(fail, ask) -> None:
    fail(match=LIST, status=503, times=1)
    fail(match=LIST, status=429, times=1)
    assert [ask("GET", ANNOTATIONS).status_code for _ in range(3)] == [503, 429, 200]


def test_several_answers_are_planned_at_once(admin, fail, ask) -> None:
    id = fail(match=LIST, answers=[500, {"status": 429, "headers": {"Retry-After": "3"}}, 200, {"malformed": True}])
    answers = [ask("GET", ANNOTATIONS) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [500, 429, 200, 200, 200]
    assert answers[1].headers["Retry-After"] == "3"
    assert answers[2].json["count"] == 0
    assert answers[3].get_data().endswith(b"\x00")
    assert admin("GET", f"/worlds/default/faults/{id}").json["hits"] == 4


@pytest.mark.parametrize(
    ("fault", "attr"),
    [
        ({"answers": []}, "answers"),
        ({"answers": [99]}, "answers__0"),
        ({"answers": [{"rate": 1}]}, "answers__0"),
        ({"answers": [500], "times": 2}, "answers"),
        ({"answers": [500], "status": 500}, "answers"),
    ],
)
def test_bad_answers_are_refused(admin, fault, attr) -> None:
    answer = admin("POST", "/worlds/default/faults", fault)
    assert (answer.status_code, answer.json["attr"]) == (400, attr)
    assert admin("GET", "/worlds/default/faults").json["faults"] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"x-team": "red"}, 503),
        ({"X-Team": {"$matches": "^r"}}, 503),
        ({"X-Team": "blue"}, 200),
        ({"X-None": "<any>"}, 200),
    ],
)
def test_headers_choose_the_requests(fail, ask, headers, status) -> None:
    fail(match={"headers": headers}, status=503)
    assert ask("GET", ANNOTATIONS, headers={"X-Team": "red"}).status_code == status

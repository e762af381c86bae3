"""Logs, traces and metrics of SDKs, accepted if they are what they say."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.conftest import Client

TOKEN = "phc_mock_project_token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOGS = b'{"resourceLogs":[]}'


@pytest.mark.parametrize("path", ["/i/v1/logs", "/i/v1/metrics/", "/v1/traces"])
@pytest.mark.parametrize(
    "asked",
    [
        {"data": LOGS, "headers": BEARER},
        {"data": LOGS, "query_string": {"token": TOKEN}},
        {"data": gzip.compress(LOGS, mtime=0), "headers": BEARER},
        {"data": LOGS + b"\n" + LOGS, "headers": BEARER},
        {"data": b"\x0a\x00", "headers": BEARER, "content_type": "application/x-protobuf"},
    ],
    ids=["bearer", "query", "gzip", "lines", "protobuf"],
)
def test_what_exporters_send_is_accepted(client: Client, path: str, asked: dict[str, Any]) -> None:
    answer = client.flask.post(path, **asked)
    assert (answer.status_code, answer.json) == (200, {})


@pytest.mark.parametrize(
    ("data", "headers", "status", "error"),
    [
        (LOGS, {}, 401, "No token provided"),
        (LOGS, {"Authorization": "Bearer phx_mock_all_access"}, 401, "(personal_api_key)"),
        (LOGS, {"Authorization": "Bearer phc_unknown"}, 401, "(unknown)"),
        (b"{", BEARER, 400, "Failed to decode JSON"),
        (b"[]", BEARER, 400, "Failed to decode JSON"),
        (b"\x1f\x8b\x08no", BEARER, 400, "Failed to decompress"),
        (gzip.compress(b" " * 3 * 1024 * 1024, mtime=0), BEARER, 413, "exceeds limit"),
        (b" " * 3 * 1024 * 1024, BEARER, 413, "length limit exceeded"),
    ],
)
def test_what_is_not_acceptable_is_refused(
    client: Client, data: bytes, headers: dict[str, str], status: int, error: str
) -> None:
    answer = client.flask.post("/i/v1/logs", data=data, headers=headers)
    assert answer.status_code == status
    assert error in answer.json["error"]


def test_servers_say_nothing_of_an_unknown_token(observed: Client) -> None:
    answer = observed.flask.post("/i/v1/logs", data=LOGS, headers={"Authorization": "Bearer phc_unknown"})
    assert (answer.status_code, answer.json) == (200, {})


def test_logs_of_language_models_are_not_modelled_and_say_so(client: Client) -> None:
    answer = client.flask.post("/i/v0/ai/otel/v1/logs", data=b"")
    assert answer.status_code == 501 and "not modelled" in answer.json["detail"]

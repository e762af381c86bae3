from __future__ import annotations

import pytest

from mockserver.serving.app import create_app
from mockserver.serving.cors import Cors

ASKED = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,content-type"}
LOCAL = "http://localhost:5173"
NOTES = "/api/projects/1/annotations/"


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (LOCAL, True),
        ("https://app.localhost", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("https://localhost.example.com", False),
        ("https://notlocalhost", False),
        ("http://localhost:5173/path", False),
        ("null", False),
        ("", False),
    ],
)
def test_pages_of_this_machine_may_read_by_default(client, origin, is_allowed) -> None:
    answer = client.get(NOTES, headers={"Origin": origin})
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is is_allowed
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", [NOTES, "/__admin/worlds", "/api/no/such/path"])
def test_preflight_is_answered_without_a_key_and_not_in_the_journal(client, world, path) -> None:
    before = world.store.log.latest
    answer = client.as_key(None)("OPTIONS", path, headers={"Origin": LOCAL, **ASKED})
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert world.store.log.latest == before


def test_preflight_of_a_strange_origin_goes_on_its_way(client) -> None:
    answer = client.as_key(None)("OPTIONS", NOTES, headers={"Origin": "https://example.com", **ASKED})
    assert answer.status_code == 401
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_errors_can_be_read_too(client) -> None:
    answer = client.as_key(None).get(NOTES, headers={"Origin": LOCAL})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, LOCAL)


def test_requests_of_no_page_are_left_alone(client) -> None:
    assert not [name for name, _ in client.get(NOTES).headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    ("option", "origin", "is_allowed", "is_control_allowed"),
    [
        ("*", "https://example.com", True, False),
        ("* localhost", LOCAL, True, True),
        ("https://app.example.com", "https://app.example.com", True, True),
        ("https://app.example.com,https://b.example.com:8443", "https://b.example.com:8443", True, True),
        ("https://app.example.com", LOCAL, False, False),
        ("off", LOCAL, False, False),
    ],
)
def test_option_names_the_origins(option, origin, is_allowed, is_control_allowed) -> None:
    cors = Cors.read(option)
    assert (cors.allows(origin), cors.allows(origin, "/__admin/worlds")) == (is_allowed, is_control_allowed)


@pytest.mark.parametrize(
    "option", ["example.com", "https://", "https://a/b", "https://a:x", "http://[", "off localhost"]
)
def test_option_that_is_no_origin_is_refused(option) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        Cors.read(option)


def test_off_says_nothing_to_pages(contract) -> None:
    client = create_app(scenario="empty", cors="off", contract=contract).test_client()
    answer = client.options("/__admin/health", headers={"Origin": LOCAL, **ASKED})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_browsers_own_credentials_are_for_named_origins(contract) -> None:
    client = create_app(scenario="empty", cors="*", contract=contract).test_client()
    assert "Access-Control-Allow-Credentials" not in client.get(NOTES, headers={"Origin": LOCAL}).headers

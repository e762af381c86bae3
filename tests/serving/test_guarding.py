"""The control plane and browsers: every call, from every origin, under every host."""

from __future__ import annotations

import pytest

from mockserver.admin.contract import controls, read_document
from mockserver.serving.app import create_app

OWN = "http://localhost"
WRITING = [control for control in controls(read_document()) if control.method not in ("GET", "HEAD")]
CALLS = [(control.method, control.path) for control in controls(read_document())] + [("GET", "/")]
HOSTS = {
    "localhost": True, "localhost:8010": True, "app.localhost": True, "127.0.0.1:8010": True, "[::1]:8010": True,
    "posthog.test": True, "evil.example": False, "localhost.evil.example": False, "10.0.0.5": False, "": False,
    "127.0.0.1.evil.example": False,
}  # fmt: skip
ORIGINS = {
    None: True, OWN: True, "http://localhost:5173": True, "http://127.0.0.1:3000": True, "https://app.test": True,
    "https://evil.example": False, "null": False, "http://localhost.evil.example": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def guarded(contract):
    app = create_app(
        scenario="empty", contract=contract, cors="localhost https://app.test *", allowed_hosts=["posthog.test"]
    )
    return app.test_client()


def refused(answer) -> bool:
    return answer.status_code == 403 and answer.json["detail"].startswith("Not ")


def spelled(path: str) -> str:
    return path.replace("{", "").replace("}", "")  # /__admin/worlds/world: there is none of the name


@pytest.mark.parametrize("host", HOSTS)
def test_every_call_is_answered_under_known_hosts_alone(guarded, host) -> None:
    for method, path in CALLS:
        answer = guarded.open(spelled(path), method=method, headers={"Host": host})
        assert refused(answer) is not HOSTS[host], (method, path, host)


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_write_is_refused_to_pages_of_foreign_origins(guarded, origin) -> None:
    headers = {"Origin": origin} if origin else {}
    for method, path in CALLS:
        answer = guarded.open(spelled(path), method=method, headers=headers)
        is_write = method not in ("GET", "HEAD")
        assert refused(answer) is (is_write and not ORIGINS[origin]), (method, path, origin)


@pytest.mark.parametrize(
    ("site", "is_refused"), [("cross-site", True), ("same-site", True), ("same-origin", False), ("none", False)]
)
def test_a_browser_that_says_where_a_request_is_from_is_believed(guarded, site, is_refused) -> None:
    answer = guarded.post("/__admin/worlds/default/reset", headers={"Sec-Fetch-Site": site})
    assert refused(answer) is is_refused
    assert answer.status_code == (403 if is_refused else 204)


def test_what_a_page_says_of_a_proxy_opens_nothing(guarded) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"}
    assert refused(guarded.get("/__admin/worlds", headers=headers))


def test_the_api_is_answered_under_any_host_as_posthogs_is(guarded) -> None:
    headers = {
        "Host": "eu.posthog.test",
        "Origin": "https://evil.example",
        "Authorization": "Bearer phx_mock_all_access",
    }
    assert guarded.get("/api/projects/1/annotations/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("host", "is_known"), [("192.168.1.5:8010", True), ("[fe80::1]", True), ("evil.example", False)]
)
def test_a_server_for_the_network_answers_under_addresses(contract, host, is_known) -> None:
    app = create_app(scenario="empty", contract=contract, host="0.0.0.0")
    assert refused(app.test_client().get("/__admin/health", headers={"Host": host})) is not is_known


@pytest.mark.parametrize("name", ["http://posthog.test", "posthog.test:8010", "a b/c", "-"])
def test_what_is_no_host_is_said(contract, name) -> None:
    with pytest.raises(ValueError, match="not a host"):
        create_app(scenario="empty", contract=contract, allowed_hosts=[name])

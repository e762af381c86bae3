"""What proxies say of a client, believed or not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mockserver.serving.proxies import TrustedProxies
from mockserver.world.worlds import World
from tests.conftest import Client

FORWARDED = {
    "X-Forwarded-Proto": "https", "X-Forwarded-Host": "posthog.shop.test:8443",
    "X-Forwarded-For": "203.0.113.9, 10.1.1.1",
}  # fmt: skip
EVENT = {"api_key": "phc_mock_project_token", "event": "proxied", "distinct_id": "u"}
PERSONS = "/api/projects/1/persons/?limit=1"


def test_links_and_events_tell_of_the_client_of_a_proxy(client: Client, world: World) -> None:
    assert client.get(PERSONS, headers=FORWARDED).json["next"].startswith("https://posthog.shop.test:8443/api/projects")
    assert client.flask.post("/e/", json=EVENT, headers=FORWARDED).status_code == 200
    (event,) = [e for e in world.view().table("events") if e["event"] == "proxied"]
    assert event["properties"]["$ip"] == "203.0.113.9"


def test_who_is_not_trusted_is_not_believed(client: Client) -> None:
    listed = client.get(PERSONS, headers=FORWARDED, environ_base={"REMOTE_ADDR": "10.1.1.1"}).json
    assert listed["next"].startswith("http://localhost/")
    application = client.flask.application.wsgi_app
    assert TrustedProxies.read("off").before(application) is application


@pytest.mark.parametrize(
    ("text", "address", "is_trusted"),
    [
        ("loopback", "127.8.8.8", True), ("loopback", "::1", True), ("loopback", "::ffff:127.0.0.1", True),
        ("loopback", "10.0.0.1", False), ("10.0.0.0/8, loopback", "10.0.0.1", True), ("10.0.0.1", "10.0.0.1", True),
        ("*", "8.8.8.8", True), ("*", "unix", True), ("off", "127.0.0.1", False), ("loopback", "", False),
    ],
)  # fmt: skip
def test_proxies_are_trusted_by_address(text: str, address: str, is_trusted: bool) -> None:
    assert TrustedProxies.read(text).trusts(address) is is_trusted


@pytest.mark.parametrize(
    ("header", "value", "seen"),
    [
        ("For", "[2001:db8::1]:443", {"REMOTE_ADDR": "2001:db8::1"}),
        ("For", "192.0.2.7:99", {"REMOTE_ADDR": "192.0.2.7"}),
        ("For", "unknown", {"REMOTE_ADDR": "127.0.0.1"}), ("Proto", "HTTPS, http", {"wsgi.url_scheme": "https"}),
        ("Proto", "gopher", {"wsgi.url_scheme": "http"}), ("Host", "[::1]:8010", {"HTTP_HOST": "[::1]:8010"}),
        ("Host", "evil/path?", {"HTTP_HOST": "localhost"}), ("Host", "[x", {"HTTP_HOST": "localhost"}),
        ("Host", "a.test, b.test", {"HTTP_HOST": "a.test"}),
    ],
)  # fmt: skip
def test_what_cannot_be_a_client_is_passed_over(header: str, value: str, seen: Mapping[str, str]) -> None:
    environ = {
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "localhost",
        f"HTTP_X_FORWARDED_{header.upper()}": value,
    }  # fmt: skip
    TrustedProxies.read("loopback").before(lambda environ, _: [])(environ, lambda *_: None)
    assert {name: environ[name] for name in seen} == seen


def test_what_is_no_proxy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not a proxy: 'proxy\.test'"):
        TrustedProxies.read("proxy.test")

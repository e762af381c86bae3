"""The first page, over HTTP and in a browser: what whoever has the address finds there, and who does not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from mockserver.console.snippets import snippets
from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import World
from tests.browsers import driver, lacking
from tests.console.conftest import WAIT_MS, Visit
from tests.console.test_every_page import SCREENSHOTS, serious

expect = driver().expect
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
HTML = {"Accept": BROWSER}
TOKEN = "open sesame"
NODE = Path(__file__).parents[2] / ".venv" / "bin" / "node"


def client_of(contract: Contract, **options: Any) -> FlaskClient:
    return create_app(scenario="empty", contract=contract, **options).test_client()


@pytest.fixture(scope="module")
def empty(contract: Contract) -> FlaskClient:
    return client_of(contract)


def served(contract: Contract, **options: Any) -> Iterator[Server]:
    server = Server(create_app(scenario="empty", contract=contract, **options), free_address("127.0.0.1", 0))
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def opened(contract: Contract) -> Iterator[Server]:
    """A server of this module's own: what its default world was asked, every fork of it would have been."""
    yield from served(contract)


@pytest.fixture(scope="module")
def locked(contract: Contract) -> Iterator[Server]:
    yield from served(contract, admin_token=TOKEN)


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html", "text/plain"])
def test_clients_get_what_posthog_gives(empty: FlaskClient, accept: str) -> None:
    answer = empty.get("/", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.json) == (404, {
        "type": "invalid_request", "code": "not_found", "detail": "Endpoint not found.", "attr": None,
    })  # fmt: skip
    assert empty.post("/", headers=HTML).status_code == 404


def test_a_browser_gets_what_opens_the_world(empty: FlaskClient) -> None:
    page = empty.get("/", headers=HTML)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    for value in ("http://localhost", "phx_mock_all_access", "phx_mock_read_only", "phc_mock_project_token",
                  "01890000-0000-7000-8000-000000000001", "/__admin/console", "/__admin/reference"):  # fmt: skip
        assert value in page.text
    assert empty.head("/", headers=HTML).data == b""


def test_opening_it_is_no_request_of_a_clients(empty: FlaskClient) -> None:
    before = empty.get("/__admin/worlds/default/requests").json["count"]
    empty.get("/", headers=HTML)
    assert empty.get("/__admin/worlds/default/requests").json["count"] == before


def test_it_is_answered_under_known_hosts_alone(empty: FlaskClient) -> None:
    answer = empty.get("/", headers={**HTML, "Host": "evil.example"})
    assert answer.status_code == 403
    assert "phx_" not in answer.text


def test_without_a_control_plane_there_are_no_keys(contract: Contract) -> None:
    page = client_of(contract, admin=False).get("/", headers=HTML).text
    assert "--admin-token" in page
    assert "phx_" not in page


def test_with_a_token_there_are_no_keys_without_it(contract: Contract) -> None:
    client = client_of(contract, admin_token=TOKEN)
    for sent in ("", "Bearer wrong", "Bearer phx_mock_all_access", TOKEN):
        page = client.get("/", headers={**HTML, "Authorization": sent}).text
        assert "phx_" not in page, sent
        assert "phc_" not in page, sent
    assert "phx_" in client.get("/", headers={**HTML, "Authorization": f"Bearer {TOKEN}"}).text


def test_a_world_without_keys_says_so(contract: Contract) -> None:
    page = create_app(scenario="blank", contract=contract).test_client().get("/", headers=HTML).text
    assert "holds no key" in page


@pytest.mark.parametrize("language", ["curl", "Python", "JavaScript"])
def test_each_snippet_works_as_it_is(world: World, language: str) -> None:
    written = {snippet.language: snippet.text for snippet in snippets(world.url, world.api_key, world.project_id)}
    if language == "JavaScript" and not NODE.exists():
        lacking("node")
    programs = {"curl": ["bash"], "Python": [sys.executable], "JavaScript": [str(NODE), "--input-type=module", "-"]}
    done = subprocess.run(
        programs[language], input=written[language], capture_output=True, text=True, timeout=20, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["results"]) == 2


def test_somebody_with_the_address_finds_out_why(visit: Visit, opened: Server) -> None:
    page = visit("", folder="/", url=opened.address.url)
    expect(page.locator("h1")).to_contain_text(opened.address.url)
    page.get_by_role("tab", name="Python").click()
    assert "urlopen" in page.locator("pre:visible").inner_text()
    page.get_by_role("button", name=re.compile("Copy API key phx_mock_all_access")).click()
    expect(page.get_by_text("Copied")).to_be_visible()
    key = {"Authorization": "Bearer phx_mock_read_only"}
    httpx.post(f"{opened.address.url}/api/projects/1/annotations/", json={}, headers=key)
    page.reload()
    expect(page.locator(".latest li").first).to_contain_text("annotation:write")
    page.locator(".latest a").first.click()
    page.wait_for_url("**/__admin/console/requests**")
    expect(page.locator("main")).to_contain_text("annotation:write", timeout=WAIT_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_page_is_accessible(visit: Visit, opened: Server, scheme: str) -> None:
    page = visit("", folder="/", url=opened.address.url, scheme=scheme)
    expect(page.get_by_role("tablist")).to_be_visible()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"welcome-{scheme}.png")
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_keys_show_once_somebody_signs_in(visit: Visit, locked: Server) -> None:
    page = visit("", folder="/", url=locked.address.url)
    page.fill("[name=token]", "wrong")
    page.click("text=Show keys")
    expect(page.locator("#refusal")).to_contain_text("not the server's admin token")
    page.fill("[name=token]", TOKEN)
    page.click("text=Show keys")
    expect(page.locator(".values")).to_contain_text("phx_mock_all_access")
    page.reload()
    expect(page.locator(".values")).to_contain_text("phx_mock_all_access")
    page.get_by_role("link", name=re.compile("^Console")).click()
    expect(page.locator("#world")).to_have_value("default")
    assert not page.locator("#sign-in").is_visible()

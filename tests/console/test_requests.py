"""The page Requests: what clients send, as they send it, and why it was refused."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import World
from tests.browsers import driver
from tests.console.conftest import WAIT_MS, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = driver().expect
NOTES = "/api/projects/{}/annotations/"


@pytest.fixture
def notes(world: World) -> str:
    return NOTES.format(world.project_id)


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit("requests")
    expect(page.locator("#live")).to_have_text("live")
    return page


def rows(page: Page) -> list[str]:
    return page.locator("#requests tbody tr:visible .path").all_inner_texts()


def opened(page: Page, number: int) -> str:
    """Open the request in a row, and return what the page says of it."""
    page.locator("#requests tbody tr:visible").nth(number).click()
    expect(page.locator("#opened")).to_be_visible()
    return page.locator("#opened").inner_text()


def test_a_request_appears_within_a_second(page: Page, http: httpx.Client, notes: str) -> None:
    expect(page.locator("#empty")).to_contain_text("curl -H")
    began = time.monotonic()
    http.get(notes, params={"search": "launch"})
    expect(page.locator("#requests tbody tr")).to_have_count(1)
    assert time.monotonic() - began < 1
    assert rows(page) == [f"{notes}?search=launch"]


def test_requests_are_filtered(page: Page, http: httpx.Client, notes: str) -> None:
    for _ in range(2):
        http.get(notes)
    http.post(notes, json={"scope": "galaxy"})
    http.get("/api/nowhere/")
    expect(page.locator("#count")).to_have_text("4 requests · 2 refused")
    page.select_option("#status", "refused")
    assert rows(page) == ["/api/nowhere/", notes]
    page.select_option("#method", "POST")
    assert rows(page) == [notes]
    page.select_option("#method", "")
    page.select_option("#status", "")
    page.keyboard.press("/")
    page.keyboard.type("valid choice")
    assert rows(page) == [notes]
    page.fill("#text", "")
    page.select_option("#operation", "annotations_list")
    assert rows(page) == [notes, notes]


@pytest.mark.parametrize(
    ("method", "path", "key", "body", "why"),
    [
        ("POST", NOTES, None, {"scope": "galaxy"}, r'scope – "galaxy" is not a valid choice.*"project"'),
        ("POST", NOTES, ["annotation:read"], {}, r"lacks the scope annotation:write.*it has annotation:read"),
        ("GET", "/api/projcts/{}/anotations/", None, None, r"closest is /api/projects/\{.*annotations/.*GET, POST"),
        ("GET", "/api/projects/77/annotations/", None, None, r"There is no project 77.*it has 1"),
        ("PUT", NOTES, "*", {}, r"does not answer PUT, but GET, POST"),
    ],
    ids=["field", "scope", "route", "tenant", "method"],
)  # fmt: skip
def test_a_refusal_says_why(page: Page, http: httpx.Client, world: World, method, path, key, body, why) -> None:
    headers = {}
    if key is not None:
        made = world.create_api_key(*([] if key == "*" else key))
        headers["Authorization"] = f"Bearer {made}"
    http.request(method, path.format(world.project_id), json=body, headers=headers)
    opened(page, 0)
    expect(page.locator("#why")).to_contain_text(re.compile(why, re.S))


def test_what_is_opened_is_told_whole(page: Page, http: httpx.Client, notes: str) -> None:
    http.post(f"{notes}?a=1", json={"content": "Launch", "scope": "project"})
    told = opened(page, 0)
    for part in ("201", "Contract\nkept", "Pin an annotation", "annotations_create", "annotation:write", '"Launch"',
                 "[redacted]", "Request headers".upper()):  # fmt: skip
        assert part in told, part
    page.keyboard.press("Escape")
    expect(page.locator("#opened")).to_be_hidden()


def test_a_script_in_what_was_sent_is_shown_and_not_run(page: Page, http: httpx.Client, notes: str) -> None:
    evil = "<script>window.ran = true</script><img src=x onerror='window.ran = true'>"
    http.post(notes, json={"content": evil, "scope": "project"}, params={"q": evil})
    assert evil in opened(page, 0)
    assert page.evaluate("window.ran") is None


def test_a_request_is_copied_as_curl_and_as_a_test(page: Page, http: httpx.Client, world: World, notes: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    http.post(notes, json={"content": "It's out", "scope": "project", "date_marker": None})
    opened(page, 0)
    page.click("text=Copy as curl")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('curl'))")
    line = page.evaluate("navigator.clipboard.readText()")
    assert f"Bearer {world.api_key}" in line and "\"It'\\''s out\"" in line
    page.click("text=Copy as a test")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('def'))")
    text = page.evaluate("navigator.clipboard.readText()")
    compile(text, "test", "exec")
    assert 'f"/api/projects/{posthog.project_id}/annotations/"' in text and '"date_marker": None' in text


def test_a_request_is_sent_again_as_it_was(page: Page, http: httpx.Client, world: World, notes: str) -> None:
    http.post(notes, json={"content": "Twice", "scope": "project"})
    opened(page, 0)
    page.click("text=Send again")
    expect(page.locator("#requests tbody tr")).to_have_count(2)
    found = http.get(notes, params={"search": "Twice"}).json()
    assert found["count"] == 2


def test_a_request_is_made_to_fail_and_stubbed(page: Page, http: httpx.Client, notes: str) -> None:
    http.get(notes)
    opened(page, 0)
    page.click("text=Make it fail")
    page.fill("input[name=status]", "abc")
    page.click("text=Plan the fault")
    expect(page.locator("dialog .refusal:visible")).to_have_text("A number is expected.")
    page.fill("input[name=status]", "502")
    page.click("text=Plan the fault")
    expect(page.locator("dialog")).to_have_count(2)  # those of the frame
    assert [http.get(notes).status_code for _ in range(2)] == [502, 200]
    expect(page.locator("#requests .tag").first).to_have_text("fault-1")
    page.click("text=Make a stub")
    page.fill("textarea[name=response]", '{"results": "none"}')
    page.click("text=Plan the stub")
    expect(page.locator("dialog .refusal:visible")).to_contain_text("The contract does not allow this answer")
    page.check("text=Even if the contract")
    page.click("text=Plan the stub")
    expect(page.locator("#toasts")).to_contain_text("Stub planned: stub-1")
    assert http.get(notes).json() == {"results": "none"}


def test_keys_move_through_the_list(page: Page, http: httpx.Client, notes: str) -> None:
    for number in range(3):
        http.get(notes, params={"limit": number + 1})
    expect(page.locator("#requests tbody tr")).to_have_count(3)
    for key in "jjkj":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#opened h2")).to_contain_text("limit=2")
    page.keyboard.press("j")
    expect(page.locator("#opened h2")).to_contain_text("limit=1")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Next request")


def test_a_reset_empties_the_list_and_a_pause_holds_it(
    page: Page, http: httpx.Client, world: World, notes: str
) -> None:
    http.get(notes)
    expect(page.locator("#requests tbody tr")).to_have_count(1)
    world.reset()
    expect(page.locator("#requests tbody tr")).to_have_count(0)
    page.keyboard.press("p")
    http.get(notes)
    expect(page.locator("#pause")).to_have_text("Resume · 1")
    page.keyboard.press("p")
    expect(page.locator("#requests tbody tr")).to_have_count(1)


def test_a_wrong_token_is_refused_and_the_right_one_kept_in_the_tab(visit: Visit, contract: Contract) -> None:
    app = create_app(scenario="empty", admin_token="s3cret", contract=contract)
    server = Server(app, free_address("127.0.0.1", 0)).start()
    try:
        page = visit("requests", url=server.address.url)
        expect(page.locator("#sign-in")).to_be_visible()
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#token-refusal")).to_have_text("This is not the server's admin token.")
        page.fill("#token", "s3cret")
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text("live", timeout=WAIT_MS)
        assert page.evaluate("Object.keys(sessionStorage).length") == 1
        page.reload()
        expect(page.locator("#live")).to_have_text("live")
        assert page.context.cookies() == []
    finally:
        server.stop()


def test_a_long_list_is_shown_whole_and_in_its_order(world: World, http: httpx.Client, visit: Visit) -> None:
    for number in range(120):
        http.get(f"/api/nowhere/{number}/")
    page = visit("requests")
    expect(page.locator("#count")).to_have_text("120 requests · 120 refused")
    assert rows(page) == [f"/api/nowhere/{number}/" for number in reversed(range(120))]

"""The pages of what a world holds: its records, its events, its flags, and queries over them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.testing.client import World
from tests.browsers import driver
from tests.console.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = driver().expect
SCRIPT = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>"


def note(world: World, content: str = "Launch") -> str:
    """Load an annotation and return its path."""
    world.load(annotations=[{"id": 7001, "content": content, "scope": "project"}])
    return f"/api/projects/{world.project_id}/annotations/7001/"


def refusal_of(page: Page, name: str) -> Any:
    """What is said at a field of the form."""
    return page.locator(".field", has=page.locator(f"[name={name}]")).locator(".refusal")


def save(page: Page) -> None:
    page.locator("#panel").get_by_role("button", name="Save").click()


def test_a_record_is_edited_and_seen_over_the_api(visit: Visit, world: World, http: httpx.Client) -> None:
    path = note(world)
    page = visit("records", query="&table=annotations")
    page.fill("#search", "launch")
    page.get_by_role("button", name="Open 7001").click()
    page.fill("[name=content]", "Landing")
    save(page)
    expect(page.locator("#toasts")).to_contain_text("Saved")
    assert http.get(path).json()["content"] == "Landing"
    page.locator("#panel").get_by_role("button", name="JSON").click()
    text = page.locator("[name=json]").input_value()
    page.fill("[name=json]", text.replace("Landing", "Landed"))
    save(page)
    expect(page.locator("[name=content]")).to_have_value("Landed")
    assert http.get(path).json()["content"] == "Landed"


def test_what_the_contract_refuses_is_said_at_its_field(visit: Visit, world: World, http: httpx.Client) -> None:
    path = note(world)
    page = visit("records", query="&table=annotations&record=7001")
    page.fill("[name=created_by]", "999")
    page.fill("[name=content]", "Unsaved")
    save(page)
    expect(refusal_of(page, "created_by")).to_contain_text("there is no record 999 in users")
    expect(page.locator("[name=created_by]")).to_have_attribute("aria-invalid", "true")
    assert http.get(path).json()["content"] == "Launch"


def test_records_are_added_and_deleted(visit: Visit, world: World) -> None:
    page = visit("records", query="&table=persons")
    page.locator("#records tbody tr").first.wait_for()
    page.keyboard.press("n")
    page.locator("#panel").get_by_role("button", name="Add").click()
    expect(page.locator(".field", has=page.locator("[name=distinct_ids]")).locator(".refusal")).to_contain_text(
        "required"
    )
    page.fill("[name=distinct_ids]", '["ada"]')
    page.locator("#panel").get_by_role("button", name="Add").click()
    expect(page.locator("#toasts")).to_contain_text("Added")
    page.locator("#panel").get_by_role("button", name="Delete").click()
    page.locator("dialog[open]").get_by_role("button", name="Delete").click()
    expect(page.locator("#toasts")).to_contain_text("Deleted")
    assert not [person for person in world.state()["tables"]["persons"] if "ada" in person["distinct_ids"]]


def test_records_are_sorted_and_paged(visit: Visit) -> None:
    page = visit("records", query="&table=persons")
    first = page.locator("#records tbody tr td:first-child").first
    page.get_by_role("button", name="id", exact=True).click()
    expect(first).to_have_text("1")
    page.get_by_role("button", name="Page after").click()
    expect(first).to_have_text("51")
    expect(page.locator("#count")).to_contain_text("51–100 of")


def test_what_changed_is_a_difference(visit: Visit, world: World, http: httpx.Client) -> None:
    cohorts = f"/api/projects/{world.project_id}/cohorts/"
    cohort = http.get(cohorts).json()["results"][0]
    http.patch(f"{cohorts}{cohort['id']}/", json={"name": "Renamed"})
    page = visit("records", query="&table=changes")
    section = page.locator("section", has=page.locator("h2", has_text="cohorts"))
    section.locator("summary").first.click()
    changed = section.locator(".difference div", has=page.locator("dt", has_text=re.compile("^name$")))
    expect(changed.locator("del")).to_contain_text(cohort["name"])
    expect(changed.locator("ins")).to_contain_text("Renamed")


@pytest.mark.parametrize("name", ["records", "events", "flags"])
def test_a_script_in_a_name_is_shown_and_not_run(visit: Visit, world: World, name: str) -> None:
    world.load(
        cohorts=[{"name": SCRIPT}],
        feature_flags=[{"key": "odd", "name": SCRIPT}],
        events=[{"event": SCRIPT, "distinct_id": SCRIPT, "timestamp": "2026-01-15T11:59:59Z"}],
    )
    page = visit(name, query="&table=cohorts")
    page.locator(".split :is(tbody tr, .timeline li)", has_text="<img src=x").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#panel").wait_for()
    assert page.evaluate("window.ran") is None


def test_events_are_told_with_the_person_whose_they_are(visit: Visit, world: World) -> None:
    person = {"distinct_ids": ["ada"], "properties": {"name": "Ada"}}
    event = {"event": "launched", "distinct_id": "ada", "timestamp": "2026-01-15T11:59:00Z"}
    world.load(persons=[person], events=[event])
    page = visit("events")
    expect(page.locator("#histogram svg")).to_be_visible()
    page.locator("#timeline li button", has_text="launched").first.click()
    expect(page.locator("#panel")).to_contain_text("Ada")
    page.get_by_role("button", name="Their 1 event").click()
    expect(page.locator("#timeline li")).to_have_count(1)


def test_events_of_a_name_are_told(visit: Visit) -> None:
    page = visit("events")
    page.locator("#names button", has_text="signed_up").click()
    expect(page.locator("#timeline .event-name").first).to_have_text("signed_up")
    assert set(page.locator("#timeline .event-name").all_inner_texts()) == {"signed_up"}


def test_a_flag_is_switched_and_says_who_gets_it(visit: Visit, world: World, http: httpx.Client) -> None:
    world.flag("zebra", only={"email": "…@nobody.test"})
    page = visit("flags")
    page.locator("tr[data-key=zebra] button").click()
    expect(page.locator("#panel")).to_contain_text("No matching condition set")
    page.get_by_role("switch", name="zebra is on").click()
    expect(page.locator("#toasts")).to_contain_text("zebra is off")
    told = http.post("/flags/?v=2", json={"token": world.project_token, "distinct_id": "ada"}).json()
    assert "zebra" not in told["flags"] or told["flags"]["zebra"]["enabled"] is False


def test_a_flag_is_made(visit: Visit, world: World, http: httpx.Client) -> None:
    page = visit("flags")
    page.get_by_role("button", name="New flag").click()
    page.fill("[name=flag]", "brand-new")
    page.fill("[name=variant]", "{nonsense")
    page.get_by_role("button", name="Make").click()
    expect(page.locator("dialog[open]")).to_contain_text("This is no JSON.")
    page.fill("[name=variant]", "blue")
    page.get_by_role("button", name="Make").click()
    expect(page.locator("#panel")).to_contain_text("blue")
    told = http.post("/flags/?v=2", json={"token": world.project_token, "distinct_id": "ada"}).json()
    assert told["flags"]["brand-new"]["variant"] == "blue"


def test_hogql_is_completed_run_and_drawn(visit: Visit, world: World) -> None:
    pytest.importorskip("chdb")
    page = visit("query")
    text = page.locator("#text")
    text.fill("")
    text.press_sequentially("select eve")
    page.locator("#completions [role=option]", has_text="event").first.wait_for()
    page.keyboard.press("Enter")
    assert text.input_value() == "select event"
    text.press_sequentially(", count() as seen from events group by event order by seen desc limit 3")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result td").first).to_have_text("$pageview")
    page.get_by_role("button", name="Chart").click()
    expect(page.locator("#result .shares tr")).to_have_count(3)
    assert world.find_requests(operation="query_create") == []


def test_an_insight_is_drawn_and_a_refusal_said(visit: Visit) -> None:
    pytest.importorskip("chdb")
    page = visit("query")
    page.select_option("#kind", "Trends")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#result .legend")).to_contain_text("$pageview")
    page.fill("#text", '{"kind": "TrendsQuery"}')
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#result .note")).to_contain_text("400")

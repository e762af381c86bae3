"""The page Worlds: made, forked, reset, kept and returned to, and their clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.testing.client import ControlPlane, World
from tests.browsers import driver
from tests.console.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = driver().expect


@pytest.fixture
def page(visit: Visit, world: World) -> Page:
    page = visit("worlds")
    expect(page.locator("#chosen-name")).to_have_text(world.id)
    return page


def test_a_world_is_told_with_all_that_a_client_needs(page: Page, world: World) -> None:
    for value in (world.api_key, world.project_token, world.organization_id):
        expect(page.locator("#facts")).to_contain_text(value)
    expect(page.locator("#world")).to_have_value(world.id)


def test_a_clock_is_frozen_advanced_and_run(page: Page, world: World) -> None:
    page.fill("input[name=freeze]", "noon")
    page.click("#freeze-at button")
    expect(page.locator("#freeze-at .refusal")).to_contain_text("Expected a time in ISO 8601")
    page.fill("input[name=freeze]", "2026-02-01T08:00:00Z")
    page.click("#freeze-at button")
    expect(page.locator("#done li")).to_have_count(1)
    page.click("text=+1 day")
    expect(page.locator("#now")).to_have_text("2026-02-02  08:00:00")
    assert world.now == "2026-02-02T08:00:00Z"
    page.click("#run")
    expect(page.locator("#clock-state")).to_have_text("running")
    expect(page.locator("#done li").first).to_contain_text(" ms")


def test_a_snapshot_is_taken_and_returned_to(page: Page, world: World, http: httpx.Client) -> None:
    notes = f"/api/projects/{world.project_id}/annotations/"
    before = http.get(notes).json()["count"]
    page.fill("input[name=name]", "a/b")
    page.keyboard.press("Enter")
    expect(page.locator("#snapshot .refusal")).not_to_be_empty()
    page.fill("input[name=name]", "before <b>it")
    page.keyboard.press("Enter")
    expect(page.locator("#snapshots .name")).to_have_text("before <b>it")
    http.post(notes, json={"content": "x", "scope": "project"})
    page.click("text=restore")
    expect(page.locator("#done li").first).to_contain_text("Returned to before <b>it")
    assert http.get(notes).json()["count"] == before


def test_a_world_is_forked_reset_and_deleted(page: Page, world: World, http: httpx.Client) -> None:
    http.get("/api/nowhere/")
    page.click("#fork")
    expect(page.locator("#done li a")).to_have_count(1)
    page.click("#reset")
    page.click("dialog[open] .danger")
    expect(page.locator("#done li").first).to_contain_text(f"Reset {world.id}")
    assert world.requests == []
    page.click("#done li a")
    expect(page.locator("#chosen-name")).not_to_have_text(world.id)
    fork = page.locator("#chosen-name").inner_text()
    page.click("#delete")
    page.click("dialog[open] .danger")
    expect(page.locator("#chosen-name")).to_have_text("default")
    assert fork not in [each.id for each in world.plane.worlds()]


def test_a_world_is_made_and_what_it_cannot_be_is_refused_at_its_field(page: Page, world: World) -> None:
    page.keyboard.press("n")
    page.fill("dialog[open] input[name=scenario]", "atlantis")
    page.click("text=Make it")
    expect(page.locator("dialog[open] .refusal:visible")).to_contain_text("atlantis")
    page.fill("dialog[open] input[name=scenario]", "empty")
    page.fill("dialog[open] input[name=seed]", "7")
    page.fill("dialog[open] input[name=profile]", "observed@2025-08")
    page.click("text=Make it")
    page.wait_for_url("**/worlds?world=*")
    expect(page.locator("#chosen-profile")).to_have_text("observed@2025-08")
    made = ControlPlane(world.url).world(page.locator("#chosen-name").inner_text())
    assert (made.seed, made.profile) == (7, "observed@2025-08")
    made.delete()

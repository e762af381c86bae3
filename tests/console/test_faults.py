"""The page Faults and stubs: planned, hit, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.testing.client import World
from tests.browsers import driver
from tests.console.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = driver().expect


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit("faults")
    expect(page.locator("#no-faults")).to_be_visible()
    return page


def cells(page: Page, table: str) -> str:
    return " | ".join(page.locator(f"#{table} tbody td").all_inner_texts())


@pytest.mark.parametrize(
    ("kind", "fill", "planned", "told"),
    [
        ("status", {"status": "418"}, {"status": 418, "times": 1}, "418 once"),
        ("delay_ms", {"delay_ms": "20", "times": ""}, {"delay_ms": 20}, "20 ms late"),
        ("drop", {"probability": "0.5"}, {"drop": True, "probability": 0.5}, "connection dropped once, by chance, 0.5"),
        ("rate_limit", {"times": ""}, {"rate_limit": {"requests": 5, "per_seconds": 60}}, "429 beyond 5 requests"),
    ],
)  # fmt: skip
def test_a_fault_is_planned(page: Page, world: World, kind, fill, planned, told) -> None:
    page.keyboard.press("f")
    page.fill("dialog[open] input[name=match__operation]", "cohorts_list")
    page.select_option("dialog[open] select[name=kind]", kind)
    for name, value in fill.items():
        page.fill(f"dialog[open] input[name={name}]", value)
    page.click("text=Plan the fault")
    expect(page.locator("#faults tbody tr")).to_have_count(1)
    (fault,) = world.faults()
    assert planned.items() <= fault.items() and fault["match"] == {"operation": "cohorts_list"}
    assert told in cells(page, "faults")


def test_a_fault_hits_and_is_counted_without_a_reload(page: Page, world: World, http: httpx.Client) -> None:
    cohorts = f"/api/projects/{world.project_id}/cohorts/"
    page.click("#plan-fault")
    page.fill("dialog[open] input[name=match__operation]", "cohorts_lst")
    page.click("text=Plan the fault")
    expect(page.locator("dialog[open] .refusal:visible")).to_contain_text("Did you mean cohorts_list?")
    page.fill("dialog[open] input[name=match__operation]", "cohorts_list")
    page.click("text=Plan the fault")
    expect(page.locator("#faults tbody tr")).to_have_count(1)
    assert [http.get(cohorts).status_code for _ in range(2)] == [503, 200]
    expect(page.locator("#faults tbody")).to_contain_text("1 spent")
    page.click("text=remove")
    expect(page.locator("#no-faults")).to_be_visible()
    assert world.faults() == []


def test_a_stub_answers_until_it_is_removed(page: Page, world: World, http: httpx.Client) -> None:
    roles = f"/api/organizations/{world.organization_id}/roles/"
    page.keyboard.press("s")
    page.fill("dialog[open] input[name=match__operation]", "roles_list")
    page.fill("dialog[open] textarea[name=response]", "{")
    page.click("text=Plan the stub")
    expect(page.locator("dialog[open] .refusal:visible")).to_contain_text("no JSON")
    page.fill("dialog[open] textarea[name=response]", '{"count": 0, "next": null, "previous": null, "results": []}')
    page.click("text=Plan the stub")
    expect(page.locator("#stubs tbody tr")).to_have_count(1)
    assert http.get(roles).json()["count"] == 0
    expect(page.locator("#stubs td.right")).to_have_text("1")
    page.click("#clear-stubs")
    expect(page.locator("#no-stubs")).to_be_visible()
    assert http.get(roles).json()["count"] > 0

"""Every page of the console: what axe finds, that it fits, and how it looks, light and dark, for the docs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from mockserver.console import PAGES
from mockserver.testing.client import World
from tests.browsers import INSTALLED, driver, lacking
from tests.console.conftest import NARROW, WIDE, Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

driver()
AXE = INSTALLED / "axe" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(__file__).parents[2] / "site" / "screenshots"
SERIOUS = ("serious", "critical")


@pytest.fixture
def lively(world: World, http: httpx.Client) -> World:
    """A world of which there is something to see."""
    notes = f"/api/projects/{world.project_id}/annotations/"
    world.fail("cohorts_list", status=503, times=1)
    world.stub("roles_list", body={"count": 0, "next": None, "previous": None, "results": []})
    http.get(notes, params={"search": "launch", "limit": 2})
    http.post(notes, json={"content": "Launch", "scope": "project"})
    http.get("/api/projcts/1/anotations/")
    http.get(f"/api/projects/{world.project_id}/cohorts/")
    http.get(f"/api/projects/{world.project_id}/persons/", params={"limit": 3})
    http.post(notes, json={}, headers={"Authorization": f"Bearer {world.create_api_key('annotation:read')}"})
    http.post(notes, json={"scope": "galaxy"})
    world.snapshot("before the launch")
    return world


def open_first(page: Page) -> None:
    """Open the first item of a page that has a list beside a panel."""
    if page.locator(".split .panel").count():
        page.locator(".split :is(tbody tr, .timeline li)").first.wait_for()
        page.keyboard.press("j")
        page.keyboard.press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [page.name for page in PAGES])
def test_page_is_accessible_and_fits(visit: Visit, lively: World, name: str, scheme: str) -> None:
    page = visit(name, scheme=scheme)
    settle(page)
    open_first(page)
    settle(page)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png")
    assert serious(page) == []
    page.keyboard.press("Escape")
    for viewport in (WIDE, NARROW):
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, viewport
    page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-narrow.png")


def settle(page: Page) -> None:
    """Wait until everything that the page asked is answered, and shown."""
    page.wait_for_selector("html[data-settled]", state="attached")
    page.evaluate("new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))")


def serious(page: Page) -> list[str]:
    """What axe finds of a page that keeps somebody from using it."""
    if not AXE.exists():
        lacking("axe-core")
    page.evaluate(AXE.read_text())  # past the policy, which lets no script in but the console's own
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"][:3]
    ]

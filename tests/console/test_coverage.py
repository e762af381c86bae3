"""The page Coverage: what was called, and what nobody has reached."""

from __future__ import annotations

import httpx

from mockserver.testing.client import World
from tests.browsers import driver
from tests.console.conftest import Visit

expect = driver().expect


def test_what_was_called_is_lit_and_the_rest_found(visit: Visit, world: World, http: httpx.Client) -> None:
    notes = f"/api/projects/{world.project_id}/annotations/"
    for _ in range(12):
        http.get(notes)
    http.post(notes, json={})
    page = visit("coverage")
    page.select_option("#whose", "own")
    expect(page.locator(".gauge strong").first).to_contain_text("2 of")
    expect(page.locator(".family summary").first).to_contain_text("annotations2/")
    assert page.locator(".squares i.heat2").count() == 1
    page.select_option("#reached", "some")
    assert page.locator(".operation .link").all_inner_texts() == ["annotations_list", "annotations_create"]
    assert page.locator(".cell.heat2").all_inner_texts() == ["200"]
    page.select_option("#reached", "none")
    page.keyboard.press("/")
    page.keyboard.type("annotations delete")
    assert page.locator(".operation .link").all_inner_texts() == ["annotations_destroy"]

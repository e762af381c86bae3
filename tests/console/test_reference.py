"""The reference in a browser: both documents are read, and what is tried is asked of this server with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.contract import METHODS, Contract
from mockserver.serving.app import create_app
from mockserver.testing.client import World
from tests.browsers import driver
from tests.console.conftest import NARROW, Visit
from tests.console.test_every_page import SCREENSHOTS, serious

if TYPE_CHECKING:
    from playwright.sync_api import Page

expect = driver().expect
FOLDER = "/__admin/"
DRAWN_MS = 15_000


def opened_at(visit: Visit, name: str, family: str, operation: str, scheme: str = "light") -> Page:
    """The reference with an operation opened, as a link from elsewhere opens it."""
    page = visit(name, folder=FOLDER, wait_ms=DRAWN_MS, scheme=scheme, query=f"&family={family}&operation={operation}")
    page.locator("button.execute").wait_for()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_operation_is_tried_with_the_worlds_key(visit: Visit, world: World, scheme: str) -> None:
    page = opened_at(visit, "reference", "annotations", "annotations_list", scheme)
    expect(page.locator("#key")).to_contain_text(world.api_key)
    expect(page.locator("[placeholder=project_id]")).to_have_value(str(world.project_id))
    page.locator("button.execute").press("Enter")
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(page.locator(".curl-command")).to_contain_text(f"/api/projects/{world.project_id}/annotations")
    (asked,) = world.find_requests(operation="annotations_list")
    assert asked["status"] == 200
    page.evaluate("scrollTo(0, 0)")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"reference-{scheme}.png")
    found = serious(page)
    assert not found, "\n".join(found)


def test_the_control_plane_is_tried_at_the_chosen_world(visit: Visit, world: World) -> None:
    page = opened_at(visit, "reference/control-plane", "worlds", "get_world")
    expect(page.locator("[placeholder=world]")).to_have_value(world.id)
    page.locator("button.execute").press("Enter")
    expect(page.locator(".live-responses-table .highlight-code")).to_contain_text(world.api_key)


def test_an_operation_is_found(visit: Visit) -> None:
    page = visit("reference", folder=FOLDER, wait_ms=DRAWN_MS)
    page.locator(".family").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("persons_retention")
    page.locator(".found").click()
    expect(page.locator(".opblock.is-open .opblock-summary-path")).to_contain_text("retention", timeout=DRAWN_MS)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_every_operation_is_there(contract: Contract) -> None:
    client = create_app(scenario="empty", contract=contract).test_client()
    document = client.get("/__admin/reference/posthog.json").json
    items = document["paths"].values()
    listed = {item[method]["operationId"] for item in items for method in METHODS if method in item}
    assert listed == {operation.id for operation in contract.described}


@pytest.mark.parametrize("path", ["assets/index.html", "assets/..%2Fflask_swagger_ui.py", "other"])
def test_nothing_else_of_the_package_is_served(contract: Contract, path: str) -> None:
    client = create_app(scenario="empty", contract=contract).test_client()
    assert client.get(f"/__admin/reference/{path}").status_code == 404
    asset = client.get("/__admin/reference/assets/swagger-ui.css")
    assert (asset.status_code, asset.mimetype) == (200, "text/css")

"""posthog-js in Chromium, on a page of another port than PostHog's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import ControlPlane, World
from mockserver.testing.worlds import PostHog
from tests.browsers import lacking
from tests.clients.conftest import NODE_MODULES, PROGRAMS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

POSTHOG_JS = NODE_MODULES / "posthog-js" / "dist"
SOON = {"request_queue_config": {"flush_interval_ms": 250}, "opt_out_useragent_filter": True}  # else it is a robot's

Open = Callable[..., "Page"]


class Site(SimpleHTTPRequestHandler):
    """Pages, and posthog-js beside them."""

    def translate_path(self, path: str) -> str:
        page = PROGRAMS / path.partition("?")[0].lstrip("/")
        return str(page) if page.suffix == ".html" else super().translate_path(path)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=POSTHOG_JS)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def visit(browser: Browser, site: str, posthog: PostHog) -> Iterator[Open]:
    """Opens the page as somebody who never was there, with options of posthog-js."""
    if not POSTHOG_JS.exists():
        lacking("posthog-js")
    context = browser.new_context()

    def visit(**options: Any) -> Page:
        page = context.new_page()
        page.goto(f"{site}/page.html")
        page.evaluate("([token, options]) => start(token, options)", [posthog.project_token, {
            "api_host": posthog.url, **SOON, **options,
        }])  # fmt: skip
        return page

    yield visit
    context.close()


def wait_for(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=10_000)


def test_a_page_is_viewed_and_clicked(posthog: PostHog, visit: Open) -> None:
    page = visit()
    page.click("text=Sign up")
    posthog.assert_captured("$pageview", properties={"title": "A page whose visitors PostHog counts"}, within=10)
    posthog.assert_captured("$autocapture", properties={"$event_type": "click", "$el_text": "Sign up"}, within=10)


def test_a_visitor_is_identified_and_belongs_to_a_group(posthog: PostHog, visit: Open) -> None:
    page = visit()
    visitor = page.evaluate("posthog.get_distinct_id()")
    page.evaluate("posthog.identify('ada', { email: 'ada@acme.test' }, { first_seen_on: 'a fair' })")
    page.evaluate("posthog.alias('ada-at-work')")
    page.evaluate("posthog.group('company', 'acme', { seats: 5 })")
    page.evaluate("posthog.capture('upgraded', { plan: 'pro' })")
    groups = {"company": "acme"}
    posthog.assert_captured("upgraded", distinct_id="ada", properties={"plan": "pro", "$groups": groups}, within=10)
    people = posthog.http.get(f"/api/projects/{posthog.project_id}/persons/", params={"distinct_id": visitor}).json()
    (ada,) = people["results"]
    assert set(ada["distinct_ids"]) == {visitor, "ada", "ada-at-work"}
    assert (ada["properties"]["email"], ada["properties"]["first_seen_on"]) == ("ada@acme.test", "a fair")
    (acme,) = [group for group in posthog.state()["tables"]["groups"] if group["group_key"] == "acme"]
    assert acme["group_properties"]["seats"] == 5


def test_flags_are_loaded_and_again_for_whom_is_identified(posthog: PostHog, visit: Open) -> None:
    posthog.flag("button", variant="blue", payload={"size": 3})
    posthog.flag("staff", only={"email": "…@acme.test"})
    page = visit()
    wait_for(page, "posthog.getFeatureFlag('button') === 'blue'")
    assert page.evaluate("posthog.getFeatureFlagPayload('button')") == {"size": 3}
    assert page.evaluate("posthog.isFeatureEnabled('staff')") is False
    page.evaluate("posthog.identify('ada', { email: 'ada@acme.test' })")
    wait_for(page, "posthog.isFeatureEnabled('staff')")
    posthog.assert_flag_called("button", value="blue", within=10)
    posthog.assert_flag_called("staff", value=True, distinct_id="ada", within=10)


def test_a_page_begins_with_the_flags_that_its_server_gave_it(posthog: PostHog, visit: Open) -> None:
    posthog.flag("new-checkout")
    page = visit(bootstrap={"distinctID": "ada", "isIdentifiedID": True, "featureFlags": {"button": "blue"}})
    assert page.evaluate("[posthog.get_distinct_id(), posthog.getFeatureFlag('button')]") == ["ada", "blue"]
    posthog.assert_flag_called("button", value="blue", distinct_id="ada", within=10)
    page.evaluate("posthog.reloadFeatureFlags()")
    wait_for(page, "posthog.isFeatureEnabled('new-checkout') && !posthog.isFeatureEnabled('button')")


def test_a_user_enrols_in_an_early_access_feature(posthog: PostHog, visit: Open) -> None:
    features = f"/api/projects/{posthog.project_id}/early_access_feature/"
    assert posthog.http.post(features, json={"name": "Dark mode", "stage": "beta"}).status_code == 201
    page = visit()
    page.evaluate("posthog.identify('ada')")
    listed = page.evaluate("new Promise((found) => posthog.getEarlyAccessFeatures(found, true))")
    assert [(feature["name"], feature["flagKey"]) for feature in listed] == [("Dark mode", "dark-mode")]
    wait_for(page, "posthog.isFeatureEnabled('dark-mode') === false")
    page.evaluate("posthog.updateEarlyAccessFeatureEnrollment('dark-mode', true)")
    wait_for(page, "posthog.isFeatureEnabled('dark-mode')")
    posthog.assert_captured("$feature_enrollment_update", distinct_id="ada", within=10)
    asked = {"token": posthog.project_token, "distinct_id": "ada"}
    assert posthog.http.post("/flags/?v=2", json=asked).json()["flags"]["dark-mode"]["enabled"] is True


def test_a_project_has_no_surveys(visit: Open) -> None:
    page = visit()
    with page.expect_response("**/api/surveys/*") as told:
        assert page.evaluate("new Promise((found) => posthog.getSurveys(found, true))") == []
    assert (told.value.status, told.value.json()) == (200, {"surveys": [], "survey_config": None})


def test_a_page_that_is_traced_may_send(posthog: PostHog, visit: Open) -> None:
    visit(request_headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "baggage": "a=b"})
    posthog.assert_captured("$pageview", within=10)
    posthog.assert_called(path="/flags/", headers={"baggage": "a=b"}, within=10)


@pytest.fixture
def with_scripts(contract: Contract) -> Iterator[World]:
    """The world of a server that has the scripts of posthog-js."""
    app = create_app(scenario="empty", static=POSTHOG_JS, contract=contract)
    server = Server(app, free_address("127.0.0.1", 0)).start()
    yield ControlPlane(server.address.url).world()
    server.stop()


@pytest.mark.parametrize("script", ["/static/array.js", "/array/{token}/array.js"])
def test_the_snippet_loads_its_script(with_scripts: World, browser: Browser, site: str, script: str) -> None:
    page = browser.new_page()
    token = with_scripts.project_token
    about = {"token": token, "host": with_scripts.url, "script": script.format(token=token)}
    page.goto(f"{site}/snippet.html?{urlencode(about)}")
    arrived = {"event": "arrived", "properties": {"by": "snippet", "$lib": "web"}}
    assert with_scripts.verify_events(arrived, count=1, within=10)["ok"]
    page.close()

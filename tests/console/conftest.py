"""What tests of the console need: a server, a world of their own, and Chromium opened at a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import ControlPlane, World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
WAIT_MS = 5000

Visit = Callable[..., "Page"]


@pytest.fixture(scope="session")
def console_server(contract: Contract) -> Iterator[Server]:
    server = Server(create_app(contract=contract, freeze_time="2026-01-15T12:00:00Z"), free_address("127.0.0.1", 0))
    yield server.start()
    server.stop()


@pytest.fixture
def world(console_server: Server) -> Iterator[World]:
    world = ControlPlane(console_server.address.url).create_world(from_world="default")
    yield world
    world.delete()


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client of the world."""
    headers = {"Authorization": f"Bearer {world.api_key}"}
    with httpx.Client(base_url=world.url, headers=headers) as client:
        yield client


class Watch:
    """What went wrong on pages: errors of their scripts, what the policy refused, requests to anywhere else."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.problems: list[str] = []

    def over(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self._told(line.type, line.text))
        page.on("request", lambda asked: self._asked(asked.url))

    def _told(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):  # refusals, which the page tells
            self.problems.append(text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.home).netloc and urlsplit(url).scheme != "data":
            self.problems.append(f"asked elsewhere: {url}")


@pytest.fixture
def visit(browser: Browser, console_server: Server, world: World) -> Iterator[Visit]:
    """Opens a page of the console at the test's world, as somebody who never was there."""
    contexts = []
    watch = Watch(console_server.address.url)

    def visit(
        name: str, *, viewport: Any = WIDE, scheme: str = "light", url: str = "", query: str = "",
        folder: str = "/__admin/console/", wait_ms: int = WAIT_MS,
    ) -> Page:  # fmt: skip
        context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
        context.set_default_timeout(wait_ms)
        contexts.append(context)
        page = context.new_page()
        watch.home = url or console_server.address.url
        watch.over(page)
        page.goto(f"{watch.home}{folder}{name}?world={'default' if url else world.id}{query}")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert watch.problems == []

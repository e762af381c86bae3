"""Chromium, driven by Playwright: one for the tests of a module.

Two drivers in one thread get into each other's way, and while there is one no other event loop runs in that thread: so
it ends before another module's tests begin.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

INSTALLED = Path(__file__).parent.parent / ".venv" / "clients"
QUIET = ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
         "disable-component-update", "disable-sync")  # fmt: skip


def lacking(*what: str) -> None:
    """Skip a test that needs what is not installed; in CI nothing may be missing."""
    text = f"{' and '.join(what)} not installed: make clients"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text, allow_module_level=True)


def driver() -> Any:
    """Playwright, or the whole module that needs it is skipped."""
    if find_spec("playwright") is None:
        lacking("playwright")
    from playwright import sync_api

    return sync_api


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser in which each test opens a context of its own."""
    chromium = shutil.which("chromium")
    if chromium is None:
        lacking("chromium")
    with driver().sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=[f"--{option}" for option in QUIET])
        yield browser
        browser.close()

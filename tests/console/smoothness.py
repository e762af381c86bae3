"""What the page Requests costs a browser with ten thousand requests in the journal, beside an empty one in one run.

python -m tests.console.smoothness
"""

from __future__ import annotations

import shutil
import sys
from statistics import median
from typing import Any

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import ControlPlane, World, in_process
from tests.browsers import QUIET, driver

FULL = 10_000
TIMES = 7
MOST_EXTRA_MS = 300
PAINTED = """window.painted = new Promise((painted) => addEventListener("DOMContentLoaded", () => {
    const seen = () => requestAnimationFrame(() => setTimeout(() => painted(performance.now())));
    for (const place of document.querySelectorAll("#requests tbody, #empty"))
        new MutationObserver(seen).observe(place, { childList: true });
}))"""
WATCH = """void (window.seen = new Promise((seen) =>
    new MutationObserver(() => requestAnimationFrame(() => seen(Date.now())))
        .observe(document.querySelector("#requests tbody"), { childList: true })))"""


def main() -> int:
    """Measure, tell, and return whether the first paint of a full journal stays within the bound."""
    app = create_app(contract=Contract.read(), journal_size=FULL)
    plane = ControlPlane(transport=in_process(app))
    empty, full = (plane.create_world(from_world="default") for _ in range(2))
    client = app.test_client()
    headers = {"Authorization": f"Bearer {full.api_key}"}
    paths = [f"/api/projects/{full.project_id}/{family}/" for family in ("annotations", "cohorts", "roles", "nowhere")]
    for number in range(FULL):
        client.get(f"{paths[number % len(paths)]}?limit={number % 20 + 1}", headers=headers)
    server = Server(app, free_address("127.0.0.1", 0)).start()
    try:
        with driver().sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=shutil.which("chromium"), args=[f"--{each}" for each in QUIET]
            )
            context = browser.new_context()
            paints = {world.id: [first_paint(context, server, world) for _ in range(TIMES)] for world in (empty, full)}
            late = arrival(context, server, full, client, paths[0], headers)
    finally:
        server.stop()
    nothing, all_of_it = (median(paints[world.id][1:]) for world in (empty, full))
    print(f"first paint of an empty journal    {nothing:6.0f} ms")
    print(f"first paint of {FULL} requests   {all_of_it:6.0f} ms, {all_of_it / nothing:.1f} times that")
    print(f"a request is seen after            {late:6.0f} ms, {FULL} in the journal")
    return 0 if all_of_it - nothing < MOST_EXTRA_MS else 1


def first_paint(context: Any, server: Server, world: World) -> float:
    """Return how long after its navigation a page had painted what there was, in milliseconds."""
    page = context.new_page()
    page.add_init_script(PAINTED)
    page.goto(f"{server.address.url}/__admin/console/requests?world={world.id}")
    painted = page.evaluate("window.painted")
    page.close()
    return float(painted)


def arrival(context: Any, server: Server, world: World, client: Any, path: str, headers: dict[str, str]) -> float:
    """Return how long a request takes from its answer until it is seen, in milliseconds."""
    page = context.new_page()
    page.goto(f"{server.address.url}/__admin/console/requests?world={world.id}")
    page.wait_for_selector("#live.on")
    page.evaluate(WATCH)
    began = page.evaluate("Date.now()")
    client.get(path, headers=headers)
    return float(page.evaluate("window.seen")) - began


if __name__ == "__main__":
    sys.exit(main())

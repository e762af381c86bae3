"""What worlds cost: to fork, to put back, to use in a test, to have many of."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from functools import partial
from typing import Any

from mockserver.bench.figures import Figure, fastest, output_of, send
from mockserver.bench.requests import NOTES, application
from mockserver.store.log import MOST_ITEMS

WORLDS = 1000

KEPT = """
import gc, json, tracemalloc
from mockserver.bench.dashboards import LOAD, event_of
from mockserver.bench.figures import send
from mockserver.bench.requests import NOTES
from mockserver.serving.app import create_app

COUNT = 5000
app = create_app(scenario="empty")

def load(start):
    events = [event_of(number) for number in range(start, start + COUNT)]
    send(app, "POST", LOAD, "", json.dumps({"events": events}).encode())

def write(start):
    for number in range(start, start + COUNT):
        send(app, "POST", NOTES, "", json.dumps({"content": f"note {number}"}).encode())

for fill in (load, write):
    fill(0)
    tracemalloc.start()
    fill(COUNT)
    send(app, "DELETE", "/__admin/worlds/default/requests")
    gc.collect()
    print(tracemalloc.get_traced_memory()[0] / COUNT)
    tracemalloc.stop()
"""


def figures() -> Iterator[Figure]:
    """Yield what a fork, a snapshot and a reset of a big world cost, a test of its own world, and a thousand worlds."""
    _, world = application(100_000)
    snapshot = world.store.snapshot()
    yield Figure("fork a world of 100 000", fastest(lambda: world.fork("fork")), 1000, 1, against="a millisecond")
    yield Figure("snapshot it", fastest(world.store.snapshot), 1000, 1, against="a millisecond")
    yield Figure("reset it", fastest(lambda: world.store.restore(snapshot)), 1000, 1, against="a millisecond")
    yield from _tests()
    yield _thousand()
    event, annotation = (float(size) / 1000 for size in output_of(KEPT).split())
    yield Figure("memory of an event, loaded", event, 0.8, 1, "kB", "0.8 kB")
    yield Figure("memory of an annotation, written", annotation, 3, 1, "kB", "3 kB")
    yield _journal()


def _tests() -> Iterator[Figure]:
    """Yield what a test costs that has a world of its own, over a socket and in process."""
    from mockserver.testing.worlds import PostHogServer

    with PostHogServer() as server:
        server.listen()
        for name, in_process in (("a test: fork, 3 requests, assert", False), ("the same without a socket", True)):
            took = fastest(partial(_run_test, server, in_process=in_process), times=20)
            yield Figure(name, took, 10_000, 1, against="10 milliseconds")


def _run_test(server: Any, *, in_process: bool) -> None:
    world = server.create_world()
    path = f"/api/projects/{world.project_id}/annotations/"
    with world.open_client(in_process=in_process) as client:
        client.post(path, json={"content": "Launch"})
        client.get(path)
        client.get(path, params={"search": "launch"})
    world.assert_called("annotations_create", times=1, body={"content": "Launch"})
    world.close()


def _thousand() -> Figure:
    """Return what a thousand worlds take in memory, each of them written to."""
    program = f"""
from mockserver.serving.app import create_app
from mockserver.testing.client import ControlPlane, in_process

app = create_app()
plane, client = ControlPlane(transport=in_process(app)), app.test_client()
for world in [plane.create_world() for _ in range({WORLDS})]:
    path = f"/api/projects/{{world.project_id}}/annotations/"
    answer = client.post(path, json={{"content": "x"}}, headers={{"Authorization": f"Bearer {{world.api_key}}"}})
    assert answer.status_code == 201
print(open("/proc/self/statm").read().split()[1])
"""
    resident = int(output_of(program)) * resource.getpagesize() / 2**20
    return Figure("1 000 worlds of demo at once", resident, 300, 1, "MiB", "300 MiB")


def _journal() -> Figure:
    """Return how many requests a world remembers of three times as many as it should."""
    app, world = application(1)
    for _ in range(3 * MOST_ITEMS):
        send(app, "GET", NOTES, "limit=1")
    return Figure("requests remembered of 3 000", len(world.store.log), MOST_ITEMS, 1, "", "what a journal holds")

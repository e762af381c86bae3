"""What a process costs: its start, alone and in a run of pytest, and its memory."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mockserver.bench.figures import Figure, output_of, seconds_of

START = "from mockserver import create_app; create_app(scenario={!r}).test_client().get('/__admin/health')"
BARE = """
import flask
app = flask.Flask("bare")
app.add_url_rule("/", view_func=lambda: "")
app.test_client().get("/")
"""
TESTS = {
    "asking": "def test_asking(posthog):\n    assert posthog.http.get('/api/users/@me/').status_code == 200\n",
    "idle": "def test_idle():\n    pass\n",
}
ANNOTATION = """
import gc, tracemalloc
from mockserver.bench.figures import send
from mockserver.bench.requests import NOTES, application

tracemalloc.start()
taken = []
for number in (10_000, 20_000):
    app, world = application(number, keep_answers=False)
    for offset in range(0, number, 1000):
        send(app, "GET", NOTES, f"limit=1000&offset={offset}")
    world.store.log.clear()
    gc.collect()
    taken.append(tracemalloc.get_traced_memory()[0])
    del app, world
    gc.collect()
    taken[-1] -= tracemalloc.get_traced_memory()[0]
print((taken[1] - taken[0]) / 10_000)
"""
MEMORY = """
from mockserver.serving.app import create_app
from mockserver.bench.figures import send
from mockserver.bench.requests import NOTES

app = create_app()
resident = lambda: int(open("/proc/self/statm").read().split()[1])
for _ in range(2000):
    send(app, "GET", NOTES, "limit=10")
start = resident()
for _ in range(100_000):
    send(app, "GET", NOTES, "limit=10")
print(start, resident())
"""


def figures() -> Iterator[Figure]:
    """Yield what the start takes, and what stays in memory."""
    whole = min(seconds_of(START.format("demo")) for _ in range(5))
    unseeded = min(seconds_of(START.format("blank")) for _ in range(5))
    bare = min(seconds_of(BARE) for _ in range(5))
    yield Figure("start to first answer, demo", whole * 1e3, bare * 1e3, 1.6, "ms", "a bare Flask view's")
    yield Figure("the same without seeding", unseeded * 1e3, bare * 1e3, 1.6, "ms", "a bare Flask view's")
    yield _first_test()
    start, end = (int(pages) * resource.getpagesize() / 2**20 for pages in output_of(MEMORY).split())
    yield Figure("memory after the start", start, 120, 1, "MiB", "120 MiB")
    yield Figure("memory after 100 000 requests", end, start, 1.05, "MiB", "after the start")
    yield Figure("memory of an annotation, once read", float(output_of(ANNOTATION)) / 1000, 3, 1, "kB", "3 kB")


def _first_test() -> Figure:
    """Return what the plugin's first test takes more than a test that asks nothing of it."""
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for name, body in TESTS.items():
            file = Path(folder) / f"test_{name}.py"
            file.write_text(body, encoding="utf-8")
            run = f"import pytest; assert pytest.main(['-q', '-p', 'no:cacheprovider', {str(file)!r}]) == 0"
            took.append(min(seconds_of(run) for _ in range(3)))
    return Figure("first test of a run with the plugin", (took[0] - took[1]) * 1e3, 500, 1, "ms", "half a second")

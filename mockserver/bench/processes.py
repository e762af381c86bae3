"""What a process costs: its start, alone and in a run of pytest, its memory, and a replay from its start to its end."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

from mockserver.bench.figures import KEY, Figure, compiling, output_of, seconds_of
from mockserver.bench.requests import NOTES
from mockserver.serving.server import free_address

START = "from mockserver import create_app; create_app(scenario={!r}).test_client().get('/__admin/health')"
LISTED = f"""
from mockserver import create_app
client = create_app().test_client()
assert client.get({NOTES!r}, headers={{"Authorization": "Bearer {KEY}"}}).status_code == 200
"""
BARE = """
import flask
app = flask.Flask("bare")
app.add_url_rule("/", view_func=lambda: "")
app.test_client().get("/")
"""
SERVED = """
import sys
from mockserver.cli import main
main(["serve", "--port", sys.argv[1]])
"""
BARE_SERVED = f"""
import sys
import flask
from mockserver.serving.server import Address, Server
app = flask.Flask("bare")
app.add_url_rule({NOTES!r}, view_func=lambda: "")
Server(app, Address(port=int(sys.argv[1])), threads=4).run()
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
REPLAY = """
import contextlib, io, re, time

from mockserver.cli.replay import replay
from mockserver.contract import Contract

promised = "|".join(f"^{re.escape(operation.id)}$" for operation in Contract.read().promised)
began = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    assert replay.main(["--only", promised], standalone_mode=False) == 0
print(time.perf_counter() - began, time.process_time())
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
    """Yield what the start takes, what stays in memory, and what a replay of the promised operations takes."""
    yield from _starts()
    yield _first_test()
    start, end = (int(pages) * resource.getpagesize() / 2**20 for pages in output_of(MEMORY).split())
    yield Figure("memory after the start", start, 120, 1, "MiB", "120 MiB")
    yield Figure("memory after 100 000 requests", end, start, 1.05, "MiB", "after the start")
    yield Figure("memory of an annotation, once read", float(output_of(ANNOTATION)) / 1000, 3, 1, "kB", "3 kB")
    waited, worked = map(float, output_of(REPLAY).split())
    yield Figure("replay of the 93 operations", waited, 30, 1, "s", "half a minute")
    yield Figure("the same, processor time", worked, 30, 1, "s", "half a minute")


def _starts() -> Iterator[Figure]:
    """Yield what a start takes once a start has been made before, beside a bare view's, in turn."""
    ours = {
        "start to first answer, demo": START.format("demo"),
        "the same without seeding": START.format("blank"),
        "the same to a list of annotations": LISTED,
    }
    rounds = [[seconds_of(program) for program in (*ours.values(), BARE)] for _ in range(7)]
    *took, bare = (min(times) * 1e3 for times in zip(*rounds, strict=True))
    for name, milliseconds in zip(ours, took, strict=True):
        yield Figure(name, milliseconds, bare, 1.6, "ms", "a bare Flask view's")
    served = [(first_answer(SERVED, NOTES), first_answer(BARE_SERVED, NOTES)) for _ in range(7)]
    took, bare = (min(times) * 1e3 for times in zip(*served, strict=True))
    yield Figure("served, from exec to that list", took, bare, 1.6, "ms", "a bare Flask on granian")


def first_answer(program: str, path: str) -> float:
    """Return how long a program that serves at a port takes from its beginning to its first answer."""
    port = free_address("127.0.0.1", 0).port
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(port)], env=compiling(), stdout=subprocess.DEVNULL
    )  # fmt: skip
    try:
        while True:
            connection = HTTPConnection("127.0.0.1", port)
            try:
                connection.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
                connection.getresponse().read()
                return time.perf_counter() - began
            except ConnectionError:
                if process.poll() is not None:
                    raise
                time.sleep(0.001)
            finally:
                connection.close()
    finally:
        process.terminate()
        process.wait()


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

"""What a process costs: its start, its memory, and what it serves at once."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import flask

from mockserver.bench.figures import Figure, output_of, seconds_of, send
from mockserver.bench.requests import NOTES, application
from mockserver.serving.server import Server, free_address

START = "from mockserver import create_app; create_app(scenario={!r}).test_client().get('/__admin/health')"
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
    """Yield what the start takes, what stays in memory, and how many requests are answered at once."""
    whole = min(seconds_of(START.format("demo")) for _ in range(5))
    unseeded = min(seconds_of(START.format("blank")) for _ in range(5))
    bare = min(seconds_of("import flask") for _ in range(5))
    yield Figure("start to first answer, demo", whole * 1e3, 1000, 1, "ms", "a second")
    yield Figure("the same without seeding", unseeded * 1e3, bare * 1e3, 3, "ms", "python -c 'import flask'")
    start, end = (int(pages) * resource.getpagesize() / 2**20 for pages in output_of(MEMORY).split())
    yield Figure("memory after the start", start, 120, 1, "MiB", "120 MiB")
    yield Figure("memory after 100 000 requests", end, start, 1.05, "MiB", "after the start")
    yield _served()


def _served() -> Figure:
    """Return what a request takes of a server that sixteen connections ask at once."""
    ours, _ = application(150)
    answer = send(ours, "GET", NOTES, "limit=1")
    bare = flask.Flask("bare")
    bare.add_url_rule(NOTES, view_func=lambda: flask.Response(answer, content_type="application/json"))
    took, compared = (_seconds_each(served) * 1e6 for served in (ours, bare))
    return Figure("served, 16 connections", took, compared, 2)


def _seconds_each(served: Any) -> float:
    server = Server(served, free_address("127.0.0.1", 0)).start()
    try:
        load = [sys.executable, "-m", "mockserver.bench.connections", server.address.url, f"{NOTES}?limit=1"]
        return 1 / float(subprocess.run(load, check=True, capture_output=True, text=True).stdout)
    finally:
        server.stop()

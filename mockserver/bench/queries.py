"""What it takes to ask a world about its events: the first time in a process, in a fork, and after one event more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from mockserver.bench.figures import Figure, fastest, output_of, send
from mockserver.serving.app import create_app

WORLDS, QUERY = "/__admin/worlds", "/api/environments/1/query/"
COUNT = {"kind": "HogQLQuery", "query": "SELECT event, count() FROM events GROUP BY event"}
FIRST = """
import time
from mockserver.bench.queries import ask
from mockserver.serving.app import create_app

app = create_app()
began = time.perf_counter()
ask(app)
print(time.perf_counter() - began)
"""
ROUNDS = 20


def figures() -> Iterator[Figure]:
    """Yield what a question takes that is the first of its process, of its world, or of what was just captured."""
    first = min(float(output_of(FIRST)) for _ in range(3))
    yield Figure("first query of a process, demo", first * 1e3, 600, 1, "ms", "0.6 s")
    app = create_app()
    warm = fastest(partial(ask, app), times=ROUNDS, rounds=3) / 1e3
    yield _figure("a fork: 10 events, a query", lambda: _captured_and_asked(app, fork(app), 10), warm)
    world = fork(app)
    _captured_and_asked(app, world, 10)
    yield _figure("the same after one event more", lambda: _captured_and_asked(app, world, 1), warm)


def ask(app: Any, query: dict[str, Any] = COUNT, **whose: str) -> bytes:
    """Return the answer to a query that is computed whether or not an answer is kept."""
    return send(app, "POST", QUERY, "", json.dumps({"query": query, "refresh": "force_blocking"}).encode(), **whose)


def fork(app: Any) -> dict[str, Any]:
    """Return a new world, as the control plane tells of it."""
    world: dict[str, Any] = json.loads(send(app, "POST", WORLDS, "", json.dumps({"from": "default"}).encode()))
    return world


def _captured_and_asked(app: Any, world: dict[str, Any], count: int) -> None:
    events = [{"event": "bench", "distinct_id": f"bench-{number % 3}"} for number in range(count)]
    send(app, "POST", "/batch/", "", json.dumps({"api_key": world["project_token"], "batch": events}).encode())
    ask(app, key=world["api_key"])


def _figure(name: str, work: Callable[[], None], warm: float) -> Figure:
    took = fastest(work, times=ROUNDS, rounds=3) / 1e3
    return Figure(name, took, warm, 3, "ms", "the query, nothing captured")

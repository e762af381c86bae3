"""What a request costs in process, as ratios to a bare Flask view that returns the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import flask

from mockserver.bench.figures import Figure, fastest, send
from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from mockserver.world.worlds import World

NOTES = "/api/projects/1/annotations/"
BODY = b'{"content": "hello", "date_marker": "2025-01-01T00:00:00Z", "scope": "project"}'
REQUESTS: tuple[tuple[str, float, tuple[str, str, str, bytes]], ...] = (
    ("GET one record", 2, ("GET", NOTES + "1005/", "", b"")),
    ("GET a list of 100", 4, ("GET", NOTES, "limit=100", b"")),
    ("POST create", 3, ("POST", NOTES, "", BODY)),
)
"""Each with the ratio aimed at."""


def figures() -> Iterator[Figure]:
    """Yield what reading and writing costs, and that it does not cost more in a big world."""
    small, _ = application(150)
    bare = _bare(send(small, "GET", NOTES + "1005/"), send(small, "GET", NOTES, "limit=100"))
    for name, target, request in REQUESTS:
        compared = fastest(partial(send, bare, *request))
        yield Figure(name, fastest(partial(send, small, *request)), compared, target)
    large, _ = application(100_000)
    for name, _target, request in REQUESTS:
        compared = fastest(partial(send, small, *request))
        yield Figure(f"{name}, 100 000 records", fastest(partial(send, large, *request)), compared, 1.5,
                     against="the same at 100")  # fmt: skip


def application(notes: int) -> tuple[Any, World]:
    """Return the demo with so many annotations more, and its world."""
    contract = Contract.read()
    app = create_app(scenario="demo", contract=contract)
    world: World = app.extensions["mockserver"].default
    records = [
        {"id": 1000 + n, "content": f"note {n}", "scope": "project", "date_marker": f"2025-01-01T00:00:{n % 60:02d}Z"}
        for n in range(notes)
    ]
    load(contract, world, {"annotations": records})
    return app, world


def _bare(one: bytes, page: bytes) -> flask.Flask:
    bare = flask.Flask("bare")
    shown = flask.json.loads(one)

    @bare.get("/api/projects/<project>/annotations/<note>/")
    def retrieve(project: str, note: str) -> Any:
        return flask.jsonify(shown)

    @bare.get("/api/projects/<project>/annotations/")
    def listing(project: str) -> Any:
        return flask.Response(page, content_type="application/json")

    @bare.post("/api/projects/<project>/annotations/")
    def create(project: str) -> Any:
        flask.request.get_json()
        return flask.jsonify(shown), 201

    return bare

"""What a request costs in process, as ratios to a bare Flask view that returns the same bytes.

A GET that is asked again is given as it was; what it takes to make it stands beside that.
"""

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
"""Each with the ratio aimed at where it is made anew."""
AGAIN, LARGE, STRICT = 0.5, 1.15, 1.6


def figures() -> Iterator[Figure]:
    """Yield what reading and writing costs, and what it costs more in a big world, or where answers are checked."""
    small, _ = application(150)
    anew, _ = application(150, keep_answers=False)
    strict, _ = application(150, keep_answers=False, strict=True)
    bare = bare_beside(small)
    for name, target, request in REQUESTS:
        compared = fastest(partial(send, bare, *request))
        if request[0] == "GET":
            yield Figure(f"{name}, given again", fastest(partial(send, small, *request)), compared, AGAIN)
        yield Figure(name, fastest(partial(send, anew, *request)), compared, target)
    large, _ = application(100_000, keep_answers=False)
    for name, _target, request in REQUESTS:
        compared = fastest(partial(send, anew, *request))
        for said, app, target in (("100 000 records", large, LARGE), ("checked", strict, STRICT)):
            took = fastest(partial(send, app, *request))
            yield Figure(f"{name}, {said}", took, compared, target, against="the same without")


def application(notes: int, *, keep_answers: bool = True, strict: bool = False) -> tuple[Any, World]:
    """Return the demo with so many annotations more, and its world."""
    contract = Contract.read()
    app = create_app(scenario="demo", contract=contract, keep_answers=keep_answers, strict=strict)
    world: World = app.extensions["mockserver"].default
    records = [
        {"id": 1000 + n, "content": f"note {n}", "scope": "project", "date_marker": f"2025-01-01T00:00:{n % 60:02d}Z"}
        for n in range(notes)
    ]
    load(contract, world, {"annotations": records})
    return app, world


def bare_beside(app: Any, *, encodes: bool = False) -> flask.Flask:
    """Return views that give what an application answers, and do nothing else; `encodes` the list as JSON, too."""
    one, page = send(app, "GET", NOTES + "1005/"), send(app, "GET", NOTES, "limit=100")
    bare = flask.Flask("bare")
    shown, listed = flask.json.loads(one), flask.json.loads(page)

    @bare.get("/api/projects/<project>/annotations/<note>/")
    def retrieve(project: str, note: str) -> Any:
        return flask.jsonify(shown)

    @bare.get("/api/projects/<project>/annotations/")
    def listing(project: str) -> Any:
        return flask.jsonify(listed) if encodes else flask.Response(page, content_type="application/json")

    @bare.post("/api/projects/<project>/annotations/")
    def create(project: str) -> Any:
        flask.request.get_json()
        return flask.jsonify(shown), 201

    return bare

"""What a request costs in process, as ratios to a bare Flask view that returns the same bytes.

A GET that is asked again is given as it was; what it takes to make it stands beside that. What is checked of a list is
what stands around its rows: those that were told before are known to be good.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import flask

from mockserver.bench.figures import Figure, both, send
from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from mockserver.store.log import MOST_ITEMS
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
    bare = bare_beside(small)
    for name, target, request in REQUESTS:
        if request[0] == "GET":
            yield _beside(f"{name}, given again", small, bare, request, AGAIN)
        yield _beside(name, anew, bare, request, target)
    large, _ = application(100_000)
    strict, _ = application(150, strict=True)
    large_anew, _ = application(100_000, keep_answers=False)
    strict_anew, _ = application(150, keep_answers=False, strict=True)
    for name, _target, request in REQUESTS:
        yield _beside(f"{name}, 100 000 records", large, small, request, LARGE, "the same at 150")
        yield _beside(f"{name}, checked", strict, small, request, STRICT, "the same unchecked")
        if request[0] == "GET":
            yield _beside(f"{name}, made, 100 000 records", large_anew, anew, request, LARGE, "the same at 150")
            yield _beside(f"{name}, made and checked", strict_anew, anew, request, STRICT, "the same unchecked")
    yield from _crowded(anew)


def _crowded(usual: Any) -> Iterator[Figure]:
    """Yield what more operations cost, and a journal that remembers ten times as much."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "document.json"
        document.write_text(json.dumps(_described(100)), encoding="utf-8")
        routed, _ = application(150, keep_answers=False, openapi=[str(document)])
    remembering, _ = application(150, keep_answers=False, journal_size=10 * MOST_ITEMS)
    for _ in range(10 * MOST_ITEMS):
        send(remembering, *REQUESTS[0][2])
    for name, _target, request in REQUESTS:
        yield _beside(f"{name}, made, 400 operations more", routed, usual, request, LARGE, "the same without them")
        yield _beside(f"{name}, made, a full journal", remembering, usual, request, LARGE, "a tenth as long")


def _described(collections: int) -> dict[str, Any]:
    """Return an OpenAPI document of so many collections, each with four operations."""
    record = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
    said = {"content": {"application/json": {"schema": record}}}
    answered = {"200": {"description": "What there is.", **said}}
    here = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths: dict[str, Any] = {}
    for number in range(collections):
        paths[f"/api/bench/things_{number}/"] = {
            "get": {"responses": answered}, "post": {"requestBody": said, "responses": answered},
        }  # fmt: skip
        paths[f"/api/bench/things_{number}/{{id}}/"] = {
            "parameters": [here], "get": {"responses": answered}, "patch": {"requestBody": said, "responses": answered},
        }  # fmt: skip
    return {"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": paths}


def _beside(
    name: str, app: Any, other: Any, request: tuple[str, str, str, bytes], target: float,
    against: str = "a bare Flask view",
) -> Figure:  # fmt: skip
    took, compared = both(partial(send, app, *request), partial(send, other, *request))
    return Figure(name, took, compared, target, against=against)


def application(notes: int, **options: Any) -> tuple[Any, World]:
    """Return the demo with so many annotations more, and its world; `options` are those of `create_app`."""
    contract = Contract.read()
    app = create_app(scenario="demo", contract=contract, **options)
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

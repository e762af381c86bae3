"""The API to read and to try: PostHog's, as the contract has it, and the control plane's.

The reader is Swagger UI, of which only the files are taken, from a Python package. It sends nothing elsewhere: both
documents are this server's, and what is tried is sent to it with the key of the chosen world.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import orjson
from flask import Response, abort

from mockserver.console.pages import framed, guarded
from mockserver.contract import Contract

ROOT = "/__admin/reference"
PACKAGE = "flask_swagger_ui"
FILES = {"swagger-ui-bundle.js": "text/javascript; charset=utf-8", "swagger-ui.css": "text/css; charset=utf-8"}
KEPT_SECONDS = 3600
POLICY = {"img-src": "'self' data:"}
"""Swagger UI's icons lie in its style; it needs nothing else beside what the console does."""
HERE = [{"url": "/", "description": "This server."}]
SUMMARY = "What PostHog's documentation pages describe, and the families that are modelled beyond them."


def answer_reference(control_plane: bool = False) -> Response:
    """Return the page that shows PostHog's API, or the control plane's."""
    return framed("reference.html", POLICY, reference=ROOT, control_plane=control_plane)


def answer_asset(name: str) -> Response:
    """Return a file of Swagger UI; a 404 in the envelope for any that the page does not use."""
    spec = find_spec(PACKAGE)  # found, not imported: it would make a blueprint of its own
    if name not in FILES or spec is None or not spec.submodule_search_locations:
        abort(404)
    file = Path(spec.submodule_search_locations[0], "dist", name)
    response = Response(file.read_bytes(), content_type=FILES[name])
    response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return guarded(response)


def answer_document(contract: Contract) -> Response:
    """Return the whole contract, asked of this server."""
    return guarded(Response(_document(contract), content_type="application/json"))


@lru_cache(maxsize=2)
def _document(contract: Contract) -> bytes:
    whole = contract.whole
    return orjson.dumps({**whole, "info": {**whole["info"], "summary": SUMMARY}, "servers": HERE})

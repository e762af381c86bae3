"""posthog-js as a page's snippet loads it: `/static/array.js` and its siblings, from a folder that the user names."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Response, send_from_directory

from mockserver.errors import NotFound

HINT = (
    "this server was started without --static; name a folder of posthog-js, as in "
    "npm install posthog-js && mockserver serve --static node_modules/posthog-js/dist"
)
MAIN = "array.js"
VERSION = re.compile(r"\d+(\.\d+)*/")


class NoScript(NotFound):
    """A script that no folder has."""


def answer_script(folder: Path | None, name: str) -> Response:
    """Return a file of a folder; one asked for in a version is the one that is there. Raises: NoScript."""
    plain = VERSION.sub("", name, count=1)
    if folder is None or not (folder / plain).is_file():
        raise _missing(folder, plain)
    return send_from_directory(folder.resolve(), plain, max_age=0)


def with_config(folder: Path | None, config: bytes) -> Response:
    """Return posthog-js and a project's configuration as one script. Raises: NoScript."""
    if folder is None or not (folder / MAIN).is_file():
        raise _missing(folder, MAIN)
    return Response((folder / MAIN).read_bytes() + b"\n" + config, content_type="application/javascript")


def _missing(folder: Path | None, name: str) -> NoScript:
    return NoScript(HINT if folder is None else f"{name} is not in the folder of --static")

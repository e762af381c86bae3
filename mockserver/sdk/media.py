"""Images that somebody uploaded, for whoever knows their address. Source: the servers' rules, read."""

from __future__ import annotations

import base64

from flask import Request, Response

from mockserver.errors import NotFound, ValidationError
from mockserver.request.tenancy import uuid
from mockserver.resources.reporting.media import TABLE
from mockserver.road.rendering import render_error
from mockserver.traffic.interception import WORLD
from mockserver.world.worlds import Worlds

FOR_EVER = {"Cache-Control": "public, max-age=315360000, immutable"}


def respond(worlds: Worlds, request: Request, number: str) -> Response:
    """Return an image, of whichever world has it."""
    key = uuid(number)
    if key is None:
        return render_error(ValidationError(f"“{number}” is not a valid UUID."))
    for world in worlds:
        found = world.view().table(TABLE).get(key)
        if found is not None:
            request.environ[WORLD] = world
            content = base64.b64decode(found["content"])
            return Response(content, 200, FOR_EVER, content_type=found["content_type"])
    return render_error(NotFound())

"""Images that somebody uploaded, for whoever knows their address. Source: the servers' rules, read."""

from __future__ import annotations

import base64

from flask import Blueprint, Response, request

from mockserver.errors import NotFound, ValidationError
from mockserver.request.tenancy import uuid
from mockserver.resources.reporting.media import PLACE, TABLE
from mockserver.road.rendering import render_error
from mockserver.traffic.interception import WORLD
from mockserver.world.worlds import Worlds

FOR_EVER = {"Cache-Control": "public, max-age=315360000, immutable"}


def media_blueprint(worlds: Worlds) -> Blueprint:
    """Return the address of uploaded images, of whichever world."""
    blueprint = Blueprint("media", __name__)

    def view(number: str) -> Response:
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

    blueprint.add_url_rule(f"/{PLACE}/<number>", view_func=view, endpoint="image", methods=["GET", "HEAD"])
    blueprint.add_url_rule(f"/{PLACE}/<number>/", view_func=view, endpoint="image/", methods=["GET", "HEAD"])
    return blueprint

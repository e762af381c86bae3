"""What SDKs and browsers talk to beside the API: capture under every name it has had, the questions asked at start-up,
what is shared, uploaded images.

A request belongs to the world and project of the token it carries. What answers is imported with the first request:
most servers are asked for little of it, and it takes a tenth of a start.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Request, Response, request

from mockserver.request.sharing import PARAMETER
from mockserver.resources.reporting import UPLOADED
from mockserver.road.binding import Routes
from mockserver.sdk.paths import PATHS, READING, SHARED, Asked
from mockserver.world.worlds import Worlds

View = Callable[..., Response]


def capture_blueprint(worlds: Worlds, static: Path | None = None) -> Blueprint:
    """Return the routes that SDKs use, over these worlds; `static` is a folder with the scripts of posthog-js."""
    blueprint = Blueprint("capture", __name__)
    for asked in PATHS:
        view = _view(asked, worlds, static)
        for form in (asked.path, f"{asked.path}/") if asked.has_slash else (asked.path,):
            blueprint.add_url_rule(
                f"/{form}", endpoint=form.strip("/").replace(".", "-") + "/" * form.endswith("/"), view_func=view,
                methods=[*asked.methods, "OPTIONS"],
            )  # fmt: skip
    return blueprint


def _view(asked: Asked, worlds: Worlds, static: Path | None) -> View:
    def view(**parts: str) -> Response:
        from mockserver.sdk.answering import respond

        return respond(asked, worlds, _current(), static, parts)

    return view


def shared_blueprint(routes: Routes) -> Blueprint:
    """Return the public pages of what the worlds of an application share."""
    blueprint = Blueprint("shared", __name__)

    def view(**parts: str) -> Response:
        from mockserver.sdk.shared_pages import respond

        return respond(_current(), parts[PARAMETER], routes)

    for path in SHARED:
        for form in ("", "/"):
            rule = f"/{path}/<{PARAMETER}>{form}"
            blueprint.add_url_rule(rule, endpoint=path + form, view_func=view, methods=["GET", "HEAD", "POST"])
    return blueprint


def media_blueprint(worlds: Worlds) -> Blueprint:
    """Return the address of uploaded images, of whichever world."""
    blueprint = Blueprint("media", __name__)

    def view(number: str) -> Response:
        from mockserver.sdk.media import respond

        return respond(worlds, _current(), number)

    for form in ("", "/"):
        rule = f"/{UPLOADED}/<number>{form}"
        blueprint.add_url_rule(rule, view_func=view, endpoint=f"image{form}", methods=list(READING))
    return blueprint


def _current() -> Request:
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # what answers may be asked later
    return asked

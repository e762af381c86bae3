"""The control plane, `/__admin`: a small module for each thing controlled, tied to `contracts/admin.yaml` by name.

Every handler takes the plane, what came with the call (its body, or its query), and what its path names; it returns
what to answer, or nothing. Errors are those of the API, in its envelope.
"""

from __future__ import annotations

import hmac
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from flask import Blueprint, Response, request

from mockserver.admin.contract import Control, controls, read_document
from mockserver.admin.plane import Plane
from mockserver.errors import APIError, NotAuthenticated
from mockserver.request.parsing import JSON, read_body
from mockserver.road.binding import BindingError
from mockserver.road.rendering import empty, encode, render_error

__all__ = ["Plane", "control_plane", "handler"]

Handler = Callable[..., Any]
MOST_BYTES = 1 << 30
"""Largest body of the control plane: whole states, and loads of a hundred thousand records, come this way."""
MODULES = (
    "server",
    "worlds",
    "keys",
    "clock",
    "snapshots",
    "journal",
    "events",
    "faults",
    "stubs",
    "deliveries",
    "state",
    "records",
    "flags",
    "people",
)
"""Where handlers are looked for, in this order; a module is imported when one is looked for there."""


def control_plane(plane: Plane, token: str | None = None) -> Blueprint:
    """Return the control plane; with a `token`, every call but those open to all must carry it as a bearer."""
    blueprint = Blueprint("admin", __name__)
    for control in controls(read_document()):
        view = _view(plane, control, None if control.is_open else token)
        rule = control.path.replace("{", "<").replace("}", ">")
        blueprint.add_url_rule(
            rule, endpoint=control.id, view_func=view, methods=[control.method], strict_slashes=False
        )  # fmt: skip
    return blueprint


@cache
def handler(id: str) -> Handler:
    """Return what handles a call. Raises: BindingError for one without a handler."""
    for name in MODULES:
        found = vars(import_module(f"{__name__}.{name}")).get(id)
        if inspect.isfunction(found):
            return found
    raise BindingError(f"no module of mockserver.admin has {id}")


def _view(plane: Plane, control: Control, token: str | None) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        try:
            if token is not None:
                _require(token)
            if "world" in path:
                path["world"] = plane.worlds.get(path["world"])
            answer = handler(control.id)(plane, _given(control), **path)
            if "world" in path:
                plane.worlds.note(path["world"])
                path["world"].bell.ring()
        except APIError as error:
            return render_error(error)
        if isinstance(answer, Response):
            return answer
        return empty(control.status) if answer is None else Response(encode(answer), control.status, content_type=JSON)

    return view


def _given(control: Control) -> Any:
    if not control.takes_body:
        return control.read_query(request.args)
    request.max_content_length = MOST_BYTES
    return control.check_body(read_body(request, (JSON,)).value)


def _require(token: str) -> None:
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode()):
        raise TokenMissing("The control plane asks for its admin token.")


class TokenMissing(NotAuthenticated):
    """The admin token is missing or wrong; unlike PostHog, the control plane says how to send it."""

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}

"""The control plane, `/__admin`: one table of routes, a small module for each thing controlled.

Every handler takes the plane (`Plane`), the body that came with the call, and what its path names; it returns what to
answer, or nothing. Errors are those of the API, in its envelope.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from mockserver import __version__
from mockserver.admin import clock, keys, state, worlds
from mockserver.contract import Contract
from mockserver.errors import APIError, NotAuthenticated, NotFound, ValidationError
from mockserver.parsing import JSON, read_body
from mockserver.rendering import empty, encode, render_error
from mockserver.world import Worlds

Handler = Callable[..., Any]


@dataclass
class Plane:
    """What the handlers work on."""

    contract: Contract
    worlds: Worlds
    started: float = field(default_factory=time.monotonic)


def health(plane: Plane, body: Any) -> dict[str, Any]:
    """Say that the server is up, and what it serves."""
    contract = plane.contract
    return {
        "status": "ok",
        "version": __version__,
        "contract": {"title": contract.title, "version": contract.version, "operations": len(contract.promised)},
        "worlds": len(plane.worlds),
        "uptime_s": round(time.monotonic() - plane.started, 3),
    }


ROUTES: tuple[tuple[str, str, int, Handler], ...] = (
    ("GET", "/health", 200, health),
    ("GET", "/worlds", 200, worlds.list_worlds),
    ("POST", "/worlds", 201, worlds.create_world),
    ("GET", "/worlds/<world>", 200, worlds.get_world),
    ("DELETE", "/worlds/<world>", 204, worlds.delete_world),
    ("POST", "/worlds/<world>/reset", 204, worlds.reset_world),
    ("POST", "/worlds/<world>/load", 201, state.load_records),
    ("GET", "/worlds/<world>/state", 200, state.get_state),
    ("PUT", "/worlds/<world>/state", 204, state.put_state),
    ("POST", "/worlds/<world>/api_keys", 201, keys.create_key),
    ("GET", "/worlds/<world>/clock", 200, clock.get_clock),
    ("PUT", "/worlds/<world>/clock", 200, clock.set_clock),
)


def control_plane(contract: Contract, worlds: Worlds, token: str | None = None) -> Blueprint:
    """Return the control plane; with a `token`, every call but `health` must carry it as a bearer."""
    plane = Plane(contract, worlds)
    blueprint = Blueprint("admin", __name__, url_prefix="/__admin")
    for method, path, status, handler in ROUTES:
        view = _view(plane, handler, status, token if handler is not health else None)
        blueprint.add_url_rule(
            path, endpoint=f"{method} {path}".replace(".", "_"), view_func=view, methods=[method], strict_slashes=False
        )
    return blueprint


def _view(plane: Plane, handler: Handler, status: int, token: str | None) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        try:
            if token is not None:
                _require(token)
            body = _object(read_body(request, (JSON,)).value) if request.method in ("POST", "PUT") else {}
            if "world" in path:
                answer = handler(plane, body, plane.worlds.get(path.pop("world")), **path)
            else:
                answer = handler(plane, body, **path)
        except APIError as error:
            return render_error(error)
        if answer is None:
            return empty(status)
        return Response(encode(answer), status, content_type=JSON)

    return view


def _require(token: str) -> None:
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotAuthenticated("The control plane asks for its admin token.")


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body


__all__ = ["NotFound", "Plane", "control_plane"]

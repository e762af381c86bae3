"""The factory: contract and world in, WSGI application out. There is no state beside what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod

from mockserver import __version__, auth
from mockserver.binding import Route, bind
from mockserver.capture_api import capture_blueprint
from mockserver.contract import Contract, Profile
from mockserver.dispatch import ENDPOINT_NOT_FOUND, FORMAT, dispatch
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.parsing import MAX_BODY_BYTES
from mockserver.rendering import render_error
from mockserver.resources import RESOURCES
from mockserver.seeding import build_world
from mockserver.strictness import Strictness
from mockserver.world import World, Worlds

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
SUFFIX = re.compile(r"(/api/.*[^/.])\.([a-z0-9]+)(/?)")


def create_app(
    world: World | None = None,
    *,
    scenario: str = "demo",
    seed: int = 0,
    profile: str = Profile.DOCUMENTED,
    freeze_time: str | None = None,
    strict: bool = False,
    admin_token: str | None = None,
    admin: bool = True,
    contract: Contract | None = None,
) -> Flask:
    """Return a WSGI application that answers every operation of the contract.

    `world` is the default one; without it `scenario` (a name, or a path to a file) is seeded with `seed`, answering as
    `profile` says, its clock stopped at `freeze_time` (ISO 8601) if given. `strict` checks every answer against the
    contract as it leaves. `admin_token` is asked of the control plane; `admin=False` leaves it out.

    Raises: ContractError, BindingError, ScenarioError.
    """
    contract = contract or Contract.read()
    routes = bind(contract, RESOURCES)
    if world is None:
        world = build_world(contract, scenario=scenario, seed=seed, profile=Profile(profile), freeze_time=freeze_time)
    worlds = Worlds(world)
    app = Flask("mockserver", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["mockserver"] = worlds
    app.extensions["mockserver.contract"] = contract
    app.extensions["mockserver.routes"] = routes
    strictness = Strictness(contract) if strict else None
    for route in routes:
        _serve(app, route, worlds, strictness)
    _serve_schema(app, contract)
    app.register_blueprint(capture_blueprint(worlds))
    if admin:
        from mockserver.admin import control_plane

        app.register_blueprint(control_plane(contract, worlds, admin_token))
    app.register_error_handler(HTTPException, _route_missed)
    app.after_request(_sign)
    app.wsgi_app = _formats(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _serve(app: Flask, route: Route, worlds: Worlds, strictness: Strictness | None) -> None:
    def view(**path: str) -> Response:
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # the proxy costs at each use
        world = worlds.of_key(_key(asked))
        found, named = route.seen(world.profile, path)
        response = dispatch(found, named, world, asked)
        if strictness:
            response = strictness.check(response, found, world, asked.method)
        return response

    rule = re.sub(r"{(\w+)}", r"<\1>", route.path)
    for path in (rule, rule + "/"):
        app.add_url_rule(path, endpoint=f"{route.resource.family} {path}", view_func=view, methods=METHODS)


def _key(request: Request) -> str | None:
    """Return the key or project token that names a world: in the header, the query or a form."""
    authorization = request.environ.get("HTTP_AUTHORIZATION")
    if authorization:
        found = auth.BEARER.match(authorization)
        if found:
            return found[1].strip()
    candidate = request.args.get("personal_api_key")
    if candidate or request.method in ("GET", "HEAD", "OPTIONS"):
        return candidate
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    value = body.get("personal_api_key") if hasattr(body, "get") else None
    return value if isinstance(value, str) else None


def _serve_schema(app: Flask, contract: Contract) -> None:
    """Serve the bundled contract where PostHog serves its own."""
    from mockserver.bundling import bundle_json, bundle_yaml

    def schema() -> Response:
        if request.args.get("format") == "json" or request.accept_mimetypes.best == "application/json":
            return Response(bundle_json(contract), content_type="application/vnd.oai.openapi+json; charset=utf-8")
        return Response(bundle_yaml(contract), content_type="application/vnd.oai.openapi; charset=utf-8")

    app.add_url_rule("/api/schema/", endpoint="schema", view_func=schema, strict_slashes=False, methods=["GET"])


def _route_missed(error: HTTPException) -> Any:
    """Answer what no route matched, or no route knows the method of, as PostHog does."""
    if isinstance(error, WrongMethod):
        response = render_error(MethodNotAllowed.of(request.method))
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    if error.code == 404:
        return render_error(NotFound(ENDPOINT_NOT_FOUND))
    return error


def _sign(response: Response) -> Response:
    response.headers["X-Mockserver"] = __version__
    return response


def _formats(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Take a format suffix (`/persons.csv`) off the path, and keep the path as it was asked for."""

    def suffixed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if "." in path and path.startswith("/api/"):
            found = SUFFIX.fullmatch(path)
            if found:
                environ["mockserver.path"] = path
                environ["PATH_INFO"] = found[1] + found[3]
                environ[FORMAT] = found[2]
        return application(environ, start_response)

    return suffixed

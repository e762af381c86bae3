"""The factory: contract and world in, WSGI application out. There is no state beside what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, request
from flask.ctx import RequestContext
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WrongMethod
from werkzeug.routing import Rule

from mockserver.accounts import accounts_blueprint
from mockserver.analytics.clickhouse.choosing import choose, forget
from mockserver.collecting import paused
from mockserver.contract import Contract, Profile
from mockserver.errors import MethodNotAllowed, NotFound, of_status
from mockserver.inferred.registry import FOUND, Registry, read_compiled
from mockserver.request.parsing import MAX_BODY_BYTES, DjangoRequest
from mockserver.resources import RESOURCES
from mockserver.road.binding import Route, Routes, bind, bind_shipped
from mockserver.road.dispatch import ENDPOINT_NOT_FOUND, EVERY_METHOD, FORMAT, dispatch
from mockserver.road.rendering import render_error
from mockserver.road.routing import Table
from mockserver.road.strictness import Strictness
from mockserver.sdk.api import capture_blueprint, media_blueprint, shared_blueprint
from mockserver.seeding.templates import Templates
from mockserver.serving.cors import LOCALHOST, Cors
from mockserver.serving.direct import Direct
from mockserver.serving.guarding import Guard
from mockserver.serving.hooks import Hooks
from mockserver.serving.pages import serve_pages, welcoming
from mockserver.serving.proxies import LOOPBACK, TrustedProxies
from mockserver.store.archive import MEMORY, Archive, open_archive
from mockserver.store.log import MOST_ITEMS
from mockserver.traffic.coverage import Coverage
from mockserver.traffic.interception import EXTENSION, WORLD, Interception
from mockserver.traffic.journals import Journals, KeptJournals, SharedJournals
from mockserver.traffic.latency import Latency
from mockserver.version import __version__
from mockserver.world.tables import TABLES
from mockserver.world.worlds import World, Worlds

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from mockserver.seeding import Progress

SUFFIX = re.compile(r"(/api/.*[^/.])\.([a-z0-9]+)(/?)")


class Pattern(Rule):
    """A rule of paths to match only: compiling what would build them, which nothing asks for, is half of the routing's
    start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return lambda *_, **__: ("", "")


class Application(Flask):
    """A Flask that reads requests as Django does, and has no coroutines to look for in each of its functions."""

    request_class = DjangoRequest
    url_rule_class = Pattern

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def answer_failure(self, error: Exception, asked: Request) -> Response:
        """Return what is answered where an answer could not be made: an error's, or the 500 of an exception."""
        with RequestContext(self, asked.environ, asked):
            try:
                return self.finalize_request(self.handle_user_exception(error))
            except Exception as unexpected:
                return self.handle_exception(unexpected)


@paused()
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
    journal_size: int = MOST_ITEMS,
    cors: str = LOCALHOST,
    host: str = LOCALHOST,
    allowed_hosts: Sequence[str] = (),
    latency: str | None = None,
    static: Path | None = None,
    trusted_proxy: str = LOOPBACK,
    store: str = MEMORY,
    clickhouse: str | None = None,
    shared: bool = False,
    keep_answers: bool = True,
    contract: Contract | None = None,
    progress: Progress | None = None,
    openapi: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> Flask:
    """Return a WSGI application that answers every operation of the contract.

    `world` is the default one; without it `scenario` (a name, or a path to a file) is seeded with `seed`, answering as
    `profile` says, its clock stopped at `freeze_time` (ISO 8601) if given. `strict` checks every answer against the
    contract as it leaves. `admin_token` is asked of the control plane; `admin=False` leaves it out. `journal_size` is
    how many requests each world remembers. `cors` names the origins whose pages may read the answers: `localhost` any
    of this machine, `*` all, `off` none. The control plane answers under `host`, the names of loopback and
    `allowed_hosts`. `latency` is what every answer waits, in milliseconds: `200`, or a range of them that the world's
    seed draws from, `100-300`. `static` is a folder with the scripts of posthog-js, for `/static/array.js`.
    `trusted_proxy` names the proxies whose word on the client is believed (`X-Forwarded-…`): `loopback`, addresses and
    networks, `*` or `off`. `store` is where worlds are kept: `memory://`, or `sqlite:///FILE` or `postgresql://…`, in
    which the default world is found again with all others; `shared` says that other processes of this machine have the
    file open too. `clickhouse` is the URL of a ClickHouse server that computes queries in the place of the embedded
    one, for this whole process. With `keep_answers=False` each answer is made anew, even where nothing that it shows
    has changed. `progress` is told how far the seeding of a large scenario is: what is made, how many are, how many
    there will be. `openapi` are documents, files or addresses: what they describe and no family models is answered from
    them alone; `overrides` are files that correct what is inferred of them.

    Raises: ContractError, BindingError, ScenarioError, StoreError; ValueError for a time, origin, latency or proxy that
    is none; UnreadableDocument, OverrideError and Clash for a document.
    """
    choose(clickhouse)
    origins, wait = Cors.read(cors), None if latency is None else Latency.read(latency)
    proxies = TrustedProxies.read(trusted_proxy)
    guard = Guard.of(host, allowed_hosts, origins)
    is_shipped = contract is None
    contract = contract or Contract.shipped()
    routes = bind_shipped(contract, RESOURCES) if is_shipped else bind(contract, RESOURCES)
    templates = Templates(contract, freeze_time, keeps=is_shipped)
    archive = open_archive(store, [table.layout for table in TABLES.values()], shared=shared)
    worlds = Worlds.kept(archive) if archive is not None else None
    if worlds is None:
        default = world or templates.build_default(scenario, seed, Profile(profile), progress)
        worlds = Worlds.opened(default, archive)
    journals = _start_journals(worlds, archive)
    app = Application("mockserver", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["mockserver"] = worlds
    app.extensions["mockserver.contract"] = contract
    app.extensions["mockserver.routes"] = routes
    app.extensions["mockserver.close"] = partial(_close, worlds, journals, clickhouse)
    registry = app.extensions["mockserver.inferred"] = Registry(routes)
    for compiled in read_compiled(openapi, overrides):
        registry.add(compiled)
    strictness = Strictness(contract)
    strictness.beside = registry.find_problem
    _serve_schema(app, contract)
    app.register_blueprint(capture_blueprint(worlds, static))
    app.register_blueprint(accounts_blueprint(worlds))
    app.register_blueprint(shared_blueprint(routes))
    app.register_blueprint(media_blueprint(worlds))
    coverage = Coverage(contract, registry.operations)
    is_shared = archive is not None and archive.is_shared
    interception = Interception(
        worlds, routes, coverage, most_entries=journal_size, latency=wait, keeps=keep_answers, is_shared=is_shared
    )
    app.extensions[EXTENSION] = interception
    hooks = Hooks((interception.catch_up,) if is_shared else ())
    # The preflight of a browser is answered before anything else: it is no request of a client's.
    hooks = hooks + origins.hooks + Hooks((interception.before,), (interception.after,)) + Hooks(after=(_sign,))
    hooks.install(app)
    plane = None
    if admin:
        from mockserver.admin import Plane, control_plane

        plane = Plane(contract, worlds, templates, routes, strictness, coverage, journals, registry)
        app.register_blueprint(control_plane(plane, admin_token))
        serve_pages(app, contract)
    app.register_error_handler(HTTPException, _route_missed(interception))
    table = _table(app, routes)
    registry.stand_beside(table, interception.forget)
    answer = partial(_answer, strictness if strict else None, registry)
    direct = Direct(table, hooks, interception, answer, registry.claim)
    served = direct.before(app.wsgi_app, app.answer_failure)
    greeted = welcoming(_formats(served), plane, admin_token)
    app.wsgi_app = guard.before(proxies.before(greeted))  # type: ignore[method-assign, assignment]
    return app


def close(app: Flask) -> None:
    """Write what is left to the store of an application, and let go of it."""
    app.extensions["mockserver.close"]()


def _close(worlds: Worlds, journals: Journals, clickhouse: str | None) -> None:
    forget(clickhouse)
    journals.stop()
    worlds.close()


def _start_journals(worlds: Worlds, archive: Archive | None) -> Journals:
    """Return the journals, kept beside the worlds where these are kept."""
    journals = Journals()
    if archive is not None:
        journals = (SharedJournals if archive.is_shared else KeptJournals)(worlds, archive)
    journals.start()
    return journals


def _table(app: Flask, routes: Routes) -> Table:
    """Return the table of the contract's routes, less what of their paths the application answers by itself."""
    table = Table(routes)
    for rule in app.url_map.iter_rules():
        table.leave(rule.rule, rule.methods or ())
    return table


def _answer(
    strictness: Strictness | None, registry: Registry, route: Route, path: dict[str, str], asked: Request
) -> Response:  # fmt: skip
    """Answer a request of the contract; of whatever method, since who is told which of them there are is for the road
    to say."""
    world: World = asked.environ[WORLD]
    if FOUND in asked.environ:
        return registry.answer(route, path, world, asked, strict=strictness is not None)
    found, named = route.seen(world.profile, path)
    response = dispatch(found, named, world, asked)
    return strictness.check(response, found, world, asked.method) if strictness else response


def _serve_schema(app: Flask, contract: Contract) -> None:
    """Serve the bundled contract where PostHog serves its own."""

    def schema() -> Response:
        from mockserver.contract.bundling import bundle_json, bundle_yaml  # late: most servers are never asked

        if request.args.get("format") == "json" or request.accept_mimetypes.best == "application/json":
            return Response(bundle_json(contract), content_type="application/vnd.oai.openapi+json; charset=utf-8")
        return Response(bundle_yaml(contract), content_type="application/vnd.oai.openapi; charset=utf-8")

    app.add_url_rule("/api/schema/", endpoint="schema", view_func=schema, strict_slashes=False, methods=["GET"])


def _route_missed(interception: Interception) -> Callable[[HTTPException], Response]:
    """Return the handler of what no route answers, always in PostHog's envelope."""

    def missed(error: HTTPException) -> Response:
        if isinstance(error, WrongMethod):
            response = render_error(MethodNotAllowed.of(request.method))
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return response
        if error.code not in (None, 404, 308):
            return render_error(of_status(error.code))
        response = render_error(NotFound(ENDPOINT_NOT_FOUND))
        response.headers["Allow"] = EVERY_METHOD
        closest = interception.closest_route(request.path)
        if closest:
            response.headers["X-Mockserver-Closest-Route"] = closest
        return response

    return missed


def _sign(asked: Request, response: Response) -> Response:
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

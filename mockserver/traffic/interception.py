"""What stands around the road of every request: which world it belongs to, faults, stubs, and the journal.

    WSGI ─ journal ─ faults ─ stubs ─ route ─ …

Everything here is on the way of each request, so a world without faults and stubs costs two lookups, and an entry of
the journal one tuple.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from flask import Flask, Request, Response, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import BaseConverter

from mockserver.contract import ByProfile, Profile
from mockserver.errors import ParseError
from mockserver.request import auth
from mockserver.request.parsing import has_body, read_json
from mockserver.request.sharing import PARAMETER
from mockserver.road.binding import Route
from mockserver.store import View
from mockserver.traffic.coverage import Coverage
from mockserver.traffic.faults import FAULTS, PREFER, Fault, find_fault, preferred
from mockserver.traffic.journal import MOST_KEPT_BYTES, Body, Entry, headers_of, read_query, read_value, spell_headers
from mockserver.traffic.latency import Latency
from mockserver.traffic.stubs import STUBS, find_stub
from mockserver.world import clockwork, entropy
from mockserver.world.worlds import World, Worlds

ADMIN = "/__admin"
CAPTURE = "capture"
EXTENSION = "mockserver.traffic.interception"
WORLD = "mockserver.world.worlds"
"""Where the WSGI environment keeps the world that a request belongs to."""

BEGAN = "mockserver.began"
DAMAGE = "mockserver.damage"
DROPPED = "mockserver.dropped"


SEGMENT = "segment"
"""The converter of a path's parameters."""


class Segment(BaseConverter):
    """Part of a path that names a record: without a dot, as DRF's routers have it."""

    regex = "[^/.]+"
    part_isolating = True


def template_rule(path: str) -> str:
    """Return a path of the contract as Flask writes its parameters, with the slash that a request may leave out."""
    return path.replace("{", f"<{SEGMENT}:").replace("}", ">") + "/"


def endpoint_name(route: Route) -> str:
    """Return the name of a route's Flask endpoint."""
    return f"{route.resource.family} {route.path}"


class Asked:
    """A request that is being answered, as faults and stubs look at it."""

    def __init__(self, asked: Request, operation: str | None) -> None:
        self._asked = asked
        self.operation = operation
        self.method: str = asked.method
        self.path: str = asked.environ.get("mockserver.path") or asked.path

    @property
    def query(self) -> Mapping[str, Any]:
        """The query's parameters."""
        return read_query(self._asked.environ.get("QUERY_STRING", ""))

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by name."""
        return spell_headers(headers_of(self._asked.environ))

    @property
    def body(self) -> Any:
        """What the request carries."""
        return read_value(carried(self._asked))


def enter(asked: Request, world: World) -> None:
    """Let a request belong to the world that its body names; a fault or a stub of that world may end it here."""
    asked.environ[WORLD] = world
    clockwork.settled(world)
    answer = current_app.extensions[EXTENSION].befall(asked, world)
    if answer is not None:
        abort(answer)


class Interception:
    """The hooks before and after every request that is not for the control plane."""

    def __init__(
        self, worlds: Worlds, routes: Sequence[Route], coverage: Coverage, *, most_entries: int,
        latency: Latency | None = None,
    ) -> None:  # fmt: skip
        self.worlds = worlds
        self.coverage = coverage
        self._latency = latency
        self._most_entries = most_entries
        self._paths = [route.path for route in routes]
        self._operations = ByProfile(lambda profile: {endpoint_name(route): _ids(route, profile) for route in routes})

    def install(self, app: Flask) -> None:
        """Stand around every request of an application."""
        app.extensions[EXTENSION] = self
        app.before_request(self.before)
        app.after_request(self.after)

    def before(self) -> Response | None:
        """Find the request's world; answer in its place if a fault or a stub does."""
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # the proxy costs at each use
        environ = asked.environ
        if environ["PATH_INFO"].startswith(ADMIN):
            return None
        environ[BEGAN] = time.perf_counter()
        key = key_of(asked)
        world = environ[WORLD] = self.worlds.of_key(key)
        if PREFER in environ:
            wish = preferred(environ)
            if wish is not None:
                return wish.answer()
        if key is None and asked.blueprint == CAPTURE:
            return None  # its world is known once its body is read: see `enter`
        return self.befall(asked, world)

    def befall(self, asked: Request, world: World) -> Response | None:
        """Wait if every answer does; return what a fault or a stub of a world answers in its place."""
        if self._latency is not None:
            time.sleep(self._latency.seconds(world))
        view: View = world.view()
        if not view.value(FAULTS) and not view.value(STUBS):
            return None
        subject = Asked(asked, self.operation_of(asked, world))
        fault = find_fault(world, subject, key_of(asked))
        if fault is not None:
            asked.environ[DROPPED] = fault.drop
            answer = fault.answer()
            if answer is not None:
                return answer
            if fault.damages:
                asked.environ[DAMAGE] = fault
        return find_stub(world, subject)

    def operation_of(self, asked: Request, world: World) -> str | None:
        """Return the operation that a request is for."""
        ids = self._operations[world.profile].get(asked.endpoint or "")
        return ids.get(asked.method) if ids else None

    def after(self, response: Response) -> Response:
        """Spoil the answer if a fault says so, and write the request into the journal of its world."""
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        environ = asked.environ
        began = environ.get(BEGAN)
        if began is None:
            return response
        world: World = environ[WORLD]
        damage: Fault | None = environ.get(DAMAGE)
        if damage is not None:
            response = damage.damage(response)
        operation = self.operation_of(asked, world)
        status = None if environ.get(DROPPED) else response.status_code
        duration_ms = (time.perf_counter() - began) * 1000
        entry = _entry(asked, operation, entropy.read_clocks(world.view()), status, response, duration_ms)
        world.store.log.append(entry, entry.size, most=self._most_entries)
        if operation is not None and status is not None:
            self.coverage.count(world.id, operation, status)
        if asked.method not in ("GET", "HEAD", "OPTIONS"):
            self.worlds.register(world)
        world.bell.ring()
        return response

    def closest_route(self, path: str) -> str | None:
        """Return the route that a path was perhaps meant for."""
        found = get_close_matches(path.rstrip("/"), self._paths, n=1)
        return found[0] if found else None


def _ids(route: Route, profile: Profile) -> dict[str, str]:
    """Return the operations of a route in a profile, by method."""
    found, _ = route.seen(profile, {})
    ids = {method: endpoint.operation.id for method, endpoint in found.endpoints.items()}
    return ids | ({"HEAD": ids["GET"]} if "GET" in ids else {})


def _entry(
    asked: Request,
    operation: str | None,
    clocks: entropy.Reading,
    status: int | None,
    response: Response,
    duration_ms: float,
) -> Entry:
    environ = asked.environ
    content = response.response
    if isinstance(content, list) and len(content) == 1:
        answer = content[0]
    elif isinstance(content, (list, tuple)):
        answer = b"".join(content)
    else:
        answer = b""  # it is made while it is sent
    if len(answer) > MOST_KEPT_BYTES:
        answer = answer[:MOST_KEPT_BYTES]
    path = environ.get("mockserver.path") or asked.path
    return Entry(
        clocks, operation, asked.method, path, environ.get("QUERY_STRING", ""), headers_of(environ), carried(asked),
        status, answer, duration_ms,
    )  # fmt: skip


def carried(asked: Request) -> Body:
    """Return what a request carries, whether or not it was read: its bytes, or the fields of a form."""
    if not has_body(asked.environ):
        return b""
    try:
        if "form" in asked.__dict__:  # parsed, so its bytes are gone
            fields: dict[str, Any] = {k: v[0] if len(v) == 1 else v for k, v in asked.form.to_dict(flat=False).items()}
            files = {name: f"<file {file.filename}>" for name, file in asked.files.items()}
            if fields or files:
                return {**fields, **files}
        raw = asked.get_data()
    except RequestEntityTooLarge:
        return b""
    return raw if len(raw) <= MOST_KEPT_BYTES else raw[:MOST_KEPT_BYTES]


def shared_by(asked: Request) -> str | None:
    """Return the sharing token that a request bears, in its query or, of a public page, in its path."""
    token = (asked.view_args or {}).get(PARAMETER) or asked.args.get(PARAMETER)
    return str(token).partition(".")[0] if token else None


def _session_of(asked: Request) -> str | None:
    """Return the session that a request's cookie bears."""
    return asked.cookies.get(auth.SESSION_COOKIE) if "HTTP_COOKIE" in asked.environ else None


def key_of(asked: Request) -> str | None:
    """Return the key or project token that names a world: in the header, the query or the body."""
    authorization = asked.environ.get("HTTP_AUTHORIZATION")
    if authorization:
        found = auth.BEARER.match(authorization)
        if found:
            return found[1].strip()
    candidate = asked.args.get("personal_api_key") or shared_by(asked) or _session_of(asked)
    if candidate or asked.method in ("GET", "HEAD", "OPTIONS") or asked.blueprint == CAPTURE:
        return candidate
    try:
        body: Any = read_json(asked.get_data()) if asked.is_json else asked.form
    except (ParseError, RequestEntityTooLarge):
        return None
    value = body.get("personal_api_key") if hasattr(body, "get") else None
    return value if isinstance(value, str) else None

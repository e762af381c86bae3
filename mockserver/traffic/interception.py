"""What stands around the road of every request: which world it belongs to, faults, stubs, and the journal.

    WSGI ─ journal ─ faults ─ stubs ─ route ─ …

Everything here is on the way of each request, so a world without faults and stubs costs two lookups, and an entry of
the journal one tuple.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from flask import Request, Response, abort, current_app
from werkzeug.exceptions import RequestEntityTooLarge

from mockserver.errors import ParseError
from mockserver.request import auth
from mockserver.request.parsing import has_body, read_json
from mockserver.request.sharing import PARAMETER
from mockserver.road.binding import SAFE, Route, Routes
from mockserver.road.dispatch import READ, USED
from mockserver.road.rendering import render_error
from mockserver.store import NotingView, View
from mockserver.store.archive import StoreUnavailable
from mockserver.traffic.answers import KeptAnswer, KeptAnswers, identity
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
CAUGHT_UP = "mockserver.caught_up"
DAMAGE = "mockserver.damage"
DROPPED = "mockserver.dropped"
PLANNED = "mockserver.planned"
WISHED = "Prefer"
JOURNAL = "HTTP_X_MOCKSERVER_JOURNAL"
"""With `off`, a request is no client's: it is neither written down nor counted."""

ROUTE = "mockserver.route"
"""Where the WSGI environment keeps the route of the contract that a request is for."""


class Asked:
    """A request that is being answered, as faults and stubs look at it."""

    def __init__(self, asked: Request, operation: str | None) -> None:
        self._asked = asked
        self.operation = operation
        self.method: str = asked.method
        self.path = _path(asked)

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
        self, worlds: Worlds, routes: Routes, coverage: Coverage, *, most_entries: int,
        latency: Latency | None = None, keeps: bool = True, is_shared: bool = False,
    ) -> None:  # fmt: skip
        self.worlds = worlds
        self.coverage = coverage
        self._latency = latency
        self._most_entries = most_entries
        self._paths = list(routes.families)
        self._kept = KeptAnswers() if keeps else None
        self._is_shared = is_shared

    def catch_up(self, asked: Request) -> Response | None:
        """Take in what other processes wrote before a request came, unless that was done for it already."""
        if CAUGHT_UP not in asked.environ:
            try:
                self.worlds.catch_up()
            except StoreUnavailable as error:
                return render_error(error)
        return None

    def again(self, environ: dict[str, Any]) -> KeptAnswer | None:
        """Return the answer that a request got before and would get again, written into the journal once more.

        So it is while nothing that it was made of has changed. Where a fault or a stub is planned, nothing is.
        """
        if self._kept is None or environ["REQUEST_METHOD"] != "GET" or has_body(environ):
            return None
        key = _bearer(environ)
        if key is None:
            return None
        began = time.perf_counter()
        world = self.worlds.of_key(key)
        headers = headers_of(environ)
        kept = self._kept.find(identity(environ, headers, world))
        if kept is None or (self._is_shared and not self._has_caught_up(environ, key, world)):
            return None
        view = clockwork.settled(world)
        if view.value(FAULTS) or view.value(STUBS) or not kept.reads.hold_in(view):
            return None
        if self._latency is not None:
            time.sleep(self._latency.seconds(world))
        clocks = entropy.read_clocks(view)
        if kept.key is not None:
            world.uses[kept.key] = clocks
        duration_ms = (time.perf_counter() - began) * 1000
        query = environ.get("QUERY_STRING", "")
        entry = Entry(
            clocks, kept.operation, "GET", kept.path, query, headers, b"", kept.status, kept.journalled, duration_ms
        )  # fmt: skip
        self._note(world, entry)
        return kept

    def forget(self) -> None:
        """Make every answer anew: what answers what has changed."""
        if self._kept is not None:
            self._kept.clear()

    def _has_caught_up(self, environ: dict[str, Any], key: str, world: World) -> bool:
        """Take in what other processes wrote; return whether that could be done, and a key still names a world."""
        try:
            self.worlds.catch_up()
        except StoreUnavailable:
            return False
        environ[CAUGHT_UP] = True
        return self.worlds.of_key(key) is world

    def keep(self, asked: Request, response: Response) -> None:
        """Keep an answer to be given again, if it is one that may be."""
        environ = asked.environ
        view: NotingView | None = environ.get(READ)
        if self._kept is None or view is None or DAMAGE in environ or _bearer(environ) is None or has_body(environ):
            return
        world: World = environ[WORLD]
        reads, content = view.reads(), response.response
        if reads is None or not view.same_as(world.view()) or response.status_code >= 500:
            return
        if isinstance(content, list) and len(content) == 1:
            kept = KeptAnswer(
                reads, response.status, response.status_code, response.headers.to_wsgi_list(), content[0],
                content[0][:MOST_KEPT_BYTES], self.operation_of(asked, world), _path(asked), environ.get(USED),
            )  # fmt: skip
            self._kept.keep(identity(environ, headers_of(environ), world), kept)

    def before(self, asked: Request) -> Response | None:
        """Find the request's world; answer in its place if a fault or a stub does."""
        environ = asked.environ
        if environ["PATH_INFO"].startswith(ADMIN):
            return None
        environ[BEGAN] = time.perf_counter()
        key = key_of(asked)
        world = environ[WORLD] = self.worlds.of_key(key)
        if PREFER in environ:
            wish = preferred(environ)
            if wish is not None:
                environ[PLANNED] = WISHED
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
            asked.environ[PLANNED] = fault.id
            asked.environ[DROPPED] = fault.drop
            answer = fault.answer()
            if answer is not None:
                return answer
            if fault.damages:
                asked.environ[DAMAGE] = fault
        found = find_stub(world, subject)
        if found is None:
            return None
        asked.environ[PLANNED], answer = found
        return answer

    def operation_of(self, asked: Request, world: World) -> str | None:
        """Return the operation that a request is for."""
        route: Route | None = asked.environ.get(ROUTE)
        return route.operation_id(world.profile, asked.method) if route is not None else None

    def after(self, asked: Request, response: Response) -> Response:
        """Spoil the answer if a fault says so, and write the request into the journal of its world."""
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
        if environ.get(JOURNAL) == "off":
            return response
        entry = _entry(asked, operation, entropy.read_clocks(world.view()), status, response, duration_ms)
        if asked.method not in SAFE:
            self.worlds.register(world)
        self._note(world, entry)
        return response

    def _note(self, world: World, entry: Entry) -> None:
        world.store.log.append(entry, entry.size, most=self._most_entries)
        if entry.operation is not None and entry.status is not None:
            self.coverage.count(world.id, entry.operation, entry.status)
        world.bell.ring()

    def closest_route(self, path: str) -> str | None:
        """Return the route that a path was perhaps meant for."""
        found = get_close_matches(path.rstrip("/"), self._paths, n=1)
        return found[0] if found else None


def _path(asked: Request) -> str:
    """Return the path as it was asked for."""
    return asked.environ.get("mockserver.path") or asked.path


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
    return Entry(
        clocks, operation, asked.method, _path(asked), environ.get("QUERY_STRING", ""), headers_of(environ),
        carried(asked), status, answer, duration_ms, environ.get(PLANNED),
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


def _bearer(environ: Mapping[str, Any]) -> str | None:
    """Return the key or project token in a request's header."""
    found = auth.BEARER.match(environ.get("HTTP_AUTHORIZATION") or "")
    return found[1].strip() if found else None


def key_of(asked: Request) -> str | None:
    """Return the key or project token that names a world: in the header, the query or the body."""
    key = _bearer(asked.environ)
    if key is not None:
        return key
    candidate = asked.args.get("personal_api_key") or shared_by(asked) or _session_of(asked)
    if candidate or asked.method in ("GET", "HEAD", "OPTIONS") or asked.blueprint == CAPTURE:
        return candidate
    try:
        body: Any = read_json(asked.get_data()) if asked.is_json else asked.form
    except (ParseError, RequestEntityTooLarge):
        return None
    value = body.get("personal_api_key") if hasattr(body, "get") else None
    return value if isinstance(value, str) else None

"""The road of one request: each line is a stage, and each may raise an `APIError`.

The order decides which error wins, and is the real server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from flask import Request, Response
from werkzeug.datastructures import MultiDict

from mockserver.contract import Profile
from mockserver.errors import (
    APIError,
    MethodNotAllowed,
    NotAcceptable,
    NotAuthenticated,
    NotFound,
    NotModelled,
    ParseError,
    PermissionDenied,
)
from mockserver.request import auth, sharing, tenancy
from mockserver.request.call import Call, Principal
from mockserver.request.parsing import Body, read_body
from mockserver.road.binding import SAFE, Endpoint, Route
from mockserver.road.describing import MEDIA_TYPES, description
from mockserver.road.rendering import encode, render, render_error
from mockserver.store import Record, View
from mockserver.world import clockwork, entropy
from mockserver.world.tables import Owner

if TYPE_CHECKING:
    from mockserver.world.worlds import World

PATH_SAFE = "/~:@!$&'()*+,;="
QUERY_SAFE = PATH_SAFE + "?%"
ENDPOINT_NOT_FOUND = "Endpoint not found."
EVERY_METHOD = "OPTIONS, DELETE, GET, POST, HEAD, PUT, PATCH"
"""What servers say is allowed where there is nothing: one view catches every method (recorded answers)."""
FORMAT = "mockserver.format"
"""Where the WSGI environment keeps a format that the path ended in, as in `/persons.csv`."""

READ, USED = "mockserver.read", "mockserver.used"
"""Where it keeps the view that an answer to GET was made of, and the key that it was given to."""


def dispatch(route: Route, path: dict[str, str], world: World, request: Request) -> Response:
    """Answer one request of a known route, as the world's profile has it."""
    format = ""
    try:
        format = negotiate(request, route)
        response = _answer(route, path, world, request, format)
    except APIError as error:
        response = render_error(error, wants_csv=format == "csv")
    response.headers["Allow"] = EVERY_METHOD if route.is_gone else route.allow
    if len(route.formats) > 1:
        response.headers["Vary"] = "Accept"
    return response


def _answer(route: Route, path: dict[str, str], world: World, request: Request, format: str) -> Response:
    view = stands = clockwork.settled(world)
    if request.method == "GET":
        view = request.environ[READ] = stands.noting()
    if route.is_gone:
        raise NotFound(ENDPOINT_NOT_FOUND)
    if route.resource.owner is Owner.PROJECT and "project_id" not in path:
        path = {**path, "project_id": tenancy.CURRENT}  # as in /api/person: the project that the asker last used
    body: Body | APIError = _try_body(request, route, world.profile)
    endpoint = route.endpoints.get("GET" if request.method == "HEAD" else request.method)
    principal = authenticate(request, body, view, route, endpoint)
    key = request.environ[USED] = principal.key["value"]
    world.uses[key] = entropy.read_clocks(stands)
    refuse_keys(principal, route, endpoint, request.method, world)
    if isinstance(body, APIError):
        raise body
    tenant = route.resource.locate(path, principal, view)
    tenancy.require_reach(principal, tenant, path)
    auth.require_scopes(principal, _scopes(route, endpoint, request.method, body))
    route.resource.require_membership(tenant, path)
    if request.method == "OPTIONS":
        asked = next(iter(route.endpoints.values())).operation
        call = Call(asked, principal, tenant, world, view, path, request.args)
        return Response(encode(description(route, call)), content_type="application/json")
    if request.method in route.unmodelled:
        raise NotModelled(f"{request.method} {route.path} is not modelled.")
    if endpoint is None:
        raise MethodNotAllowed.of(request.method)
    if tenant.level < endpoint.operation.membership_level:
        raise PermissionDenied(route.resource.level_refusal)
    unread = endpoint.operation.unread[world.profile]
    with _state(world, view, endpoint) as state:
        if not state.same_as(view):  # what was found may have changed or gone while others wrote
            tenant = route.resource.locate(path, principal, state)
        call = Call(
            endpoint.operation, principal, tenant, world, state, path, _read(request.args, unread.parameters),
            _read(body.value, unread.fields), body.is_form, body.files, partial(absolute_url, request), format,
            asked=request.headers,
        )  # fmt: skip
        result = endpoint.act(call)
        return render(result, endpoint.operation.successes[world.profile], route.resource, call)


def _state(world: World, view: View, endpoint: Endpoint) -> AbstractContextManager[Any]:
    return nullcontext(view) if endpoint.reads_first else world.store.transaction()


def _read(given: Any, unread: frozenset[str]) -> Any:
    """Return a query or a body without what counts as not sent."""
    if not isinstance(given, Mapping) or unread.isdisjoint(given):
        return given
    if isinstance(given, MultiDict):
        return MultiDict([pair for pair in given.items(multi=True) if pair[0] not in unread])
    return {name: value for name, value in given.items() if name not in unread}


def _scopes(route: Route, endpoint: Endpoint | None, method: str, body: Body) -> tuple[str, ...]:
    if method == "OPTIONS":
        return (route.reading_scope,) if route.reading_scope else ()
    if endpoint is None:
        return route.unmodelled.get(method) or (route.scopes if route.is_custom else ())
    return route.resource.scopes(endpoint.operation, body.value)


def _try_body(request: Request, route: Route, profile: Profile) -> Body | APIError:
    """Return the body, or what is wrong with it, which is said only once the key is known to be good."""
    if request.method in SAFE:
        return Body({})
    try:
        return read_body(request, route.resource.reads(profile))
    except APIError as error:
        return error


def negotiate(request: Request, route: Route) -> str:
    """Return the format to answer in.

    Raises: NotFound for a `format` (or path suffix) that is not on offer, NotAcceptable for such an `Accept`.
    """
    offered = route.formats
    named = request.environ.get(FORMAT) or request.args.get("format")
    if named:
        if named not in offered:
            raise NotFound
        return str(named)
    accepted = request.environ.get("HTTP_ACCEPT")
    if not accepted or accepted == "*/*":
        return offered[0]
    best = request.accept_mimetypes.best_match([MEDIA_TYPES[name] for name in offered])
    if best is None:
        raise NotAcceptable
    return next(name for name in offered if MEDIA_TYPES[name] == best)


def authenticate(
    request: Request, body: Body | APIError, view: View, route: Route, endpoint: Endpoint | None
) -> Principal:  # fmt: skip
    """Return who asks; a sharing token counts before a key, where one is taken.

    Raises: NotAuthenticated, AuthenticationFailed, with the status that strangers get here.
    """
    value = None if isinstance(body, APIError) else body.value
    found = auth.find_key(request.environ.get("HTTP_AUTHORIZATION"), value, request.args)
    if route.takes_nobody and (found is None or view.table("api_keys").get(found[0]) is None):
        return auth.nobody(view)
    takes_secrets = endpoint is not None and endpoint.operation.takes_secrets
    try:
        if route.takes_sharing_tokens and request.args.get(sharing.PARAMETER):
            return sharing.bearer(view, request.args[sharing.PARAMETER], request.method)
        if found is None and "HTTP_COOKIE" in request.environ and auth.SESSION_COOKIE in request.cookies:
            return _of_session(request, view)
        return auth.authenticate(found, view, takes_secrets=takes_secrets)
    except NotAuthenticated as error:
        error.status = route.stranger_status
        raise


def _of_session(request: Request, view: View) -> Principal:
    token = request.headers.get(auth.CSRF_HEADER)
    return auth.of_session(view, request.cookies, token, writes=request.method not in SAFE)


def principal_of(request: Request, view: View) -> Record | None:
    """Return the user whose key or session a request bears, if it bears one. Raises: as `authenticate`."""
    found = auth.find_key(request.environ.get("HTTP_AUTHORIZATION"), None, request.args)
    if found is not None:
        return auth.authenticate(found, view).user
    return _of_session(request, view).user if auth.SESSION_COOKIE in request.cookies else None


def refuse_keys(principal: Principal, route: Route, endpoint: Endpoint | None, method: str, world: World) -> None:
    """Refuse a scoped key where the servers know no scope to ask of it.

    So it is for actions that declare none (in profile `observed`; the pages show them with a key) and for most wrong
    methods, which name no action at all; PATCH on a collection, where the family has a scope for writing, and any wrong
    method on an action that does declare its scopes, go on to their 405.
    """
    if not principal.is_scoped or method == "OPTIONS":
        return
    if endpoint is None and not route.resource.refuses_without_scope:
        return
    if method in route.unmodelled:
        refused = not route.unmodelled[method]
    elif endpoint is not None:
        refused = endpoint.operation.refuses_keys_in(world.profile)
    elif route.is_custom:
        refused = not route.declares_scopes
    else:
        refused = not (method == "PATCH" and not route.relative and route.resource.has_writing_scope)
    if refused:
        raise PermissionDenied(auth.KEYS_REFUSED)


def absolute_url(request: Request) -> str:
    """Return the address as it was asked for; only what no URI may hold, as a bare `[`, is written as URIs do.

    Raises: ParseError for a `Host` that no address can hold, which Django refuses with a 400 as well.
    """
    environ = request.environ
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    if ("[" in host or "]" in host) and not is_bracketed_address(host):
        raise ParseError(f"Invalid HTTP_HOST header: '{host}'.")
    path = environ.get("mockserver.path", request.path)
    address = f"{environ['wsgi.url_scheme']}://{host}{quote(path, safe=PATH_SAFE)}"
    query = quote(environ.get("QUERY_STRING", "").encode("latin-1"), safe=QUERY_SAFE)
    return f"{address}?{query}" if query else address


def is_bracketed_address(host: str) -> bool:
    """Tell whether a `Host` with brackets is an IPv6 address, as in `[::1]:8010`."""
    try:
        return urlsplit(f"//{host}").hostname is not None
    except ValueError:
        return False

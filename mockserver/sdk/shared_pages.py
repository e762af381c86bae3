"""What sharing shows: a dashboard, an insight or a recording to whoever knows its address, as a page or as JSON.

Source: recorded pages; PostHog's sources for passwords. There is no application in the page: it shows what is shared as
a table of its own.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from html import escape
from typing import Any

from flask import Request, Response

from mockserver.errors import APIError, NotModelled
from mockserver.request.call import Call, Tenant
from mockserver.request.sharing import configuration_of, visitor
from mockserver.resources.reporting.themes import themes_of
from mockserver.resources.resource import Resource
from mockserver.resources.sharing import PASSWORDS
from mockserver.road.binding import Routes
from mockserver.road.dispatch import absolute_url
from mockserver.road.rendering import encode, render_error
from mockserver.store import Record
from mockserver.traffic.interception import WORLD
from mockserver.world import clockwork, entropy, plans
from mockserver.world.worlds import World

COOKIE = "posthog_sharing_token"
HTML, JSON = "text/html; charset=utf-8", "application/json"
ALLOW = {"Allow": "GET, HEAD, OPTIONS"}
A_DAY = 24 * 60 * 60
TOLD = ("whitelabel", "noHeader", "showInspector", "legend", "detailed", "hideExtraDetails")
"""The switches of the settings, in the order in which a page tells those that are on."""
NOT_FOUND = "<!doctype html><title>Not found</title><h1>This is not shared, or not any more.</h1>"


def respond(asked: Request, address: str, routes: Routes) -> Response:
    """Return what an address shows, or why it cannot be shown."""
    try:
        response = answer(asked, address, routes)
    except APIError as error:
        response = render_error(error)
    response.headers.update(ALLOW)
    return response


def answer(asked: Request, address: str, routes: Routes) -> Response:
    """Return what an address shows: a page, JSON where it ends so, or the page that asks for a password."""
    token, _, form = address.partition(".")
    world: World = asked.environ[WORLD]
    view = clockwork.settled(world)
    found = configuration_of(view, token)
    project = view.table("projects").get(found["project_id"]) if found else None
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if found is None or organization is None or _is_forbidden(organization):
        return Response(NOT_FOUND, 404, content_type=HTML)
    if form == "png":
        raise NotModelled("Images of what is shared are not made.")
    kind = "embed" if "/embedded/" in asked.path or "embedded" in asked.args else "scene"
    if found["password_required"]:
        refusal = _ask_password(asked, world, found, form)
        if refusal is not None:
            return refusal
    data = _shared(asked, world, found, Tenant(organization, project, 1), kind, routes)
    if data is None:
        return Response(NOT_FOUND, 404, content_type=HTML)
    return Response(encode(data), 200, content_type=JSON) if form == "json" else page(data)


def _is_forbidden(organization: Record) -> bool:
    is_off = organization.get("allow_publicly_shared_resources") is False
    return is_off and plans.has(organization, plans.SECURITY_SETTINGS)


def _shared(
    asked: Request, world: World, found: Record, tenant: Tenant, kind: str, routes: Routes
) -> dict[str, Any] | None:  # fmt: skip
    view = world.view()
    settings = found["settings"] or {}
    data: dict[str, Any] = {"type": kind, "accessToken": found["access_token"]}
    family = "insights" if found["insight"] is not None else "dashboards" if found["dashboard"] is not None else None
    if family is None:
        data["recording"] = {"id": found["recording"]}
    else:
        route = next(route for route in routes.of(family).values() if route.relative == "{id}")
        number = found[family[:-1]]
        operation = route.endpoints["GET"].operation
        path = {"project_id": str(found["project_id"]), "id": str(number)}
        call = Call(
            operation, visitor(view, found), tenant, world, view, path, asked.args,
            make_url=lambda: absolute_url(asked),
        )  # fmt: skip
        item = view.table(family).get(number)
        if item is None or item["deleted"]:
            return None
        data[family[:-1]] = _without_people(show(route.resource, call, item), hidden=settings.get("hideExtraDetails"))
        data["themes"] = themes_of(view, found["project_id"], call)
        if family == "dashboards":
            with world.store.transaction() as transaction:
                current = transaction.table(family).get(number)
                if current is not None:
                    transaction.table(family).update(current, {"last_accessed_at": call.now()})
    return data | {name: True for name in TOLD if settings.get(name)}


def show(resource: Resource, call: Call, item: Record) -> Any:
    """Return a record as its family shows it."""
    return resource.show(item, call)


def _without_people(shown: dict[str, Any], *, hidden: Any) -> dict[str, Any]:
    """Return what is shown without who made and changed it, and when, if the settings hide that."""
    if not hidden:
        return shown
    names = ("created_by", "last_modified_by", "created_at", "last_modified_at")
    return {name: value for name, value in shown.items() if name not in names}


# Passwords


def _ask_password(asked: Request, world: World, found: Record, form: str) -> Response | None:
    """Return the answer to who has not given a password yet, or gives one; None for who gave it before."""
    if asked.method == "POST":
        body = asked.get_json(silent=True) if asked.is_json else asked.form
        given = body.get("password") if isinstance(body, Mapping) else None
        passwords = world.view().table(PASSWORDS).find(sharing_configuration=found["id"], is_active=True)
        if not any(isinstance(given, str) and given == one["password"] for one in passwords):
            return Response(encode({"error": "Incorrect password"}), 401, content_type=JSON)
        ticket = _ticket(world, found)
        response = Response(encode({"shareToken": ticket}), 200, content_type=JSON)
        response.set_cookie(COOKIE, ticket, max_age=A_DAY, path=asked.path.partition(".")[0], httponly=True,
                            samesite="Lax")  # fmt: skip
        return response
    bearer = asked.headers.get("Authorization", "").removeprefix("Bearer ")
    if _ticket(world, found) in (asked.cookies.get(COOKIE), bearer):
        return None
    return page({"type": "unlock"}) if form != "json" else Response(encode({"type": "unlock"}), content_type=JSON)


def _ticket(world: World, found: Record) -> str:
    """Return what stands for a password that was given."""
    drawn = hmac.digest(found["access_token"].encode(), f"{world.seed}:{found['id']}".encode(), "sha256")
    return entropy.spell(drawn, 40)


# The page


def page(data: Mapping[str, Any]) -> Response:
    """Return a page that shows what is shared."""
    item = data.get("dashboard") or data.get("insight") or {}
    title = escape(str(item.get("name") or "Shared"))
    head = f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body><div id="root">'
    if data["type"] == "unlock":
        body = '<form method="post"><input type="password" name="password"><button>Unlock</button></form>'
    else:
        rows = "".join(_row(tile) for tile in item.get("tiles") or ([{"insight": item}] if item else []))
        body = f"<h1>{title}</h1><p>{escape(str(item.get('description') or ''))}</p>{rows}"
    script = encode(data).decode().replace("<", "\\u003c")
    tail = f'</div><script type="application/json" id="exported">{script}</script></body></html>'
    return Response(head + body + tail, 200, content_type=HTML)


def _row(tile: Mapping[str, Any]) -> str:
    if tile.get("text"):
        return f"<section><p>{escape(str(tile['text']['body'] or ''))}</p></section>"
    insight = tile.get("insight") or {}
    result = insight.get("result")
    shown = encode(result).decode() if result is not None else "Not computed yet."
    name = escape(str(insight.get("name") or insight.get("derived_name") or "Insight"))
    return f"<section><h2>{name}</h2><pre>{escape(shown)}</pre></section>"

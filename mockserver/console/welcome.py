"""The first page: what opening the printed address shows, to whoever has nothing but that address."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Request, Response

from mockserver.admin import Plane
from mockserver.console.pages import framed
from mockserver.console.snippets import Snippet, snippets
from mockserver.road.rendering import render_error
from mockserver.store.archive import StoreUnavailable
from mockserver.traffic.journal import show
from mockserver.version import __version__

MOST_KEYS = 4
MOST_REQUESTS = 6
ALL = "*"


@dataclass(frozen=True)
class Value:
    """Something that a client needs: what it is called, itself, and what it is good for."""

    name: str
    text: str
    use: str = ""


def answer_welcome(plane: Plane | None, token: str | None, asked: Request) -> Response:
    """Return the page: with what opens a world where the control plane is open, or its `token` came as a bearer.

    Without a control plane (`plane` is nothing) it says how to have one.
    """
    url = asked.host_url.rstrip("/")
    is_open = plane is not None and (token is None or _bears(asked, token))
    values: list[Value] = []
    examples: list[Snippet] = []
    requests: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    if plane is not None and is_open:
        try:
            plane.worlds.catch_up()
        except StoreUnavailable as error:
            return render_error(error)
        about = plane.worlds.describe(plane.worlds.default)
        values = [Value("Address", url), *_values(plane, about)]
        if about["api_key"] and about["project_id"] is not None:
            examples = snippets(url, about["api_key"], about["project_id"])
        requests = _latest(plane)
    response = framed(
        "welcome.html", url=url, has_plane=plane is not None, is_open=is_open, values=values, about=about,
        snippets=examples, requests=requests,
    )  # fmt: skip
    response.headers["Vary"] = "Accept, Authorization"
    response.headers["X-Mockserver"] = __version__
    return response


def is_for_a_browser(asked: Request) -> bool:
    """Return whether somebody opened the address in a browser; clients that take anything get what PostHog gives."""
    types = asked.accept_mimetypes
    return "text/html" in types.values() and types["text/html"] > types["application/json"]


def _bears(asked: Request, token: str) -> bool:
    given = asked.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode())


def _values(plane: Plane, about: dict[str, Any]) -> Iterator[Value]:
    """Yield what opens the default world, as far as it has it."""
    world = plane.worlds.default
    keys = [key for key in world.view().table("api_keys") if plane.worlds.owner(key["value"]) is world]
    for key in [key for key in keys if not key.get("is_session")][:MOST_KEYS]:
        yield Value("API key", key["value"], _reach(key.get("scopes")))
    if about["project_token"]:
        yield Value("Project token", about["project_token"], "for SDKs: captures events, evaluates flags")
    if about["project_id"] is not None:
        yield Value("Project id", str(about["project_id"]))
    if about["organization_id"]:
        yield Value("Organization id", about["organization_id"])
    if about["user"]:
        yield Value("User", about["user"]["email"], f"id {about['user']['id']}")


def _reach(scopes: list[str] | None) -> str:
    """Return in words what a key may do."""
    if not scopes:
        return "stands for a session: may do what its user may"
    if ALL in scopes:
        return "may do everything"
    if len(scopes) == 1 and scopes[0] != "*:read":
        return f"may {scopes[0]}"
    return "may read everything" if all(scope.endswith(":read") for scope in scopes) else f"has {len(scopes)} scopes"


def _latest(plane: Plane) -> list[dict[str, Any]]:
    """Return the latest requests of the default world, the newest first, each with why it was refused."""
    entries = plane.journals.entries(plane.worlds.default)[-MOST_REQUESTS:]
    return [_told(show(number, entry)) for number, entry in reversed(entries)]


def _told(request: dict[str, Any]) -> dict[str, Any]:
    refusal = request["response"] if isinstance(request["response"], dict) and (request["status"] or 0) >= 400 else {}
    return {**request, "why": refusal.get("detail")}

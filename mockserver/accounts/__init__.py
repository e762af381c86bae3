"""Signing in, as browsers do, and up: what pages of PostHog ask before anybody has a key.

A session is a key without scopes, borne by a cookie; what is written with it has to bear the other cookie's token too.
A request without a key is of the world that knows the address or the invite that it names, the default one first.

Source: recorded answers; PostHog's views of authentication and signup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Request, Response, request

from mockserver.errors import APIError
from mockserver.road.rendering import render_error
from mockserver.world.worlds import Worlds

View = Callable[..., Response]
ROUTES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/api/login", ("POST",), "sign_in"),
    ("/api/login/precheck", ("POST",), "precheck"),
    ("/api/reset", ("POST",), "reset"),
    ("/api/reset/<uuid>", ("GET", "POST"), "finish_reset"),
    ("/logout", ("GET", "POST"), "sign_out"),
    ("/api/signup", ("POST",), "sign_up"),
    ("/api/signup/<invite>", ("GET", "POST"), "answer_invite"),
    ("/api/users/request_email_verification", ("POST",), "ask_for_verification"),
    ("/api/users/verify_email", ("POST",), "verify_email"),
)
"""The paths, their methods and the names of what answers, which is imported with the first request."""


def accounts_blueprint(worlds: Worlds) -> Blueprint:
    """Return the routes by which users sign in and up, over these worlds."""
    blueprint = Blueprint("accounts", __name__)
    for path, methods, name in ROUTES:
        blueprint.add_url_rule(
            f"{path}/", endpoint=path.strip("/").replace("/", "-"), view_func=_view(worlds, name, methods),
            methods=list(methods), strict_slashes=False,
        )  # fmt: skip
    return blueprint


def _view(worlds: Worlds, name: str, methods: Sequence[str]) -> View:
    allow = ", ".join([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])

    def view(**parts: str) -> Response:
        from mockserver.accounts.answers import ANSWERS

        asked: Request = request._get_current_object()  # type: ignore[attr-defined]
        try:
            response = ANSWERS[name](worlds, asked, **parts)
        except APIError as error:
            response = render_error(error)
        response.headers["Allow"] = allow
        return response

    return view

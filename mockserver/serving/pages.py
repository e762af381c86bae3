"""What browsers are shown: the first page, the console, the reference. Each is imported with its first request, since
most servers never show one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response

from mockserver.contract import Contract
from mockserver.request.parsing import DjangoRequest

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from mockserver.admin import Plane

    Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

CONSOLE = "/__admin/console"
REFERENCE = "/__admin/reference"
View = Callable[..., Response]


def serve_pages(app: Flask, contract: Contract) -> None:
    """Serve the console and the reference. They hold no data, so they need no token: what they ask for does."""
    _serve_console(app)
    _serve_reference(app, contract)


def welcoming(application: Application, plane: Plane | None, token: str | None) -> Application:
    """Answer a browser that opens the address itself; every other client gets what PostHog gives there.

    It stands before the journal: what somebody opens in a browser is no request of a client's.
    """

    def welcome(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_root = environ.get("PATH_INFO") == "/" and environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if is_root and "text/html" in environ.get("HTTP_ACCEPT", ""):
            from mockserver.console.welcome import answer_welcome, is_for_a_browser

            asked = DjangoRequest(environ)
            if is_for_a_browser(asked):
                return answer_welcome(plane, token, asked)(environ, start_response)
        return application(environ, start_response)

    return welcome


def _serve_console(app: Flask) -> None:
    def page(name: str = "") -> Response:
        from mockserver.console import answer_page

        return answer_page(name)

    def file(name: str) -> Response:
        from mockserver.console import answer_file

        return answer_file(name)

    _route(app, {CONSOLE: page, f"{CONSOLE}/<name>": page, f"{CONSOLE}/static/<path:name>": file})


def _serve_reference(app: Flask, contract: Contract) -> None:
    def api() -> Response:
        from mockserver.console.reference import answer_reference

        return answer_reference()

    def control_plane() -> Response:
        from mockserver.console.reference import answer_reference

        return answer_reference(control_plane=True)

    def document() -> Response:
        from mockserver.console.reference import answer_document

        return answer_document(contract)

    def asset(name: str) -> Response:
        from mockserver.console.reference import answer_asset

        return answer_asset(name)

    _route(app, {
        REFERENCE: api, f"{REFERENCE}/control-plane": control_plane, f"{REFERENCE}/posthog.json": document,
        f"{REFERENCE}/assets/<name>": asset,
    })  # fmt: skip


def _route(app: Flask, views: dict[str, View]) -> None:
    for rule, view in views.items():
        app.add_url_rule(rule, endpoint=f"page {rule}", view_func=view, strict_slashes=False, methods=["GET"])

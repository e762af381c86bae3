"""The contract's requests, answered without Flask: what it puts around a request costs as much as the answer.

Flask answers all other paths, and what goes wrong. An answer that is kept is given before anything else is made of the
request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Request, Response

from mockserver.request.parsing import DjangoRequest
from mockserver.road.binding import Route
from mockserver.road.routing import Found, Table
from mockserver.serving.hooks import Hooks
from mockserver.traffic.interception import ROUTE, Interception

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
    Claim = Callable[[Request, Found | None], Found | None]
    Answer = Callable[[Route, dict[str, str], Request], Response]
    Failure = Callable[[Exception, Request], Response]


class Direct:
    """The way of a request for the contract, the same hooks around it as around those of Flask."""

    def __init__(
        self, table: Table, hooks: Hooks, interception: Interception, answer: Answer, claim: Claim
    ) -> None:  # fmt: skip
        self._table, self._hooks, self._interception, self._answer = table, hooks, interception, answer
        self._claim = claim

    def before(self, application: Application, fail: Failure) -> Application:
        """Return an application that hands on what the contract does not answer; `fail` answers what went wrong."""

        def direct(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            kept = self._interception.again(environ)
            if kept is not None:
                start_response(kept.status_line, list(kept.headers))
                return [kept.body]
            asked = DjangoRequest(environ, populate_request=False)  # which would make a circle for the collector
            found = self._claim(asked, self._table.find(asked.path, asked.method))
            if found is None:
                return application(environ, start_response)
            try:
                response = self._respond(*found, asked)
            except Exception as error:  # whatever it is: Flask has the words for it, and the log
                response = fail(error, asked)
            finally:
                asked.close()  # files that came with it
            return send(response, environ, start_response)

        return direct

    def _respond(self, route: Route, path: dict[str, str], asked: Request) -> Response:
        asked.environ[ROUTE] = route
        response = self._hooks.enter(asked)
        if response is None:
            response = self._answer(route, path, asked)
        response = self._hooks.leave(asked, response)
        self._interception.keep(asked, response)
        return response


def send(response: Response, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Send a response; one that is whole and ready as it is, without a further look at its headers."""
    content = response.response
    is_ready = response.status_code in (200, 201) and environ["REQUEST_METHOD"] != "HEAD"
    if is_ready and isinstance(content, list) and len(content) == 1 and "Location" not in response.headers:
        start_response(response.status, response.headers.to_wsgi_list())
        return content
    return response(environ, start_response)

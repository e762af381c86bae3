"""Answers that last, as event streams do: each is sent from a thread of its own, and ends with the server.

The server answers requests with a handful of threads, and sends what an answer yields on the thread that answered. A
browser's tab holds its stream for as long as it is open, so a few tabs would leave nobody to answer anything else.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

EVENT_STREAM = "text/event-stream"
ENVIRONMENT: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1", "SCRIPT_NAME": "", "SERVER_SOFTWARE": "Granian",
    "wsgi.input_terminated": True, "wsgi.multiprocess": False, "wsgi.multithread": True, "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}  # fmt: skip
"""What each request's environment holds beside what granian says of it. Granian's own runner puts the process's
environment there as well, which is no client's and would be copied and gone through with each of them."""


class Streaming:
    """An application that answers granian's requests, its streams aside, so that a server can end them."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._environment = {**ENVIRONMENT, "wsgi.errors": sys.stderr}
        self._ending = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        return self._application(environ, start_response)

    def end(self) -> None:
        """End every stream, those that are yet to begin too; each ends when it yields next."""
        self._ending.set()

    def run(self, taker: Any, scope: Mapping[str, Any]) -> int:
        """Answer one request as granian gives it: what takes the answer, and its environment. Return the status."""
        told: list[Any] = []
        body = self._application({**self._environment, **scope}, lambda *start: told.extend(start))
        status, headers = int(told[0].partition(" ")[0]), told[1]
        if isinstance(body, list):
            taker.response_bytes(status, headers, body[0] if len(body) == 1 else b"".join(body))
        elif any(name.lower() == "content-type" and value.startswith(EVENT_STREAM) for name, value in headers):
            arguments = (status, headers, _Pieces(body, self._ending))
            threading.Thread(target=taker.response_iter, args=arguments, name="stream", daemon=True).start()
        else:
            taker.response_iter(status, headers, _Pieces(body))
        return status


class _Pieces:
    """A body in pieces; a stream's ends when the server does."""

    def __init__(self, body: Any, ending: threading.Event | None = None) -> None:
        self._body = body
        self._following = iter(body)
        self._ending = ending

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ending is not None and self._ending.is_set():
            raise StopIteration
        piece: bytes = next(self._following)
        return piece

    def close(self) -> None:
        """Let go of what the body holds; called once nobody reads it any more."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()

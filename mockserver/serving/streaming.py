"""Answers that last, as event streams do: each is sent from a thread of its own, and ends with the server.

The server answers requests with a handful of threads, and sends what an answer yields on the thread that answered. A
browser's tab holds its stream for as long as it is open, so a few tabs would leave nobody to answer anything else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

EVENT_STREAM = "text/event-stream"
Runner = Callable[[Any, Any], Any]
"""What granian calls with a request: what takes its answer, and its environment."""


class Streaming:
    """An application of which streams are told apart, so that a server can send them aside, and end them."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._ending = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        return self._application(environ, start_response)

    def end(self) -> None:
        """End every stream, those that are yet to begin too; each ends when it yields next."""
        self._ending.set()

    def over(self, run: Runner) -> Runner:
        """Return granian's runner with streams sent aside."""
        ending = self._ending
        return lambda taker, scope: run(_Taker(taker, ending), scope)


class _Taker:
    """What takes an answer: granian's, but for streams."""

    __slots__ = ("_ending", "_iter", "response_bytes")

    def __init__(self, taker: Any, ending: threading.Event) -> None:
        self.response_bytes = taker.response_bytes
        self._iter = taker.response_iter
        self._ending = ending

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        """Send what a body yields; a stream's from a thread of its own."""
        if not any(name.lower() == "content-type" and value.startswith(EVENT_STREAM) for name, value in headers):
            self._iter(status, headers, body)
            return
        arguments = (status, headers, _UntilEnd(body, self._ending))
        threading.Thread(target=self._iter, args=arguments, name="stream", daemon=True).start()


class _UntilEnd:
    """A body that ends when the server does."""

    def __init__(self, body: Any, ending: threading.Event) -> None:
        self._body = body
        self._ending = ending

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ending.is_set():
            raise StopIteration
        piece: bytes = self._body.__next__()
        return piece

    def close(self) -> None:
        """Let go of what the body holds; called once nobody reads it any more."""
        self._body.close()

"""Bodies read to their end: small ones before the request is looked at, of others what an answer did not wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mockserver.request.parsing import MAX_BODY_BYTES, Whole, has_body

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

Application = Callable[..., Any]
PIECE_BYTES = 1 << 16
AT_ONCE_BYTES = 1 << 16
"""What is read before anything else. The server lets go of the interpreter's lock at each read, and under load another
request runs until it comes back; so one read is quicker than the three that a request would make."""


def draining(application: Application) -> Application:
    """Return an application that reads the rest of each body before its answer is sent.

    A refused key, a wrong method or an unknown world is answered without a look at the body. The server looks once,
    when the answer is sent, whether the body happens to be there, and hangs up without a word if it is not; the client,
    told that the connection lives, loses its next request. Of what is left, as much is read as a body may have; when
    there is more, the answer says `Connection: close`.
    """

    def drained(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not has_body(environ) or _is_read_at_once(environ):
            return application(environ, start_response)  # type: ignore[no-any-return]
        began: list[Any] = []
        answer: Iterable[bytes] = application(environ, lambda *start: began.extend(start))
        status, headers = began
        if not _is_drained(environ["wsgi.input"]):
            headers = [*headers, ("Connection", "close")]
        start_response(status, headers)
        return answer

    return drained


def _is_read_at_once(environ: WSGIEnvironment) -> bool:
    """Read a body that says that it is small, if this is one, and put it in its place."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or int(length) > AT_ONCE_BYTES:
        return False
    environ["wsgi.input"] = Whole(environ["wsgi.input"].read())
    return True


def _is_drained(stream: Any) -> bool:
    """Read what is left of a body, and return whether its end was reached within the limit."""
    left = MAX_BODY_BYTES
    while left > 0:
        piece = stream.read(PIECE_BYTES)
        if not piece:
            return True
        left -= len(piece)
    return not stream.read(1)

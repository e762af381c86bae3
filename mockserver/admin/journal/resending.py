"""A request of the journal, sent again as it was: its own key, headers and body."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import current_app
from werkzeug.test import create_environ, run_wsgi_app

from mockserver.errors import Conflict
from mockserver.request.parsing import FORM
from mockserver.traffic.journal import MOST_KEPT_BYTES, Entry

FRAMING = frozenset({"HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_LENGTH", "HTTP_EXPECT"})


def resend(entry: Entry) -> None:
    """Ask this server once more what an entry asked. Raises: Conflict where its body was not kept whole."""
    environ = create_environ(method=entry.method, query_string=entry.query_string)
    environ["PATH_INFO"] = entry.path.encode().decode("latin-1")
    environ.update({name: value for name, value in entry.variables.items() if name not in FRAMING})
    body = _body(entry, environ)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = BytesIO(body)
    pieces, _, _ = run_wsgi_app(current_app.wsgi_app, environ)
    try:
        for _ in pieces:
            pass
    except ConnectionAbortedError:
        pass  # a fault dropped it; the journal says so
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


def _body(entry: Entry, environ: dict[str, Any]) -> bytes:
    if isinstance(entry.raw, Mapping):
        if any(str(value).startswith("<file ") for value in entry.raw.values()):
            raise Conflict("Files that a request carried are not kept, so it cannot be sent again.")
        environ["CONTENT_TYPE"] = FORM
        return urlencode(entry.raw, doseq=True).encode()
    if len(entry.raw) >= MOST_KEPT_BYTES:
        raise Conflict("A body of more than a mebibyte is not kept whole, so it cannot be sent again.")
    return bytes(entry.raw)

"""A ClickHouse server of the tests' own: the part of its HTTP protocol that is used, over the embedded engine.

It takes a statement in the query string or the body, data after it or as the body, compressed or not; settings as
parameters; and answers in the format asked for, or with ClickHouse's own words for what is wrong. What it cannot show
is what a server of another version does.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame
import zstandard

from mockserver.analytics.clickhouse.choosing import engine

OF_PROTOCOL = {
    "query", "database", "query_id", "session_id", "compress", "decompress", "enable_http_compression",
    "default_format", "client_protocol_version", "role", "wait_end_of_query", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms", "user", "password",
}  # fmt: skip
DECODERS = {
    None: bytes,
    "gzip": gzip.decompress,
    "lz4": lz4.frame.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


class ClickHouseServer(ThreadingHTTPServer):
    """Databases of the embedded engine, at an address; what was asked is written down."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        engine()  # which has the functions that an administrator would have installed
        self.connection: Any = chdb._chdb.connect(":memory:")
        self.lock = threading.Lock()
        self.asked: list[tuple[str, dict[str, str], str | None]] = []
        self.refused: dict[str, str] = {}
        """What is answered to statements that begin so, in the place of an answer."""
        self.is_away = False

    @property
    def url(self) -> str:
        """The address as clients write it."""
        return f"http://tester:secret@127.0.0.1:{self.server_address[1]}"

    def answer(self, statement: bytes, given: dict[str, str]) -> bytes:
        """Return what a statement answers. Raises: RuntimeError, in ClickHouse's words."""
        text = statement.decode()
        for beginning, message in self.refused.items():
            if text.startswith(beginning):
                raise RuntimeError(message)
        with self.lock:
            run = self.connection.query
            run(f"USE {given.get('database') or 'default'}")
            for name in given.keys() - OF_PROTOCOL:
                run(f"SET {name} = '{given[name]}'")
            try:
                answer: bytes = run(text, given.get("default_format", "TabSeparated")).bytes()
            except RuntimeError:
                run("SELECT 1", "Null")  # what was begun would stand at the head of the next answer
                raise
        return answer


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: ClickHouseServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.server.is_away:
            self.close_connection = True
            return
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        encoding = self.headers.get("Content-Encoding")
        body = DECODERS[encoding](self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        statement = b"\n".join(part for part in (given.get("query", "").encode(), body) if part)
        self.server.asked.append((statement.split(b"{")[0].decode(errors="replace"), given, encoding))
        try:
            answer, status, headers = self.server.answer(statement, given), 200, {}
        except RuntimeError as error:
            code = str(error).partition("Code: ")[2].partition(".")[0] or "1"
            answer, status, headers = (
                f"{error} (version 24.8.1.1)\n".encode(),
                404,
                {"X-ClickHouse-Exception-Code": code},
            )
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(answer)), "X-ClickHouse-Timezone": "UTC"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815  # as the standard library calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def clickhouse_server() -> Iterator[ClickHouseServer]:
    """Lend a server."""
    server = ClickHouseServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.is_away = True  # for connections kept alive, over which an engine drops its database when it ends
        server.shutdown()
        server.server_close()
        thread.join()
        server.connection.close()  # what it has in the background must not outlive the process's end

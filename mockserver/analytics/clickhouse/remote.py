"""ClickHouse, as a server: for teams whose data outgrows a machine.

Each process has a database of its own there, made when it first asks and dropped when it ends: what is in it is made of
the worlds, and can be made again. Tables are on disk, since a server that was started anew would have emptied those in
memory and said nothing.
"""

from __future__ import annotations

import atexit
import os
import re
import secrets
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from mockserver.analytics.clickhouse.engine import SECONDS, SESSION, Engine, failure
from mockserver.analytics.clickhouse.matcher import FUNCTIONS
from mockserver.analytics.errors import QueryError
from mockserver.errors import APIError, NotModelled, Unavailable

INSTALL = "a ClickHouse server needs clickhouse-connect; run: pip install 'posthog-mockserver[clickhouse]'"
NO_CLONES = ("syntax_error", "support_is_disabled", "not_implemented", "access_denied")
"""What a server says that cannot clone, or lets us not: who attaches another table's parts needs ALTER DELETE as well
(ClickHouse, src/Interpreters/InterpreterAlterQuery.cpp, getRequiredAccessForCommand, REPLACE_PARTITION)."""
NO_FUNCTION = "the ClickHouse server at {} has no function {}: see the documentation, Keeping and sharing worlds"
PREFIX = "mockserver"
ON_DISK = "MergeTree ORDER BY tuple()"
COMPRESSION = "lz4"


class ServerUnavailable(Unavailable):
    """The ClickHouse server is gone for now: asking again later may do."""

    code = "clickhouse_unavailable"
    detail = "ClickHouse cannot be asked at the moment."


class RemoteEngine(Engine):
    """A database of a ClickHouse server, reached over HTTP."""

    for_few = ON_DISK

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            import clickhouse_connect
            import lz4.frame
            from clickhouse_connect.driver import exceptions
        except ImportError:
            raise NotModelled(INSTALL) from None
        self.url = told(url)
        self.database = _own_name()
        self._failures = exceptions
        self._compress = lz4.frame.compress
        self._can_clone = True
        parts = urlsplit(url)
        try:
            self._client: Any = clickhouse_connect.get_client(
                interface=parts.scheme, host=parts.hostname, port=parts.port or 0,
                username=unquote(parts.username or ""), password=unquote(parts.password or ""), settings=dict(SESSION),
                autogenerate_session_id=False, compress=COMPRESSION, connect_timeout=5,
                send_receive_timeout=2 * SECONDS,
            )  # fmt: skip
        except exceptions.Error as error:
            raise self._refusal(error) from None
        self._sweep()
        self._asked(lambda: self._client.command(f"CREATE DATABASE {self.database}"))
        self._client.database = self.database
        atexit.register(self.close)

    def insert(self, table: str, lines: bytes, settings: str = "") -> None:
        """Add rows, a line of JSON each: sent in columns, compressed."""
        rows = [orjson.loads(line) for line in lines.split(b"\n")]
        columns = self._compress(orjson.dumps({name: [row.get(name) for row in rows] for name in rows[0]}))
        reading = dict(re.findall(r"(\w+) = '?(\w+)'?", settings))
        self._asked(
            lambda: self._client.raw_insert(
                table, insert_block=columns, settings=reading, fmt="JSONColumns", compression=COMPRESSION
            )
        )

    def clone(self, made: str, source: str) -> None:
        """Make a table of another, sharing its parts where the server can (24.10), else with a copy of its rows."""
        if self._can_clone:
            try:
                super().clone(made, source)
                return
            except QueryError as error:
                if error.code not in NO_CLONES:
                    raise
                self._can_clone = False
                self.command(f"DROP TABLE IF EXISTS {made}")  # made already where its parts alone were refused
        self.command(f"CREATE TABLE {made} AS {source}")
        self.command(f"INSERT INTO {made} SELECT * FROM {source}")

    def close(self) -> None:
        """Drop the database."""
        atexit.unregister(self.close)
        with suppress(self._failures.Error):
            self._client.command(f"DROP DATABASE IF EXISTS {self.database}", use_database=False)
            self._client.close()

    def _answer(self, sql: str | bytes, output: str) -> bytes:
        answer: bytes = self._asked(lambda: self._client.raw_query(sql, fmt=output))
        return answer

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except self._failures.Error as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> APIError:
        """Return what is said of a failure: one of the query's own, or that the server is away, or began anew."""
        text = str(error)
        if "DB::" not in text:
            return ServerUnavailable()
        if "(UNKNOWN_DATABASE)" in text and self.database in text:
            self.is_lost = True
            return ServerUnavailable()
        function = next((name for name in FUNCTIONS if name in text), None)
        if function and "(UNKNOWN_FUNCTION)" in text:
            return NotModelled(NO_FUNCTION.format(self.url, function))
        return failure(text)

    def _sweep(self) -> None:
        """Drop what processes of this machine left that were killed."""
        with suppress(APIError):
            found = self._asked(lambda: self._client.raw_query("SHOW DATABASES", fmt="TabSeparated")).decode().split()
            mine = re.compile(rf"{re.escape(_host())}_(\d+)_[0-9a-f]+")
            for name in found:
                owner = mine.fullmatch(name)
                if owner and (int(owner[1]) == os.getpid() or not _lives(int(owner[1]))):
                    self._client.command(f"DROP DATABASE IF EXISTS {name}")


def told(url: str) -> str:
    """Return the URL as it may be told: without a password."""
    return re.sub(r"//[^/@]*@", "//", url)


def _host() -> str:
    return f"{PREFIX}_{re.sub(r'[^A-Za-z0-9]', '_', socket.gethostname())}"


def _own_name() -> str:
    return f"{_host()}_{os.getpid()}_{secrets.token_hex(4)}"


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

"""An archive's database in PostgreSQL, which any number of processes and machines may share."""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from mockserver.store.archive.database import (
    FORMAT,
    KEEP_FORMAT,
    READ_FORMAT,
    READ_STAND,
    TABLES,
    Entry,
    Stand,
    Write,
    Writing,
    require_format,
)
from mockserver.store.archive.model import StoreFull, StoreUnavailable
from mockserver.store.model import StoreError

NAME = SCHEMA = "mockserver"
Answer = TypeVar("Answer")
TOLD_AS = (0, 0, 0, 1, 0)
"""Which parameters of an entry are bytes."""
FULL = ("53100", "53200")  # disk_full, out_of_memory
OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE ? AND application_name <> ?"
)
BEGIN = f"BEGIN; {READ_STAND} FOR UPDATE"
PULSE, ENTRY = b"mockserver_pulse", b"mockserver_entry"
PREPARED = {
    # Two snapshots with one text see the same transactions: nothing was committed between them.
    PULSE: "SELECT pg_current_snapshot()::text",
    ENTRY: "WITH added AS (INSERT INTO log VALUES ($1, $2, $3, $4, $5)) UPDATE worlds SET version = $2 WHERE id = $1",
}
"""What each request asks, and each write: put to libpq itself, a third of what psycopg's cursors take."""


class Postgres:
    """Tables in a schema of their own, over connections that are kept for the next who asks."""

    tail_seconds = 0.02

    def __init__(self, url: str) -> None:
        address, _, query = url.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True))
        self.schema = options.pop("schema", SCHEMA)
        if not self.schema.replace("_", "").isalnum():
            raise StoreError(f"schema={self.schema!r} is no name: letters, digits and underscores make one")
        self._address = f"{address}?{urlencode(options)}" if options else address
        self.url = re.sub(r"//[^/@]*@", "//", url)  # as it may be told: without a password
        self._name = f"{NAME} {os.getpid()} {socket.gethostname()}"[:63]
        self._free: list[Any] = []
        try:
            import psycopg
        except ImportError:
            raise StoreError("postgresql:// needs psycopg: pip install 'posthog-mockserver[postgresql]'") from None
        logging.getLogger("psycopg").setLevel(logging.ERROR)  # a connection that broke is told as a refusal
        self._psycopg = psycopg
        try:
            self._make_tables()
        except (StoreUnavailable, psycopg.Error) as error:
            raise StoreError(f"{self.url}: {str(error.__cause__ or error).strip().splitlines()[0]}") from None

    def _make_tables(self) -> None:
        with self._opened() as connection:  # and closed, since nothing is prepared for it
            run = connection.execute
            with connection.transaction():
                run("SELECT pg_advisory_xact_lock(hashtext('mockserver'))")  # one process at a time
                if run("SELECT to_regnamespace(%s)", (self.schema,)).fetchone() == (None,):
                    run(f"CREATE SCHEMA {self.schema}")  # IF NOT EXISTS asks for the right even where there is one
                run(TABLES.format(bytes="BYTEA"))
                run(_spelled(KEEP_FORMAT), (FORMAT,))
                (found,) = run(READ_FORMAT).fetchone()
        require_format(self.url, found)

    @contextmanager
    def _lent(self) -> Iterator[Any]:
        """Lend a connection. Raises: StoreUnavailable, where there is none to be had or it breaks."""
        connection = self._take()
        try:
            yield connection
        except self._psycopg.Error as error:
            connection.close()
            raise _refusal(error) from error
        finally:
            self._give_back(connection)

    def _asked(self, ask: Callable[[Any], Answer]) -> tuple[Any, Answer]:
        """Return a connection and what it answered to a question; one that broke while it waited is not asked twice."""
        connection = self._take()
        try:
            return connection, ask(connection)
        except self._psycopg.OperationalError:
            connection.close()
            self._forget_broken()
        except self._psycopg.Error as error:
            connection.close()
            raise _refusal(error) from error
        connection = self._connect()
        try:
            return connection, ask(connection)
        except self._psycopg.Error as error:
            connection.close()
            raise _refusal(error) from error

    def _take(self) -> Any:
        try:
            return self._free.pop()  # by several threads at once: each gets one of its own
        except IndexError:
            return self._connect()

    def _connect(self) -> Any:
        connection = self._opened()
        try:
            for name, statement in PREPARED.items():
                self._checked(connection.pgconn.prepare(name, statement.encode()))
        except self._psycopg.Error as error:
            connection.close()
            raise StoreUnavailable from error
        return connection

    def _opened(self) -> Any:
        try:
            return self._psycopg.connect(
                self._address, autocommit=True, connect_timeout=5, options=f"-c search_path={self.schema}",
                application_name=self._name, client_encoding="utf8", prepare_threshold=1,
            )  # fmt: skip
        except self._psycopg.Error as error:
            raise StoreUnavailable from error

    def _prepared(self, connection: Any, name: bytes, *values: bytes | None, formats: Sequence[int] = ()) -> Any:
        """Return what libpq answers to a prepared statement. Raises: psycopg.Error."""
        return self._checked(connection.pgconn.exec_prepared(name, values, formats or None))

    def _checked(self, result: Any) -> Any:
        """Return what libpq answered. Raises: psycopg.Error for an error, or where it answered nothing."""
        if result.error_message:
            if result.error_field(self._psycopg.pq.DiagnosticField.SQLSTATE):
                raise self._psycopg.errors.error_from_result(result)
            raise self._psycopg.OperationalError(result.error_message.decode(errors="replace"))
        return result

    def _forget_broken(self) -> None:
        """Close the connections that wait: where one broke, the others are likely gone with it."""
        while True:
            try:
                self._free.pop().close()
            except IndexError:
                return

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question. Raises: StoreUnavailable."""
        yield from self.run(statement, values)

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, and return its rows. Raises: StoreFull, StoreUnavailable."""

        def ask(connection: Any) -> list[tuple[Any, ...]]:
            cursor = connection.execute(_spelled(statement), values)
            return cursor.fetchall() if cursor.description else []

        connection, rows = self._asked(ask)
        self._free.append(connection)
        return rows

    def commit(self, writes: Iterable[Write]) -> None:
        """Run statements, all or none. Raises: StoreFull, StoreUnavailable."""
        with self._lent() as connection, connection.transaction(), connection.pipeline():
            for statement, values in writes:
                connection.execute(_spelled(statement), values)

    def pulse(self) -> object:
        """Return what changes whenever anybody's writes come to be seen."""

        def ask(connection: Any) -> bytes:
            text: bytes = self._prepared(connection, PULSE).get_value(0, 0)
            return text

        connection, pulse = self._asked(ask)
        self._free.append(connection)
        return pulse

    @contextmanager
    def writing(self, id: str) -> Iterator[Writing]:
        """Keep everybody else from writing to a world; commit at the end what was handed in, if it ends well."""

        def begin(connection: Any) -> Stand | None:
            named = self._psycopg.pq.Escaping(connection.pgconn).escape_literal(id.encode())
            found = self._checked(connection.pgconn.exec_(BEGIN.encode().replace(b"?", named)))
            return Stand(*(int(found.get_value(0, column)) for column in range(3))) if found.ntuples else None

        connection, stand = self._asked(begin)
        writing = Writing(stand)
        try:
            yield writing
            if writing.entry is not None:
                self._prepared(connection, ENTRY, *_told(writing.entry), formats=TOLD_AS)
                self._checked(connection.pgconn.exec_(b"COMMIT"))
        except self._psycopg.Error as error:
            connection.close()
            raise _refusal(error) from error
        finally:
            self._give_back(connection)

    def _give_back(self, connection: Any) -> None:
        """Keep a connection for the next who asks; what it did not commit is undone."""
        try:
            if not connection.closed and connection.info.transaction_status.name != "IDLE":
                self._checked(connection.pgconn.exec_(b"ROLLBACK"))  # psycopg's forgets what is prepared, too
        except self._psycopg.Error:
            connection.close()
        if not connection.closed:
            self._free.append(connection)

    def is_alone(self) -> bool:
        """Return whether no other process is connected."""
        ((others,),) = self.run(OTHERS, (f"{NAME} %", self._name))
        return not others

    def compact(self) -> None:
        """Give back the room of what was removed."""
        for table in ("log", "states", "journal"):
            self.run(f"VACUUM {table}")

    def check(self) -> Iterator[str]:
        """Yield what PostgreSQL finds wrong: nothing, since it refuses to read what is."""
        yield from ()

    def size(self) -> int:
        """Return how many bytes the tables take."""
        ((size,),) = self.run(
            "SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0)::BIGINT FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = CURRENT_SCHEMA()::regnamespace"
        )
        return int(size)

    def close(self) -> None:
        """Let go of every connection."""
        self._forget_broken()


def _told(entry: Entry) -> tuple[bytes | None, ...]:
    """Return an entry as libpq takes it: text, but for the bytes of the body."""
    id, version, state, body, checksum = entry
    return id.encode(), b"%d" % version, None if state is None else b"%d" % state, body, b"%d" % checksum


def _spelled(statement: str) -> str:
    return statement.replace("?", "%s")


def _refusal(error: Any) -> StoreUnavailable:
    return StoreFull() if getattr(error, "sqlstate", None) in FULL else StoreUnavailable()

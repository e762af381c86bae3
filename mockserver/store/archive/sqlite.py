"""An archive's database in a file: SQLite, open in this process alone, or shared by those of one machine."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

from mockserver.store.archive.database import (
    APPEND,
    FORMAT,
    KEEP_FORMAT,
    READ_FORMAT,
    READ_STAND,
    TABLES,
    WRITTEN,
    Stand,
    Write,
    Writing,
    require_format,
)  # fmt: skip
from mockserver.store.archive.model import StoreFull, StoreUnavailable
from mockserver.store.archive.pulses import HEAD_BYTES, head_of
from mockserver.store.model import StoreError

DURABILITY = {"full": "FULL", "relaxed": "NORMAL"}
"""By what a file's URL says: each write waits for the disk, or the system brings it there in its own time."""

CATCH_UP = (
    "UPDATE worlds SET version = MAX(base, COALESCE((SELECT MAX(version) FROM log WHERE world = id), 0)) "
    "WHERE version < COALESCE((SELECT MAX(version) FROM log WHERE world = id), base)"
)
"""A process that had the file alone counted by the log."""


class SqliteFile:
    """A file that this process alone has open; statements are run by one thread at a time."""

    locking = "EXCLUSIVE"
    wait_seconds = 0.0

    def __init__(self, path: Path, durability: str = "full") -> None:
        self.path = path
        self.url = f"sqlite:///{path}"
        self._lock = threading.RLock()
        if not path.parent.is_dir():
            raise StoreError(f"there is no folder {path.parent}")
        try:
            self._connection = self._connect(durability)
            self._open()
        except sqlite3.Error as error:
            raise StoreError(_why_not(path, error)) from None

    @classmethod
    def of(cls, rest: str) -> Self:
        """Open the file that the rest of a URL names, `/path/worlds.db?durability=relaxed`. Raises: StoreError."""
        path, _, query = rest.partition("?")
        options = dict(parse_qsl(query, keep_blank_values=True))
        durability = options.pop("durability", "full")
        if durability not in DURABILITY or options:
            raise StoreError(f"{query!r} is not known; known: durability=full, durability=relaxed")
        if not path.strip("/"):
            raise StoreError("sqlite:///FILE names a file")
        return cls(_file(path), durability)

    def _connect(self, durability: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self.wait_seconds, isolation_level=None, check_same_thread=False
        )  # fmt: skip
        connection.execute(f"PRAGMA locking_mode = {self.locking}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {DURABILITY[durability]}")
        return connection

    def _open(self) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")  # which takes the lock, and where it is exclusive keeps it
        known = run("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = run(READ_FORMAT).fetchone() if ("meta",) in known else None
        run("COMMIT")
        if known and found is None:
            raise StoreError(f"{self.path} is a database of something else")
        if found is not None:
            require_format(self.path, found[0])
        self._connection.executescript(TABLES.format(bytes="BLOB"))
        run(KEEP_FORMAT, (FORMAT,))

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question. Raises: StoreError where the file is damaged."""
        with self._lock:
            try:
                yield from self._connection.execute(statement, values)
            except sqlite3.DatabaseError as error:
                raise StoreError(_why_not(self.path, error)) from None

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, and return its rows when what it wrote is on disk. Raises: StoreFull, StoreUnavailable."""
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise _refusal(error) from error

    def commit(self, writes: Iterable[Write]) -> None:
        """Run statements, all or none, and return when they are on disk. Raises: StoreFull, StoreUnavailable."""
        writes = list(writes)
        if len(writes) == 1:  # all or nothing by itself, at half of what BEGIN and COMMIT take with it
            self.run(*writes[0])
            return
        with self._lock:
            run = self._connection.execute
            try:
                run("BEGIN IMMEDIATE")
                for statement, alike in groupby(writes, itemgetter(0)):
                    self._connection.executemany(statement, [values for _, values in alike])
                run("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    run("ROLLBACK")
                raise _refusal(error) from error

    def compact(self) -> None:
        """Give back the room of what was removed."""
        with self._lock:
            try:
                self._connection.execute("VACUUM")
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise _refusal(error) from error

    def check(self) -> Iterator[str]:
        """Yield what SQLite finds wrong with the file."""
        yield from (text for (text,) in self.rows("PRAGMA integrity_check") if text != "ok")

    def size(self) -> int:
        """Return how many bytes the file takes, and what is not yet in it."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()


class SharedFile(SqliteFile):
    """A file that other processes of this machine have open as well; they write one after the other."""

    locking = "NORMAL"
    wait_seconds = 30.0
    tail_seconds = 0.05

    def __init__(self, path: Path, durability: str = "full") -> None:
        super().__init__(path, durability)
        self._reader = self._connect(durability)  # so that who reads waits for no writer
        self._reading = threading.Lock()
        self.run(CATCH_UP)
        self._head = head_of(path)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question. Raises: StoreError where the file is damaged."""
        with self._reading:
            try:
                found = self._reader.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise StoreError(_why_not(self.path, error)) from None
        yield from found

    def pulse(self) -> object:
        """Return what changes whenever anybody's writes come to be seen."""
        if self._head is not None:
            return self._head[:HEAD_BYTES]
        with self._reading:
            return self._reader.execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def writing(self, id: str) -> Iterator[Writing]:
        """Keep everybody else from writing; commit at the end what was handed in, if it ends well."""
        with self._lock:
            run = self._connection.execute
            try:
                run("BEGIN IMMEDIATE")
                stand = run(READ_STAND, (id,)).fetchone()
                writing = Writing(Stand(*stand) if stand else None)
                yield writing
                if writing.entry is not None:
                    run(APPEND, writing.entry)
                    run(WRITTEN, (writing.entry[1], id))
                    run("COMMIT")
            except sqlite3.Error as error:
                raise _refusal(error) from error
            finally:
                if self._connection.in_transaction:
                    run("ROLLBACK")

    def is_alone(self) -> bool:
        """Return whether no other process has it open: that cannot be told, so none is."""
        return False

    def close(self) -> None:
        """Let go of the file."""
        with self._reading:
            self._reader.close()
        super().close()


def _file(path: str) -> Path:
    """Return the file of a URL's path: absolute where that folder exists or four slashes say so, else from here on."""
    absolute = Path(path)
    if path.startswith("//"):
        return Path("/" + path.lstrip("/"))
    is_there = absolute.parent != Path("/") and absolute.parent.is_dir()
    return absolute if is_there else Path(path.lstrip("/")).absolute()


def _refusal(error: sqlite3.Error) -> StoreUnavailable:
    code = getattr(error, "sqlite_errorcode", None)
    is_full = code is not None and (code & 0xFF == sqlite3.SQLITE_FULL or _is_write_failure(code))
    return StoreFull() if is_full else StoreUnavailable()


def _is_write_failure(code: int) -> bool:
    """Return whether an I/O error is one of writing: on a full disk, where the log cannot grow, SQLite says so."""
    return code in (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE)


def _why_not(path: Path, error: sqlite3.Error) -> str:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{path} is in use by another process; stop that one, or share it with --workers"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"{path} is damaged or no database: {error}; see: mockserver store check"
    return f"{path}: {error}"

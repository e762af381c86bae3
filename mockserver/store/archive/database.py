"""What an archive asks of its database; and the statements that all databases take alike.

Parameters are written `?`. A log's entry is what changed (`body`), or the state that the world was put back to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from mockserver.store.model import StoreError

Write = tuple[str, Sequence[Any]]
"""A statement and its parameters."""
Entry = tuple[str, int, int | None, bytes, int]
"""A row of the log: world, version, the state that it was put back to or None, what changed, its checksum."""

FORMAT = 1
ROWS_AT_ONCE = 100
TABLES = """
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS states (number BIGINT PRIMARY KEY, base BIGINT NOT NULL, body {bytes} NOT NULL);
    CREATE TABLE IF NOT EXISTS worlds (
        id TEXT PRIMARY KEY, place BIGINT NOT NULL, state BIGINT NOT NULL, base BIGINT NOT NULL,
        version BIGINT NOT NULL, about TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS log (
        world TEXT NOT NULL, version BIGINT NOT NULL, state BIGINT, body {bytes} NOT NULL, checksum BIGINT NOT NULL,
        PRIMARY KEY (world, version)
    );
    CREATE TABLE IF NOT EXISTS processes (name TEXT PRIMARY KEY, heard BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS journal (
        world TEXT NOT NULL, number BIGINT NOT NULL, body {bytes} NOT NULL, PRIMARY KEY (world, number)
    );
"""
READ_FORMAT = "SELECT value FROM meta WHERE name = 'format'"
KEEP_FORMAT = "INSERT INTO meta VALUES ('format', ?) ON CONFLICT (name) DO NOTHING"
COUNT = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = meta.value + ? RETURNING value"
READ_STATE = "SELECT base, body FROM states WHERE number = ?"
KEEP_STATE = "INSERT INTO states VALUES (?, ?, ?)"
READ_WORLDS = "SELECT id, state, base, version, about FROM worlds ORDER BY place"
KEEP_WORLD = "INSERT INTO worlds VALUES (?, ?, ?, 0, 0, ?) ON CONFLICT (id) DO NOTHING RETURNING id"
DESCRIBE = "UPDATE worlds SET about = ? WHERE id = ?"
READ_LOG = "SELECT version, state, body, checksum FROM log WHERE world = ? AND version > ? ORDER BY version"
CUT_LOG = "DELETE FROM log WHERE world = ? AND version >= ?"
APPEND = "INSERT INTO log VALUES (?, ?, ?, ?, ?)"
REBASE = "UPDATE worlds SET state = ?, base = ? WHERE id = ? AND base < ?"
SHORTEN_LOG = "DELETE FROM log WHERE world = ? AND version <= ?"
SWEEP = tuple(f"DELETE FROM {table} WHERE world NOT IN (SELECT id FROM worlds)" for table in ("log", "journal"))
FORGET = ("DELETE FROM worlds WHERE id = ?", "DELETE FROM log WHERE world = ?", "DELETE FROM journal WHERE world = ?")
READ_TAIL = "SELECT number, body FROM journal WHERE world = ? ORDER BY number"
KEEP_TAIL = "INSERT INTO journal VALUES (?, ?, ?)"
SHORTEN_TAIL = (
    "DELETE FROM journal WHERE world = ? AND number <= "
    "(SELECT number FROM journal WHERE world = ? ORDER BY number DESC LIMIT 1 OFFSET ?)"
)
ASKED = "SELECT value FROM meta WHERE name = 'last asking'"
HEAR = "INSERT INTO processes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET heard = excluded.heard"
DEAF = "SELECT 1 FROM processes WHERE heard < ? LIMIT 1"
FORGET_DEAF = "DELETE FROM processes WHERE heard < ?"
LEAVE = "DELETE FROM processes WHERE name = ?"
CUT_TAIL = "DELETE FROM journal WHERE world = ? AND (number < ? OR number > ?)"

READ_STAND = "SELECT state, base, version FROM worlds WHERE id = ?"
WRITTEN = "UPDATE worlds SET version = ? WHERE id = ?"


def together(insert: str, rows: Sequence[Sequence[Any]]) -> Iterator[Write]:
    """Yield what adds rows as statements of many rows: a database is asked once for each, whatever it adds."""
    for at in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[at : at + ROWS_AT_ONCE]
        more = f", ({', '.join('?' * len(some[0]))})" * (len(some) - 1)
        yield insert + more, [value for row in some for value in row]


class Stand(NamedTuple):
    """Where a world stands: the state that its log begins after, at which version that is, and the last version."""

    state: int
    base: int
    version: int


def require_format(where: object, found: int) -> None:
    """Refuse a database that another version made. Raises: StoreError, in a line that says what to do."""
    if found != FORMAT:
        raise StoreError(
            f"{where} has format {found}, and this version reads {FORMAT}: export it with the version that made it "
            "(mockserver store export) and import it with this one"
        )


@dataclass
class Writing:
    """A world being written: where it stands (nothing where it is gone), and the entry to be added, if any."""

    stand: Stand | None
    entry: Entry | None = None


class Database(Protocol):
    """Where an archive's tables are; each method may be called by many threads.

    Raises everywhere: StoreUnavailable for what cannot be asked now, StoreFull where there is no room.
    """

    url: str

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a question."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, and return its rows when what it wrote is on disk."""

    def commit(self, writes: Iterable[Write]) -> None:
        """Run statements, all or none, and return when they are on disk."""

    def compact(self) -> None:
        """Give back the room of what was removed."""

    def check(self) -> Iterator[str]:
        """Yield what the database finds wrong with itself."""

    def size(self) -> int:
        """Return how many bytes it takes."""

    def close(self) -> None:
        """Let go of it."""


class SharedDatabase(Database, Protocol):
    """One that many processes may write to."""

    tail_seconds: float
    """How often what may be lost is worth a commit."""

    def is_alone(self) -> bool:
        """Return whether no other process has it open."""

    def pulse(self) -> object:
        """Return what changes whenever anybody's writes come to be seen."""

    def writing(self, id: str) -> AbstractContextManager[Writing]:
        """Keep everybody else from writing to a world; commit at the end what was handed in, if it ends well."""

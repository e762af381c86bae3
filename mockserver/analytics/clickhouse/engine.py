"""ClickHouse: one engine for the process, embedded or a server, asked one query at a time.

Only what the printer printed comes here. Queries run read-only, and within bounds of time, memory and rows.
"""

from __future__ import annotations

import atexit
import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockserver.analytics.clickhouse.matcher import FUNCTIONS
from mockserver.analytics.errors import NotText, QueryError
from mockserver.errors import NotModelled

INSTALL = "ClickHouse is not installed; run: pip install 'posthog-mockserver[analytics]'"
SECONDS = 30
# As PostHog asks, in its order: they stand in the texts of errors.
SETTINGS: Mapping[str, int] = {
    "readonly": 2,
    "max_execution_time": SECONDS,
    "allow_experimental_object_type": 1,
    "format_csv_allow_double_quotes": 0,
    "max_ast_elements": 4_000_000,
    "max_expanded_ast_elements": 4_000_000,
    "max_bytes_before_external_group_by": 0,
    "transform_null_in": 1,
    "optimize_min_equality_disjunction_chain_length": 4_294_967_295,
    "allow_experimental_join_condition": 1,
}
# What holds for every query, and is PostHog's server's own affair: to behave as ClickHouse 24.8, within bounds.
SESSION: Mapping[str, int | str] = {
    "compatibility": "24.8",
    "session_timezone": "UTC",
    "join_use_nulls": 0,
    "max_memory_usage": 2_000_000_000,
    "max_query_size": 1_048_576,
    "max_result_rows": 1_000_000,
    "output_format_json_named_tuples_as_objects": 0,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_escape_forward_slashes": 0,
    "output_format_json_validate_utf8": 1,
}
FORMAT = "JSONCompactEachRowWithNamesAndTypes"
FAILURE = re.compile(r"Code: \d+\. DB::(?:Exception|.*?): (.*) \(([A-Z][A-Z0-9_]+)\)", re.DOTALL)
# Parts of messages that PostHog's server does not say, or says otherwise.
AFTERTHOUGHT = re.compile(
    r": while executing (?:function|'FUNCTION).*|(?<=in query)\. Aggregate functions are not allowed in .*", re.DOTALL
)
SEVERAL = re.compile(
    r"\(SELECT \* FROM (\w+)(?: UNION ALL SELECT \* (?:EXCEPT \(?lot\)? )?FROM \w+(?: WHERE lot IN \([\d, ]+\))?)+\)"
)
OWN_TABLE = re.compile(r"\b([a-z_]+)_\d+ AS (\w+)")
OWN_LIMIT = f"max_execution_time = {SECONDS}", "max_execution_time = 60"

# Errors whose texts PostHog lets through; any other is a 500 there, and a plain refusal here.
HIDDEN = {
    "TIMEOUT_EXCEEDED": "Query took too long: it was stopped",
    "MEMORY_LIMIT_EXCEEDED": "Query needs too much memory",
}


@dataclass(frozen=True)
class Answer:
    """What ClickHouse answered: names and types of the columns, and the rows."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]


class Engine(ABC):
    """A ClickHouse, whatever reaches it."""

    for_few = "Memory"
    """What holds the rows of a small table."""
    is_lost = False
    """Whether what was made in it is gone, so that it must be made anew in another."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        """Held while tables are asked for and read, so that none is dropped in between."""

    def query(self, sql: str, **settings: int) -> Answer:
        """Run a query, with settings of its own if any. Raises: QueryError with ClickHouse's name for what is wrong."""
        spelled = ", ".join(f"{name} = {_setting(value)}" for name, value in {**SETTINGS, **settings}.items())
        with self.lock:
            raw = self._run(f"{sql} SETTINGS {spelled}", FORMAT)
        if not raw:
            return Answer([], [], [])
        columns, types, *rows = (orjson.loads(line) for line in raw.split(b"\n") if line)
        return Answer(columns, types, rows)

    def command(self, sql: str) -> None:
        """Make, fill or drop one of our own tables."""
        with self.lock:
            self._run(sql, "Null")

    def insert(self, table: str, lines: bytes, settings: str = "") -> None:
        """Add rows, a line of JSON each, to a table that nobody knows of yet."""
        reading = f" SETTINGS {settings}" if settings else ""
        self._answer(f"INSERT INTO {table}{reading} FORMAT JSONEachRow ".encode() + lines, "Null")

    def fill(self, sql: str) -> None:
        """Fill a table that nobody knows of yet, in whatever thread; whoever has it made may hold the lock."""
        self._run(sql, "Null")

    def clone(self, made: str, source: str) -> None:
        """Make a table on disk of another, sharing its parts."""
        self.command(f"CREATE TABLE {made} CLONE AS {source}")

    def close(self) -> None:
        """Let go of what it holds outside this process, which is nothing unless it is a server."""
        return

    def _run(self, sql: str, output: str) -> bytes:
        try:
            sql.encode()
        except UnicodeEncodeError:  # in a value that was never parsed, as of a property filter; servers fail with a 500
            raise NotText from None
        return self._answer(sql, output)

    @abstractmethod
    def _answer(self, sql: str | bytes, output: str) -> bytes:
        """Return what a statement answers, in a format of ClickHouse's. Raises: QueryError."""


class EmbeddedEngine(Engine):
    """The ClickHouse inside this process."""

    def __init__(self) -> None:
        super().__init__()
        try:
            import chdb
        except ImportError:
            raise NotModelled(INSTALL) from None
        # Not `chdb.connect`: what it adds are Arrow's and pandas' forms of answers, for the import of both.
        native: Any = chdb._chdb
        self._connection: Any = native.connect(":memory:")
        atexit.register(self._connection.close)  # while there is all that its threads need
        for name, function in FUNCTIONS.items():
            chdb.create_function(name, function, ["String"], "String")
        self._speaking = threading.Lock()
        self.command("SET " + ", ".join(f"{name} = {_setting(value)}" for name, value in SESSION.items()))

    def _answer(self, sql: str | bytes, output: str) -> bytes:
        with self._speaking:
            try:
                answer: bytes = self._connection.query(sql, output).bytes()
            except RuntimeError as error:
                # What a query wrote before it failed would stand at the head of the next answer, whoever asks for that.
                self._connection.query("SELECT 1", "Null")
                raise failure(str(error)) from None
        return answer


def encode(value: Any) -> bytes:
    """Return compact JSON in UTF-8, whatever numbers and characters it has."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _setting(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


def failure(text: str) -> QueryError:
    """Return the error that ClickHouse's message stands for, as PostHog shows it."""
    found = FAILURE.search(text)
    if not found:
        return QueryError("The query cannot be run")
    message, name = found[1], found[2]
    if name in HIDDEN:
        return QueryError(HIDDEN[name], code=name.lower())
    message = SEVERAL.sub(r"\1", AFTERTHOUGHT.sub("", message))
    message = OWN_TABLE.sub(_shared_name, message).replace(*OWN_LIMIT)
    return QueryError(f"{message.rstrip('. ')}. ({name})", code=name.lower())


def _shared_name(match: re.Match[str]) -> str:
    """Return a table as PostHog's server calls it, where there is one for all projects."""
    name, alias = match[1], match[2]
    return name if name == alias else f"{name} AS {alias}"

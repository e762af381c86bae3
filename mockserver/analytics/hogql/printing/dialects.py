"""What every part of the printer builds on: which spelling is asked for, and of which project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.literals import clickhouse_identifier, hogql_identifier
from mockserver.analytics.hogql.nodes import Node


class Dialect(Enum):
    """Which of the three spellings."""

    CLICKHOUSE = "clickhouse"
    HOGQL = "hogql"
    NAMES = "names"


class Printing:
    """What printing needs to know of a project."""

    def __init__(
        self,
        timezone: str = "UTC",
        week_start_day: int = 0,
        now: datetime | None = None,
        stored: Callable[[str, bool], str] = lambda name, sampled: name,
    ) -> None:
        self.timezone = timezone
        self.now = now
        self.week_mode = 3 if week_start_day == 1 else 0
        self.stored = stored
        """What stands for a stored table in ClickHouse, by its name and by whether a sample is taken of it."""


class Spelling:
    """Prints nodes, each by the method of its name. Names and literals are always quoted."""

    def __init__(self, dialect: Dialect, printing: Printing, *, pretty: bool = False) -> None:
        self.dialect = dialect
        self.printing = printing
        self.pretty = pretty
        self.stack: list[Node] = []
        self.depth = -1

    @property
    def is_clickhouse(self) -> bool:
        """Whether the text is to be run."""
        return self.dialect is Dialect.CLICKHOUSE

    def top(self, node: Node) -> str:
        """Return a whole query or expression."""
        return self.print(node)

    def print(self, node: Node) -> str:
        """Return one node."""
        self.stack.append(node)
        try:
            method = getattr(self, f"_{type(node).__name__}", None)
            if method is None:
                raise QueryError(f"Unsupported syntax: {type(node).__name__}", node.start, node.end)
            return str(method(node))
        finally:
            self.stack.pop()

    def print_all(self, items: Sequence[Node]) -> str:
        """Return nodes with commas between."""
        return ", ".join(self.print(item) for item in items)

    def _chain(self, chain: Sequence[str | int]) -> str:
        return ".".join(hogql_identifier(part) for part in chain)

    def _identifier(self, name: str) -> str:
        return clickhouse_identifier(name) if self.is_clickhouse else hogql_identifier(name)

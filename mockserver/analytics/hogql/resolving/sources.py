"""Where a query's fields come from: tables, what is joined to them, and subqueries.

A table that is read through a subquery remembers what was asked of it (`needed`), so that the subquery can be printed
once the whole query is resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockserver.analytics.hogql.nodes import Alias, Node, Source
from mockserver.analytics.hogql.tables.schema import Computed, Path, Plain, Table, TableField
from mockserver.analytics.hogql.types import UNKNOWN, Kind, Type


def starred(fields: Mapping[str, TableField]) -> list[str]:
    """Return those of a table's fields that `*` stands for."""
    return [
        name
        for name, item in fields.items()
        if (isinstance(item, (Plain, Computed)) and item.is_starred) or (isinstance(item, Path) and name == "person_id")
    ]


@dataclass(eq=False)
class TableSource(Source):
    """A table of FROM, or one that a field leads to; `alias` is what its columns are called by."""

    table: Table
    alias: str
    declared: Mapping[str, str]
    """Types of the properties that its JSON holds."""
    needed: dict[str, str] = field(default_factory=dict)
    joins: dict[str, JoinedSource] = field(default_factory=dict)
    is_joined: bool = False
    """Whether a field leads to it: then its columns are aggregates in PostHog, of which no types are known."""

    def field(self, name: str) -> TableField | None:
        """Return the field of a name."""
        return self.table.fields.get(name)

    def starred(self) -> list[str]:
        """Return the fields that `*` stands for."""
        return starred(self.table.fields)

    def need(self, name: str, sql: str) -> None:
        """Have the subquery that reads this table offer an expression under a name."""
        self.needed.setdefault(name, sql)

    def column_type(self, item: Plain) -> Type:
        """Return the type of one of its columns; out of an aggregate nothing is known of it but that it is JSON."""
        if (self.table.opaque or self.is_joined) and item.type.kind is not Kind.JSON:
            return UNKNOWN
        return item.type


@dataclass(eq=False)
class JoinedSource:
    """A table joined because a field leads to it: `source` where `on` equals its field `to`."""

    source: TableSource
    on: Node
    to: str
    where: str | None = None
    is_inner: bool = False


@dataclass(eq=False)
class QuerySource(Source):
    """A subquery of FROM; without an alias its columns are called by their bare names."""

    alias: str | None
    columns: dict[str, Node]

    def starred(self) -> list[str]:
        """Return the columns that `*` stands for."""
        return list(self.columns)


def all_joins(source: Source) -> Iterator[JoinedSource]:
    """Yield what is joined to a source, and to that, in the order in which each can be joined."""
    if isinstance(source, TableSource):
        for joined in source.joins.values():
            yield joined
            yield from all_joins(joined.source)


def columns_of(select: Sequence[Node]) -> dict[str, Node]:
    """Return a query's columns by name: of several alike the last hidden one, unless one was named."""
    columns: dict[str, Node] = {}
    named: set[str] = set()
    for item in select:
        if isinstance(item, Alias):
            if item.hidden and item.alias in named:
                continue
            if not item.hidden:
                named.add(item.alias)
            columns[item.alias] = item.expr
    return columns

"""What tables of HogQL are made of: kinds of fields, and how one table leads to another.

A table is read from one of ours (`stored`), through a subquery that asks for no more than the query names; events
alone are read directly. `*` stands for the plain and the computed fields, in this order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.hogql.types import Kind, Type


@dataclass(frozen=True)
class Plain:
    """A field kept as a column; `sql` says how it is read where that is more than its name.

    `{timezone}` and `{team_id}` in it stand for the project's.
    """

    type: Type
    sql: str | None = None
    is_starred: bool = True
    is_listed: bool | None = None
    """Whether the schema lists it; what `*` stands for, unless it says otherwise."""

    @property
    def is_shown(self) -> bool:
        """Whether the schema lists it."""
        return self.is_starred if self.is_listed is None else self.is_listed


@dataclass(frozen=True)
class Computed:
    """A field that is a HogQL expression over others of its table.

    Names in braces stand for `parts`, each an expression of its own that may name those before it: what is nested
    deeply takes the parser long to read in one piece. What a project gives stands there as a node, never as text.
    """

    expression: str
    type: Type
    is_starred: bool = True
    parts: tuple[tuple[str, str | Node], ...] = ()


@dataclass(frozen=True)
class Joined:
    """A table joined when a field of it is named: `on` is a HogQL expression here, `to` the field there."""

    table: str
    on: str
    to: str
    where: str | None = None
    is_inner: bool = False
    """Whether rows that find nothing there are left out."""


@dataclass(frozen=True)
class Within:
    """Fields of the same table under a name of their own; `properties` says of which kind theirs are."""

    fields: Mapping[str, Plain | Computed | Path]
    properties: str


@dataclass(frozen=True)
class Path:
    """Another name for what stands at the end of a path."""

    chain: tuple[str, ...]


TableField = Plain | Computed | Joined | Within | Path


@dataclass(frozen=True)
class Table:
    """A table of HogQL's."""

    name: str
    stored: str
    fields: Mapping[str, TableField]
    is_direct: bool = False
    group_by: str | None = None
    latest: str | None = None
    """By which column the latest of several rows is told, where the others are told of that one."""
    where: str | None = None
    properties: str | None = None
    """Of which kind its `properties` are: event, person or group."""
    opaque: bool = False
    """Whether its fields come out of aggregates, so that nothing is known of their types."""
    shown: str | None = None
    """What HogQL calls it when it is printed again, where that is not its name."""
    function: tuple[int, int] | None = None
    """How few and how many arguments it takes, if it is a function."""

    def told(self, name: str, sql: str) -> str:
        """Return what a group of rows tells of a column: itself, where they are grouped by it; or the latest's."""
        if self.latest is None or name in (self.group_by or "").replace("`", "").split(", "):
            return sql
        return f"tupleElement(argMax(tuple({sql}), {self.stored}.{self.latest}), 1)"


def _not_null(kind: Kind) -> Type:
    return Type(kind, nullable=False)


STRING, INTEGER, FLOAT = _not_null(Kind.STRING), _not_null(Kind.INTEGER), _not_null(Kind.FLOAT)
DATE, DECIMAL = _not_null(Kind.DATE), _not_null(Kind.DECIMAL)
DATETIME, UUID, JSON = _not_null(Kind.DATETIME), _not_null(Kind.UUID), _not_null(Kind.JSON)
ARRAY, BOOLEAN, UNKNOWN = _not_null(Kind.ARRAY), _not_null(Kind.BOOLEAN), Type()

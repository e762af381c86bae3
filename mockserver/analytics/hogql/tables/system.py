"""The tables `system.…`: a project's own records, to be queried beside its events.

Source: PostHog offers its relational tables so since November 2025, each with some of its fields, deleted records too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.analytics.hogql.tables.schema import (
    DATETIME,
    INTEGER,
    JSON,
    STRING,
    Plain,
    Table,
    TableField,
)  # fmt: skip
from mockserver.analytics.hogql.types import Kind, Type

COLUMN_TYPES: Mapping[Kind, str] = {
    Kind.INTEGER: "Nullable(Int64)", Kind.STRING: "Nullable(String)", Kind.DATETIME: "Nullable(DateTime64(6, 'UTC'))",
    Kind.JSON: "String",
}  # fmt: skip
_NAMED = {"id": INTEGER, "name": STRING, "description": STRING, "created_at": DATETIME, "deleted": INTEGER}


@dataclass(frozen=True)
class Kept:
    """A table of records: what it is made of, its fields, and what these are called in a record where that differs."""

    name: str
    fields: Mapping[str, Type]
    source: str = ""
    called: Mapping[str, str] | None = None

    @property
    def stored(self) -> str:
        """What the mirror calls it."""
        return f"system_{self.name}"

    @property
    def records(self) -> str:
        """The store's table whose records it shows."""
        return self.source or self.name

    @property
    def columns(self) -> str:
        """Its columns in ClickHouse."""
        return ", ".join(f"`{name}` {COLUMN_TYPES[type.kind]}" for name, type in self.fields.items())

    def table(self) -> Table:
        """Return the table that HogQL knows."""
        fields: dict[str, TableField] = {
            name: Plain(type if type == JSON else Type(type.kind)) for name, type in self.fields.items()
        }
        return Table(f"system.{self.name}", self.stored, {**fields, "team_id": TEAM})


TEAM = Plain(INTEGER, "{team_id}", is_starred=False)
SYSTEM = (
    Kept("actions", {**_NAMED, "steps": JSON}),
    Kept("cohorts", {**_NAMED, "filters": JSON, "groups": JSON, "query": JSON, "last_calculation": DATETIME,
                     "version": INTEGER, "count": INTEGER, "is_static": INTEGER}),
    Kept("dashboards", {**_NAMED, "filters": JSON, "variables": JSON}),
    Kept("feature_flags", {"id": INTEGER, "key": STRING, "name": STRING, "filters": JSON, "rollout_percentage": INTEGER,
                           "created_at": DATETIME, "deleted": INTEGER}),
    Kept("groups", {"index": INTEGER, "key": STRING, "created_at": DATETIME, "properties": JSON},
         called={"index": "group_type_index", "key": "group_key", "properties": "group_properties"}),
    Kept("group_type_mappings", {"group_type": STRING, "group_type_index": INTEGER, "name_singular": STRING,
                                 "name_plural": STRING}, "group_types"),
    Kept("insights", {**_NAMED, "short_id": STRING, "filters": JSON, "query": JSON}),
)  # fmt: skip

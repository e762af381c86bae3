"""DatabaseSchemaQuery: the tables that a project can query, and their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.literals import typed_identifier
from mockserver.analytics.hogql.tables.schema import Computed, Joined, Path, Plain, Table, TableField, Within
from mockserver.analytics.hogql.types import Kind
from mockserver.analytics.inquiries import Inquiry
from mockserver.request.call import Call

KINDS = {
    Kind.STRING: "string", Kind.INTEGER: "integer", Kind.FLOAT: "float", Kind.DECIMAL: "decimal",
    Kind.BOOLEAN: "boolean", Kind.DATE: "date", Kind.DATETIME: "datetime", Kind.ARRAY: "array", Kind.JSON: "json",
    Kind.UUID: "string",
}  # fmt: skip
SELECTED = frozenset({"sessions"})
"""Tables that are a query themselves: their fields are its columns, however those are computed."""
SHOWN = ("events", "groups", "persons", "sessions", "query_log")


def database_schema_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with every table that is not a raw one, and no joins of the project's own."""
    tables = Inquiry.of(call, query).database.tables
    return {"joins": [], "tables": {name: _table(tables[name], tables) for name in SHOWN}}


def _table(table: Table, tables: Mapping[str, Table]) -> dict[str, Any]:
    fields = {name: _field(name, item, table, tables) for name, item in table.fields.items()}
    return {
        "fields": {name: shown for name, shown in fields.items() if shown is not None},
        "id": table.name,
        "name": table.name,
        "row_count": None,
        "type": "posthog",
    }


def _field(name: str, item: TableField, owner: Table, tables: Mapping[str, Table]) -> dict[str, Any] | None:
    """Return a field as the schema shows it; none for one that is kept to ourselves."""
    told: dict[str, Any] = {"chain": None, "fields": None, "id": None, "table": None}
    match item:
        case Plain(type=kind) if item.is_shown:
            told["type"] = KINDS.get(kind.kind, "unknown")
        case Computed(type=kind) if owner.name in SELECTED:
            told["type"] = KINDS.get(kind.kind, "unknown")
        case Computed():
            told["type"] = "expression"
        case Joined(table=table):
            told |= {"type": "lazy_table", "table": table, "id": name, "fields": _onwards(tables[table], owner)}
        case Within(fields=fields):
            told |= {"type": "virtual_table", "table": owner.name, "fields": list(fields)}
        case Path(chain=chain):
            told |= {"type": "field_traverser", "chain": list(chain)}
        case _:
            return None
    told |= {"hogql_value": typed_identifier(name), "name": name, "schema_valid": True}
    return dict(sorted(told.items()))


def _onwards(table: Table, owner: Table) -> list[str]:
    """Return the fields of a table that another leads to, without those that lead back."""
    return [name for name, item in table.fields.items() if not (isinstance(item, Joined) and item.table == owner.name)]

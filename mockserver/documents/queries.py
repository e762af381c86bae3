"""What the query endpoint understands, from the modules that answer it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from mockserver.analytics.hogql.functions import Function, aggregates
from mockserver.analytics.hogql.functions import functions as plain
from mockserver.analytics.hogql.tables.database import JOINED, database
from mockserver.analytics.hogql.tables.schema import Joined, Table, TableField
from mockserver.analytics.kinds import KINDS, answering
from mockserver.contract import Contract
from mockserver.documents.markdown import code, table
from mockserver.queries.running import PARTS


def kinds() -> str:
    """Return a table of the kinds of query that are answered."""
    return table(("Kind", "What is answered"), [(code(kind), _about(answering(kind))) for kind in sorted(KINDS)])


def unsupported_kinds() -> str:
    """Return the kinds of query that PostHog runs and that are not modelled here."""
    known = Contract.read().components["QueryNode"]["properties"]["kind"]["enum"]
    return ", ".join(code(kind) for kind in sorted(set(known) - KINDS.keys() - PARTS))


def _about(answers: object) -> str:
    sentence = (inspect.getdoc(answers) or "").partition("\n\n")[0].partition(" Raises:")[0]
    return " ".join(sentence.split())


def tables() -> str:
    """Return a table of HogQL's tables and their fields."""
    known = database(JOINED, ())
    return table(("Table", "Fields"), [(code(name), _fields(one)) for name, one in sorted(known.tables.items())])


def _fields(one: Table) -> str:
    return ", ".join(_field(name, field) for name, field in one.fields.items())


def _field(name: str, field: TableField) -> str:
    return f"{code(name)} → {code(field.table)}" if isinstance(field, Joined) else code(name)


def functions() -> str:
    """Return the functions of HogQL, aggregates apart."""
    parts = (("Functions", plain().values()), ("Aggregates", aggregates().values()))
    return "\n\n".join(f"**{head}** ({len(found)}): {_names(found)}" for head, found in parts)


def _names(found: Iterable[Function]) -> str:
    return ", ".join(code(name) for name in sorted({function.name for function in found}, key=str.lower))

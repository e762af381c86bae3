"""The records of a world, table by table: looked through, shown, added, changed, removed; and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

from mockserver.admin.claims import refuse_claims
from mockserver.admin.plane import Plane
from mockserver.contract import Contract, Document
from mockserver.errors import NotFound, ValidationError
from mockserver.seeding import LoadError, editing
from mockserver.seeding.completion import template_of
from mockserver.store import Record, Repository
from mockserver.world import clockwork
from mockserver.world.tables import TABLES, Identity, Table
from mockserver.world.worlds import World

MOST_SHOWN = 50
TOLD = ("type", "format", "enum", "description", "maxLength", "minimum", "maximum", "default")
KEYS = {Identity.INTEGER: {"type": "integer"}, Identity.UUID: {"type": "string", "format": "uuid"},
        Identity.GIVEN: {"type": "string"}}  # fmt: skip


def list_tables(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """List every table: how much it holds, what its records are known by and may be given with."""
    view, begun = clockwork.settled(world), world.beginning()
    return {
        "tables": [
            {
                "table": table.name,
                "records": len(view.table(table.name)),
                "changed": editing.is_changed(begun, view, table),
                "key": table.key,
                "editable": table.loadable,
                "component": table.component,
                "fields": _fields(plane.contract, table.name) if table.loadable else {},
            }
            for table in TABLES.values()
        ]
    }


def list_records(plane: Plane, given: Mapping[str, Any], world: World, table: str) -> dict[str, Any]:
    """List the records of a table that hold a text, in the order asked for or the newest first; a page of them."""
    held = clockwork.settled(world).table(_table(table).name)
    offset, limit = given.get("offset") or 0, given.get("limit", MOST_SHOWN)
    text, ordering = given.get("search"), given.get("ordering")
    if text is None and ordering is None:
        return {"records": _newest(held, offset, limit), "count": len(held)}
    found = list(held if text is None else _holding(held, text))
    if ordering is None:
        found.reverse()
    else:
        found.sort(key=lambda record: _rank(record.get(ordering.lstrip("-"))), reverse=ordering.startswith("-"))
    return {"records": found[offset : offset + limit], "count": len(found)}


def add_record(plane: Plane, body: dict[str, Any], world: World, table: str) -> Record:
    """Store a record, completed and checked."""
    editable = _editable(table)
    _refuse_claim(plane, world, table, body)
    try:
        record = editing.add(plane.contract, world, editable, body)
    except LoadError as error:
        raise _refused(error) from None
    plane.worlds.register(world)
    return record


def get_record(plane: Plane, given: Any, world: World, table: str, record: str) -> Record:
    """Return a record as it is stored."""
    return _find(world, _table(table), record)


def change_record(plane: Plane, body: dict[str, Any], world: World, table: str, record: str) -> Record:
    """Put values in the place of a record's own."""
    editable = _editable(table)
    _refuse_claim(plane, world, table, body)
    try:
        changed = editing.change(plane.contract, world, editable, _find(world, editable, record), body)
    except LoadError as error:
        raise _refused(error) from None
    plane.worlds.register(world)
    return changed


def remove_record(plane: Plane, given: Any, world: World, table: str, record: str) -> None:
    """Remove a record for good."""
    editable = _editable(table)
    try:
        editing.remove(world, editable, _find(world, editable, record))
    except LoadError as error:
        raise _refused(error) from None
    plane.worlds.register(world)


def list_changes(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """List what became of records since the world began; of each table no more than `limit`."""
    tables = [_table(given["table"])] if "table" in given else TABLES.values()
    limit = given.get("limit", MOST_SHOWN)
    changes = []
    for table in tables:
        found = list(editing.changes_of(world, table))
        if found:
            shown = [{"before": change.before, "after": change.after} for change in found[:limit]]
            changes.append({"table": table.name, "key": table.key, "count": len(found), "changes": shown})
    return {"tables": changes}


def _table(name: str) -> Table:
    try:
        return TABLES[name]
    except KeyError:
        raise NotFound(f"Table {name!r} not found.") from None


def _editable(name: str) -> Table:
    table = _table(name)
    if not table.loadable:
        raise ValidationError(f"The records of {name} follow from others, and are nobody's to write.")
    return table


def _find(world: World, table: Table, key: str) -> Record:
    record = editing.find(clockwork.settled(world), table, key)
    if record is None:
        raise NotFound(f"Record {key!r} not found in {table.name}.")
    return record


def _refuse_claim(plane: Plane, world: World, table: str, body: Mapping[str, Any]) -> None:
    refuse_claims(plane, world, {table: [body]})


def _refused(error: LoadError) -> ValidationError:
    return ValidationError(error.message, attr="__".join(str(part) for part in error.place) or None)


@lru_cache(maxsize=256)
def _fields(contract: Contract, table: str) -> dict[str, Document]:
    """Return what is known of the fields that a record may be given with: type, choices, which record it names."""
    known = TABLES[table]
    fields: dict[str, Document] = {known.key: dict(KEYS[known.identity])}
    if known.owner:
        fields[known.owner.value] = {}
    for name, spec in template_of(contract, known).items():
        whole = contract.resolve(spec)
        fields[name] = {word: whole[word] for word in TOLD if word in whole}
    fields.update((name, {}) for name in known.fields if name not in fields)
    for name, target in known.references.items():
        fields[name] = {**fields[name], "reference": target}
    for name in known.required:
        fields[name] = {**fields[name], "required": True}
    return fields


def _newest(held: Repository, offset: int, limit: int) -> list[Record]:
    """Return a stretch of a table from its end; what lies before it is not looked at."""
    wanted, last = offset + limit, held.mark()
    reach = wanted
    while True:
        latest = held.since(max(last - reach, 0))
        if latest.count >= wanted or reach >= last:
            first, end = max(latest.count - wanted, 0), max(latest.count - offset, 0)
            return list(islice(latest.records, first, end))[::-1]
        reach *= 2  # some of them are gone


def _holding(records: Iterable[Record], text: str) -> Iterable[Record]:
    """Yield the records in a value of which a text stands, whatever the case of its letters."""
    wanted = text.casefold()
    return (record for record in records if any(wanted in _spelled(value) for value in record.values()))


def _spelled(value: Any) -> str:
    return (value if isinstance(value, str) else orjson.dumps(value).decode()).casefold()


def _rank(value: Any) -> tuple[int, Any]:
    """Return by what a value is sorted among others of any type: nothing first, then numbers, texts, all else."""
    if value is None:
        return 0, 0
    if isinstance(value, (bool, int, float)):
        return 1, value
    return (2, value.casefold()) if isinstance(value, str) else (3, orjson.dumps(value))

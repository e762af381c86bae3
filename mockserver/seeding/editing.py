"""Change and remove single records, judged as those that are loaded; and tell what became of them since a world began.

What follows from other records (members of a cohort, deliveries, …) is nobody's to write: it would not stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.contract import Contract
from mockserver.request.passwords import digest
from mockserver.seeding.completion import Completer
from mockserver.seeding.kinds import LoadError, storable
from mockserver.seeding.loading import Loader
from mockserver.seeding.states import FIRM, OWNERS
from mockserver.store import Record, Transaction, View
from mockserver.world.tables import Identity, Table
from mockserver.world.worlds import World


@dataclass(frozen=True)
class Change:
    """A record as it was when its world began, and as it is; nothing where there was, or is, none."""

    before: Record | None
    after: Record | None


def find(view: View, table: Table, key: str) -> Record | None:
    """Return a record by its key as a path spells it."""
    if table.identity is not Identity.INTEGER:
        return view.table(table.name).get(key)
    return view.table(table.name).get(int(key)) if key.isascii() and key.isdigit() and len(key) < 20 else None


def add(contract: Contract, world: World, table: Table, given: Mapping[str, Any]) -> Record:
    """Store one record, completed, and return it. Raises: LoadError; its place begins with the field."""
    with world.store.transaction() as transaction:
        mark = transaction.table(table.name).mark()
        try:
            Loader(contract, world, transaction).load({table.name: [given]})
        except LoadError as error:
            raise LoadError(error.message, *_inside(error, table)) from None
        return next(transaction.table(table.name).since(mark).records)


def change(contract: Contract, world: World, table: Table, record: Record, changes: Mapping[str, Any]) -> Record:
    """Put values in the place of a record's own and return it as it is then.

    Raises: LoadError for a value that the contract, another record or the table does not allow; nothing changes then.
    """
    with world.store.transaction() as transaction:
        completer = Loader(contract, world, transaction).completer(table.name)
        judged = {name: _judge(completer, table, record, name, value) for name, value in changes.items()}
        storable(judged)
        after = {**record, **judged}
        _refuse_taken(transaction, table, record, after)
        try:
            Loader(contract, world, transaction).check_references(table, [judged])
        except LoadError as error:
            raise LoadError(error.message, *_inside(error, table)) from None
        return transaction.table(table.name).update(record, judged)


def remove(world: World, table: Table, record: Record) -> None:
    """Remove a record for good. Raises: LoadError for one without which others would stand nowhere."""
    with world.store.transaction() as transaction:
        for other, fields in FIRM.items():
            for name in fields:
                held = transaction.table(other).find(**{name: record[table.key]}) if OWNERS[name] == table.name else ()
                if held:
                    raise LoadError(f"{len(held)} of {other} belong to it: remove them first", table.key)
        transaction.table(table.name).delete(record)


def is_changed(begun: View, now: View, table: Table) -> bool:
    """Return whether a table was written to."""
    return begun.version(table.name) != now.version(table.name)


def changes_of(world: World, table: Table) -> Iterator[Change]:
    """Yield what became of a table's records since the world began: those added, then changed, then removed.

    Of events, of which there may be a million and which stay as they came, only those that arrived.
    """
    before, view = world.beginning(), world.view()
    if not is_changed(before, view, table):
        return
    if table.repeats:
        yield from (Change(None, record) for record in view.table(table.name).since(world.arrivals).records)
        return
    begun, now = ({record[table.key]: record for record in each.table(table.name)} for each in (before, view))
    yield from (Change(None, record) for key, record in now.items() if key not in begun)
    for key, record in now.items():
        if key in begun and record is not begun[key] and record != begun[key]:
            yield Change(begun[key], record)
    yield from (Change(record, None) for key, record in begun.items() if key not in now)


def _judge(completer: Completer, table: Table, record: Record, name: str, value: Any) -> Any:
    """Return what is stored for a field. Raises: LoadError, naming it."""
    if name == table.key and value != record[name]:
        raise LoadError("is what the record is known by, and stays", name)
    if name not in record and name in completer.shown and name not in table.fields:
        raise LoadError("is worked out when it is shown", name)
    if name in table.required and value is None:
        raise LoadError("is required", name)
    judged = completer.judge(name, value)
    return digest(judged) if name == "password" else judged


def _refuse_taken(transaction: Transaction, table: Table, record: Record, after: Mapping[str, Any]) -> None:
    """Refuse values that another record of the table has and only one may have. Raises: LoadError."""
    for fields in table.unique:
        *outer, last = fields
        values = after.get(last)
        for value in values if isinstance(values, list) else [values]:
            wanted = {**{name: after.get(name) for name in outer}, last: value}
            if value is None or all(record.get(name) == wanted[name] for name in fields):
                continue
            if any(other[table.key] != record[table.key] for other in transaction.table(table.name).find(**wanted)):
                raise LoadError(f"{value!r} is taken", last)


def _inside(error: LoadError, table: Table) -> tuple[str | int, ...]:
    """Return the place of an error inside the one record that was given."""
    return error.place[2:] if error.place[:2] == (table.name, 0) else error.place

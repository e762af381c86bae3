"""What was changed in a store: taken down while it is written, told as JSON, and done again to another copy of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mockserver.store.contents import EMPTY, Contents, Root
from mockserver.store.model import Block, Layout, Record
from mockserver.store.tinydb import MemoryTransaction

LONG = b" "
"""What JSON begins with that has whole numbers beyond 64 bits, which orjson neither writes nor reads."""


class TableChanges(NamedTuple):
    """What was changed in one table: rows that hold another record now, rows that hold none, and the last row given."""

    put: Mapping[int, Record]
    gone: Sequence[int]
    last_row: int


class Changes(NamedTuple):
    """What a transaction changed. Where it `cleared` the store, that came first."""

    tables: Mapping[str, TableChanges]
    values: Mapping[str, Any]
    cleared: bool = False

    def __bool__(self) -> bool:
        return bool(self.tables or self.values or self.cleared)

    def encoded(self) -> bytes:
        """Return the changes as JSON."""
        tables = {
            name: [list(table.put), list(table.put.values()), table.gone, table.last_row]
            for name, table in self.tables.items()
        }
        told = [tables, self.values, self.cleared]
        try:
            return orjson.dumps(told)
        except TypeError:
            return LONG + json.dumps(told, separators=(",", ":")).encode()

    @classmethod
    def decoded(cls, body: bytes) -> Changes:
        """Return the changes that JSON tells. Raises: ValueError for what tells none."""
        return cls.of(json.loads(body) if body[:1] == LONG else orjson.loads(body))

    @classmethod
    def of(cls, value: Any) -> Changes:
        """Return the changes that a value tells, as JSON has it. Raises: ValueError for what tells none."""
        try:
            tables, values, cleared = value
            told = {
                name: TableChanges(dict(zip(rows, records, strict=True)), gone, last_row)
                for name, (rows, records, gone, last_row) in tables.items()
            }
        except (TypeError, AttributeError) as error:
            raise ValueError(f"no changes: {error}") from None
        return cls(told, values, cleared)


class NotedTransaction(MemoryTransaction):
    """A transaction that takes down what it changes.

    Blocks are stored record by record: what works them out is known to this process alone.
    """

    def __init__(self, layouts: Mapping[str, Layout], root: Root) -> None:
        super().__init__(layouts, root)
        self._rows: dict[str, set[int]] = {}
        self._values: set[str] = set()
        self._cleared = False

    def replace(self, name: str, contents: Contents, rows: Iterable[int] = ()) -> None:
        super().replace(name, contents)
        self._rows.setdefault(name, set()).update(rows)

    def put(self, name: str, value: Any) -> None:
        super().put(name, value)
        self._values.add(name)

    def clear(self) -> None:
        super().clear()
        self._rows, self._values, self._cleared = {}, set(), True

    def attach(self, name: str, block: Block) -> None:
        self.table(name).insert_many(block)

    def changes(self) -> Changes:
        """Return what was changed so far."""
        tables = {name: _told(self.contents(name), rows) for name, rows in self._rows.items() if rows}
        return Changes(tables, {name: self.root.values[name] for name in self._values}, self._cleared)


def _told(contents: Contents, rows: Iterable[int]) -> TableChanges:
    ordered = sorted(rows)
    put = {row: contents.records[row] for row in ordered if row in contents.records}
    return TableChanges(put, [row for row in ordered if row not in put], contents.last_row)


def difference(base: Root, root: Root) -> Changes:
    """Return what makes one state of a store of another; tables that both share cost nothing."""
    tables: dict[str, TableChanges] = {}
    for name in sorted({*base.tables, *root.tables}):
        before, after = base.tables.get(name, EMPTY), root.tables.get(name, EMPTY)
        if before is after:
            continue
        rows = [row for row, version in after.records.items() if before.records.get(row) is not version]
        gone = [row for row in before.records if row not in after.records]
        if rows or gone or before.last_row != after.last_row:
            tables[name] = _told(after, [*rows, *gone])
    values = {name: value for name, value in root.values.items() if base.values.get(name) is not value}
    forgotten = [name for name in base.values if name not in root.values]
    if forgotten:
        return difference(Root(), root)._replace(cleared=True)
    return Changes(tables, values)


def joined(several: Iterable[Changes]) -> Changes:
    """Return what changes make that were done one after the other; each row is then touched once."""
    tables: dict[str, tuple[dict[int, Record], dict[int, None], int]] = {}
    values: dict[str, Any] = {}
    cleared = False
    for changes in several:
        if changes.cleared:
            tables, values, cleared = {}, {}, True
        for name, (more, lost, last_row) in changes.tables.items():
            put, gone, _ = tables.get(name, ({}, {}, 0))
            for row in lost:
                put.pop(row, None)
                gone[row] = None
            for row in more:
                gone.pop(row, None)
            put.update(more)
            tables[name] = put, gone, last_row
        values.update(changes.values)
    return Changes(
        {name: TableChanges(put, list(gone), last) for name, (put, gone, last) in tables.items()}, values, cleared
    )


def redone(layouts: Mapping[str, Layout], root: Root, changes: Changes) -> Root:
    """Return a state of a store after changes were done to it again; tables that there are no longer are left out."""
    transaction = MemoryTransaction(layouts, root)
    if changes.cleared:
        transaction.clear()
    for name, table in changes.tables.items():
        if name in layouts:
            transaction.table(name).redo(*table)
    for name, value in changes.values.items():
        transaction.put(name, value)
    return transaction.root


def stored(layouts: Mapping[str, Layout], root: Root, known: dict[int, tuple[Contents, Contents]]) -> Root:
    """Return a state in which the records of blocks are stored as all others are.

    `known` keeps what became of a table, by its identity, so that states that shared it still do.
    """
    transaction = MemoryTransaction(layouts, root)
    for name, contents in root.tables.items():
        if not contents.blocks:
            continue
        if id(contents) not in known:
            records = {record.doc_id: record for record in transaction.table(name)}
            transaction.replace(name, EMPTY)
            transaction.table(name).redo(records, (), contents.last_row)
            known[id(contents)] = contents, transaction.contents(name)
        transaction.root = transaction.root._replace(tables=transaction.root.tables.set(name, known[id(contents)][1]))
    return transaction.root

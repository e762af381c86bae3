"""The store in memory: TinyDB's tables and queries over maps that are never changed in place.

TinyDB asks a `Storage` for the whole database and rewrites the whole table at each write. Both seams are documented,
and both are used here: the storage is a persistent map, and the table class reads and writes single records of it, so
that a write costs the same in a table of a hundred records and of a million.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from immutables import Map

from mockserver.store.blocks import BlockTable
from mockserver.store.contents import EMPTY, REVISIONS, Contents, Placed, Root
from mockserver.store.log import Log
from mockserver.store.model import Block, Layout, Reads, StoreError, View
from mockserver.store.table import Holder, MemoryTable


class MemoryView(Holder):
    """A store as it stood at one moment; also the `Storage` that TinyDB's tables read."""

    def __init__(self, layouts: Mapping[str, Layout], root: Root) -> None:
        self.layouts = layouts
        self.root = root

    def table(self, name: str) -> MemoryTable:
        try:
            layout = self.layouts[name]
        except KeyError:
            raise StoreError(f"no table {name!r}") from None
        if self.contents(name).blocks:
            return BlockTable(self, layout)
        return MemoryTable(self, layout)

    def value(self, name: str) -> Any:
        return self.root.values.get(name)

    def values(self) -> dict[str, Any]:
        return {name: self.root.values[name] for name in sorted(self.root.values.keys())}

    def version(self, name: str) -> object:
        return self.root.tables.get(name, EMPTY).revision

    def read_outside(self) -> None:
        """Take down nothing: see `NotingView`."""

    def same_as(self, other: View) -> bool:
        return isinstance(other, MemoryView) and other.root is self.root

    def noting(self) -> MemoryNotingView:
        return MemoryNotingView(self.layouts, self.root)

    def contents(self, name: str) -> Contents:
        return self.root.tables.get(name, EMPTY)

    def read(self) -> dict[str, dict[str, Any]]:
        """Return everything as TinyDB's stock storages would."""
        return {name: {str(r.doc_id): dict(r) for r in self.table(name)} for name in sorted(self.root.tables.keys())}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        raise StoreError("a view is not written; open a transaction")

    def replace(self, name: str, contents: Contents, rows: Iterable[int] = ()) -> None:
        """Refuse: a view is not written."""
        raise StoreError("a view is not written; open a transaction")


class MemoryNotingView(MemoryView):
    """A view that takes down what is read of it."""

    def __init__(self, layouts: Mapping[str, Layout], root: Root) -> None:
        super().__init__(layouts, root)
        self._tables: set[str] = set()
        self._values: set[str] = set()
        self._is_all = True

    def table(self, name: str) -> MemoryTable:
        self._tables.add(name)
        return super().table(name)

    def version(self, name: str) -> object:
        self._tables.add(name)
        return super().version(name)

    def value(self, name: str) -> Any:
        self._values.add(name)
        return super().value(name)

    def values(self) -> dict[str, Any]:
        self._is_all = False
        return super().values()

    def read(self) -> dict[str, dict[str, Any]]:
        self._is_all = False
        return super().read()

    def read_outside(self) -> None:
        self._is_all = False

    def reads(self) -> Reads | None:
        if not self._is_all:
            return None
        tables, values = self.root.tables, self.root.values
        return Reads(
            tuple([(name, tables.get(name, EMPTY).revision) for name in self._tables]),
            tuple([(name, values.get(name)) for name in self._values]),
        )


class MemoryTransaction(MemoryView):
    """A store being written; what it holds becomes the store's when it ends well."""

    def replace(self, name: str, contents: Contents, rows: Iterable[int] = ()) -> None:
        tables, values = self.root
        self.root = Root(tables.set(name, contents._replace(revision=next(REVISIONS))), values)

    def clear(self) -> None:
        for name in self.layouts:  # a new revision for each: whoever kept something of it must see
            self.replace(name, EMPTY)
        self.root = self.root._replace(values=Map())

    def put(self, name: str, value: Any) -> None:
        tables, values = self.root
        self.root = Root(tables, values.set(name, value))

    def attach(self, name: str, block: Block) -> None:
        contents, table = self.contents(name), self.table(name)
        if table.layout.orders:  # a list kept in order holds every row
            table.insert_many(block)
            return
        placed = Placed(contents.last_row + 1, block)
        last_row = contents.last_row + len(block)
        self.replace(name, contents._replace(blocks=(*contents.blocks, placed), last_row=last_row))

    def next(self, counter: str, *, above: int = 0) -> int:
        number: int = max(self.root.values.get(counter, 0), above) + 1
        self.put(counter, number)
        return number


class Saved(NamedTuple):
    """A snapshot: a store's value, and its log as it was then."""

    root: Root
    log: Log


class MemoryStore:
    """The whole state of one world, in memory."""

    def __init__(self, layouts: Mapping[str, Layout], root: Root | None = None, log: Log | None = None) -> None:
        self._layouts = layouts
        self._root = root or Root()
        self.log = Log() if log is None else log
        self._writing = threading.RLock()

    def view(self) -> MemoryView:
        return MemoryView(self._layouts, self._root)

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with self._writing:
            transaction = MemoryTransaction(self._layouts, self._root)
            yield transaction
            self._root = transaction.root

    def snapshot(self) -> Saved:
        return Saved(self._root, self.log.copy())

    def restore(self, snapshot: Saved) -> None:
        with self._writing:
            self._root = snapshot.root
            self.log = snapshot.log.copy()

    def fork(self) -> MemoryStore:
        return MemoryStore(self._layouts, self._root, self.log.copy())

"""The store in memory: TinyDB's tables and queries over maps that are never changed in place.

TinyDB asks a `Storage` for the whole database and rewrites the whole table at each write. Both seams are documented,
and both are used here: the storage is a persistent map, and the table class reads and writes single records of it, so
that a write costs the same in a table of a hundred records and of a million.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

from immutables import Map
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from mockserver.store import Added, Block, Condition, DuplicateKey, Layout, Order, Record, StoreError
from mockserver.store.log import Log
from mockserver.store.ordered import SortedRows

Bucket = Any  # one row, or a map of rows where several records share a value


class Version(Document):
    """One version of a record; it may carry what was made of it, which lives as long as it does."""

    __slots__ = ("rendered",)

    def __init__(self, value: Mapping[str, Any], doc_id: int) -> None:
        super().__init__(value, doc_id)
        self.rendered: Any = None


class Placed(NamedTuple):
    """A block in a table: its records have the rows from `first` on."""

    first: int
    block: Block


class Contents(NamedTuple):
    """One table: its records by row, its indexes by field and value, its lists kept in order."""

    records: Map[int, Version] = Map()
    indexes: Map[str, Map[Any, Bucket]] = Map()
    orders: Map[Order, Map[tuple[Any, ...], SortedRows]] = Map()
    last_row: int = 0
    revision: int = 0
    blocks: tuple[Placed, ...] = ()
    replaced: Map[int, None] = Map()  # rows of blocks that are stored now, or gone


class Root(NamedTuple):
    """A whole store."""

    tables: Map[str, Contents] = Map()
    values: Map[str, Any] = Map()


class MemoryView(Storage):
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
            from mockserver.store.blocks import BlockTable  # which builds on this module

            return BlockTable(self, layout)
        return MemoryTable(self, layout)

    def value(self, name: str) -> Any:
        return self.root.values.get(name)

    def values(self) -> dict[str, Any]:
        return {name: self.root.values[name] for name in sorted(self.root.values.keys())}

    def version(self, name: str) -> object:
        return self.contents(name).revision

    def contents(self, name: str) -> Contents:
        """Return what a table holds."""
        return self.root.tables.get(name, EMPTY)

    def read(self) -> dict[str, dict[str, Any]]:
        """Return everything as TinyDB's stock storages would."""
        return {name: {str(r.doc_id): dict(r) for r in self.table(name)} for name in sorted(self.root.tables.keys())}

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        raise StoreError("a view is not written; open a transaction")

    def replace(self, name: str, contents: Contents) -> None:
        """Refuse: a view is not written."""
        raise StoreError("a view is not written; open a transaction")


class MemoryTransaction(MemoryView):
    """A store being written; what it holds becomes the store's when it ends well."""

    def replace(self, name: str, contents: Contents) -> None:
        """Put new contents in the place of a table's."""
        contents = contents._replace(revision=next(REVISIONS))
        self.root = self.root._replace(tables=self.root.tables.set(name, contents))

    def clear(self) -> None:
        for name in self.layouts:  # a new revision for each: whoever kept something of it must see
            self.replace(name, EMPTY)
        self.root = self.root._replace(values=Map())

    def put(self, name: str, value: Any) -> None:
        self.root = self.root._replace(values=self.root.values.set(name, value))

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


class MemoryTable(Table):
    """One table of a view or transaction: TinyDB's, reading and writing record by record, with indexes."""

    document_class = Version
    default_query_cache_capacity = 0

    def __init__(self, storage: MemoryView, layout: Layout) -> None:
        # TinyDB's own initializer makes a query cache, which a table that lives for one request cannot use.
        self._storage: MemoryView = storage
        self._name = layout.name
        self.layout = layout

    # Reading

    @property
    def _contents(self) -> Contents:
        return self._storage.contents(self._name)

    def get(self, key: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Return the record whose key field equals `key`; TinyDB's own forms (`cond`, `doc_id`) work as well."""
        if kwargs:
            return super().get(**kwargs)
        contents = self._contents
        index = contents.indexes.get(self.layout.key)
        row = index.get(_hashable(key)) if index is not None else None
        return contents.records[row] if row is not None else None

    def first(self, **equal: Any) -> Version | None:
        return next(self._matching(equal), None)

    def find(self, **equal: Any) -> list[Record]:
        return list(self._matching(equal))

    def search(self, cond: QueryLike | Condition) -> list[Any]:
        return [record for record in self if cond(record)]

    def page(self, order: Order, group: tuple[Any, ...], offset: int, limit: int) -> tuple[list[Record], int]:
        contents = self._contents
        rows = self._ordered(order, group)
        records = contents.records
        return [records[abs(row)] for row in rows.slice(offset, limit, descending=order.descending)], len(rows)

    def in_order(self, order: Order, group: tuple[Any, ...]) -> list[Record]:
        records, rows = self._contents.records, self._ordered(order, group)
        return [records[abs(row)] for row in (reversed(rows) if order.descending else rows)]

    def since(self, mark: int) -> Added:
        contents = self._contents
        records = contents.records
        rows = [row for row in range(mark + 1, contents.last_row + 1) if row in records]
        return Added(contents.last_row, len(rows), (records[row] for row in rows))

    def _ordered(self, order: Order, group: tuple[Any, ...]) -> SortedRows:
        return self._contents.orders.get(order, Map()).get(group, NOTHING)

    def _matching(self, equal: Mapping[str, Any]) -> Iterator[Version]:
        contents = self._contents
        served, bucket = self._narrowest(contents, equal)
        rows = _rows(bucket) if served else sorted(contents.records)
        rest = [(field, value) for field, value in equal.items() if field != served]
        for row in rows:
            record = contents.records[row]
            if all(has(record, field, value) for field, value in rest):
                yield record

    def _narrowest(self, contents: Contents, equal: Mapping[str, Any]) -> tuple[str | None, Bucket]:
        """Return which of the fields asked for is answered from an index, by the fewest rows, and those rows."""
        served, fewest, size = None, None, 0
        for field in equal:
            if field not in self._indexed:
                continue
            bucket = contents.indexes.get(field, NO_INDEX).get(_hashable(equal[field]))
            if bucket is None:
                return field, None
            rows = 1 if isinstance(bucket, int) else len(bucket)
            if served is None or rows < size:
                served, fewest, size = field, bucket, rows
        return served, fewest

    @property
    def _indexed(self) -> tuple[str, ...]:
        return (self.layout.key, *self.layout.indexes)

    def __len__(self) -> int:
        return len(self._contents.records)

    def __iter__(self) -> Iterator[Any]:
        records = self._contents.records
        return (records[row] for row in sorted(records))

    def _read_table(self) -> Any:
        return self._contents.records

    # Writing

    def insert(self, document: Mapping[str, Any]) -> Any:
        contents = self._contents
        row = contents.last_row + 1
        version = Version(document, row)
        self._refuse_duplicate(contents, version)
        self._storage.replace(
            self._name,
            contents._replace(
                records=contents.records.set(row, version),
                indexes=self._reindexed(contents.indexes, None, version, row),
                orders=self._reordered(contents.orders, None, version, row),
                last_row=row,
            ),
        )
        return version

    def insert_many(self, records: Iterable[Record]) -> int:
        """Add many records at once: indexes are edited in bulk and lists sorted once."""
        contents = self._contents
        row = contents.last_row
        added: dict[int, Version] = {}
        with contents.records.mutate() as by_row:
            for record in records:
                row += 1
                by_row[row] = added[row] = Version(record, row)
            indexes, orders = contents.indexes, contents.orders
            for field in self._indexed:
                indexes = indexes.set(field, _filled(indexes.get(field, Map()), field, added, self))
            for order in self.layout.orders:
                orders = orders.set(order, _refilled(orders.get(order, Map()), order, added))
            self._storage.replace(
                self._name,
                contents._replace(records=by_row.finish(), indexes=indexes, orders=orders, last_row=row),
            )
        return len(added)

    def update(self, record: Any, changes: Any = None, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Put a new version in the place of a record; with TinyDB's own arguments, do what TinyDB does."""
        if not isinstance(record, Version):
            return super().update(record, changes, *args, **kwargs)
        row = record.doc_id
        return self._put(row, Version({**record, **changes}, row))

    def delete(self, record: Any) -> None:
        contents, row = self._contents, record.doc_id
        self._storage.replace(
            self._name,
            contents._replace(
                records=contents.records.delete(row),
                indexes=self._reindexed(contents.indexes, record, None, row),
                orders=self._reordered(contents.orders, record, None, row),
            ),
        )

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> None:
        """Run TinyDB's own writing methods: find out what they changed, and write that."""
        before: dict[int, Version] = dict(self._read_table())
        after: dict[int, Mapping[str, Any]] = {row: dict(version) for row, version in before.items()}
        updater(after)
        for row in before.keys() - after.keys():
            self.delete(before[row])
        for row, document in after.items():
            if row in before and before[row] != document:
                self._put(row, Version(document, row))

    def _put(self, row: int, version: Version) -> Version:
        contents = self._contents
        old = contents.records[row]
        self._refuse_duplicate(contents, version)
        self._storage.replace(
            self._name,
            contents._replace(
                records=contents.records.set(row, version),
                indexes=self._reindexed(contents.indexes, old, version, row),
                orders=self._reordered(contents.orders, old, version, row),
            ),
        )
        return version

    def _refuse_duplicate(self, contents: Contents, version: Version) -> None:
        key = self.layout.key
        if key not in version:
            raise StoreError(f"{self._name}: a record without {key}")
        bucket = contents.indexes.get(key, Map()).get(_hashable(version[key]))
        if bucket is not None and any(row != version.doc_id for row in _rows(bucket)):
            raise DuplicateKey(self._name, key, version[key])

    def _reindexed(
        self, indexes: Map[str, Map[Any, Bucket]], old: Version | None, new: Version | None, row: int
    ) -> Map[str, Map[Any, Bucket]]:
        for field in self._indexed:
            before = _values(old, field) if old is not None else ()
            after = _values(new, field) if new is not None else ()
            if before == after:
                continue
            index = indexes.get(field, Map())
            for value in before:
                index = _without(index, value, row)
            for value in after:
                index = index.set(value, _with(index.get(value), row))
            indexes = indexes.set(field, index)
        return indexes

    def _reordered(
        self, orders: Map[Order, Map[tuple[Any, ...], SortedRows]], old: Version | None, new: Version | None, row: int
    ) -> Map[Order, Map[tuple[Any, ...], SortedRows]]:
        for order in self.layout.orders:
            place = -row if order.turned else row
            before = (_group(old, order), (sort_key(old.get(order.by)), place)) if old is not None else None
            after = (_group(new, order), (sort_key(new.get(order.by)), place)) if new is not None else None
            if before == after:
                continue
            lists = orders.get(order, Map())
            if before:
                rest = lists[before[0]].discard(before[1])
                lists = lists.set(before[0], rest) if rest else lists.delete(before[0])
            if after:
                lists = lists.set(after[0], lists.get(after[0], NOTHING).add(after[1]))
            orders = orders.set(order, lists)
        return orders


EMPTY = Contents()
NO_INDEX: Map[Any, Bucket] = Map()
REVISIONS = count(1)  # one sequence for all stores: no two contents, of forks either, share a number
NOTHING = SortedRows()


def sort_key(value: Any) -> tuple[int, Any]:
    """Return what a value is sorted by: null after everything, times by their instant whatever their precision."""
    if value is None:
        return (1, "")
    if isinstance(value, str) and len(value) == 20 and value[10] == "T" and value[19] == "Z":
        return (0, value[:19] + ".000000Z")
    return (0, value)


def _values(record: Record | None, field: str) -> tuple[Any, ...]:
    value: Any = record
    for part in field.split(".") if "." in field else (field,):
        if not isinstance(value, dict) or part not in value:
            return ()
        value = value[part]
    if isinstance(value, (list, tuple)):
        return tuple(dict.fromkeys(_hashable(item) for item in value))
    return (_hashable(value),)


def has(record: Record, field: str, value: Any) -> bool:
    """Return whether a field of a record equals a value, or is a list that holds it."""
    return _hashable(value) in _values(record, field)


def _hashable(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def _rows(bucket: Bucket) -> list[int]:
    if bucket is None:
        return []
    return [bucket] if isinstance(bucket, int) else sorted(bucket)


def _with(bucket: Bucket, row: int) -> Bucket:
    if bucket is None or bucket == row:
        return row
    return (Map({bucket: None}) if isinstance(bucket, int) else bucket).set(row, None)


def _without(index: Map[Any, Bucket], value: Any, row: int) -> Map[Any, Bucket]:
    bucket = index.get(value)
    if bucket is None or bucket == row:
        return index.delete(value) if bucket is not None else index
    rest = bucket.delete(row)
    return index.set(value, next(iter(rest)) if len(rest) == 1 else rest)


def _group(record: Record, order: Order) -> tuple[Any, ...]:
    return tuple(record.get(field) for field in order.group)


def _filled(index: Map[Any, Bucket], field: str, added: Mapping[int, Version], table: MemoryTable) -> Map[Any, Bucket]:
    unique = field == table.layout.key
    shared: dict[Any, list[int]] = {}
    edited: Any = index.mutate()
    with edited:
        for row, version in added.items():
            values = _values(version, field)
            if unique and not values:
                raise StoreError(f"{table.layout.name}: a record without {field}")
            for value in values:
                if value not in edited:
                    edited[value] = row
                elif unique:
                    raise DuplicateKey(table.layout.name, field, value)
                else:
                    shared.setdefault(value, []).append(row)
        for value, rows in shared.items():
            bucket = edited[value]
            whole = Map({bucket: None}) if isinstance(bucket, int) else bucket
            edited[value] = whole.update(dict.fromkeys(rows))
    finished: Map[Any, Bucket] = edited.finish()
    return finished


def _refilled(
    lists: Map[tuple[Any, ...], SortedRows], order: Order, added: Mapping[int, Version]
) -> Map[tuple[Any, ...], SortedRows]:
    entries: dict[tuple[Any, ...], list[tuple[Any, int]]] = {}
    for row, version in added.items():
        place = -row if order.turned else row
        entries.setdefault(_group(version, order), []).append((sort_key(version.get(order.by)), place))
    for group, more in entries.items():
        lists = lists.set(group, lists.get(group, NOTHING).merged(more))
    return lists

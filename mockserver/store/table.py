"""One table of a store in memory: TinyDB's, reading and writing record by record, with indexes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from immutables import Map
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Table

from mockserver.store.contents import Contents, Version
from mockserver.store.indexes import NO_INDEX, Bucket, filled, has, hashable, reindexed, rows_of
from mockserver.store.model import Added, Condition, DuplicateKey, Layout, Order, Record, StoreError
from mockserver.store.ordered import SortedRows
from mockserver.store.orders import NOTHING, refilled, reordered


class Holder(Storage):
    """What a table reads its contents from, and puts new ones into."""

    @abstractmethod
    def contents(self, name: str) -> Contents:
        """Return what a table holds."""

    @abstractmethod
    def replace(self, name: str, contents: Contents, rows: Iterable[int] = ()) -> None:
        """Put new contents in the place of a table's; `rows` are those that changed."""


class MemoryTable(Table):
    """One table of a view or transaction: TinyDB's, reading and writing record by record, with indexes."""

    document_class = Version  # type: ignore[assignment]
    default_query_cache_capacity = 0

    def __init__(self, storage: Holder, layout: Layout) -> None:
        # TinyDB's own initializer makes a query cache, which a table that lives for one request cannot use.
        self._storage: Holder = storage
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
        if self.layout.repeats:
            return self.first(**{self.layout.key: key})
        contents = self._contents
        index = contents.indexes.get(self.layout.key)
        row = index.get(hashable(key)) if index is not None else None
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

    def mark(self) -> int:
        return self._contents.last_row

    def since(self, mark: int) -> Added:
        contents = self._contents
        records = contents.records
        rows = [row for row in range(mark + 1, contents.last_row + 1) if row in records]
        added, stored = ((records[row] for row in rows) for _ in range(2))
        return Added(contents.last_row, len(rows), added, stored)

    def last(self) -> Version | None:
        contents = self._contents
        return next(filter(None, map(self._at, range(contents.last_row, 0, -1))), None)

    def _at(self, row: int) -> Version | None:
        """Return the record of a row, if there is one."""
        return self._contents.records.get(row)

    def _ordered(self, order: Order, group: tuple[Any, ...]) -> SortedRows:
        return self._contents.orders.get(order, Map()).get(group, NOTHING)

    def _matching(self, equal: Mapping[str, Any]) -> Iterator[Version]:
        contents = self._contents
        served, bucket = self._narrowest(contents, equal)
        rows = rows_of(bucket) if served else sorted(contents.records)
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
            bucket = contents.indexes.get(field, NO_INDEX).get(hashable(equal[field]))
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
        row = self._contents.last_row + 1
        version = Version(document, row)
        self._refuse_duplicate(self._contents, version)
        self._replace(row, None, version, last_row=row)
        return version

    def insert_many(self, records: Iterable[Record]) -> int:
        """Add many records at once: indexes are edited in bulk and lists sorted once."""
        first = self._contents.last_row + 1
        return self._add({row: Version(record, row) for row, record in enumerate(records, first)})

    def redo(self, put: Mapping[int, Record], gone: Iterable[int], last_row: int) -> None:
        """Do again what was done to another copy of the table: rows put in place, rows gone, the last row given."""
        for row in gone:
            old = self._contents.records.get(row)
            if old is not None:
                self._replace(row, old, None)
        added: dict[int, Version] = {}
        for row, record in put.items():
            old = self._contents.records.get(row)
            if old is None:
                added[row] = Version(record, row)
            else:
                self._replace(row, old, Version(record, row))
        if added:
            self._add(added)
        if last_row > self._contents.last_row:
            self._storage.replace(self._name, self._contents._replace(last_row=last_row))

    def _add(self, added: Mapping[int, Version]) -> int:
        """Add records at rows that are free; return how many."""
        contents = self._contents
        indexes, orders = contents.indexes, contents.orders
        for field in self._indexed:
            indexes = indexes.set(field, filled(indexes.get(field, NO_INDEX), self.layout, field, added))
        for order in self.layout.orders:
            orders = orders.set(order, refilled(orders.get(order, Map()), order, added))
        self._storage.replace(
            self._name,
            contents._replace(
                records=contents.records.update(added), indexes=indexes, orders=orders,
                last_row=max(contents.last_row, *added) if added else contents.last_row,
            ),
            added,
        )  # fmt: skip
        return len(added)

    def update(self, record: Any, changes: Any = None, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Put a new version in the place of a record; with TinyDB's own arguments, do what TinyDB does."""
        if not isinstance(record, Version):
            return super().update(record, changes, *args, **kwargs)
        row = record.doc_id
        return self._put(row, Version({**record, **changes}, row))

    def delete(self, record: Any) -> None:
        self._replace(record.doc_id, record, None)

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
        self._refuse_duplicate(contents, version)
        self._replace(row, contents.records[row], version)
        return version

    def _replace(self, row: int, old: Record | None, new: Version | None, **more: Any) -> None:
        """Put a record in the place of another, of nothing, or nothing in its place; in indexes and lists, too.

        `more` are other parts of the table's contents that change with it.
        """
        contents = self._contents
        self._storage.replace(
            self._name,
            contents._replace(
                records=contents.records.delete(row) if new is None else contents.records.set(row, new),
                indexes=reindexed(contents.indexes, self._indexed, old, new, row),
                orders=reordered(contents.orders, self.layout.orders, old, new, row),
                **more,
            ),
            (row,),
        )

    def _refuse_duplicate(self, contents: Contents, version: Version) -> None:
        key = self.layout.key
        if key not in version:
            raise StoreError(f"{self._name}: a record without {key}")
        if self.layout.repeats:
            return
        bucket = contents.indexes.get(key, NO_INDEX).get(hashable(version[key]))
        if bucket is not None and any(row != version.doc_id for row in rows_of(bucket)):
            raise DuplicateKey(self._name, key, version[key])

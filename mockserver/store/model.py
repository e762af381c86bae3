"""What a store is, whatever it is made of: records in tables, read in views and written in transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from mockserver.store.log import Log

Record = Mapping[str, Any]
Condition = Callable[[Record], bool]


class StoreError(Exception):
    """A store cannot be opened, or a record is not what its table asks for."""


class DuplicateKey(StoreError):
    """A record's key, or another value that is unique in its table, is taken."""

    def __init__(self, table: str, field: str, value: Any) -> None:
        super().__init__(f"{table}: {field} {value!r} is taken")
        self.table, self.field, self.value = table, field, value


@dataclass(frozen=True)
class Order:
    """A list kept in order: for each combination of the `group` fields, by one field, ties in order of insertion.

    `descending` turns the whole list round, ties too unless they are `steady`. Nothing (null) counts as greater than
    everything, as in PostgreSQL.
    """

    group: tuple[str, ...]
    by: str
    descending: bool = False
    steady: bool = False

    @property
    def turned(self) -> bool:
        """Whether ties must be kept in reverse, so that turning the list round puts them right."""
        return self.descending and self.steady


@dataclass(frozen=True)
class Layout:
    """What the store must know of one table.

    `key` names the field that identifies a record; `indexes` are fields (dotted inside objects) whose equality is
    answered without a scan, each item of a list counting by itself; `orders` are the lists kept in order. Where the key
    `repeats`, records may share one, and `get` gives the first of them.
    """

    name: str
    key: str = "id"
    indexes: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    repeats: bool = False


@dataclass(frozen=True)
class Added:
    """Records inserted after a mark, oldest first; how many they are; and the mark to ask with next.

    `blocks` are those of which every record is among them, and `stored` the others.
    """

    mark: int
    count: int
    records: Iterator[Record]
    stored: Iterator[Record]
    blocks: Sequence[Block] = ()


class Repository(Protocol):
    """The guard of one table. Records are replaced, never changed in place."""

    def get(self, key: Any) -> Record | None:
        """Return the record with this key."""

    def find(self, **equal: Any) -> list[Record]:
        """Return the records whose fields all equal these, in order of insertion; from an index when one serves."""

    def first(self, **equal: Any) -> Record | None:
        """Return the first of `find`, or nothing."""

    def search(self, condition: Condition) -> list[Record]:
        """Return the records that meet a condition (a TinyDB query, or any predicate), in order of insertion."""

    def page(self, order: Order, group: tuple[Any, ...], offset: int, limit: int) -> tuple[list[Record], int]:
        """Return one stretch of a list kept in order, and how long the whole list is."""

    def in_order(self, order: Order, group: tuple[Any, ...]) -> list[Record]:
        """Return a whole list kept in order."""

    def mark(self) -> int:
        """Return the mark after which whatever is inserted from now on comes."""

    def since(self, mark: int) -> Added:
        """Return what was inserted after a mark; 0 is the start."""

    def last(self) -> Record | None:
        """Return the record that was inserted last of those that are there."""

    def insert(self, record: Record) -> Record:
        """Add a record. Raises: DuplicateKey."""

    def insert_many(self, records: Iterable[Record]) -> int:
        """Add records and return how many. Raises: DuplicateKey."""

    def update(self, record: Record, changes: Mapping[str, Any]) -> Record:
        """Put a new version of a record in the place of this one, and return it."""

    def delete(self, record: Record) -> None:
        """Remove a record."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Record]: ...


class Block(Protocol):
    """Records of one table that are worked out when they are read, always alike, and take no room until then.

    A million generated events would fill a gigabyte and take a minute to store one by one.
    """

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Record]: ...

    def __getitem__(self, place: int) -> Record: ...

    def places(self, field: str, value: Any) -> Iterable[int]:
        """Return, ascending, every place where an indexed field may have this value."""


class View(Protocol):
    """A store as it stood at one moment."""

    def table(self, name: str) -> Repository:
        """Return the guard of a table."""

    def value(self, name: str) -> Any:
        """Return a value kept beside the tables (clock, counters), or nothing."""

    def values(self) -> dict[str, Any]:
        """Return every value kept beside the tables, by name."""

    def version(self, name: str) -> object:
        """Return a token that changes whenever a table does."""

    def read_outside(self) -> None:
        """Say that something was read which no view holds, such as the machine's time."""

    def same_as(self, other: View) -> bool:
        """Return whether both show one state: nobody wrote between them."""

    def noting(self) -> NotingView:
        """Return the same state, seen by a view that takes down what is read of it."""


class Reads(NamedTuple):
    """What was read of a state: tables with their versions, and values. What was made of nothing else is still true of
    every state that has the same."""

    tables: tuple[tuple[str, object], ...]
    values: tuple[tuple[str, Any], ...]

    def hold_in(self, view: View) -> bool:
        """Return whether a state has all of it, as it was read."""
        version, value = view.version, view.value
        return all(version(name) == read for name, read in self.tables) and all(
            value(name) is read for name, read in self.values
        )


class NotingView(View, Protocol):
    """A view that takes down what is read of it."""

    def reads(self) -> Reads | None:
        """Return what was read so far; nothing once something outside was read as well."""


class Transaction(View, Protocol):
    """A store being written."""

    def put(self, name: str, value: Any) -> None:
        """Keep a value beside the tables."""

    def clear(self) -> None:
        """Forget every record and every value."""

    def attach(self, table: str, block: Block) -> None:
        """Add the records of a block to a table, after those it holds; their keys must not be taken."""

    def next(self, counter: str, *, above: int = 0) -> int:
        """Return the next number of a counter, greater than every one before it and than `above`."""


Snapshot = Any  # a store's value, kept for later; only stores of its own kind can read it


class Store(Protocol):
    """The whole state of one world: a value, and the log of what happened to it."""

    log: Log

    def view(self) -> View:
        """Return the store as it stands."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Write: one at a time, all or nothing."""

    def snapshot(self) -> Snapshot:
        """Return what the store holds, at no cost."""

    def restore(self, snapshot: Snapshot) -> None:
        """Hold what a snapshot held."""

    def fork(self) -> Store:
        """Return a store of its own that starts as this one stands."""

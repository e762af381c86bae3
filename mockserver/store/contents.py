"""What a store in memory holds: values that are never changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple

from immutables import Map

from mockserver.store.indexes import Indexes
from mockserver.store.model import Block
from mockserver.store.orders import Orders


class Version(dict[str, Any]):
    """One version of a record; it may carry what was made of it, which lives as long as it does.

    It is what TinyDB calls a document, and none of its `Document`, whose instances have room for attributes of any
    name: a hundred bytes each.
    """

    __slots__ = ("doc_id", "rendered")

    def __init__(self, value: Mapping[str, Any], doc_id: int) -> None:
        super().__init__(value)
        self.doc_id = doc_id
        self.rendered: Any = None


class Placed(NamedTuple):
    """A block in a table: its records have the rows from `first` on."""

    first: int
    block: Block


class Contents(NamedTuple):
    """One table: its records by row, its indexes by field and value, its lists kept in order."""

    records: Map[int, Version] = Map()
    indexes: Indexes = Map()
    orders: Orders = Map()
    last_row: int = 0
    revision: int = 0
    blocks: tuple[Placed, ...] = ()
    replaced: Map[int, None] = Map()  # rows of blocks that are stored now, or gone


class Root(NamedTuple):
    """A whole store."""

    tables: Map[str, Contents] = Map()
    values: Map[str, Any] = Map()


EMPTY = Contents()
REVISIONS = count(1)  # one sequence for all stores: no two contents, of forks either, share a number

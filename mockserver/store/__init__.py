"""The store: everything of a world that changes.

A store is a value that is replaced, never edited. Reading takes a `View` of it as it stands and may keep it as long as
it likes; writing happens in one `Transaction` at a time, which becomes the store's new value when it ends well and is
forgotten when it does not. So readers never wait, nobody sees half a write, and a snapshot or a fork is a reference.

Above this line nothing knows what a store is made of. All are made in memory (`memory_store`); an archive keeps what
they hold in a database, if there is one (`archive.open_archive(url)`).
"""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.store.model import (
    Added,
    Block,
    Condition,
    DuplicateKey,
    Layout,
    NotingView,
    Order,
    Reads,
    Record,
    Repository,
    Snapshot,
    Store,
    StoreError,
    Transaction,
    View,
)

__all__ = [
    "Added",
    "Block",
    "Condition",
    "DuplicateKey",
    "Layout",
    "NotingView",
    "Order",
    "Reads",
    "Record",
    "Repository",
    "Snapshot",
    "Store",
    "StoreError",
    "Transaction",
    "View",
    "memory_store",
]


def memory_store(layouts: Iterable[Layout]) -> Store:
    """Return a store in memory with nothing in it."""
    from mockserver.store.tinydb import MemoryStore

    return MemoryStore({layout.name: layout for layout in layouts})

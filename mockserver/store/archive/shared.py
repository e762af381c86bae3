"""The archive of many processes: each writes in transactions of the database, and reads what the others wrote first.

Before a request is answered the database's pulse is felt. Where it has not changed, nothing was committed since; where
it has, the entries that others logged are done again here. A write locks its world's row, does again what it had not
seen, and adds its entry: so it is made of everything that was written before it, in whatever process.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from mockserver.store.archive import database
from mockserver.store.archive.database import SharedDatabase, Stand
from mockserver.store.archive.keeping import Keeping, KeptStore
from mockserver.store.archive.model import Kept, News, StoreUnavailable
from mockserver.store.changes import NotedTransaction
from mockserver.store.contents import Root
from mockserver.store.log import Log
from mockserver.store.model import Layout
from mockserver.store.tinydb import MemoryTransaction, Saved

DEAF_SECONDS = 2.0
"""How long a process that does not answer is waited for."""


class SharedStore(KeptStore):
    """A store that others write to as well."""

    def __init__(self, archive: Shared, id: str, root: Root, version: int, log: Log | None) -> None:
        super().__init__(archive.states.layouts, id, root, version, log)
        self._archive = archive
        self.is_news = False
        """Whether others wrote what it holds since that was last told; also what was taken in to write after it."""

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with self._writing:
            with self._archive.db.writing(self.id) as writing:
                self._follow(writing.stand)
                transaction = NotedTransaction(self._layouts, self._root)
                yield transaction
                changes = transaction.changes()
                if changes:
                    writing.entry = self.entry(self.version + 1, None, changes.encoded())
            if writing.entry is not None:
                self.hold(transaction.root, self.version + 1)

    def restore(self, snapshot: Saved) -> None:
        root = self._archive.states.stored(snapshot.root)
        number = self._archive.keep_state(root)
        with self._writing:
            with self._archive.db.writing(self.id) as writing:
                self._follow(writing.stand)
                writing.entry = self.entry(self.version + 1, number, b"")
            self.hold(root, self.version + 1)
        self._archive.keep_tail(self.id, [], 0, 0)
        self.log = snapshot.log.copy()

    def follow(self, stand: Stand) -> None:
        """Hold what was written up to a version of the world, by whomever."""
        if stand.version > self.version:
            with self._writing:
                self._follow(stand)

    def stand_at(self, root: Root, version: int) -> None:
        """Hold a state that a log begins after."""
        self._root, self.version, self.entries = root, version, 0

    def _follow(self, stand: Stand | None) -> None:
        if stand is None:
            raise StoreUnavailable("The world is gone: another process removed it.")
        held = self.version
        if self.version < stand.base:  # the entries between are a state by now
            self.stand_at(self._archive.states.root(stand.state), stand.base)
        if self.version < stand.version:
            self._archive.read_log(self)
        if self.version != held:
            self.is_news = True


class Shared(Keeping[SharedStore]):
    """An archive that other processes have open as well."""

    is_shared = True
    db: SharedDatabase

    def __init__(self, db: SharedDatabase, layouts: Mapping[str, Layout]) -> None:
        super().__init__(db, layouts)
        self.tail_seconds = db.tail_seconds
        self._name = f"{socket.gethostname()} {os.getpid()} {id(self)}"
        self.hear(self.asked())
        self.news()
        self.compact_if_long()

    def store_of(self, id: str, root: Root, version: int, log: Log | None = None) -> SharedStore:
        return SharedStore(self, id, root, version, log)

    def pulse(self) -> object:
        return self.db.pulse()

    def news(self) -> News:
        with self.lock:
            news = News([], [], [])
            found: set[str] = set()
            for id, state, base, version, told in list(self.db.rows(database.READ_WORLDS)):
                found.add(id)
                self._hear(news, id, Stand(state, base, version), told)
            for id in [id for id in self.stores if id not in found]:
                del self.stores[id], self.told[id]
                news.gone.append(id)
            return news

    def _hear(self, news: News, id: str, stand: Stand, told: str) -> None:
        store = self.stores.get(id)
        if store is None:
            made = self.read_world(id, stand.state, stand.base, told)
            news.made.append(Kept(id, made, self.about_of(told)))
            return
        store.follow(stand)
        if store.is_news or told != self.told[id]:
            store.is_news = False
            self.told[id] = told
            news.changed.append(Kept(id, store, self.about_of(told)))

    def keep_state(self, root: Root) -> int:
        with self.lock:
            known = self.states.number_of(root)
            if known is not None and self._is_there(known):
                return known
            if known is not None:
                self.states.drop(known)
            return super().keep_state(root)

    def cut_log(self, store: SharedStore, version: int) -> None:
        """End a log that cannot be read; where entries are a state by now, go on from that."""
        for id, state, base, _, _ in self.db.rows(database.READ_WORLDS):
            if id == store.id and base > store.version:
                store.stand_at(self.states.root(state), base)
                self.read_log(store)
                return
        super().cut_log(store, version)

    def _sweep(self) -> None:
        if self.db.is_alone():  # the others may be about to refer to what nobody does yet
            super()._sweep()

    def bases(self) -> Container[int]:
        return {0, *(number for (number,) in self.db.rows("SELECT number FROM states"))}

    def _is_there(self, number: int) -> bool:
        """Return whether a state is still in the database: another process may have found nothing that needs it."""
        return bool(list(self.db.rows("SELECT 1 FROM states WHERE number = ?", (number,))))

    # Requests that others answered

    def asked(self) -> int:
        return sum(asking for (asking,) in self.db.rows(database.ASKED))

    def hear(self, asking: int) -> None:
        self.db.run(database.HEAR, (self._name, asking))

    def gather(self) -> None:
        asking = self.number("asking")
        self.hear(asking)
        deadline = time.monotonic() + DEAF_SECONDS
        while list(self.db.rows(database.DEAF, (asking,))):
            if time.monotonic() > deadline:  # gone without a word; one that was slow comes back by itself
                self.db.run(database.FORGET_DEAF, (asking,))
                return
            time.sleep(self.tail_seconds / 4)

    def close(self) -> None:
        with suppress(StoreUnavailable):
            self.db.run(database.LEAVE, (self._name,))
        super().close()

    def facts(self) -> dict[str, Any]:
        behind = {id: version for id, _, _, version, _ in self.db.rows(database.READ_WORLDS)}
        lag = sum(max(0, version - self.stores[id].version) for id, version in behind.items() if id in self.stores)
        return {**super().facts(), "lag": lag}

"""The archive of one process: what is written goes to the database in groups, each on disk before it is answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mockserver.store.archive import database
from mockserver.store.archive.committing import Commits, Ticket
from mockserver.store.archive.database import Database, Entry
from mockserver.store.archive.keeping import Keeping, KeptStore
from mockserver.store.changes import NotedTransaction
from mockserver.store.contents import Root
from mockserver.store.log import Log
from mockserver.store.model import Layout
from mockserver.store.tinydb import MemoryTransaction, Saved


class DurableStore(KeptStore):
    """A store whose writes are on disk before anybody sees them.

    Whoever writes next builds on what was handed in before (`_tip`), whoever reads sees what is on disk (`_root`).
    """

    def __init__(self, archive: Alone, id: str, root: Root, version: int, log: Log | None) -> None:
        super().__init__(archive.states.layouts, id, root, version, log)
        self._archive = archive
        self._tip, self._given = root, version
        self._epoch = 0

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        with self._writing:
            epoch = self._epoch
            transaction = NotedTransaction(self._layouts, self._tip)
            yield transaction
            changes = transaction.changes()
            if not changes:
                return
            ticket = self._hand_in(transaction.root, epoch, None, changes.encoded())
        self._archive.commits.wait(ticket)

    def restore(self, snapshot: Saved) -> None:
        root = self._archive.states.stored(snapshot.root)
        number = self._archive.keep_state(root)
        with self._writing:
            ticket = self._hand_in(root, self._epoch, number, b"")
        self._archive.commits.wait(ticket)
        self.log = snapshot.log.copy()

    def hold(self, root: Root, version: int) -> None:
        super().hold(root, version)
        self._tip, self._given = root, version

    def _hand_in(self, root: Root, epoch: int, state: int | None, body: bytes) -> Ticket:
        version = self._given + 1

        def publish() -> None:
            super(DurableStore, self).hold(root, version)

        def withdraw() -> None:
            with self._writing:
                if epoch == self._epoch:  # the first of those that failed; the others were made of it
                    self._epoch += 1
                    self._tip, self._given = self._root, self.version

        ticket = Ticket(
            self.entry(version, state, body),
            publish=publish, withdraw=withdraw, is_valid=lambda: epoch == self._epoch,
        )  # fmt: skip
        self._tip, self._given = root, version
        self._archive.commits.hand_in(ticket)
        return ticket


class Alone(Keeping[DurableStore]):
    """An archive that this process alone has open."""

    def __init__(self, db: Database, layouts: Mapping[str, Layout]) -> None:
        super().__init__(db, layouts)
        self.commits = Commits(self._append)
        for id, state, base, _, about in list(db.rows(database.READ_WORLDS)):
            self.read_world(id, state, base, about)
        self.compact_if_long()

    def _append(self, entries: list[Entry]) -> None:
        self.db.commit(database.together(database.APPEND, entries))

    def store_of(self, id: str, root: Root, version: int, log: Log | None = None) -> DurableStore:
        return DurableStore(self, id, root, version, log)

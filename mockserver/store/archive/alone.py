"""The archive of one process: what is written goes to the database in groups, each on disk before it is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from zlib import crc32

import orjson

from mockserver.store.archive.committing import Commits, Ticket, Write
from mockserver.store.archive.model import About, Damage, Kept, StoreUnavailable
from mockserver.store.archive.sqlite import SqliteFile
from mockserver.store.archive.states import Row, States
from mockserver.store.changes import Changes, NotedTransaction, redone
from mockserver.store.contents import Root
from mockserver.store.log import Log
from mockserver.store.model import Layout, Store, StoreError
from mockserver.store.tinydb import MemoryStore, MemoryTransaction, Saved

MOST_ENTRIES = 10_000
"""How long a world's log may be when the archive is opened; a longer one is made a state."""
APPEND = "INSERT INTO log (world, version, state, body, checksum) VALUES (?, ?, ?, ?, ?)"
KEEP_STATE = "INSERT INTO states VALUES (?, ?, ?)"
KEEP_WORLD = "INSERT INTO worlds VALUES (?, ?, ?, ?)"


class DurableStore(MemoryStore):
    """A world's state in memory, whose writes are on disk before anybody sees them.

    Whoever writes next builds on what was handed in before (`_tip`), whoever reads sees what is on disk (`_root`).
    """

    def __init__(self, archive: Alone, id: str, root: Root, version: int = 0, log: Log | None = None) -> None:
        super().__init__(archive.states.layouts, root, log)
        self._archive, self._id = archive, id
        self._tip, self._version = root, version
        self._epoch = 0
        self.written = version
        self.entries = 0

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

    def snapshot(self) -> Saved:
        return Saved(self._root, self.log.copy())

    def restore(self, snapshot: Saved) -> None:
        root = self._archive.states.stored(snapshot.root)
        number = self._archive.keep_state(root)
        with self._writing:
            ticket = self._hand_in(root, self._epoch, number, b"")
        self._archive.commits.wait(ticket)
        self.log = snapshot.log.copy()

    def fork(self) -> MemoryStore:
        return MemoryStore(self._layouts, self._root, self.log.copy())

    def _hand_in(self, root: Root, epoch: int, state: int | None, body: bytes) -> Ticket:
        version = self._version + 1

        def publish() -> None:
            self._root, self.written = root, version
            self.entries += 1

        def withdraw() -> None:
            with self._writing:
                if epoch == self._epoch:  # the first of those that failed; the others were made of it
                    self._epoch += 1
                    self._tip, self._version = self._root, self.written

        ticket = Ticket(
            [(APPEND, (self._id, version, state, body, crc32(body)))],
            publish=publish, withdraw=withdraw, is_valid=lambda: epoch == self._epoch,
        )  # fmt: skip
        self._tip, self._version = root, version
        self._archive.commits.hand_in(ticket)
        return ticket


class Alone:
    """An archive that this process alone has open."""

    def __init__(self, file: SqliteFile, layouts: Mapping[str, Layout]) -> None:
        self.file, self.url = file, file.url
        self.states = States(layouts)
        self.commits = Commits(file.commit)
        self.damages: list[Damage] = []
        self._stores: dict[str, DurableStore] = {}
        self._told: dict[str, bytes] = {}
        self._lock = threading.RLock()
        self._last_state = 0
        self._worlds = list(self._read())
        if any(store.entries > MOST_ENTRIES for store in self._stores.values()):
            self.compact()

    # Reading

    def worlds(self) -> Iterable[Kept]:
        return list(self._worlds)

    def _read(self) -> Iterator[Kept]:
        for number, base, body in self.file.rows("SELECT number, base, body FROM states ORDER BY number"):
            try:
                self.states.read(Row(number, base, body))
            except (ValueError, KeyError) as error:
                raise StoreError(f"{self.file.path}: state {number} cannot be read ({error})") from None
            self._last_state = number
        told = list(self.file.rows("SELECT id, state, about FROM worlds ORDER BY place"))
        for id, state, about in told:
            self._stores[id] = DurableStore(self, id, self.states.root(state))
            self._told[id] = about.encode()
        self._read_log()
        for id, _, about in told:
            yield Kept(id, self._stores[id], self._about(orjson.loads(about)))

    def _read_log(self) -> None:
        """Do again what was written since the states; a log ends where an entry cannot be read."""
        broken: dict[str, Damage] = {}
        for id, version, state, body, checksum in self.file.rows(
            "SELECT world, version, state, body, checksum FROM log ORDER BY number"
        ):
            store = self._stores.get(id)
            if store is None:
                continue
            if id in broken:
                broken[id] = broken[id]._replace(entries=broken[id].entries + 1)
                continue
            try:
                root = self._next(store, version, state, body, checksum)
            except (ValueError, KeyError):
                broken[id] = Damage(id, version, 1)
                continue
            store._root = store._tip = root
            store._version = store.written = version
            store.entries += 1
        for damage in broken.values():
            self.file.commit([("DELETE FROM log WHERE world = ? AND version >= ?", (damage.world, damage.version))])
        self.damages = list(broken.values())

    def _next(self, store: DurableStore, version: int, state: int | None, body: bytes, checksum: int) -> Root:
        if store._version and version != store._version + 1:
            raise ValueError(f"entry {version} comes after {store._version}")
        if crc32(body) != checksum:
            raise ValueError("the checksum is another")
        if state is not None:
            return self.states.root(state)
        return redone(self.states.layouts, store._root, Changes.decoded(body))

    # Writing

    def adopt(self, id: str, store: Store, about: About) -> Kept:
        if not isinstance(store, MemoryStore):
            raise StoreError("only a store in memory can be taken in")
        root = self.states.stored(store._root)
        state = self.keep_state(root)
        kept = self._known(about)
        told = orjson.dumps(self._telling(kept))
        with self._lock:
            place = self.number("place")
            self._commit([(KEEP_WORLD, (id, place, state, told.decode()))])
            self._stores[id] = DurableStore(self, id, root, log=store.log)
            self._told[id] = told
        return Kept(id, self._stores[id], kept)

    def describe(self, id: str, about: About) -> About:
        with self._lock:
            if id not in self._stores:
                return about
            kept = self._known(about)
            told = orjson.dumps(self._telling(kept))
            if told != self._told[id]:
                self._commit([("UPDATE worlds SET about = ? WHERE id = ?", (told.decode(), id))])
                self._told[id] = told
            return kept

    def forget(self, id: str) -> None:
        with self._lock:
            self._commit([(f"DELETE FROM {table} WHERE {key} = ?", (id,)) for table, key in OF_WORLD])
            self._stores.pop(id, None)
            self._told.pop(id, None)

    def tail(self, id: str) -> list[tuple[int, bytes]]:
        return list(self.file.rows("SELECT number, body FROM journal WHERE world = ? ORDER BY number", (id,)))

    def keep_tail(self, id: str, items: list[tuple[int, bytes]], oldest: int, after: int) -> None:
        self._commit([
            ("DELETE FROM journal WHERE world = ? AND (number < ? OR number > ?)", (id, oldest, after)),
            *(("INSERT INTO journal VALUES (?, ?, ?)", (id, number, body)) for number, body in items),
        ])  # fmt: skip

    def number(self, counter: str = "world") -> int:
        with self._lock:
            name = f"last {counter}"
            last = next(self.file.rows("SELECT value FROM meta WHERE name = ?", (name,)), (0,))[0]
            self._commit([("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, last + 1))])
            return int(last) + 1

    def keep_state(self, root: Root) -> int:
        """Keep a state, unless it is kept already, and return its number."""
        with self._lock:
            known = self.states.number_of(root)
            if known is not None:
                return known
            number = self._last_state + 1
            row = self.states.add(number, root)
            try:
                self._commit([(KEEP_STATE, row)])
            except StoreUnavailable:
                self.states.drop(number)
                raise
            self._last_state = number
            return number

    def _commit(self, writes: list[Write]) -> None:
        """Commit what goes with nothing else, after all that was handed in."""
        ticket = Ticket(writes, publish=_nothing, withdraw=_nothing, is_valid=lambda: True)
        self.commits.hand_in(ticket)
        self.commits.wait(ticket)

    # What worlds are

    def _known(self, about: About) -> About:
        """Return a description whose states are those that are kept, and keep those that are not."""

        def kept(saved: Saved | None) -> Saved | None:
            if saved is None:
                return None
            root = self.states.stored(saved.root)
            self.keep_state(root)
            return saved._replace(root=root)

        snapshots = {name: kept(saved) for name, saved in about.snapshots.items()}
        return replace(about, origin=kept(about.origin), snapshots=snapshots)

    def _telling(self, about: About) -> dict[str, Any]:
        def number(saved: Saved | None) -> int | None:
            return None if saved is None else self.states.number_of(saved.root)

        return {
            "seed": about.seed, "profile": about.profile, "scenario": about.scenario, "arrivals": about.arrivals,
            "origin": number(about.origin),
            "snapshots": {name: number(saved) for name, saved in about.snapshots.items()},
        }  # fmt: skip

    def _about(self, told: Mapping[str, Any]) -> About:
        def saved(number: int | None) -> Saved | None:
            return None if number is None else Saved(self.states.root(number), Log())

        snapshots = {name: saved(number) for name, number in told["snapshots"].items()}
        return About(
            told["seed"], told["profile"], told["scenario"], told["arrivals"], saved(told["origin"]), snapshots
        )  # fmt: skip

    # Keeping house

    def facts(self) -> dict[str, Any]:
        entries = sum(store.entries for store in self._stores.values())
        return {"url": self.url, "bytes": self.file.size(), "entries": entries, "lag": 0}

    def compact(self) -> None:
        with self._lock:
            for id, store in self._stores.items():
                with store._writing:
                    root, version, entries = store._root, store.written, store.entries
                if entries:
                    state = self.keep_state(root)
                    self._commit([
                        ("UPDATE worlds SET state = ? WHERE id = ?", (state, id)),
                        ("DELETE FROM log WHERE world = ? AND version <= ?", (id, version)),
                    ])  # fmt: skip
                    store.entries -= entries
            self._drop_unused()
            self.file.compact()

    def _drop_unused(self) -> None:
        used = {number for (number,) in self.file.rows("SELECT state FROM worlds")}
        for about in self._told.values():
            told = orjson.loads(about)
            used |= {number for number in (told["origin"], *told["snapshots"].values()) if number is not None}
        unused = list(self.states.unused(used))
        self._commit([("DELETE FROM states WHERE number = ?", (number,)) for number in unused])
        for number in unused:
            self.states.drop(number)

    def check(self) -> Iterator[str]:
        yield from self.file.check()
        for damage in self.damages:
            yield f"world {damage.world}: {damage.entries} entries from {damage.version} on could not be read"

    def close(self) -> None:
        self.file.close()


OF_WORLD = (("worlds", "id"), ("log", "world"), ("journal", "world"))


def _nothing() -> None:
    """Do nothing: for what is on disk, or is not, without anybody's store being another."""

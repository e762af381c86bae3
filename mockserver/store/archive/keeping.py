"""What all archives have in common: worlds as rows, their states, what is told of them, and keeping house."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar
from zlib import crc32

import orjson

from mockserver.store.archive import database
from mockserver.store.archive.database import Database, Entry, Write
from mockserver.store.archive.model import About, Damage, Kept, News, StoreUnavailable, WorldTaken
from mockserver.store.archive.states import Row, States
from mockserver.store.changes import Changes, joined, redone
from mockserver.store.contents import Root
from mockserver.store.log import Log
from mockserver.store.model import Layout, Store, StoreError
from mockserver.store.tinydb import MemoryStore, Saved

MOST_ENTRIES = 10_000
"""How long a world's log may be when the archive is opened; a longer one is made a state."""


class KeptStore(MemoryStore):
    """A world's state in memory, at a version of its log."""

    def __init__(self, layouts: Mapping[str, Layout], id: str, root: Root, version: int, log: Log | None) -> None:
        super().__init__(layouts, root, log)
        self.id = id
        self.version = version
        """How many entries of the log it holds."""
        self.entries = 0
        """How many were logged since the state that the log begins at."""

    def held(self) -> tuple[Root, int, int]:
        """Return what it holds, at which version, after how many entries, all of one moment."""
        with self._writing:
            return self._root, self.version, self.entries

    def entry(self, version: int, state: int | None, body: bytes) -> Entry:
        """Return an entry of the log as the database has it."""
        return self.id, version, state, body, crc32(body)

    def hold(self, root: Root, version: int) -> None:
        """Hold what the entries of the log up to a version made."""
        self._root = root  # first: an entry that is done to it once more changes nothing
        self.entries += version - self.version
        self.version = version


Own = TypeVar("Own", bound=KeptStore)


class Keeping(ABC, Generic[Own]):
    """An archive over a database; how entries get into the logs is for those below it."""

    is_shared = False
    tail_seconds = 0.5

    def __init__(self, db: Database, layouts: Mapping[str, Layout]) -> None:
        self.db, self.url = db, db.url
        self.states = States(layouts, self._read_state)
        self.damages: list[Damage] = []
        self.stores: dict[str, Own] = {}
        self.told: dict[str, str] = {}
        self.lock = threading.RLock()

    def compact_if_long(self) -> None:
        """Make states of the logs where one is too long to be read at every start."""
        if any(store.entries > MOST_ENTRIES for store in self.stores.values()):
            self.compact()

    @abstractmethod
    def store_of(self, id: str, root: Root, version: int, log: Log | None = None) -> Own:
        """Return the store of a world that stands at a version."""

    # Reading

    def worlds(self) -> Iterable[Kept]:
        return [
            Kept(id, self.stores[id], self.about_of(about)) for id, about in self.told.items() if id in self.stores
        ]  # fmt: skip

    def read_world(self, id: str, state: int, base: int, about: str) -> Own:
        """Take in a world of the database: its state, and what was logged since."""
        store = self.store_of(id, self.states.root(state), base)
        self.stores[id], self.told[id] = store, about
        self.read_log(store)
        return store

    def read_log(self, store: Own) -> None:
        """Do again what was logged after a store's version, up to an entry that cannot be read."""
        root, version, waiting = store._root, store.version, list[Changes]()

        def after() -> Root:
            return redone(self.states.layouts, root, joined(waiting)) if waiting else root

        for number, state, body, checksum in self.db.rows(database.READ_LOG, (store.id, version)):
            try:
                if number != version + 1 or crc32(body) != checksum:
                    raise ValueError(f"entry {number} does not come after {version}, or is not what was written")
                if state is None:
                    waiting.append(Changes.decoded(body))
                else:
                    root, waiting = self.states.root(state), []
            except ValueError:
                store.hold(after(), version)
                self.cut_log(store, number)
                return
            version = number
        if version != store.version:
            store.hold(after(), version)

    def cut_log(self, store: Own, version: int) -> None:
        """End a log before an entry that cannot be read, and remember that it was so."""
        lost = sum(1 for _ in self.db.rows(database.READ_LOG, (store.id, version - 1)))
        self.damages.append(Damage(store.id, version, lost))
        self.db.commit([(database.CUT_LOG, (store.id, version))])

    def _read_state(self, number: int) -> Row:
        for base, body in self.db.rows(database.READ_STATE, (number,)):
            return Row(number, base, body)
        raise StoreError(f"{self.url}: state {number} is not there; see: mockserver store check")

    # Writing

    def pulse(self) -> object:
        return None

    def news(self) -> News:
        return News([], [], [])

    def adopt(self, id: str, store: Store, about: About) -> Kept:
        if not isinstance(store, MemoryStore):
            raise StoreError("only a store in memory can be taken in")
        root = self.states.stored(store._root)
        state = self.keep_state(root)
        kept = self._known(about)
        told = self._telling(kept)
        place = self.number("place")
        with self.lock:
            if not self.db.run(database.KEEP_WORLD, (id, place, state, told)):
                raise WorldTaken(f"there is a world {id!r} already")
            self.stores[id], self.told[id] = self.store_of(id, root, 0, store.log), told
        return Kept(id, self.stores[id], kept)

    def describe(self, id: str, about: About) -> About:
        with self.lock:
            if id not in self.stores:
                return about
            kept = self._known(about)
            told = self._telling(kept)
            if told != self.told[id]:
                self.db.commit([(database.DESCRIBE, (told, id))])
                self.told[id] = told
            return kept

    def forget(self, id: str) -> None:
        with self.lock:
            self.db.commit([(statement, (id,)) for statement in database.FORGET])
            self.stores.pop(id, None)
            self.told.pop(id, None)

    def tail(self, id: str) -> list[tuple[int, bytes]]:
        return [(number, body) for number, body in self.db.rows(database.READ_TAIL, (id,))]

    def keep_tail(self, id: str, items: list[tuple[int, bytes]], oldest: int, after: int) -> None:
        rows = [(id, number, body) for number, body in items]
        self.db.commit([(database.CUT_TAIL, (id, oldest, after)), *database.together(database.KEEP_TAIL, rows)])

    def add_tail(self, id: str, bodies: list[bytes], *, most: int) -> None:
        last = self.number("request", len(bodies))
        rows = [(id, number, body) for number, body in enumerate(bodies, last + 1 - len(bodies))]
        self.db.commit([*database.together(database.KEEP_TAIL, rows), (database.SHORTEN_TAIL, (id, id, most))])

    def asked(self) -> int:
        return 0

    def hear(self, asking: int) -> None:
        """Say nothing: there is nobody who asks."""

    def gather(self) -> None:
        """Ask nobody: there are no others."""

    def number(self, counter: str = "world", count: int = 1) -> int:
        """Return the last of so many new numbers of a counter."""
        ((number,),) = self.db.run(database.COUNT, (f"last {counter}", count, count))
        return int(number)

    def keep_state(self, root: Root) -> int:
        """Keep a state, unless it is kept already, and return its number."""
        with self.lock:
            known = self.states.number_of(root)
            if known is not None:
                return known
            row = self.states.add(self.number("state"), root, self.bases())
            try:
                self.db.commit([(database.KEEP_STATE, row)])
            except StoreUnavailable:
                self.states.drop(row.number)
                raise
            return row.number

    def bases(self) -> Container[int] | None:
        """Return the states that another may be made of; None for all that are known."""
        return None

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

    def _telling(self, about: About) -> str:
        def number(saved: Saved | None) -> int | None:
            return None if saved is None else self.states.number_of(saved.root)

        return orjson.dumps({
            "seed": about.seed, "profile": about.profile, "scenario": about.scenario, "arrivals": about.arrivals,
            "origin": number(about.origin),
            "snapshots": {name: number(saved) for name, saved in about.snapshots.items()},
        }).decode()  # fmt: skip

    def about_of(self, told: str) -> About:
        """Return what is told of a world, with its states."""

        def saved(number: int | None) -> Saved | None:
            return None if number is None else Saved(self.states.root(number), Log())

        about = orjson.loads(told)
        snapshots = {name: saved(number) for name, number in about["snapshots"].items()}
        return About(
            about["seed"], about["profile"], about["scenario"], about["arrivals"], saved(about["origin"]), snapshots
        )  # fmt: skip

    # Keeping house

    def facts(self) -> dict[str, Any]:
        entries = sum(store.entries for store in self.stores.values())
        return {"url": self.url, "bytes": self.db.size(), "entries": entries, "lag": 0}

    def compact(self) -> None:
        with self.lock:
            for store in list(self.stores.values()):
                root, version, entries = store.held()
                if entries:
                    state = self.keep_state(root)
                    self.db.commit([
                        (database.REBASE, (state, version, store.id, version)),
                        (database.SHORTEN_LOG, (store.id, version)),
                    ])  # fmt: skip
                    store.entries -= entries
            self._sweep()
            self.db.compact()

    def _sweep(self) -> None:
        """Drop the states that nothing refers to, and what is left of worlds that are gone."""
        used: set[int] = set()
        for _, state, _, _, told in self.db.rows(database.READ_WORLDS):
            about = orjson.loads(told)
            used |= {state, *(number for number in (about["origin"], *about["snapshots"].values()) if number)}
        bases: dict[int, int] = dict(self.db.rows("SELECT number, base FROM states"))
        unused = sorted(set(bases) - reached(used, bases))
        dropped: list[Write] = [("DELETE FROM states WHERE number = ?", (number,)) for number in unused]
        self.db.commit([*dropped, *((statement, ()) for statement in database.SWEEP)])
        for number in unused:
            self.states.drop(number)

    def check(self) -> Iterator[str]:
        yield from self.db.check()
        for damage in self.damages:
            yield f"world {damage.world}: {damage.entries} entries from {damage.version} on could not be read"

    def close(self) -> None:
        self.db.close()


def reached(used: Iterable[int], bases: Mapping[int, int]) -> set[int]:
    """Return the states that these are, and are made of."""
    found: set[int] = set()
    for number in used:
        while number and number not in found:
            found.add(number)
            number = bases.get(number, 0)
    return found

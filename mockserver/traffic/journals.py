"""Where the requests of all worlds are remembered: in memory, in an archive as well, or by many processes together.

An archive is written beside the requests, which do not wait for it: what was answered in the last moment before a
process is killed may be missing.
"""

from __future__ import annotations

import logging
import threading
import time
from base64 import b64decode, b64encode
from typing import NamedTuple

import orjson

from mockserver.store.archive import Archive, StoreUnavailable
from mockserver.store.log import MOST_ITEMS, Log
from mockserver.traffic.journal import Entry
from mockserver.world.worlds import World, Worlds

SECONDS = 0.5


class Written(NamedTuple):
    """How far a log was kept: which it was, its latest number, and how many items it held."""

    log: Log | None
    latest: int
    size: int


class Journals:
    """The journals of all worlds, each in the log of its store."""

    def start(self) -> None:
        """Begin to keep what is remembered, where it is kept."""

    def stop(self) -> None:
        """Keep what is left."""

    def entries(self, world: World, after: int = 0) -> list[tuple[int, Entry]]:
        """Return what is remembered of a world's requests after a number, the oldest first, each with its number."""
        return world.store.log.items(after)

    def clear(self, world: World) -> None:
        """Forget a world's requests."""
        world.store.log.clear()


class KeptJournals(Journals):
    """Journals whose tails come back after a restart."""

    seconds = SECONDS

    def __init__(self, worlds: Worlds, archive: Archive) -> None:
        self._worlds, self._archive = worlds, archive
        self._written: dict[str, Written] = {}
        self._flushing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journals", daemon=True)

    def start(self) -> None:
        self._read()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._flush()

    def _read(self) -> None:
        """Give the worlds the tails that the archive has."""
        for world in self._worlds:
            for number, body in self._archive.tail(world.id):
                entry = unpacked(body)
                world.store.log.put(number, entry, entry.size)
            self._written[world.id] = Written(world.store.log, world.store.log.latest, len(world.store.log))

    def _flush(self) -> None:
        with self._flushing:
            for world in self._worlds:
                self._keep(world)

    def _keep(self, world: World) -> None:
        """Keep what was added to a world's log since the last time."""
        log = world.store.log
        before = self._written.get(world.id, Written(None, 0, 0))
        after = 0 if before.log is not log else before.latest  # another log: the world was reset, or put back
        now = Written(log, log.latest, len(log))
        if now == before:
            return
        items = [(number, entry) for number, entry in log.items() if number <= now.latest]
        added = [(number, packed(entry)) for number, entry in items if number > after]
        self._archive.keep_tail(world.id, added, items[0][0] if items else now.latest + 1, after)
        self._written[world.id] = now

    def _run(self) -> None:
        while not self._stopping.wait(self.seconds):
            try:
                self._flush()
            except StoreUnavailable as error:
                logging.getLogger(__name__).debug("journals: %s", error)  # the next time may do


class SharedJournals(KeptJournals):
    """Journals of many processes: each hands on what it answered, and reads what all of them did."""

    def __init__(self, worlds: Worlds, archive: Archive) -> None:
        super().__init__(worlds, archive)
        self.seconds = archive.tail_seconds
        self._heard = 0
        self._due = 0.0

    def entries(self, world: World, after: int = 0) -> list[tuple[int, Entry]]:
        with self._flushing:
            self._keep(world)
        self._archive.gather()
        entries = [(number, unpacked(body)) for number, body in self._archive.tail(world.id) if number > after]
        entries.sort(key=lambda entry: entry[1].clocks[0])  # handed in by the batch, each process its own
        return entries

    def clear(self, world: World) -> None:
        self._archive.gather()  # what others would hand in later was answered before this, too
        with self._flushing:
            super().clear(world)
            self._written[world.id] = Written(world.store.log, world.store.log.latest, 0)
            self._archive.keep_tail(world.id, [], 0, 0)

    def _read(self) -> None:
        """Read nothing: what is asked for is read then."""

    def _flush(self) -> None:
        """Hand in what there is, where somebody asks for it, or did not for a while."""
        asking = self._archive.asked()
        if asking == self._heard and time.monotonic() < self._due and not self._stopping.is_set():
            return
        super()._flush()
        self._due = time.monotonic() + SECONDS
        if asking != self._heard:
            self._archive.hear(asking)
            self._heard = asking

    def _keep(self, world: World) -> None:
        log = world.store.log
        before = self._written.get(world.id, Written(log, 0, 0))
        items = [(number, entry) for number, entry in log.items() if number > before.latest or before.log is not log]
        if items:
            self._archive.add_tail(world.id, [packed(entry) for _, entry in items], most=MOST_ITEMS)
            self._written[world.id] = Written(log, items[-1][0], 0)


def packed(entry: Entry) -> bytes:
    """Return an entry as the archive keeps it."""
    raw = entry.raw if isinstance(entry.raw, dict) else {"": b64encode(bytes(entry.raw)).decode()}  # type: ignore[arg-type]
    kept = entry._replace(raw=raw, answer=b64encode(entry.answer))
    return orjson.dumps([*kept[:8], kept.answer.decode(), kept.duration_ms, kept.planned])


def unpacked(body: bytes) -> Entry:
    """Return an entry from what the archive kept."""
    clocks, operation, method, path, query, variables, raw, status, answer, duration_ms, *planned = orjson.loads(body)
    carried = b64decode(raw[""]) if set(raw) == {""} else raw
    return Entry(
        tuple(clocks), operation, method, path, query, variables, carried, status, b64decode(answer), duration_ms,
        *planned,
    )  # fmt: skip

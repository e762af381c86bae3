"""The tails of the journals, kept in the archive: what each world saw last comes back with it after a restart.

They are written twice a second, beside the requests, which do not wait for it; the last half second before a process is
killed may be missing.
"""

from __future__ import annotations

import logging
import threading
from base64 import b64decode, b64encode

import orjson

from mockserver.store.archive import Archive, StoreUnavailable
from mockserver.store.log import Log
from mockserver.traffic.journal import Entry
from mockserver.world.worlds import World, Worlds

SECONDS = 0.5


class Tails:
    """Writes what was added to the journals of all worlds, until it is stopped."""

    def __init__(self, worlds: Worlds, archive: Archive) -> None:
        self._worlds, self._archive = worlds, archive
        self._written: dict[str, tuple[Log, int]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal tails", daemon=True)

    def start(self) -> None:
        """Give the worlds the tails that the archive has, and go on from there."""
        for world in self._worlds:
            for number, body in self._archive.tail(world.id):
                entry = unpacked(body)
                world.store.log.put(number, entry, entry.size)
            self._written[world.id] = world.store.log, world.store.log.latest
        self._thread.start()

    def stop(self) -> None:
        """Write what is left."""
        self._stopping.set()
        self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Write what was added since the last time."""
        for world in self._worlds:
            self._flush(world)

    def _flush(self, world: World) -> None:
        log = world.store.log
        before, written = self._written.get(world.id, (None, 0))
        if before is not log:  # the world is another: reset, or put back to a snapshot
            written = 0
        if before is log and log.latest == written:
            return
        items = log.items()
        added = [(number, packed(entry)) for number, entry in items if number > written]
        oldest = items[0][0] if items else log.latest + 1
        self._archive.keep_tail(world.id, added, oldest, written)
        self._written[world.id] = log, items[-1][0] if items else log.latest

    def _run(self) -> None:
        while not self._stopping.wait(SECONDS):
            try:
                self.flush()
            except StoreUnavailable as error:
                logging.getLogger(__name__).debug("journal tails: %s", error)  # the next time may do


def packed(entry: Entry) -> bytes:
    """Return an entry as the archive keeps it."""
    raw = entry.raw if isinstance(entry.raw, dict) else {"": b64encode(bytes(entry.raw)).decode()}  # type: ignore[arg-type]
    kept = entry._replace(raw=raw, answer=b64encode(entry.answer))
    return orjson.dumps([*kept[:8], kept.answer.decode(), kept.duration_ms])


def unpacked(body: bytes) -> Entry:
    """Return an entry from what the archive kept."""
    clocks, operation, method, path, query, variables, raw, status, answer, duration_ms = orjson.loads(body)
    carried = b64decode(raw[""]) if set(raw) == {""} else raw
    return Entry(
        tuple(clocks), operation, method, path, query, variables, carried, status, b64decode(answer), duration_ms
    )  # fmt: skip

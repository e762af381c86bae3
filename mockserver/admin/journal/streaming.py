"""A world's requests as they come: server-sent events, an entry a message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from threading import BoundedSemaphore
from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import NotFound
from mockserver.road.rendering import encode
from mockserver.traffic.journal import Entry
from mockserver.world.worlds import World

MOST_STREAMS = 64
"""Streams held at once, each by a thread; whoever comes then is told what there is, and to come again."""
RETRY_MS = 1000
SLICE_SECONDS = 0.25
"""How soon a stream ends when nobody reads it any more, or when the server stops."""
PAUSE_SECONDS = 0.05
"""At a thousand requests a second, what came meanwhile goes in one piece."""
ALIVE_SECONDS = 10.0
LOOK_SECONDS = 1.0
"""How often it is looked for what other processes answered, of which no bell here tells."""

CLEARED = b"event: cleared\ndata: {}\n\n"
_STREAMS = BoundedSemaphore(MOST_STREAMS)
Show = Callable[[int, Entry], Mapping[str, Any]]


def stream(plane: Plane, world: World, after: int | None, show: Show) -> Iterator[bytes]:
    """Yield the entries after a number, or those to come, as messages; an empty piece now and then, to find out whether
    anybody is left who reads.

    A journal that was emptied, as by a reset, is told by a message `cleared`; so it is to who comes back after one.
    """
    log = world.store.log
    seen = log.latest if after is None else -1
    newest = latest(plane, world)
    last = newest if after is None else after
    yield b"retry: %d\n\n" % RETRY_MS
    if last > newest:
        last = 0
        yield CLEARED
    slots = _STREAMS
    held = slots.acquire(blocking=False)
    try:
        told = looked = time.monotonic()
        while True:
            now = time.monotonic()
            if world.store.log is not log:
                log, seen, last = world.store.log, -1, 0
                yield CLEARED
            if log.latest != seen or now - looked >= LOOK_SECONDS:
                looked, seen = now, log.latest
                entries = plane.journals.entries(world, last)
                if entries:
                    last, told = max(number for number, _ in entries), now
                    yield b"".join(_message(number, show(number, entry)) for number, entry in entries)
                    time.sleep(PAUSE_SECONDS)
            if not held or not _is_there(plane, world):
                return
            if now - told >= ALIVE_SECONDS:
                told = now
                yield b": still here\n\n"
            yield b""
            world.bell.wait(lambda log=log, seen=seen: world.store.log is not log or log.latest != seen, SLICE_SECONDS)  # type: ignore[misc]
    finally:
        if held:
            slots.release()


def latest(plane: Plane, world: World) -> int:
    """Return the number of the latest entry, 0 before the first."""
    return max((number for number, _ in plane.journals.entries(world)), default=0)


def _message(number: int, shown: Mapping[str, Any]) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (number, encode(shown))


def _is_there(plane: Plane, world: World) -> bool:
    try:
        return plane.worlds.get(world.id) is world
    except NotFound:
        return False

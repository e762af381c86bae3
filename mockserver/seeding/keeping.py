"""Worlds as their scenarios fill them, kept for the next start: to fill one takes as long as all else of a start.

What is kept is told for every moment (`telling`), so it is found for the same file and seed, whatever the clock. A
world is told when it is filled for the second time, since that takes as long as to fill it three times more. Removed,
this module and `telling` cost a start of `demo` as much again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mockserver.caching import find_made, keep_made
from mockserver.contract.locations import FIXTURES, contract_files
from mockserver.store.contents import Root
from mockserver.store.tinydb import MemoryStore
from mockserver.world import entropy
from mockserver.world.tables import TABLES
from mockserver.world.worlds import World

MOST_RECORDS = 5_000
"""A world of more is not kept: it would fill the cache, and whoever waits for it waits for more than a start."""
MOMENTS = (
    datetime(2026, 1, 15, 12, tzinfo=UTC),
    datetime(2027, 3, 7, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2025, 8, 31, 5, 17, 23, 456_789, tzinfo=UTC),
)
"""When a world is filled to be told: at the beginning and the end of an hour, and somewhere between, to be compared."""

Fill = Callable[[datetime], World]


class Scenario(NamedTuple):
    """What a world follows from, beside the moment at which it is filled."""

    name: str
    file: Path
    seed: int

    @property
    def kind(self) -> str:
        """The name that it is kept under: its own, if it is one of those shipped."""
        return f"world-{self.file.stem}" if self.file.parent == FIXTURES else "world-own"

    @property
    def identity(self) -> str:
        """What tells it from all others. Raises: OSError."""
        content = hashlib.blake2b(self.file.read_bytes()).hexdigest()
        return f"{self.name} {content} {self.seed}"


def find_world(scenario: Scenario, moment: str | None) -> World | None:
    """Return a world that was kept, as it is filled when its clock stands at a moment, or now where it runs."""
    try:
        kept = find_made(scenario.kind, scenario.identity)
    except OSError:
        return None
    if kept is None or kept["told"] is None:
        return None
    now = entropy.system_time() if moment is None else entropy.read_timestamp(moment)
    world = World("template", MemoryStore(_layouts(), _make(scenario, kept["told"], now)), scenario.seed)
    world.scenario = scenario.name
    if moment is not None:
        with world.store.transaction() as transaction:
            entropy.freeze(transaction, now)
    return world.settle()


def keep_world(scenario: Scenario, world: World, fill: Fill) -> None:
    """Keep a world that was filled just now, if it was filled before; `fill` does it once more, at a moment.

    One that holds too much, and one that cannot be told, is not kept.
    """
    root: Root = world.store.snapshot().root
    if sum(len(contents.records) for contents in root.tables.values()) > MOST_RECORDS:
        return
    kept = find_made(scenario.kind, scenario.identity)
    if kept is not None and kept["tried"]:
        return
    about = {"told": None, "tried": False} if kept is None else {"told": _told(scenario, fill), "tried": True}
    keep_made(scenario.kind, scenario.identity, about, [scenario.file, *contract_files()])


def _told(scenario: Scenario, fill: Fill) -> Any | None:
    from mockserver.seeding.telling import Untold, same, tell

    one, other, third = (fill(moment).store.snapshot().root for moment in MOMENTS)
    try:
        told = orjson.dumps(tell(one, other, MOMENTS[:2], scenario.seed))
        if same(third, _make(scenario, orjson.loads(told), MOMENTS[2])):
            return orjson.Fragment(told)
    except (Untold, TypeError):  # or nothing that JSON can tell
        pass
    return None


def _make(scenario: Scenario, told: Any, moment: datetime) -> Root:
    from mockserver.seeding.telling import make  # late: what is not kept needs none of it

    return make(told, moment, scenario.seed, _layouts())


def _layouts() -> dict[str, Any]:
    return {table.name: table.layout for table in TABLES.values()}

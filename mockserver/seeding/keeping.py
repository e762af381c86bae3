"""Worlds as their scenarios left them, kept for the next start: to fill one takes as long as all else that a start
does.

What is kept is what an archive would keep, and of generated events what they follow from. It is found again for the
same file, seed and stopped clock; where the clock runs, for as long as a server would fork new worlds of it. Removed,
this module costs a start of `demo` as much again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mockserver.caching import find_made, keep_made
from mockserver.contract.locations import FIXTURES, contract_files
from mockserver.store import Layout, Record
from mockserver.store.changes import LONG, Changes, difference, redone
from mockserver.store.contents import Placed, Root
from mockserver.store.tinydb import MemoryStore
from mockserver.world.tables import TABLES
from mockserver.world.visits import Bases, Deed, Stretch, Visits
from mockserver.world.worlds import World

if TYPE_CHECKING:
    from mockserver.seeding.generation.journeys import Journeys

EVENTS = "events"
MOST_RECORDS = 5_000
"""A world of more is not kept: it is as quickly filled as read, and would fill the cache."""


class Scenario(NamedTuple):
    """What a world follows from."""

    name: str
    file: Path
    seed: int
    moment: str | None
    """When its clock stands; nothing where it runs."""

    @property
    def kind(self) -> str:
        """The name that it is kept under: its own, if it is one of those shipped."""
        return f"world-{self.file.stem}" if self.file.parent == FIXTURES else "world-own"

    @property
    def identity(self) -> str:
        """What tells it from all others. Raises: OSError."""
        content = hashlib.blake2b(self.file.read_bytes()).hexdigest()
        return f"{self.name} {content} {self.seed} {self.moment}"


class Later(Visits):
    """Generated events of which only the number is known, until one is asked for: most worlds are asked for none."""

    def __init__(self, size: int, spec: Mapping[str, Any], seed: int, number: int, now_ms: int) -> None:
        self._size = size
        self._origin = spec, seed, number, now_ms

    @cached_property
    def _journeys(self) -> Journeys:
        from mockserver.seeding.generation.declarations import Declaration
        from mockserver.seeding.generation.journeys import Journeys
        from mockserver.seeding.generation.populations import Population

        spec, seed, number, now_ms = self._origin
        return Journeys(Population(Declaration(spec, "generate", number), seed, number, now_ms))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Record]:
        return iter(self._journeys)

    def __getitem__(self, place: int) -> Record:
        return self._journeys[place]

    @property
    def bases(self) -> Bases:
        return self._journeys.bases

    @property
    def deeds(self) -> Sequence[Deed]:
        return self._journeys.deeds

    def stretches(self) -> Iterator[Stretch]:
        return self._journeys.stretches()

    def places(self, field: str, value: Any) -> Iterable[int]:
        """Return where a UUID or distinct id is."""
        return self._journeys.places(field, value)


def find_world(scenario: Scenario, now: float, oldest_seconds: float) -> tuple[World, float] | None:
    """Return a world that was kept, and how many seconds it is old at `now`; nothing where there is none that will do.

    Where the clock runs, one that is older than so many seconds will not.
    """
    try:
        kept = find_made(scenario.kind, scenario.identity)
    except OSError:
        return None
    if kept is None:
        return None
    age = now - kept["at"] if scenario.moment is None else 0.0
    if not 0 <= age < oldest_seconds:
        return None
    store = MemoryStore(_layouts(), _root(kept["changes"], kept["blocks"]))
    return World("template", store, scenario.seed, scenario=scenario.name).settle(), age


def keep_world(scenario: Scenario, world: World, now: float) -> None:
    """Keep a world that was filled from a scenario just now, unless it holds too much."""
    root: Root = world.store.snapshot().root
    if sum(len(contents.records) for contents in root.tables.values()) > MOST_RECORDS:
        return
    if any(contents.blocks for name, contents in root.tables.items() if name != EVENTS):
        return
    encoded = difference(Root(), root).encoded()
    events = root.tables.get(EVENTS)
    blocks = [_told(placed) for placed in events.blocks] if events is not None else []
    if encoded.startswith(LONG) or not _is_same(root, _root(orjson.loads(encoded), blocks)):
        return
    kept = {"at": now, "changes": orjson.Fragment(encoded), "blocks": blocks}
    keep_made(scenario.kind, scenario.identity, kept, [scenario.file, *contract_files()])


def _told(placed: Placed) -> list[Any]:
    population = placed.block.population  # type: ignore[attr-defined]  # scenarios lay no other blocks
    origin = (dict(population.spec), population.seed, population.number, population.now_ms)
    return [placed.first, len(placed.block), *origin]


def _root(changes: Any, blocks: Sequence[Any]) -> Root:
    root = redone(_layouts(), Root(), Changes.of(changes))
    if not blocks:
        return root
    placed = tuple(Placed(first, Later(*about)) for first, *about in blocks)
    return root._replace(tables=root.tables.set(EVENTS, root.tables[EVENTS]._replace(blocks=placed)))


def _is_same(one: Root, other: Root) -> bool:
    """Return whether two states hold the same records and values: JSON can tell less than Python can hold."""
    tables = all(
        name in other.tables and dict(contents.records) == dict(other.tables[name].records)
        for name, contents in one.tables.items()
        if contents.records or contents.blocks
    )
    return tables and dict(one.values) == dict(other.values)


def _layouts() -> dict[str, Layout]:
    return {table.name: table.layout for table in TABLES.values()}

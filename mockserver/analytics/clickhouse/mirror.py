"""What a world holds, as tables in ClickHouse: made when first asked of, and kept up as the world changes.

A table stands for one version of one of the store's tables, so worlds that hold the same share it: a fork that has
written nothing copies nothing. One that added a few events puts these alone, as a lot, into a table in memory that
worlds share, and reads them after its origin's; where they are many, or many such tables lie in a row, it gets a clone
(which shares its parts) and all that came since. Small tables lie in memory too: one on disk takes ClickHouse four
times as long to make and fill.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any

from mockserver.analytics.clickhouse import visits
from mockserver.analytics.clickhouse.engine import Engine, encode
from mockserver.analytics.clickhouse.tables import (
    COLUMNS,
    ORDERS,
    ROWS,
    SOURCES,
    People,
    event_row,
)
from mockserver.collecting import paused
from mockserver.store import Block, Record, Repository, View
from mockserver.world.visits import Visits

KEPT = 64
BATCH = 20_000
STRETCHES, TOGETHER = 20_000, 2
"""How many stretches are handed over at once, and how often until ClickHouse makes events of them: of all of `large` at
once it would be too many to be put in order in memory."""
MOST_IN_MEMORY = 2_000
"""How many rows a table in memory holds at most."""
MOST_PARTS = 6
"""How many tables are read one after another, before they are put into one."""
MOST_LOTS = 50
"""How many lots worlds put into one table: ClickHouse reads each as a block of its own."""


@dataclass(frozen=True)
class Part:
    """Rows of a table: all of them, or of one that worlds share those of some lots."""

    name: str
    lots: tuple[int, ...] = ()

    @property
    def rows(self) -> str:
        """The query that reads them."""
        among = f" WHERE lot IN ({', '.join(map(str, self.lots))})"
        return f"SELECT * EXCEPT lot FROM {self.name}{among}" if self.lots else f"SELECT * FROM {self.name}"


@dataclass(frozen=True)
class Held:
    """What stands for a version: tables of ClickHouse that are read in a row.

    Of events it also says how far they have come, to go on from there.
    """

    parts: tuple[Part, ...]
    mark: int = 0
    rows: int = 0
    last: Record | None = None

    @property
    def source(self) -> str:
        """What stands for it in FROM."""
        if len(self.parts) == 1 and not self.parts[0].lots:
            return self.parts[0].name
        return f"({' UNION ALL '.join(part.rows for part in self.parts)})"


@dataclass
class Shared:
    """A table in memory that worlds put their later events into."""

    name: str
    rows: int = 0
    lots: int = 0

    def has_room(self, rows: int) -> bool:
        """Return whether another lot of so many rows may be put into it."""
        return self.lots < MOST_LOTS and self.rows + rows <= MOST_IN_MEMORY


class Mirror:
    """The tables made so far, the least lately used dropped first."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._held: OrderedDict[tuple[Any, ...], Held] = OrderedDict()
        self._numbers = count(1)
        self._uses: Counter[str] = Counter()
        """How many of what is held a table is read for."""
        self._on_disk: set[str] = set()
        self._shared: Shared | None = None
        self._lock = threading.RLock()

    def table(self, name: str, view: View, project_id: int, *, on_disk: bool = False) -> str:
        """Return what stands in FROM for a project's rows; one table `on_disk` is what samples can be taken of."""
        key = (name, project_id, *(view.version(source) for source in SOURCES[name]))
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._keep(key, self._make(name, view, project_id))
            if on_disk and held.source not in self._on_disk:
                held = self._keep(key, replace(held, parts=(Part(self._joined(name, held)),)))
            self._held.move_to_end(key)
        return held.source

    def _keep(self, key: tuple[Any, ...], held: Held) -> Held:
        """Hold something under a key, and drop what nothing is read for any more."""
        self._uses.update(part.name for part in held.parts)
        gone = [self._held.pop(key)] if key in self._held else []
        self._held[key] = held
        while len(self._held) > KEPT:
            gone.append(self._held.popitem(last=False)[1])
        for name in (part.name for each in gone for part in each.parts):
            self._uses[name] -= 1
            if not self._uses[name]:
                del self._uses[name]
                self._on_disk.discard(name)
                if self._shared and self._shared.name == name:
                    self._shared = None
                self.engine.command(f"DROP TABLE {name}")
        return held

    def _make(self, name: str, view: View, project_id: int) -> Held:
        if name == "events":
            return self._make_events(view, project_id)
        made = self._create(name, sum(len(view.table(source)) for source in SOURCES[name]))
        self._fill(made, ROWS[name](view, project_id))
        return Held((Part(made),))

    def _make_events(self, view: View, project_id: int) -> Held:
        table = view.table("events")
        base = self._base(view, project_id)
        added = table.since(base.mark if base else 0)
        number = len(table) - (base.rows if base else 0)
        beside: dict[str, int] = {}
        if base is None:  # on disk however few: rows that nobody puts in order come as servers have them
            made = self._create("events")
            parts: tuple[Part, ...] = (Part(made),)
        elif number > MOST_IN_MEMORY or len(base.parts) >= MOST_PARTS or added.blocks:
            made = self._joined("events", base)
            parts = (Part(made),)
        else:
            made, lot = self._lot(number)
            parts, beside = _with_lot(base.parts, made, lot), {"lot": lot}
        people = People(view)
        for block in added.blocks:
            people.read_all()
            self._fill_block(made, block, project_id, people)
        stored = (event for event in added.stored if event["project_id"] == project_id)
        self._fill(made, ({**event_row(event, people), **beside} for event in stored))
        return Held(parts, added.mark, len(table), table.last())

    def _lot(self, rows: int) -> tuple[str, int]:
        """Return the table that so many more events are put into, and the number that they have there."""
        if self._shared is None or not self._shared.has_room(rows):
            self._shared = Shared(self._named("events"))
            columns = f"{COLUMNS['events'].rstrip()}, lot UInt32"
            self.engine.command(f"CREATE TABLE {self._shared.name} ({columns}) ENGINE = {self.engine.for_few}")
        self._shared.rows += rows
        self._shared.lots += 1
        return self._shared.name, self._shared.lots

    def _joined(self, name: str, held: Held) -> str:
        """Return a new table on disk of the rows of several: a clone of the first, if it can be, and the rest."""
        first, *others = held.parts
        if first.name in self._on_disk:
            made = self._named(name)
            self.engine.clone(made, first.name)
            self._on_disk.add(made)
        else:
            made, others = self._create(name), [first, *others]
        if others:
            self.engine.command(f"INSERT INTO {made} {' UNION ALL '.join(other.rows for other in others)}")
        return made

    def _create(self, name: str, rows: int | None = None) -> str:
        """Make a table for so many rows, and return its name; for any number, one on disk."""
        made = self._named(name)
        engine = self.engine.for_few
        if rows is None or rows > MOST_IN_MEMORY:
            engine = f"MergeTree ORDER BY {ORDERS.get(name, 'tuple()')}"
            self._on_disk.add(made)
        self.engine.command(f"CREATE TABLE {made} ({COLUMNS[name]}) ENGINE = {engine}")
        return made

    def _named(self, name: str) -> str:
        return f"{name}_{next(self._numbers)}"

    def _base(self, view: View, project_id: int) -> Held | None:
        """Return what holds a beginning of these events and nothing else; whoever follows upon it keeps it."""
        table = view.table("events")
        for key, held in reversed(self._held.items()):
            if key[:2] != ("events", project_id) or held.last is None or not holds(table, held.last):
                continue
            if held.rows + table.since(held.mark).count == len(table):
                self._held.move_to_end(key)
                return held
        return None

    def _fill(self, made: str, rows: Iterable[Mapping[str, Any]], reading: str = "") -> None:
        """Add rows to a table."""
        _write_behind(partial(self.engine.insert, made, settings=reading), json_lines(rows, BATCH))

    def _fill_block(self, made: str, block: Block, project_id: int, people: People) -> None:
        """Add the events of a block to a table; told by the visit, several times as quick as one by one."""
        if not isinstance(block, Visits):
            events = (event for event in block if event["project_id"] == project_id)
            self._fill(made, (event_row(event, people) for event in events))
            return
        deeds, stretches = self._named("deeds"), self._named("stretches")
        self.engine.command(f"CREATE TABLE {deeds} ({visits.OF_DEEDS}) ENGINE = Memory")
        self.engine.command(f"CREATE TABLE {stretches} ({visits.OF_STRETCHES}) ENGINE = Memory")
        self._fill(deeds, visits.deed_rows(block), visits.READING)
        told = visits.telling(made, stretches, deeds, block, project_id)

        written = count(1)

        def write(lines: bytes) -> None:
            self.engine.insert(stretches, lines, visits.READING)
            if next(written) % TOGETHER == 0:
                tell()

        def tell() -> None:
            self.engine.fill(told)
            self.engine.fill(f"TRUNCATE TABLE {stretches}")

        apart: list[Record] = []
        with paused():
            rows = visits.stretch_rows(block, project_id, people, apart)
            _write_behind(write, json_lines(rows, STRETCHES, visits.stretches_in))
        tell()
        for name in (deeds, stretches):
            self.engine.command(f"DROP TABLE {name}")
        self._fill(made, (event_row(event, people) for event in apart))


def holds(table: Repository, event: Record) -> bool:
    """Return whether a table holds this very event: one that is like it, in another world, may follow upon others.

    What a block of events makes anew each time it is read is known by what it says.
    """
    return any(
        found is event or (found == event and again is not found)
        for found, again in zip(table.find(uuid=event["uuid"]), table.find(uuid=event["uuid"]), strict=True)
    )


def _with_lot(parts: tuple[Part, ...], name: str, lot: int) -> tuple[Part, ...]:
    """Return parts and a lot more, read together with those that they read of the same table."""
    *before, last = parts
    if last.name == name:
        return (*before, Part(name, (*last.lots, lot)))
    return (*parts, Part(name, (lot,)))


def _write_behind(write: Callable[[bytes], None], batches: Iterable[bytes]) -> None:
    """Write batches one after another; while ClickHouse writes one, outside Python, the next one is made."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[None] | None = None
        for batch in batches:
            if written:
                written.result()
            written = writer.submit(write, batch)
        if written:
            written.result()


def json_lines(
    rows: Iterable[Mapping[str, Any]], many: int, weigh: Callable[[Mapping[str, Any]], int] | None = None
) -> Iterator[bytes]:
    """Yield rows by the batch of so many, or of those that weigh so much together, each row as a line of JSON."""
    lines: list[bytes] = []
    weight = 0
    for row in rows:
        lines.append(encode(row))
        weight += weigh(row) if weigh else 1
        if weight >= many:
            yield b"\n".join(lines)
            lines, weight = [], 0
    if lines:
        yield b"\n".join(lines)

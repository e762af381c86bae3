"""What a world holds, as tables in ClickHouse: made when first asked of, and kept up as the world changes.

A table stands for one version of one of the store's tables, so worlds that hold the same share it: a fork that has
written nothing copies nothing, and one that added events gets a clone (which shares its parts) and those events.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import Any

from mockserver.analytics.clickhouse.engine import Engine, encode, engine
from mockserver.analytics.clickhouse.tables import COLUMNS, ORDERS, ROWS, SOURCES, People, event_row
from mockserver.store import Record, Repository, View

KEPT = 64
BATCH = 20_000


@dataclass(frozen=True)
class Held:
    """A table in ClickHouse: of events also how far it has come, to go on from there."""

    name: str
    mark: int = 0
    rows: int = 0
    last: Record | None = None


class Mirror:
    """The tables made so far, the least lately used dropped first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: OrderedDict[tuple[Any, ...], Held] = OrderedDict()
        self._numbers = count(1)
        self._lock = threading.RLock()

    def table(self, name: str, view: View, project_id: int) -> str:
        """Return what ClickHouse calls the table that holds a project's rows."""
        key = (name, project_id, *(view.version(source) for source in SOURCES[name]))
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._make(name, view, project_id)
                self._held[key] = held
                self._drop_oldest()
            self._held.move_to_end(key)
        return held.name

    def _drop_oldest(self) -> None:
        while len(self._held) > KEPT:
            _, held = self._held.popitem(last=False)
            self._engine.command(f"DROP TABLE {held.name}")

    def _make(self, name: str, view: View, project_id: int) -> Held:
        made = f"{name}_{next(self._numbers)}"
        if name == "events":
            return self._make_events(made, view, project_id)
        self._create(made, name)
        self._fill(made, ROWS[name](view, project_id))
        return Held(made)

    def _make_events(self, made: str, view: View, project_id: int) -> Held:
        table = view.table("events")
        base = self._base(view, project_id)
        added = table.since(base.mark if base else 0)
        if base:
            self._engine.command(f"CREATE TABLE {made} CLONE AS {base.name}")
        else:
            self._create(made, "events")
        people = People(view)
        last = base.last if base else None

        def rows() -> Iterator[Mapping[str, Any]]:
            nonlocal last
            for last in added.records:
                if last["project_id"] == project_id:
                    yield event_row(last, people)

        self._fill(made, rows())
        return Held(made, added.mark, len(table), last)

    def _base(self, view: View, project_id: int) -> Held | None:
        """Return a table that holds a beginning of these events and nothing else."""
        table = view.table("events")
        for key, held in reversed(self._held.items()):
            if key[:2] != ("events", project_id) or held.last is None or not holds(table, held.last):
                continue
            if held.rows + table.since(held.mark).count == len(table):
                return held
        return None

    def _create(self, made: str, name: str) -> None:
        order = ORDERS.get(name, "tuple()")
        self._engine.command(f"CREATE TABLE {made} ({COLUMNS[name]}) ENGINE = MergeTree ORDER BY {order}")

    def _fill(self, made: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to a table; while ClickHouse writes a batch, outside Python, the next one is made."""
        with ThreadPoolExecutor(max_workers=1) as writer:
            written: Future[None] | None = None
            for lines in json_lines(rows):
                if written:
                    written.result()
                written = writer.submit(self._engine.insert, made, lines)
            if written:
                written.result()


def holds(table: Repository, event: Record) -> bool:
    """Return whether a table holds this very event: one that is like it, in another world, may follow upon others.

    What a block of events makes anew each time it is read is known by what it says.
    """
    return any(
        found is event or (found == event and again is not found)
        for found, again in zip(table.find(uuid=event["uuid"]), table.find(uuid=event["uuid"]), strict=True)
    )


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield rows by the batch, each row as a line of JSON."""
    waiting = iter(rows)
    while lines := b"\n".join(encode(row) for row in islice(waiting, BATCH)):
        yield lines.decode()


@cache
def mirror() -> Mirror:
    """Return the mirror of this process's engine."""
    return Mirror(engine())

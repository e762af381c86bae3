"""A filled world told so that it can be made for another moment without being filled again.

What a scenario makes follows from its file, a seed and the moment at which it is filled. Nearly all of it is the same
whenever that is. The rest is *holes*: times at a distance from the moment, UUIDs that begin with it, and what follows
from persons who are made up, which is worked out anew, since they come by day more than by night.

Nobody declares which is which: a world that was filled twice, at two moments, is compared with itself, and what fits no
kind of hole is not told at all. `keeping` makes a third of what was told, and compares that as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mockserver.seeding.generation.declarations import Declaration
from mockserver.seeding.generation.populations import Population
from mockserver.store import Layout, Record
from mockserver.store.changes import Changes, TableChanges, redone
from mockserver.store.contents import Placed, Root
from mockserver.store.orders import sort_key
from mockserver.world import entropy
from mockserver.world.deliveries import next_date
from mockserver.world.visits import Bases, Deed, Stretch, Visits

if TYPE_CHECKING:
    from mockserver.seeding.generation.journeys import Journeys

EVENTS, PERSONS, MEMBERS, SUBSCRIPTIONS = "events", "persons", "cohort_members", "subscriptions"
DELIVERED = "next_delivery_date"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
PYTHONS_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?\+00:00")

How = list[Any]
"""What is in a hole: a word, and what it takes beside the moment."""
Told = dict[str, Any]
"""A world as JSON has it: `tables` with rows and records, `holes`, `values`, and `people`, of whom nothing is told but
what they follow from, and where they and their events are."""


class Untold(Exception):
    """Something differs from moment to moment in a way that no hole knows."""


class Later(Visits):
    """Generated events of which only the number is known, until one is asked for: most worlds are asked for none."""

    def __init__(self, population: Population, size: int) -> None:
        self._population, self._size = population, size

    @cached_property
    def _journeys(self) -> Journeys:
        from mockserver.seeding.generation.journeys import Journeys

        return Journeys(self._population)

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


class Frame:
    """A moment, and the persons who are made up at it."""

    def __init__(self, now: datetime, seed: int, people: Sequence[Mapping[str, Any]]) -> None:
        self.now, self.now_ms = now, int(now.timestamp() * 1000)
        self.populations = [
            Population(Declaration(each["spec"], "generate", each["number"]), seed, each["number"], self.now_ms)
            for each in people
        ]
        self.persons = [
            list(population.records(each["id"])) for population, each in zip(self.populations, people, strict=True)
        ]

    def value(self, how: How, record: Record) -> Any:
        """Return what is in a hole of a record at this moment."""
        match how:
            case ["ago", microseconds]:
                return entropy.timestamp(self.now - timedelta(microseconds=microseconds))
            case ["ago, as Python spells it", microseconds]:
                return str(self.now - timedelta(microseconds=microseconds))
            case ["hour"]:
                return entropy.timestamp(self.now.replace(minute=0, second=0, microsecond=0))
            case ["start", population]:
                return self.populations[population].started
            case ["uuid", before, after]:
                return f"{before}{self._uuid}{after}"
            case ["person", population, number]:
                return self.persons[population][number]["uuid"]
            case ["seniority", population, number]:
                return _seniority(self.persons[population][number])
            case ["delivery"]:
                return next_date(record, self.now)
        raise Untold(how)

    @property
    def _uuid(self) -> str:
        return f"{self.now_ms >> 16:08x}-{self.now_ms & 0xFFFF:04x}-7"

    def guesses(self, value: str, field: str) -> Iterator[How]:
        """Yield what may be in a hole in which a text is found at this moment."""
        if TIME.fullmatch(value):
            ago = self.now - entropy.read_timestamp(value)
            yield from (["hour"], ["ago", ago // timedelta(microseconds=1)])
            yield from (["start", number] for number in range(len(self.populations)))
            if field == DELIVERED:
                yield ["delivery"]
        elif PYTHONS_TIME.fullmatch(value):
            ago = self.now - datetime.fromisoformat(value)
            yield ["ago, as Python spells it", ago // timedelta(microseconds=1)]
        before, found, after = value.partition(self._uuid)
        if found:
            yield ["uuid", before, after]
        if value in self._of_persons:
            yield self._of_persons[value]

    @cached_property
    def _of_persons(self) -> dict[str, How]:
        """What follows from whom."""
        found: dict[str, How] = {}
        for population, persons in enumerate(self.persons):
            for number, person in enumerate(persons):
                found[person["uuid"]] = ["person", population, number]
                found[_seniority(person)] = ["seniority", population, number]
        return found


def tell(one: Root, other: Root, moments: Sequence[datetime], seed: int) -> Told:
    """Return what two fillings at two moments tell. Raises: Untold."""
    people = _people(one)
    frames = [Frame(moment, seed, people) for moment in moments]
    if set(one.tables) != set(other.tables) or _values(one) != _values(other):
        raise Untold
    tables: dict[str, Any] = {}
    holes: list[Any] = []
    for name in sorted(one.tables):
        left, right = (root.tables[name] for root in (one, other))
        if sorted(left.records) != sorted(right.records) or left.last_row != right.last_row:
            raise Untold(name)
        rows = [row for row in sorted(left.records) if not (name == PERSONS and _is_made_up(people, row))]
        tables[name] = [rows, [left.records[row] for row in rows], left.last_row]
        for place, row in enumerate(rows):
            record = left.records[row]
            for path, *found in _differences(record, right.records[row], ()):
                holes.append([name, place, path, _how(frames, found, path, record, right.records[row])])
    holes.sort(key=lambda hole: hole[3] == ["delivery"])  # seen from the record when all else is in its place
    return {"tables": tables, "holes": holes, "values": _values(one), "people": people}


def make(told: Told, moment: datetime, seed: int, layouts: Mapping[str, Layout]) -> Root:
    """Return the state of a world that was told, as it is filled at a moment; what is told is used up."""
    frame = Frame(moment, seed, told["people"])
    tables = told["tables"]
    for name, place, path, how in told["holes"]:
        record = tables[name][1][place]
        *above, last = path
        target = record
        for part in above:
            target = target[part]
        target[last] = frame.value(how, record)
    put = {name: dict(zip(rows, records, strict=True)) for name, (rows, records, _) in tables.items()}
    for each, persons in zip(told["people"], frame.persons, strict=True):
        put[PERSONS].update(enumerate(persons, each["row"]))
    changes = {name: TableChanges(dict(sorted(put[name].items())), (), tables[name][2]) for name in tables}
    root = redone(layouts, Root(), Changes(changes, told["values"]))
    if not told["people"]:
        return root
    blocks = tuple(
        Placed(each["events"], Later(population, each["size"]))
        for each, population in zip(told["people"], frame.populations, strict=True)
    )
    return root._replace(tables=root.tables.set(EVENTS, root.tables[EVENTS]._replace(blocks=blocks)))


def same(one: Root, other: Root) -> bool:
    """Return whether two states hold the same records, as many events, and the same values but for the clock."""
    tables = all(
        dict(one.tables[name].records) == dict(other.tables[name].records)
        and [(first, len(block)) for first, block in one.tables[name].blocks]
        == [(first, len(block)) for first, block in other.tables[name].blocks]
        for name in one.tables
        if name in other.tables
    )
    return tables and set(one.tables) == set(other.tables) and _values(one) == _values(other)


def _seniority(person: Record) -> str:
    """Return what the members of a cohort are ordered by: see `membership.members`, which is costly to import."""
    return f"{sort_key(person['created_at'])[1]} {person['id']:012d}"


def _people(root: Root) -> list[dict[str, Any]]:
    """Return whom a world's blocks of events are of. Raises: Untold."""
    if any(contents.blocks for name, contents in root.tables.items() if name != EVENTS):
        raise Untold
    if EVENTS not in root.tables:
        return []
    rows = {record["uuid"]: (row, record["id"]) for row, record in root.tables[PERSONS].records.items()}
    people = []
    for placed in root.tables[EVENTS].blocks:
        population: Population = placed.block.population  # type: ignore[attr-defined]  # scenarios lay no other blocks
        row, id = rows[population.person(0).uuid]
        about = {"spec": dict(population.spec), "number": population.number, "row": row, "id": id}
        people.append({**about, "count": population.size, "events": placed.first, "size": len(placed.block)})
    return people


def _is_made_up(people: Sequence[Mapping[str, Any]], row: int) -> bool:
    return any(each["row"] <= row < each["row"] + each["count"] for each in people)


def _values(root: Root) -> dict[str, Any]:
    return {name: root.values[name] for name in sorted(root.values) if name != entropy.CLOCK}


def _differences(one: Any, other: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield where two records differ, and what is there. Raises: Untold for another shape."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for name in one:
            yield from _differences(one[name], other[name], (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, (*path, place))
    elif one != other:
        if not (isinstance(one, str) and isinstance(other, str)):
            raise Untold(path)
        yield path, one, other


def _how(
    frames: Sequence[Frame], values: Sequence[str], path: Sequence[Any], *records: Record
) -> How:  # fmt: skip
    """Return what is in a hole, of which it is known what is there at two moments. Raises: Untold."""
    for how in frames[0].guesses(values[0], str(path[-1])):
        if all(frame.value(how, record) == value for frame, record, value in zip(frames, records, values, strict=True)):
            return how
    raise Untold(path, *values)

"""What the persons of a population did: a block of events that are worked out when they are read.

A person's first visit follows the funnel as far as they came; those who signed up come back and use the product until
they lapse, others look around again or never return. Every choice follows from the seed and the person's number, so a
journey read twice is the same, and nothing of it is kept but how many events it has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from mockserver.seeding.generation.deeds import Deed, deeds, done_by
from mockserver.seeding.generation.populations import IDENTIFY, JOURNEYS, LOT, PAUSE_MS, Person, Population
from mockserver.store import Record, Stretch
from mockserver.world import entropy
from mockserver.world.entropy import Dice

KEPT = 20_000
"""Events of a block that is kept once it was read: going through it again costs less than its memory."""
RECENT = 16
"""Lots of persons whose journeys are kept."""
VISIT_EVENTS = (2, 11)
PAUSES_MS = (PAUSE_MS[0], PAUSE_MS[1] - PAUSE_MS[0])
"""The shortest pause between two events of a visit, and how much longer one may be; most are short."""


class Journeys:
    """The events of a population."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self._offsets = population.offsets
        self._recent = lru_cache(RECENT)(self._lot)
        self._kept: list[Record] | None = None

    def __len__(self) -> int:
        return self._offsets[-1]

    def __iter__(self) -> Iterator[Record]:
        if len(self) > KEPT:
            return self._made()
        if self._kept is None:
            self._kept = list(self._made())
        return iter(self._kept)

    def __getitem__(self, place: int) -> Record:
        if self._kept is not None:
            return self._kept[place]
        number = bisect_right(self._offsets, place) - 1
        lot = number // LOT
        return self._recent(lot)[place - self._offsets[lot * LOT]]

    def stretches(self) -> Iterator[Stretch]:
        """Yield the events as stretches, a visit mostly one of them."""
        for lot in range(self.population.lots):
            yield from self._stretches(lot)

    def places(self, field: str, value: Any) -> Iterable[int]:
        """Return where a UUID or distinct id is; both hold the place they belong to."""
        if field == "uuid":
            place = self._named(value)
            return (place,) if place is not None and place < len(self) else ()
        if field == "distinct_id":
            number = self._person_of(value)
            if number is None or number >= self.population.size:
                return ()
            return range(self._offsets[number], self._offsets[number + 1])
        return range(len(self))

    def _named(self, value: Any) -> int | None:
        """Return the place that the end of a UUID names."""
        if not isinstance(value, str) or len(value) != 36:
            return None
        try:
            return self.population.gather(int(value[24:], 16))
        except ValueError:
            return None

    def _person_of(self, distinct_id: Any) -> int | None:
        """Return the number of the person that a distinct id names."""
        if not isinstance(distinct_id, str):
            return None
        tail = distinct_id.removeprefix(self.population.prefix)
        if tail != distinct_id and tail.isdecimal() and len(tail) < 10:
            return int(tail) - 1 if int(tail) else None
        return self._named(distinct_id)

    def _made(self) -> Iterator[Record]:
        return chain.from_iterable(map(self._lot, range(self.population.lots)))

    # What may be done

    @cached_property
    def _first_deeds(self) -> list[Sequence[Deed]]:
        return [deeds(self.population, [step]) for step in self.population.funnel]

    @cached_property
    def _usual_deeds(self) -> Sequence[Deed]:
        return deeds(self.population, self.population.usage or self.population.funnel[:1])

    @cached_property
    def _passing_deeds(self) -> Sequence[Deed]:
        return deeds(self.population, self.population.browsing or self.population.funnel[:1])

    # What was done

    def _lot(self, lot: int) -> list[Record]:
        """Return all that the persons of a lot did, one person after another, each earliest first."""
        return [record for stretch in self._stretches(lot) for record in stretch.records()]

    def _stretches(self, lot: int) -> Iterator[Stretch]:
        dice = self.population.dice(lot, JOURNEYS)
        for person in self.population.lot(lot):
            count = self._offsets[person.number + 1] - self._offsets[person.number]
            if count:
                yield from self._journey(person, dice, count)

    def _journey(self, person: Person, dice: Dice, count: int) -> list[Stretch]:
        population = self.population
        told = Telling(population, person, dice, self._offsets[person.number])
        resumed = population.start_ms
        if person.born_ms >= population.start_ms:
            resumed = told.first_visit(self._first_deeds[: population.depths[person.number]])
        else:
            told.is_identified = person.is_member
        left = count - told.count
        if left:
            has_lapsed = dice.random() < population.lapsed
            until = population.now_ms - 1000
            if has_lapsed:
                until = resumed + int((until - resumed) * (0.15 + 0.35 * dice.random()))
            told.later_visits(self._usual_deeds if told.is_identified else self._passing_deeds, left, resumed, until)
        return told.stretches


class Telling:
    """The events of one person, as they are told."""

    def __init__(self, population: Population, person: Person, dice: Dice, offset: int) -> None:
        self.population, self.person, self.dice = population, person, dice
        self.is_identified = False
        self.stretches: list[Stretch] = []
        self.count = 0
        self._offset = offset
        self._session: dict[str, Any] = {}
        self._columns: dict[str, list[Any]] = {}

    def first_visit(self, steps: Sequence[Sequence[Deed]]) -> int:
        """Tell how far the funnel was followed, and return when the visit ended."""
        moment, random = self.person.born_ms, self.dice.random
        self._visit(moment)
        done: list[Deed] = []
        moments: list[int] = []
        for choices in steps:
            deed = choices[int(random() * len(choices))]
            if deed.event == IDENTIFY:
                self._tell(done, moments)
                done, moments = [], []
                self.is_identified = True
                self._begin(self._session)
            done.append(deed)
            moments.append(moment)
            moment += PAUSES_MS[0] + int(random() ** 2 * PAUSES_MS[1])
        self._tell(done, moments)
        return moment

    def later_visits(self, choices: Sequence[Deed], count: int, start_ms: int, end_ms: int) -> None:
        """Tell some events, parted into visits between two moments."""
        random, pace, many = self.dice.random, self.population.pace, len(choices)
        (low, high), (shortest, more) = VISIT_EVENTS, PAUSES_MS
        sizes = []
        while count:
            sizes.append(min(low + int(random() * (high - low + 1)), count))
            count -= sizes[-1]
        first, last = pace.share(start_ms), pace.share(end_ms)
        slot = (last - first) / len(sizes)
        starts = [pace.moment(first + slot * (number + 0.9 * random())) for number in range(len(sizes))]
        for number, size in enumerate(sizes):
            moment = max(starts[number], start_ms)
            limit = starts[number + 1] if number + 1 < len(starts) else end_ms
            longest = max((limit - moment) // (size + 1), 1)
            self._visit(moment)
            moments = []
            for _ in range(size):
                moments.append(moment)
                pause = shortest + int(random() ** 2 * more)
                moment += pause if pause < longest else longest
            self._tell([choices[int(random() * many)] for _ in moments], moments)

    def _visit(self, moment: int) -> None:
        """Begin a visit: its events share a session, and what a member's events carry."""
        dice = self.dice
        session = {
            **self.person.carried,
            "$session_id": entropy.uuid7_of(moment, dice.getrandbits(74)),
            "$window_id": entropy.uuid7_of(moment, dice.getrandbits(74)),
        }
        self._session = {**session, **self.person.groups} if self.is_identified else session
        self._begin(self._session)

    def _begin(self, properties: dict[str, Any]) -> None:
        """Begin a stretch of events that have these properties, and what is known of the person."""
        person = self.person
        common = {
            "project_id": self.population.project_id,
            "distinct_id": person.user_id if self.is_identified else person.device_id,
            "properties": properties,
            "person_id": person.uuid,
            "person_properties": person.known if self.is_identified else person.visiting,
        }
        timestamps: list[str] = []
        self._columns = {
            "uuid": [], "event": [], "timestamp": timestamps, "created_at": timestamps, "properties": [],
        }  # fmt: skip
        self.stretches.append(Stretch(common, self._columns))

    def _tell(self, done: Sequence[Deed], moments: Sequence[int]) -> None:
        """Tell what was done in a visit, each deed at its moment, in milliseconds."""
        if not [deed for deed in done if deed.overrides]:
            self._add(done, moments)
            return
        for deed, moment in zip(done, moments, strict=True):
            if deed.overrides:
                self._begin({name: value for name, value in self._session.items() if name not in deed.overrides})
            self._add([deed], [moment])
            if deed.overrides:
                self._begin(self._session)

    def _add(self, done: Sequence[Deed], moments: Sequence[int]) -> None:
        """Add events to the stretch that was begun last."""
        person, population, dice, columns = self.person, self.population, self.dice, self._columns
        known = person.known if self.is_identified else person.visiting
        draw, scatter, first = dice.getrandbits, population.scatter, self._offset + self.count
        columns["uuid"] += [
            entropy.uuid7_of(moment, draw(26) << 48 | scatter(place)) for place, moment in enumerate(moments, first)
        ]
        columns["event"] += [deed.event for deed in done]
        columns["timestamp"] += map(entropy.timestamp_of, moments)
        columns["properties"] += [
            deed.properties if deed.step is None else done_by(person, deed, population, dice, known) for deed in done
        ]
        self.count += len(done)

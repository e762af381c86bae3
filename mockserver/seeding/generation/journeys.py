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

from mockserver.seeding.generation.deeds import Deeds, Special, done_by
from mockserver.seeding.generation.populations import IDENTIFY, JOURNEYS, LOT, PAUSE_MS, Person, Population
from mockserver.store import Record
from mockserver.world import entropy
from mockserver.world.entropy import Dice
from mockserver.world.visits import NOTHING, Bases, Deed, Stretch, Visits

KEPT = 20_000
"""Events of a block that is kept once it was read: going through it again costs less than its memory."""
RECENT = 16
"""Lots of persons whose journeys are kept."""
VISIT_EVENTS = (2, 11)
PAUSES_MS = (PAUSE_MS[0], PAUSE_MS[1] - PAUSE_MS[0])
"""The shortest pause between two events of a visit, and how much longer one may be; most are short."""


class Journeys(Visits):
    """The events of a population."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self._offsets = population.offsets
        self._recent = lru_cache(RECENT)(self._lot)
        self._kept: list[Record] | None = None

    @cached_property
    def choices(self) -> Deeds:
        """What may be done."""
        return Deeds(self.population)

    @property
    def bases(self) -> Bases:
        return self.population.bases

    @property
    def deeds(self) -> Sequence[Deed]:
        return self.choices.all

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
        return chain.from_iterable(map(self._stretches, range(self.population.lots)))

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
            return entropy.gathered(int(value[24:], 16), self.bases.event)
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

    def _lot(self, lot: int) -> list[Record]:
        """Return all that the persons of a lot did, one person after another, each earliest first."""
        return [record for stretch in self._stretches(lot) for record in self.records(stretch)]

    def _stretches(self, lot: int) -> list[Stretch]:
        dice, offsets = self.population.dice(lot, JOURNEYS), self._offsets
        told: list[Stretch] = []
        for person in self.population.lot(lot):
            place = offsets[person.number]
            count = offsets[person.number + 1] - place
            if count:
                told += self._journey(Telling(self, person, dice, place), count)
        return told

    def _journey(self, telling: Telling, count: int) -> list[Stretch]:
        population, person = self.population, telling.person
        resumed = population.start_ms
        if person.born_ms >= population.start_ms:
            depth = population.depths[person.number]
            resumed = telling.first_visit(self.choices.first[:depth])
            count -= depth
        elif person.is_member:
            telling.identify()
        if count:
            has_lapsed = telling.dice.random() < population.lapsed
            until = population.now_ms - 1000
            if has_lapsed:
                until = resumed + int((until - resumed) * (0.15 + 0.35 * telling.dice.random()))
            pool = self.choices.usual if telling.is_identified else self.choices.passing
            telling.later_visits(pool, count, resumed, until)
        return telling.stretches


class Telling:
    """The events of one person, as they are told."""

    def __init__(self, journeys: Journeys, person: Person, dice: Dice, place: int) -> None:
        self.journeys, self.person, self.dice = journeys, person, dice
        self.is_identified = False
        self.stretches: list[Stretch] = []
        self._place = place
        """Of the next event."""
        self._begun_ms, self._visit = 0, place
        self._common = self._of_person(person.device_id, person.carried, person.visiting)

    def identify(self) -> None:
        """Tell what follows as a member's."""
        person = self.person
        self.is_identified = True
        self._common = self._of_person(person.user_id, {**person.carried, **person.groups}, person.known)

    def first_visit(self, steps: Sequence[range]) -> int:
        """Tell how far the funnel was followed, and return when the visit ended."""
        moment, random, deeds = self.person.born_ms, self.dice.random, self.journeys.deeds
        self._begin(moment)
        done: list[int] = []
        moments: list[int] = []
        for pool in steps:
            number = pool[int(random() * len(pool))]
            if deeds[number].event == IDENTIFY:
                self._tell(done, moments)
                done, moments = [], []
                self.identify()
            done.append(number)
            moments.append(moment)
            moment += PAUSES_MS[0] + int(random() ** 2 * PAUSES_MS[1])
        self._tell(done, moments)
        return moment

    def later_visits(self, pool: range, count: int, start_ms: int, end_ms: int) -> None:
        """Tell some events, parted into visits between two moments."""
        random, pace, first_deed, many = self.dice.random, self.journeys.population.pace, pool.start, len(pool)
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
            self._begin(moment)
            moments = []
            for _ in range(size):
                moments.append(moment)
                pause = shortest + int(random() ** 2 * more)
                moment += pause if pause < longest else longest
            self._tell([first_deed + int(random() * many) for _ in moments], moments)

    def _of_person(self, distinct_id: str, carried: Record, known: Record) -> Record:
        """Return what all events have of who the person is at the time."""
        return {
            "project_id": self.journeys.population.project_id,
            "distinct_id": distinct_id,
            "properties": carried,
            "person_id": self.person.uuid,
            "person_properties": known,
        }

    def _begin(self, moment: int) -> None:
        """Begin a visit."""
        self._begun_ms, self._visit = moment, self._place

    def _tell(self, done: list[int], moments: list[int]) -> None:
        """Tell what was done in a visit, each deed at its moment, in milliseconds."""
        special = self.journeys.choices.special
        if not special.keys().isdisjoint(done):
            since = 0
            for at, number in enumerate(done):
                if number in special:
                    self._add(done[since:at], moments[since:at])
                    self._add([number], [moments[at]], special[number])
                    since = at + 1
            done, moments = done[since:], moments[since:]
        self._add(done, moments)

    def _add(self, done: list[int], moments: list[int], special: Special | None = None) -> None:
        """Add events, of which a special one is alone."""
        if not done:
            return
        common, own = self._common, NOTHING
        if special and special.overrides:
            left = {name: value for name, value in common["properties"].items() if name not in special.overrides}
            common = {**common, "properties": left}
        if special and special.step:
            population = self.journeys.population
            own = done_by(self.person, special.step, population, self.dice, common["person_properties"])
        self.stretches.append(Stretch(common, self._begun_ms, self._visit, self._place, moments, done, own))
        self._place += len(done)

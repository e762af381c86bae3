"""What the persons of a population did: a block of events that are worked out when they are read.

A person's first visit follows the funnel as far as they came; those who signed up come back and use the product until
they lapse, others look around again or never return. Every choice follows from the seed and the person's number, so a
journey read twice is the same, and nothing of it is kept but how many events it has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from mockserver.seeding.generation import choices
from mockserver.seeding.generation.populations import IDENTIFY, PAUSE_MS, Person, Population, Step
from mockserver.store import Record
from mockserver.world import entropy
from mockserver.world.entropy import Dice

KEPT = 20_000
"""Events of a block that is kept once it was read: going through it again costs less than its memory."""
RECENT = 512
VISIT_EVENTS = (2, 11)


class Journeys:
    """The events of a population."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self._offsets = population.offsets
        self._choose_usage = _by_weight(population.usage or population.funnel[:1])
        self._choose_browsing = _by_weight(population.browsing or population.funnel[:1])
        self._recent = lru_cache(RECENT)(self._journey)
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
        return self._recent(number)[place - self._offsets[number]]

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
        for number in range(self.population.size):
            yield from self._journey(number)

    # One person

    def _journey(self, number: int) -> list[Record]:
        """Return all that a person did, earliest first."""
        count = self._offsets[number + 1] - self._offsets[number]
        if not count:
            return []
        population = self.population
        dice = population.dice(number)
        person = population.person(number, dice)
        told = Telling(population, person, dice, self._offsets[number])
        resumed = population.start_ms
        if person.born_ms >= population.start_ms:
            resumed = told.first_visit(population.funnel[: population.depths[number]])
        else:
            told.is_identified = person.is_member
        left = count - len(told.events)
        if left:
            has_lapsed = dice.random() < population.lapsed
            choose = self._choose_usage if told.is_identified else self._choose_browsing
            until = population.now_ms - 1000
            if has_lapsed:
                until = resumed + int((until - resumed) * (0.15 + 0.35 * dice.random()))
            told.later_visits(choose, left, resumed, until)
        return told.events


class Telling:
    """The events of one person, as they are told."""

    def __init__(self, population: Population, person: Person, dice: Dice, offset: int) -> None:
        self.population, self.person, self.dice = population, person, dice
        self.offset = offset
        self.is_identified = False
        self.events: list[Record] = []
        self._url = f"https://{population.host}"

    def first_visit(self, steps: list[Step]) -> int:
        """Tell how far the funnel was followed, and return when the visit ended."""
        moment = self.person.born_ms
        session = self._session(moment)
        for step in steps:
            if step.event == IDENTIFY:
                self.is_identified = True
            self._tell(step, moment, session)
            moment += self._pause()
        return moment

    def later_visits(self, choose: Callable[[Dice], Step], count: int, start_ms: int, end_ms: int) -> None:
        """Tell some events, parted into visits between two moments."""
        dice, pace = self.dice, self.population.pace
        low, high = VISIT_EVENTS
        sizes = []
        while count:
            sizes.append(min(low + int(dice.random() * (high - low + 1)), count))
            count -= sizes[-1]
        first, last = pace.share(start_ms), pace.share(end_ms)
        slot = (last - first) / len(sizes)
        starts = [pace.moment(first + slot * (number + 0.9 * dice.random())) for number in range(len(sizes))]
        for number, size in enumerate(sizes):
            moment = max(starts[number], start_ms)
            limit = starts[number + 1] if number + 1 < len(starts) else end_ms
            longest = max((limit - moment) // (size + 1), 1)
            session = self._session(moment)
            for _ in range(size):
                self._tell(choose(dice), moment, session)
                moment += min(self._pause(), longest)

    def _pause(self) -> int:
        low, high = PAUSE_MS
        return low + int(self.dice.random() ** 2 * (high - low))

    def _session(self, moment: int) -> dict[str, Any]:
        """Return what the events of one visit share."""
        dice = self.dice
        session = {
            **self.person.carried,
            "$session_id": entropy.uuid7_of(moment, dice.getrandbits(74)),
            "$window_id": entropy.uuid7_of(moment, dice.getrandbits(74)),
        }
        return {**session, **self.person.groups} if self.is_identified else session

    def _tell(self, step: Step, moment: int, session: dict[str, Any]) -> None:
        person, dice = self.person, self.dice
        known = person.known if self.is_identified else person.visiting
        path = f"{step.path(dice, known)}"
        properties = {**session, "$current_url": self._url + path, "$pathname": path}
        if step.event == IDENTIFY:
            properties["$anon_distinct_id"] = person.device_id
            properties["$set"] = {name: value for name, value in known.items() if name not in person.visiting}
        if step.properties:
            properties.update(choices.make(step.properties, dice, known))
        time = datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")
        timestamp = f"{time[:19]}Z" if time[20:23] == "000" else f"{time[:23]}000Z"
        place = self.offset + len(self.events)
        self.events.append({
            "uuid": entropy.uuid7_of(moment, dice.getrandbits(26) << 48 | self.population.scatter(place)),
            "project_id": self.population.project_id,
            "event": step.event,
            "distinct_id": person.user_id if self.is_identified else person.device_id,
            "timestamp": timestamp,
            "properties": properties,
            "person_id": person.uuid,
            "person_properties": known,
            "created_at": timestamp,
        })  # fmt: skip


def _by_weight(steps: list[Step]) -> Callable[[Dice], Step]:
    return choices.weighted(steps, [step.weight for step in steps])

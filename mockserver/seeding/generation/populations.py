"""A population: the persons of one project, made up, and how far each came."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, reduce
from typing import Any, NamedTuple

from mockserver.seeding.generation import choices
from mockserver.seeding.generation.choices import Choice
from mockserver.seeding.generation.declarations import Declaration
from mockserver.seeding.generation.paces import DAY_MS, HOUR_MS, Pace
from mockserver.seeding.kinds import LoadError
from mockserver.world import entropy
from mockserver.world.entropy import Dice, person_uuid
from mockserver.world.visits import SESSION, WINDOW, Bases

Progress = Callable[[str, int, int], None]

IDENTIFY = "$identify"
OLDEST_DAYS = 180
MOST_STEPS = 100
PAUSE_MS = (2_000, 90_000)
LOT = 32
"""Persons who are made up together, by the same dice: to make dice takes as long as to make a person."""
PERSONS, JOURNEYS = 0, 1
"""What dice are for."""
ALIKE = 4096
"""How many combinations of traits, and of groups, are kept for those persons who share them."""


@dataclass(frozen=True)
class Step:
    """One thing that a person may do."""

    event: str
    path: Choice
    properties: Mapping[str, Choice]
    chance: float = 1.0
    weight: float = 1.0
    is_personal: bool = False
    """Whether something of it follows from who takes it."""


class Trait(NamedTuple):
    """What belongs together, such as browser and system: as events carry it, and as it is known of a person."""

    carried: dict[str, Any]
    known: dict[str, Any]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Trait:
        """Return the trait that a row of a scenario is; the first values seen of a person are known as such."""
        initial = {f"$initial_{name[1:]}": value for name, value in row.items() if name.startswith("$")}
        return cls(row, {**row, **initial})

    def and_also(self, other: Trait) -> Trait:
        """Return what two traits are together."""
        return Trait({**self.carried, **other.carried}, {**self.known, **other.known})


@dataclass(frozen=True)
class Group:
    """One group that members belong to."""

    key: str
    properties: dict[str, Any]


class Person(NamedTuple):
    """One person: who they are, and what their events carry. What several persons have alike is one object."""

    number: int
    uuid: str
    device_id: str
    user_id: str
    born_ms: int
    is_member: bool
    visiting: dict[str, Any]
    """Properties known of a visitor."""
    known: dict[str, Any]
    """Properties known in the end."""
    trait: Trait
    groups: dict[str, Any]
    """Properties that each event of a member carries beside those of the trait."""

    @property
    def carried(self) -> dict[str, Any]:
        """Properties that each event carries."""
        return {**self.trait.carried, "$device_id": self.device_id}


class Population:
    """What a scenario says of a project's persons, and everything that follows from it and a seed."""

    def __init__(self, declaration: Declaration, seed: int, number: int, now_ms: int) -> None:
        self.spec, self.seed, self.number = declaration.given, seed, number
        self.place = declaration.place
        self.project_id = declaration.integer("project_id", 1, least=1)
        self.size = declaration.integer("persons", 100, least=1)
        self.days = declaration.integer("days", 30, least=1, most=3650)
        self.known_before = declaration.number("known_before", 0.3)
        self.lapsed = declaration.number("lapsed", 0.35)
        self.returning = declaration.number("returning", 0.25)
        self.growth = declaration.number("growth", 1.5, least=0.01, most=100)
        self.host = declaration.text("host", "app.example.com")
        self.prefix = declaration.text("prefix", "user_")
        self._all_traits: list[Trait] = []
        self.traits = [self._rows(name, rows, declaration) for name, rows in declaration.mapping("traits").items()]
        self.visitors = choices.properties(declaration.mapping("visitors"), seed, *self.place, "visitors")
        self.members = choices.properties(declaration.mapping("members"), seed, *self.place, "members")
        self.group_types: dict[str, list[Group]] = {
            name: self._groups(name, Declaration(value, *self.place, "groups", name))
            for name, value in declaration.mapping("groups").items()
        }
        self.funnel = [self._step(part) for part in declaration.parts("funnel")]
        self.browsing = [self._step(part) for part in declaration.parts("browsing")]
        self.usage = [self._step(part) for part in declaration.parts("usage")]
        self.events = declaration.integer("events", 20 * self.size)
        declaration.finish()
        if not 0 < len(self.funnel) <= MOST_STEPS:
            raise LoadError(f"funnel is required: 1 to {MOST_STEPS} steps of a first visit", *self.place)
        least = len(self.funnel) * self.size
        if self.events < least:
            raise declaration.error(
                "events", f"expected at least {least}, so that each of {self.size} persons can go all the way"
            )
        self.identified_at = next((at for at, step in enumerate(self.funnel) if step.event == IDENTIFY), None)
        self.now_ms = now_ms
        self.start_ms = self.now_ms - self.days * DAY_MS
        self.pace = Pace(self.start_ms, self.now_ms, self.growth)
        self.bases = Bases(*(
            int.from_bytes(entropy.draw(seed, purpose, number, 8), "big") for purpose in ("population", SESSION, WINDOW)
        ))  # fmt: skip
        self._together = lru_cache(ALIKE)(self._of_traits)
        self._belonging = lru_cache(ALIKE)(self._of_groups)
        self.lot = cache(self._lot)
        """Return the persons of a lot; most of what they are is in their records as well, so that they are kept."""

    @cached_property
    def carried(self) -> frozenset[str]:
        """Names of the properties that events carry of their person and visit."""
        groups = {f"$group_{index}" for index in range(len(self.group_types))}
        traits = {name for trait in self._all_traits for name in trait.carried}
        return frozenset(traits | groups | {"$groups", "$lib", "$host", "$device_id", SESSION, WINDOW})

    def _step(self, part: Declaration) -> Step:
        spec = part.get("path", "/")
        if isinstance(spec, Mapping) and "chance" in spec:
            raise part.error("path", "expected a path, or a choice of paths without a chance")
        path = choices.properties({"path": spec}, self.seed, *part.place)["path"]
        event = part.text("event", "$pageview")
        spelled = part.mapping("properties")
        given = choices.properties(spelled, self.seed, *part.place, "properties")
        is_personal = event == IDENTIFY or any(map(choices.follows, (spec, *spelled.values())))
        chance = part.number("chance", 1.0)
        weighs = part.number("weight", 1.0, least=1e-6, most=1e9)
        part.finish()
        return Step(event, path, given, chance, weighs, is_personal)

    def _rows(self, name: str, rows: Any, declaration: Declaration) -> Callable[[Dice], int]:
        """Return a choice of what belongs together, such as browser and system, by its number among all traits."""
        parts = list(Declaration({name: rows}, *declaration.place, "traits").parts(name))
        if not parts:
            raise LoadError("expected a list of objects", *declaration.place, "traits", name)
        weights = [part.number("weight", 1.0, least=1e-6, most=1e9) for part in parts]
        traits = [Trait.of(part.rest()) for part in parts]
        first = len(self._all_traits)
        self._all_traits += traits
        return choices.weighted(range(first, first + len(traits)), weights)

    def _groups(self, name: str, part: Declaration) -> list[Group]:
        count = part.integer("count", 10, least=1, most=100_000)
        given = choices.properties(part.mapping("properties"), self.seed, *part.place, "properties")
        part.finish()
        made = []
        for number in range(1, count + 1):
            dice = entropy.dice(self.seed, f"group:{self.number}:{name}", number)
            made.append(Group(f"{name}_{number}", choices.make(given, dice, {"number": number})))
        return made

    # How far each person came

    @cached_property
    def depths(self) -> array[int]:
        """How many steps of the funnel each person took."""
        dice = entropy.dice(self.seed, "depths", self.number)
        chances = [step.chance for step in self.funnel]
        depths = array("H", bytes(2 * self.size))
        for number in range(self.size):
            depth = 0
            for chance in chances:
                if depth and dice.random() >= chance:  # the first step is what makes a person
                    break
                depth += 1
            depths[number] = depth
        return depths

    @cached_property
    def births(self) -> array[int]:
        """When each person was first seen, in milliseconds, earliest first."""
        dice = entropy.dice(self.seed, "births", self.number)
        before = int(self.size * self.known_before)
        since = self.size - before
        oldest = self.start_ms - OLDEST_DAYS * DAY_MS
        births = array("q", bytes(8 * self.size))
        earlier = Pace(oldest, self.start_ms, self.growth)
        # Nobody arrives so late that their first visit would not end before now.
        recent = Pace(self.start_ms, self.now_ms - HOUR_MS // 2 - len(self.funnel) * PAUSE_MS[1], self.growth)
        for number in range(before):
            births[number] = earlier.moment((number + dice.random()) / before)
        for number in range(since):
            births[before + number] = recent.moment((number + dice.random()) / since)
        return births

    @cached_property
    def offsets(self) -> array[int]:
        """Where each person's events begin among all of them; and last, how many there are."""
        dice = entropy.dice(self.seed, "activity", self.number)
        funnels = [depth if born >= self.start_ms else 0 for depth, born in zip(self.depths, self.births, strict=True)]
        shares = [self._activity(dice, depth, born) for depth, born in zip(self.depths, self.births, strict=True)]
        whole = sum(shares)
        if not whole:
            shares = [1.0] * self.size
            whole = float(self.size)
        left = self.events - sum(funnels)
        offsets = array("q", bytes(8 * (self.size + 1)))
        grown = given = 0.0
        for number, share in enumerate(shares):
            grown += share
            until = float(round(left * (grown / whole)))
            offsets[number + 1] = offsets[number] + funnels[number] + int(until - given)
            given = until
        return offsets

    def _activity(self, dice: Dice, depth: int, born: int) -> float:
        """Return how much a person does after the first visit, compared with others."""
        chance, amount = dice.random(), dice.expovariate(1.0)
        ahead = 1 - self.pace.share(born) if born >= self.start_ms else 1.0
        if not self._is_member(depth):
            return 0.15 * amount * ahead if chance < self.returning else 0.0
        return amount * ahead * (0.15 if chance < self.lapsed else 1.0)

    def _is_member(self, depth: int) -> bool:
        return self.identified_at is not None and depth > self.identified_at

    # Persons

    @property
    def started(self) -> str:
        """When its groups were made."""
        return entropy.timestamp_of(self.start_ms // 1000 * 1000)

    def records(self, first: int) -> Iterator[dict[str, Any]]:
        """Yield the persons as they are stored, their ids counted from the first one's."""
        for number in range(self.size):
            person = self.person(number)
            yield {
                "id": first + number,
                "project_id": self.project_id,
                "uuid": person.uuid,
                "distinct_ids": [person.device_id, person.user_id] if person.is_member else [person.device_id],
                "properties": person.known,
                "created_at": entropy.timestamp_of(person.born_ms // 1000 * 1000),
                "is_identified": person.is_member,
            }

    @property
    def lots(self) -> int:
        """How many lots there are."""
        return (self.size + LOT - 1) // LOT

    def dice(self, lot: int, purpose: int) -> Dice:
        """Return the source of everything that is chosen for a lot's persons, or for what they do."""
        return Dice(self.bases.event << 34 | purpose << 32 | lot)

    def person(self, number: int) -> Person:
        """Return a person: who they are and what is known of them."""
        return self.lot(number // LOT)[number % LOT]

    def _lot(self, lot: int) -> list[Person]:
        dice = self.dice(lot, PERSONS)
        return [self._person(number, dice) for number in range(lot * LOT, min((lot + 1) * LOT, self.size))]

    def _person(self, number: int, dice: Dice) -> Person:
        born = self.births[number]
        is_member = self._is_member(self.depths[number])
        known: dict[str, Any] = {"number": number + 1}
        trait = self._together(tuple([choose(dice) for choose in self.traits]))
        visiting = trait.known
        if self.visitors:
            visiting = {**visiting, **choices.make(self.visitors, dice, known)}
        told = choices.make(self.members, dice, {**known, **visiting}) if is_member else {}
        groups = {}
        if is_member and self.group_types:
            types = self.group_types.values()
            groups = self._belonging(tuple([int(dice.random() ** 2 * len(made)) for made in types]))
        device_id = entropy.uuid7_of(born, dice.getrandbits(26) << 48 | self._node(number))
        return Person(
            number, person_uuid(self.project_id, device_id), device_id, f"{self.prefix}{number + 1}", born, is_member,
            visiting, {**visiting, **told} if told else visiting, trait, groups,
        )  # fmt: skip

    def _node(self, number: int) -> int:
        """Return 48 bits that name a person."""
        return entropy.scattered(number, self.bases.event) & entropy.NODE

    def _of_traits(self, numbers: tuple[int, ...]) -> Trait:
        """Return what traits are together, and what every event carries beside them."""
        everybody = Trait({"$lib": "web", "$host": self.host}, {})
        return reduce(Trait.and_also, [*(self._all_traits[number] for number in numbers), everybody], Trait({}, {}))

    def _of_groups(self, numbers: tuple[int, ...]) -> dict[str, Any]:
        """Return what the events of a member of groups, one of each type, carry of them."""
        told = zip(self.group_types.items(), numbers, strict=True)
        groups = {name: made[number].key for (name, made), number in told}
        return {"$groups": groups, **{f"$group_{index}": key for index, key in enumerate(groups.values())}}

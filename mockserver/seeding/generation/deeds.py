"""What a person may do next: pools of deeds made up in advance, from which one draw takes event, path and properties.

To choose each property of each of a million events by itself would take most of the time that they take. What says
something of the person who does it is made when it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mockserver.seeding.generation import choices
from mockserver.seeding.generation.populations import IDENTIFY, Person, Population, Step
from mockserver.store import Record
from mockserver.world import entropy
from mockserver.world.entropy import Dice
from mockserver.world.visits import NOTHING, Deed

POOL = 500
"""How many deeds stand for the steps that a person chooses from, each for the share that its weight gives it."""


class Special(NamedTuple):
    """What a deed has that cannot be told together with all else of a visit."""

    overrides: frozenset[str]
    """Names of its properties that all events of a visit have, otherwise."""
    step: Step | None
    """The step to make it of once it is known who does it."""


class Deeds:
    """All that a population may do, by number; what a person chooses from is a range of these."""

    def __init__(self, population: Population) -> None:
        self.all: list[Deed] = []
        self.special: dict[int, Special] = {}
        self._population = population
        self.first = [self._pool([step]) for step in population.funnel]
        """What is chosen from in a first visit, step by step."""
        self.usual = self._pool(population.usage or population.funnel[:1])
        self.passing = self._pool(population.browsing or population.funnel[:1])

    def _pool(self, steps: Sequence[Step]) -> range:
        """Add deeds to draw from evenly: of each step as many as its weight asks for, and at least one."""
        population, first = self._population, len(self.all)
        dice = entropy.dice(population.seed, "deeds", population.number)
        whole = sum(step.weight for step in steps)
        for step in steps:
            overrides = population.carried.intersection(step.properties)
            for _ in range(max(round(POOL * step.weight / whole), 1)):
                if step.is_personal or overrides:
                    self.special[len(self.all)] = Special(overrides, step if step.is_personal else None)
                made = NOTHING if step.is_personal else _properties(population, step, dice, {})
                self.all.append(Deed(step.event, made))
        return range(first, len(self.all))


def done_by(person: Person, step: Step, population: Population, dice: Dice, known: Mapping[str, Any]) -> Record:
    """Return the properties of a step as a person of whom this much is known takes it."""
    properties = _properties(population, step, dice, known)
    if step.event != IDENTIFY:
        return properties
    told = {name: value for name, value in known.items() if name not in person.visiting}
    return {**properties, "$anon_distinct_id": person.device_id, "$set": told}


def _properties(population: Population, step: Step, dice: Dice, known: Mapping[str, Any]) -> dict[str, Any]:
    path = str(step.path(dice, known))
    where = {"$current_url": f"https://{population.host}{path}", "$pathname": path}
    return {**where, **choices.make(step.properties, dice, known)}

"""What a person may do next: a pool of deeds made up in advance, from which one draw takes event, path and properties.

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

POOL = 500
"""How many deeds stand for the steps that a person chooses from, each for the share that its weight gives it."""


class Deed(NamedTuple):
    """One thing done, or the step to make it of once it is known who does it."""

    event: str
    properties: Record
    overrides: frozenset[str]
    """Names of its properties that all events of a visit have, otherwise."""
    step: Step | None = None


def deeds(population: Population, steps: Sequence[Step]) -> list[Deed]:
    """Return deeds to draw from evenly: of each step as many as its weight asks for, and at least one."""
    dice = entropy.dice(population.seed, "deeds", population.number)
    whole = sum(step.weight for step in steps)
    return [
        _deed(population, step, dice)
        for step in steps
        for _ in range(max(round(POOL * step.weight / whole), 1))
    ]  # fmt: skip


def _deed(population: Population, step: Step, dice: Dice) -> Deed:
    overrides = population.carried.intersection(step.properties)
    if step.is_personal:
        return Deed(step.event, {}, overrides, step)
    return Deed(step.event, _properties(population, step, dice, {}), overrides)


def done_by(person: Person, deed: Deed, population: Population, dice: Dice, known: Mapping[str, Any]) -> Record:
    """Return the properties of a deed that is made of its step, as a person of whom this much is known takes it."""
    assert deed.step is not None
    properties = _properties(population, deed.step, dice, known)
    if deed.event != IDENTIFY:
        return properties
    told = {name: value for name, value in known.items() if name not in person.visiting}
    return {**properties, "$anon_distinct_id": person.device_id, "$set": told}


def _properties(population: Population, step: Step, dice: Dice, known: Mapping[str, Any]) -> dict[str, Any]:
    path = str(step.path(dice, known))
    where = {"$current_url": f"https://{population.host}{path}", "$pathname": path}
    return {**where, **choices.make(step.properties, dice, known)}

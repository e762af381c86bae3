"""A population put into a world: its persons and groups are stored, its events laid beside what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.capture.definitions import Definitions
from mockserver.collecting import paused
from mockserver.seeding.generation import choices
from mockserver.seeding.generation.journeys import Journeys
from mockserver.seeding.generation.populations import IDENTIFY, Population, Progress
from mockserver.seeding.kinds import LoadError
from mockserver.store import Transaction
from mockserver.world import entropy

REPORT_EVERY = 2000
DEFINING = 40
"""How many persons and groups are looked at for what their properties are."""


def fill(population: Population, transaction: Transaction, progress: Progress | None = None) -> None:
    """Store the persons and groups, and lay the events beside what is stored. Raises: LoadError."""
    if transaction.table("projects").get(population.project_id) is None:
        raise LoadError(f"there is no record {population.project_id} in projects", *population.place, "project_id")
    with paused():
        _refuse_taken(population, transaction)
        _fill_groups(population, transaction)
        transaction.table("persons").insert_many(_records(population, transaction, progress))
        _define(population, transaction)
        journeys = Journeys(population)
        transaction.attach("events", journeys)
    if progress:
        progress("events", len(journeys), len(journeys))


def _refuse_taken(population: Population, transaction: Transaction) -> None:
    """Refuse a distinct id that a person of the scenario has. Raises: LoadError."""
    for person in transaction.table("persons").find(project_id=population.project_id):
        for distinct_id in person["distinct_ids"]:
            tail = distinct_id.removeprefix(population.prefix)
            if tail != distinct_id and tail.isdecimal() and 0 < int(tail) <= population.size:
                raise LoadError(f"distinct id {distinct_id!r} is taken; expected another prefix", *population.place)


def _records(population: Population, transaction: Transaction, progress: Progress | None) -> Iterator[dict[str, Any]]:
    first = (transaction.value("ids.persons") or 0) + 1
    transaction.put("ids.persons", first + population.size - 1)
    for number, record in enumerate(population.records(first), 1):
        yield record
        if progress and number % REPORT_EVERY == 0:
            progress("persons", number, population.size)


def _fill_groups(population: Population, transaction: Transaction) -> None:
    created = population.started
    for index, (name, groups) in enumerate(population.group_types.items()):
        taken = transaction.table("group_types").find(project_id=population.project_id)
        alike = [r for r in taken if r["group_type_index"] == index or r["group_type"] == name]
        if any(r["group_type_index"] != index or r["group_type"] != name for r in alike):
            raise LoadError(
                f"the group type {name!r}, or its index {index}, is taken", *population.place, "groups", name
            )
        if not alike:
            transaction.table("group_types").insert({
                "id": transaction.next("ids.group_types"), "project_id": population.project_id, "group_type": name,
                "group_type_index": index,
            })  # fmt: skip
        transaction.table("groups").insert_many(
            {
                "id": transaction.next("ids.groups"), "project_id": population.project_id, "group_type_index": index,
                "group_key": group.key, "group_properties": group.properties, "created_at": created,
            }
            for group in groups
        )  # fmt: skip


def _define(population: Population, transaction: Transaction) -> None:
    """Note the properties as ingestion does: from each thing that can happen, and the first persons."""
    definitions = Definitions(transaction, population.project_id, population.seed)
    dice = entropy.dice(population.seed, "definitions", population.number)
    paged: dict[str, Any] = {}
    for number in range(min(population.size, DEFINING)):
        person = population.person(number)
        paged = {**person.carried, "$current_url": "", "$pathname": "", "$session_id": "", "$window_id": ""}
        definitions.note({"event": IDENTIFY, "properties": {**paged, "$set": person.known}})
    for step in (*population.funnel, *population.browsing, *population.usage):
        own = choices.make(step.properties, dice, {"number": 1})
        definitions.note({"event": step.event, "properties": {**paged, **own}})
    for index, groups in enumerate(population.group_types.values()):
        for group in groups[:DEFINING]:
            definitions.note({"event": "$groupidentify", "properties": {"$group_set": group.properties}}, index)
    definitions.save()

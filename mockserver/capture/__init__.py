"""From what SDKs send to events and persons: the same steps, in the same order, as PostHog's own pipeline.

`unpacking` opens a body, `syntax` reads its JSON and `decoding` what that holds, `normalizing` makes events of it,
`persons` lets them make and change persons, `groups` and `definitions` note what else they tell; `batches` are the form
of 2026, and `refusals` the errors of the older ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any, NamedTuple

from mockserver.capture.definitions import Definitions
from mockserver.capture.groups import Groups
from mockserver.capture.persons import ABOUT_PERSONS, People
from mockserver.flags.calls import Calls
from mockserver.store import Record, Transaction
from mockserver.world import entropy
from mockserver.world.entropy import person_uuid
from mockserver.world.worlds import World

PERSON_OPERATIONS = ("$set", "$set_once", "$unset")
LONGEST_SHARED, MOST_SHARED = 20, 5
"""How long a text of a property is, at most, to be held once for all events, such as a browser's name; and how many
properties there are, at most, for others of the batch to be looked for that are the same."""
NEEDS_A_PERSON = (ABOUT_PERSONS - {"$set"}) | {"$groupidentify"}


def ingest(
    world: World, transaction: Transaction, project_id: int, events: Iterable[Mapping[str, Any]], *,
    settled: bool = False, from_clients: bool = False,
) -> int:  # fmt: skip
    """Store events of a project, make and change persons as they say, and return how many were stored.

    Each has `event`, `distinct_id`, `timestamp` and `properties`, and was created now unless it says otherwise. One
    whose `uuid` is known takes the place of the other if it has the same name, distinct id and day, as it was sent
    again; else both are kept. `settled` events are an export of stored ones: they may carry `person_id` and
    `person_properties`, and change nobody. Those that are `is_personless` change nobody either. Where they come
    `from_clients`, the project knows from then on that it is sent events.
    """
    batch = Batch(world, transaction, project_id)
    for event in events:
        if settled:
            batch.restore(event)
        else:
            batch.take(event)
    stored = batch.save()
    projects = transaction.table("projects")
    project = projects.get(project_id) if stored and from_clients else None
    if project is not None and not project["ingested_event"]:
        projects.update(project, {"ingested_event": True})
    return stored


class Batch:
    """Events of one project that are taken in together."""

    def __init__(self, world: World, transaction: Transaction, project_id: int) -> None:
        self.world = world
        self.transaction = transaction
        self.project_id = project_id
        self.people = People(transaction, project_id)
        self.groups = Groups(transaction, project_id)
        self.definitions = Definitions(transaction, project_id, world.seed)
        self.calls = Calls(transaction, project_id)
        self._table = transaction.table("events")
        self._events: dict[Sameness, dict[str, Any]] = {}
        self._resent: dict[Sameness, Record] = {}
        self._alike: dict[str, dict[str, Any]] = {}
        self._now = entropy.timestamp(entropy.now(transaction))

    def take(self, given: Mapping[str, Any]) -> None:
        """Take in an event as one that was just captured."""
        event = {**given, "properties": dict(given.get("properties") or {})}
        properties = event["properties"]
        is_personless = given.get("is_personless") or properties.get("$process_person_profile") is False
        if is_personless and event["event"] in NEEDS_A_PERSON:
            return
        self.groups.attach(properties)
        index = None
        if is_personless:
            self._forget_person(properties)
            known = self.people.find(event["distinct_id"])
            person_id = known.uuid if known else person_uuid(self.project_id, event["distinct_id"])
            self._keep(event, person_id, {})
        else:
            if event["event"] == "$groupidentify":
                index = self.groups.identify(properties, event["timestamp"])
            person = self.people.process(event)
            self._keep(event, person.uuid, person.properties)
        self.definitions.note(event, index)
        self.calls.note(event)

    def restore(self, given: Mapping[str, Any]) -> None:
        """Take in an event as it was stored elsewhere."""
        known = self.people.find(given["distinct_id"])
        person_id = given.get("person_id") or (
            known.uuid if known else person_uuid(self.project_id, given["distinct_id"])
        )
        told = given.get("person_properties")
        current = known.properties if known else {}
        self._keep({"properties": {}, **given}, person_id, current if told is None else told)

    def _forget_person(self, properties: dict[str, Any]) -> None:
        for name in PERSON_OPERATIONS:
            properties.pop(name, None)

    def _keep(self, event: Mapping[str, Any], person_id: str, person_properties: Mapping[str, Any]) -> None:
        given = event.get("uuid")
        kept = {
            "uuid": given or entropy.uuid7(self.world.seed, self.transaction),
            "project_id": self.project_id,
            "event": intern(event["event"]),  # many events share these two
            "distinct_id": intern(event["distinct_id"]),
            "timestamp": event["timestamp"],
            "properties": self._shared(event["properties"]),
            "person_id": person_id,
            "person_properties": person_properties,
            "created_at": event.get("created_at") or self._now,
        }
        sameness = sameness_of(kept)
        if given:
            self._resend(sameness)
        self._events[sameness] = kept

    def _shared(self, properties: dict[str, Any]) -> dict[str, Any]:
        """Return properties that hold as little of their own as they can: a dict takes 200 bytes, a text over 50."""
        for name, value in properties.items():
            if value.__class__ is str and len(value) <= LONGEST_SHARED:
                properties[name] = intern(value)
        if len(properties) > MOST_SHARED:
            return properties
        return self._alike.setdefault(repr(properties), properties)  # which tells 1 from 1.0 and from true

    def _resend(self, sameness: Sameness) -> None:
        """Let an event go that is sent again: the last one counts."""
        self._events.pop(sameness, None)
        for known in self._table.find(uuid=sameness.uuid):
            if sameness_of(known) == sameness:
                self._resent[sameness] = known

    def save(self) -> int:
        """Store everything and return the number of events."""
        self.people.save()
        self.definitions.save()
        self.calls.save()
        for known in self._resent.values():
            self._table.delete(known)
        return self._table.insert_many(self._events.values())


class Sameness(NamedTuple):
    """What makes two events one: ClickHouse keeps the last of those that are alike in all of it.

    Source: the order by which PostHog's table of events is sorted and merged.
    """

    project_id: int
    day: str
    event: str
    distinct_id: str
    uuid: str


def sameness_of(event: Mapping[str, Any]) -> Sameness:
    """Return what an event is known by; its day is that of UTC."""
    day = event["timestamp"][:10]
    return Sameness(event["project_id"], day, event["event"], event["distinct_id"], event["uuid"])

"""From what SDKs send to events and persons: the same steps, in the same order, as PostHog's own pipeline.

`api` is where SDKs send it and `startup` what they ask when they start; `decoding` reads a body, `normalizing` makes
events of it, `persons` lets them make and change persons, `groups` and `definitions` note what else they tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.capture.definitions import Definitions
from mockserver.capture.groups import Groups
from mockserver.capture.persons import ABOUT_PERSONS, People, person_uuid
from mockserver.store import Transaction
from mockserver.world import entropy
from mockserver.world.worlds import World

PERSON_OPERATIONS = ("$set", "$set_once", "$unset")
NEEDS_A_PERSON = (ABOUT_PERSONS - {"$set"}) | {"$groupidentify"}


def ingest(
    world: World, transaction: Transaction, project_id: int, events: Iterable[Mapping[str, Any]], *,
    settled: bool = False,
) -> int:  # fmt: skip
    """Store events of a project, make and change persons as they say, and return how many were stored.

    Each has `event`, `distinct_id`, `timestamp` and `properties`, and was created now unless it says otherwise. One
    whose `uuid` is known is left out, as it was sent again. `settled` events are an export of stored ones: they may
    carry `person_id` and `person_properties`, and change nobody.
    """
    batch = Batch(world, transaction, project_id)
    for event in events:
        if settled:
            batch.restore(event)
        else:
            batch.take(event)
    return batch.save()


class Batch:
    """Events of one project that are taken in together."""

    def __init__(self, world: World, transaction: Transaction, project_id: int) -> None:
        self.world = world
        self.transaction = transaction
        self.project_id = project_id
        self.people = People(transaction, project_id)
        self.groups = Groups(transaction, project_id)
        self.definitions = Definitions(transaction, project_id, world.seed)
        self._table = transaction.table("events")
        self._events: dict[str, dict[str, Any]] = {}
        self._now = entropy.timestamp(entropy.now(transaction))

    def take(self, given: Mapping[str, Any]) -> None:
        """Take in an event as one that was just captured."""
        uuid = given.get("uuid")
        if uuid is not None and self._is_known(uuid):
            return
        event = {**given, "properties": dict(given.get("properties") or {})}
        properties = event["properties"]
        is_personless = properties.get("$process_person_profile") is False
        if is_personless and event["event"] in NEEDS_A_PERSON:
            return
        self.groups.attach(properties)
        if is_personless:
            self._forget_person(properties)
            known = self.people.find(event["distinct_id"])
            person_id = known.uuid if known else person_uuid(self.project_id, event["distinct_id"])
            self._keep(event, person_id, {})
        else:
            if event["event"] == "$groupidentify":
                self.groups.identify(properties, event["timestamp"])
            person = self.people.process(event)
            self._keep(event, person.uuid, person.properties)
        self.definitions.note(event)

    def restore(self, given: Mapping[str, Any]) -> None:
        """Take in an event as it was stored elsewhere."""
        uuid = given.get("uuid")
        if uuid is not None and self._is_known(uuid):
            return
        known = self.people.find(given["distinct_id"])
        person_id = given.get("person_id") or (
            known.uuid if known else person_uuid(self.project_id, given["distinct_id"])
        )
        told = given.get("person_properties")
        current = known.properties if known else {}
        self._keep({"properties": {}, **given}, person_id, current if told is None else told)

    def _is_known(self, uuid: str) -> bool:
        return uuid in self._events or self._table.get(uuid) is not None

    def _forget_person(self, properties: dict[str, Any]) -> None:
        for name in PERSON_OPERATIONS:
            properties.pop(name, None)

    def _keep(self, event: Mapping[str, Any], person_id: str, person_properties: Mapping[str, Any]) -> None:
        uuid = event.get("uuid") or entropy.uuid7(self.world.seed, self.transaction)
        self._events[uuid] = {
            "uuid": uuid,
            "project_id": self.project_id,
            "event": event["event"],
            "distinct_id": event["distinct_id"],
            "timestamp": event["timestamp"],
            "properties": event["properties"],
            "person_id": person_id,
            "person_properties": person_properties,
            "created_at": event.get("created_at") or self._now,
        }

    def save(self) -> int:
        """Store everything and return the number of events."""
        self.people.save()
        self.definitions.save()
        return self._table.insert_many(self._events.values())

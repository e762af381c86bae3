"""The persons of one project while events change them: created, updated, merged.

Source: PostHog's ingestion service; that a person's UUID follows from project and distinct id is also recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.flags import people
from mockserver.membership.members import rank_members, replace_person
from mockserver.store import Record, Transaction
from mockserver.store.orders import sort_key
from mockserver.world.entropy import person_uuid

# Events that are about a person, so that any change they bring is kept.
ABOUT_PERSONS = frozenset({"$identify", "$create_alias", "$merge_dangerously", "$set"})
WITHOUT_UPDATES = frozenset({"$exception", "$$heatmap"})

# What changes with every page seen: of a person who has it, it changes only together with something else.
INCIDENTAL = frozenset({
    "$current_url", "$pathname", "$referring_domain", "$referrer", "$screen_height", "$screen_width",
    "$viewport_height", "$viewport_width", "$browser", "$browser_version", "$device_type", "$raw_user_agent", "$os",
    "$os_name", "$os_version", "$geoip_postal_code", "$geoip_time_zone", "$geoip_latitude", "$geoip_longitude",
    "$geoip_accuracy_radius", "$geoip_subdivision_1_code", "$geoip_subdivision_1_name", "$geoip_subdivision_2_code",
    "$geoip_subdivision_2_name", "$geoip_subdivision_3_code", "$geoip_subdivision_3_name", "$geoip_city_confidence",
    "$geoip_country_confidence", "$geoip_postal_code_confidence", "$geoip_subdivision_1_confidence",
    "$geoip_subdivision_2_confidence",
})  # fmt: skip

# Ids that come of a client's mistake, and would make one person of many.
ILLEGAL_ANY_CASE = ("anonymous", "guest", "distinctid", "distinct_id", "id", "not_authenticated", "email",
                    "undefined", "true", "false")  # fmt: skip
ILLEGAL = ("[object Object]", "NaN", "None", "none", "null", "0", "undefined")


def _quoted(ids: Iterable[str]) -> frozenset[str]:
    return frozenset(form for id in ids for form in (id, f"'{id}'", f'"{id}"'))


_ILLEGAL_ANY_CASE, _ILLEGAL = _quoted(ILLEGAL_ANY_CASE), _quoted(ILLEGAL)


def is_illegal(distinct_id: str) -> bool:
    """Return whether a distinct id is one that nobody is identified by."""
    return not distinct_id.strip() or distinct_id.lower() in _ILLEGAL_ANY_CASE or distinct_id in _ILLEGAL


@dataclass
class Draft:
    """A person being changed; `record` is how they are stored, if they are."""

    uuid: str
    distinct_ids: list[str]
    properties: Mapping[str, Any]
    created_at: str
    is_identified: bool = False
    record: Record | None = None
    is_changed: bool = field(default=False, compare=False)
    is_gone: bool = False
    has_absorbed: bool = False


class People:
    """The persons of one project that a batch of events is about; `save` stores what became of them."""

    def __init__(self, transaction: Transaction, project_id: int) -> None:
        self.transaction = transaction
        self.project_id = project_id
        self.table = transaction.table("persons")
        self._drafts: dict[str, Draft | None] = {}
        self._order: list[Draft] = []
        self._uuids: set[str] = set()

    def find(self, distinct_id: str) -> Draft | None:
        """Return whose distinct id this is."""
        if distinct_id not in self._drafts:
            record = self.table.first(distinct_ids=distinct_id, project_id=self.project_id)
            draft = None
            if record is not None:
                draft = Draft(
                    record["uuid"], list(record["distinct_ids"]), record["properties"], record["created_at"],
                    bool(record.get("is_identified")), record,
                )  # fmt: skip
                self._order.append(draft)
                for known in draft.distinct_ids:
                    self._drafts[known] = draft
            self._drafts[distinct_id] = draft
        return self._drafts[distinct_id]

    def create(
        self, distinct_ids: list[str], created_at: str, properties: Mapping[str, Any], *, is_identified: bool = False,
        uuid: str | None = None,
    ) -> Draft:  # fmt: skip
        """Return a new person, whose UUID follows from their first distinct id wherever it is free."""
        chosen = uuid or person_uuid(self.project_id, distinct_ids[0])
        number = 0
        while chosen in self._uuids or self.table.first(uuid=chosen) is not None:
            number += 1
            chosen = person_uuid(self.project_id, f"{distinct_ids[0]}:{number}")
        draft = Draft(chosen, distinct_ids, properties, created_at, is_identified, is_changed=True)
        self._uuids.add(chosen)
        self._order.append(draft)
        for distinct_id in distinct_ids:
            self._drafts[distinct_id] = draft
        return draft

    def process(self, event: Mapping[str, Any]) -> Draft:
        """Return the person of an event, after what the event says of them: who else they are, and what of them."""
        properties: Mapping[str, Any] = event["properties"]
        distinct_id, name, timestamp = event["distinct_id"], event["event"], event["timestamp"]
        identifies = self._merge_told_by(name, distinct_id, properties, timestamp)
        person = self.find(distinct_id)
        if person is None:
            told = {**_object(properties.get("$set_once")), **_object(properties.get("$set"))}
            return self.create([distinct_id], timestamp, told, is_identified=identifies)
        if identifies and not person.is_identified:
            person.is_identified = person.is_changed = True
        if name not in WITHOUT_UPDATES:
            self._update(person, name, properties)
        return person

    def add_distinct_id(self, person: Draft, distinct_id: str) -> None:
        """Let a person be known by one more distinct id."""
        person.distinct_ids.append(distinct_id)
        person.is_changed = True
        self._drafts[distinct_id] = person

    # Merging

    def _merge_told_by(self, name: str, distinct_id: str, properties: Mapping[str, Any], timestamp: str) -> bool:
        """Make one person of two if an event says so; return whether it tells who a distinct id is."""
        if name in ("$create_alias", "$merge_dangerously") and properties.get("alias"):
            other = _text(properties["alias"])
        elif name == "$identify" and "$anon_distinct_id" in properties:
            other = _text(properties["$anon_distinct_id"])
        else:
            return False
        if other == distinct_id or is_illegal(distinct_id) or is_illegal(other):
            return False
        source, target = self.find(other), self.find(distinct_id)
        if target is None and source is None:
            told = {**_object(properties.get("$set_once")), **_object(properties.get("$set"))}
            self.create([distinct_id, other], timestamp, told, is_identified=True)
        elif target is None or source is None:
            known = target or source
            assert known is not None
            self.add_distinct_id(known, distinct_id if target is None else other)
        elif source is not target and (name == "$merge_dangerously" or not source.is_identified):
            self._absorb(target, source)
        return True

    def _absorb(self, target: Draft, source: Draft) -> None:
        """Give one person all that another had; where both have a property the target's own counts."""
        target.properties = {**source.properties, **target.properties}
        target.created_at = min(target.created_at, source.created_at, key=sort_key)
        target.distinct_ids.extend(source.distinct_ids)
        for distinct_id in source.distinct_ids:
            self._drafts[distinct_id] = target
        source.distinct_ids = []
        source.is_gone = True
        target.is_identified = target.is_changed = target.has_absorbed = True
        replace_person(self.transaction, source.uuid, target.uuid)
        people.replace_person(self.transaction, source.uuid, target.uuid)

    # Properties

    def _update(self, person: Draft, name: str, properties: Mapping[str, Any]) -> None:
        """Set, set once and unset properties of a person; nothing when all that would change is incidental."""
        known = person.properties
        changes: dict[str, Any] = {}
        matters = False
        for key, value in _object(properties.get("$set_once")).items():
            if key not in known:
                changes[key] = value
                matters = True
        for key, value in _object(properties.get("$set")).items():
            if key not in known or known[key] != value or type(known[key]) is not type(value):
                changes[key] = value
                matters = matters or key not in known or name in ABOUT_PERSONS or key not in INCIDENTAL
        unset = properties.get("$unset")
        names = unset if isinstance(unset, list) else list(unset) if isinstance(unset, Mapping) else []
        removed = {key for key in names if isinstance(key, str) and (key in known or key in changes)}
        if not matters and not removed:
            return
        merged = {**known, **changes}
        person.properties = {key: value for key, value in merged.items() if key not in removed} if removed else merged
        person.is_changed = True

    def save(self) -> None:
        """Store every person that became another."""
        new = []
        for draft in self._order:
            if draft.is_gone:
                if draft.record is not None:
                    self.table.delete(draft.record)
            elif draft.record is None:
                new.append(draft)
            elif draft.is_changed:
                draft.record = self.table.update(draft.record, _changes(draft))
                if draft.has_absorbed:
                    rank_members(self.transaction, draft.record)
            draft.is_changed = False
        if new:
            completed = [self._complete(draft) for draft in new]
            self.table.insert_many(completed)
            for draft, record in zip(new, completed, strict=True):
                if draft.has_absorbed:
                    rank_members(self.transaction, record)
        self._order = []
        self._drafts = {}

    def _complete(self, draft: Draft) -> dict[str, Any]:
        return {
            "id": self.transaction.next("ids.persons"), "project_id": self.project_id, "uuid": draft.uuid,
            **_changes(draft),
        }  # fmt: skip


def _changes(draft: Draft) -> dict[str, Any]:
    return {
        "distinct_ids": draft.distinct_ids,
        "properties": draft.properties,
        "created_at": draft.created_at,
        "is_identified": draft.is_identified,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

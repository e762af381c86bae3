"""What can be done to a person: set and remove properties, split, delete. Most of it is an event that is captured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mockserver import capture
from mockserver.capture.normalizing import clean
from mockserver.capture.persons import People
from mockserver.errors import MethodNotAllowed, NotFound, SwappedValidationError, ValidationError
from mockserver.membership.members import replace_person
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.resource import Record
from mockserver.validation import FALSE
from mockserver.world import deletions

NOT_AN_ID = (
    "The ID provided does not look like a personID. If you are using a distinctId, please use "
    "/persons?distinct_id={} instead."
)
CREATION_REFUSED = (
    "Creating persons via this API is not allowed. Please create persons by sending an $identify event. See "
    "https://posthog.com/docs/product-analytics/identify for details."
)
MOST_AT_ONCE = 1000


class PersonChanges(ActivityLogged):
    """The actions that change persons."""

    activity_scope = "Person"

    def activity_name(self, record: Record) -> str | None:
        return str(record["uuid"])

    def get_record(self, call: Call, key: str) -> Record:
        """Return the person of an integer id or a UUID.

        Raises: ValidationError for what looks like neither, NotFound for an unknown or foreign one.
        """
        table = call.table(self.table)
        uuid = read_uuid(key)
        if uuid is not None:
            record = table.first(uuid=uuid)
        elif key.removeprefix("-").isdecimal():
            number = integer(key)
            record = table.get(number) if number is not None else None
        else:
            raise ValidationError(NOT_AN_ID.format(key))
        if record is None or record["project_id"] != call.tenant.project_id:
            raise NotFound
        return record

    def create(self, call: Call) -> Any:
        """Refuse: persons come of events."""
        raise MethodNotAllowed(CREATION_REFUSED)

    def update(self, call: Call) -> Any:  # type: ignore[override]
        """Set the properties given and keep the others. What the body lacks is told before the person is looked up."""
        given = self._properties_given(call)
        record = self.get_record(call, call.path["id"])
        if given is not None:
            record = self._capture(call, record, "$set", {"$set": given})
        changes = [self.change("properties", None, None, "changed")]
        self.log(call, record, "updated", changes)
        return record

    partial_update = update  # type: ignore[assignment]

    def update_property(self, call: Call) -> Any:
        """Set one property. Page 000 asks for name and value in the query, servers read the body only."""
        value = self._argument(call, "value")
        key = self._argument(call, "key")
        if isinstance(key, (bool, list, dict)):
            raise ValidationError("Not a valid string.", attr="key")
        record = self.get_record(call, call.path["id"])
        record = self._capture(call, record, "$set", {"$set": {str(key): value}})
        self.log(call, record, "updated", [self.change("properties", None, None, "changed")])
        return record

    def delete_property(self, call: Call, record: Record) -> Any:
        """Remove one property; one that is not there is fine. Nothing checks its name on servers."""
        key = self._value(call, "$unset")
        if not call.is_observed:
            key = call.query.get("$unset") if key is None else key
            if isinstance(key, (bool, list, dict)):
                raise ValidationError("Not a valid string.", attr="$unset")
        if key is None:
            raise ValidationError("This field is required.", code="required", attr="$unset")
        record = self._capture(call, record, "$delete_person_property", {"$unset": [key]})
        self.log(call, record, "delete_property", [self.change(None, None, None, "changed")], name=record["uuid"])
        return self._answer(call, record)

    def split(self, call: Call, record: Record) -> Any:
        """Give each distinct id but the main one, else the first, a person of its own.

        Without a main one named the person's own properties are emptied. Somebody without distinct ids stays as they
        are.
        """
        before: Sequence[str] = record["distinct_ids"]
        named = self._value(call, "main_distinct_id")
        if named is not None and not isinstance(named, str):
            raise ValidationError("Not a valid string.", attr="main_distinct_id")
        main = named or next(iter(before), None)
        moved = [distinct_id for distinct_id in before if distinct_id != main]
        kept = {"distinct_ids": [distinct_id for distinct_id in before if distinct_id == main]}
        empties = before and not named
        updated = call.table(self.table).update(record, {**kept, "properties": {}} if empties else kept)
        people = People(call.transaction, call.tenant.project_id)
        now = call.now()
        for distinct_id in moved:
            people.create([distinct_id], now, {})
        people.save()
        split = self.change(None, None, {"distinct_ids": list(before)}, "split")
        self.log(call, updated, "split_person", [split], name=updated["uuid"])
        return self._answer(call, updated)

    def destroy(self, call: Call, record: Record) -> Any:
        """Delete a person; with `delete_events` their events too, in the next weekly run."""
        self._delete(call, record, with_events=self._asks_for_events(call))

    def bulk_delete(self, call: Call) -> Any:
        """Delete persons by distinct ids or UUIDs; unknown ones are no mistake."""
        table, body = call.table(self.table), call.body if isinstance(call.body, Mapping) else {}
        if body.get("distinct_ids"):
            distinct_ids = self._few(body["distinct_ids"], "distinct_ids")
            found = [table.find(distinct_ids=each, project_id=call.tenant.project_id) for each in distinct_ids]
        elif body.get("ids"):
            uuids = [read_uuid(each) for each in self._few(body["ids"], "ids")]
            if None in uuids:
                raise ValidationError("Must be a valid UUID.", attr="ids")
            found = [table.find(uuid=each, project_id=call.tenant.project_id) for each in uuids]
        else:
            raise ValidationError("You need to specify either distinct_ids or ids")
        for record in {record["id"]: record for records in found for record in records}.values():
            self._delete(call, record, with_events=bool(body.get("delete_events")))

    def reset_person_distinct_id(self, call: Call) -> Any:
        """Let a deleted person's distinct id be used again: here it always can be, so there is nothing to undo."""
        distinct_id = self._value(call, "distinct_id")
        if not isinstance(distinct_id, str) or not distinct_id:
            raise ValidationError("distinct_id is required")

    def delete_events(self, call: Call, record: Record) -> Any:
        """Let a person's events be deleted in the next weekly run; the person stays."""
        deletions.queue(call.transaction, record)

    def delete_recordings(self, call: Call, record: Record) -> Any:
        """Let a person's recordings be deleted, of which there are none here."""

    # What these have in common

    def _capture(self, call: Call, record: Record, event: str, properties: dict[str, Any]) -> Record:
        """Capture an event in the name of a person, and return what became of them."""
        if not record["distinct_ids"]:
            raise ValidationError("This person has no distinct ids.")
        sent = {
            "event": event, "distinct_id": record["distinct_ids"][0], "timestamp": call.now(), "properties": properties,
        }  # fmt: skip
        capture.ingest(call.world, call.transaction, call.tenant.project_id, [sent])
        return call.table(self.table).get(record["id"]) or record

    def _answer(self, call: Call, record: Record) -> Any:
        return {"success": True} if call.is_observed else record

    def _properties_given(self, call: Call) -> Any:
        """Return the properties to set. Raises: ValidationError; on servers also when there are none."""
        if not call.is_observed:
            return self.load(call, partial=True).get("properties")
        given = self._value(call, "properties")
        if given is None:
            raise SwappedValidationError("properties")
        return given

    def _argument(self, call: Call, name: str) -> Any:
        value = self._value(call, name)
        if not call.is_observed and name not in call.body:
            value = call.query.get(name)
        if value is None:
            raise SwappedValidationError(name)
        return value

    def _value(self, call: Call, name: str) -> Any:
        """Return a value of the body, what cannot be stored replaced in it. Raises: ValidationError."""
        if not isinstance(call.body, Mapping):
            raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(call.body).__name__}.")
        return clean(call.body.get(name))

    def _few(self, ids: Any, name: str) -> list[Any]:
        if not isinstance(ids, list):
            detail = f'Expected a list of items but got type "{type(ids).__name__}".'
            raise ValidationError(detail, code="not_a_list", attr=name)
        if len(ids) > MOST_AT_ONCE:
            raise ValidationError(f"You can only pass {MOST_AT_ONCE} {name} in one call")
        return ids

    def _asks_for_events(self, call: Call) -> bool:
        """Return whether `delete_events` asks for it: as a boolean on the pages, by being there at all on servers."""
        asked = call.query.get("delete_events")
        return asked is not None and (call.is_observed or asked.strip() not in FALSE)

    def _delete(self, call: Call, record: Record, *, with_events: bool) -> None:
        if with_events:
            deletions.queue(call.transaction, record)
        call.table(self.table).delete(record)
        replace_person(call.transaction, record["uuid"])
        self.log(call, record, "deleted", None, name=record["uuid"])


def read_uuid(text: Any) -> str | None:
    """Return the UUID that text spells in any of its forms, or nothing."""
    try:
        return str(UUID(text))
    except (ValueError, TypeError, AttributeError):
        return None

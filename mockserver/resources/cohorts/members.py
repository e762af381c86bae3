"""The persons of a cohort: pages of them, and putting them into a static one and taking them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from mockserver.cohorts.progression import settle
from mockserver.errors import NotFound, ValidationError
from mockserver.listing.filtering import Context, predicate, read_filters
from mockserver.listing.pagination import LARGEST, FullPageOffset
from mockserver.membership.members import (
    add_members,
    members,
    membership_context,
    page_of_members,
    remove_member,
    size,
)
from mockserver.request.call import Call
from mockserver.resources.actors.searching import search_persons
from mockserver.resources.actors.shapes import as_actor
from mockserver.resources.behaviours import ActivityLogged
from mockserver.resources.resource import Record
from mockserver.world import entropy

MOST_DISTINCT_IDS = 10
MOST_AT_ONCE = 1000
DONE = {"success": True}
EXPORTED = ("id", "email", "name", "created_at", "properties", "distinct_ids")
STATIC_ONLY_TO_ADD, STATIC_ONLY_TO_REMOVE = (
    f"Can only {what} static cohorts" for what in ("add users to", "remove users from")
)
PAGES = FullPageOffset()


class CohortMembers(ActivityLogged):
    """The actions of cohorts that are about their persons."""

    def persons(self, call: Call, record: Record) -> Any:
        """Return a page of a cohort's persons, newest first, or of their export."""
        if call.query.get("properties"):
            read_filters(call.query["properties"])  # the servers read them before anything else
        exports = call.format == "csv" or bool(call.query.get("is_csv_export"))
        limit, offset = PAGES.window(call)
        if exports and limit == PAGES.default_limit and not call.query.get("limit"):
            limit, offset = LARGEST, 0
        rows = self._found(call, record, offset, limit)
        shown = [as_actor(person, call) for person in rows]
        for row in shown:
            row["distinct_ids"] = row["distinct_ids"][:MOST_DISTINCT_IDS]
        links = PAGES.links(call, len(rows)) if limit != LARGEST else {"next": None, "previous": None}
        return {"results": [exported(row) for row in shown] if exports else shown, **links}

    def _found(self, call: Call, cohort: Record, offset: int, limit: int) -> Sequence[Record]:
        """Return one stretch of the persons of a cohort whom the query parameters ask for."""
        text, properties = call.query.get("search"), call.query.get("properties")
        if not text and not properties:
            return page_of_members(call.state, cohort, offset, limit)
        found: Sequence[Record] = list(members(call.state, cohort))
        if properties:
            found = list(filter(predicate(read_filters(properties), self._context(call)), found))
        if text:
            found = search_persons(found, text)
        return found[offset : offset + limit]

    def _context(self, call: Call) -> Context:
        context = membership_context(call.state, call.tenant.project_id)
        return replace(context, now=entropy.now(call.state), compares_text=True)

    def add_persons_to_static_cohort(self, call: Call, record: Record) -> Any:
        """Put persons into a static cohort. Raises: ValidationError when none of them is known."""
        if not record["is_static"]:
            raise ValidationError(STATIC_ONLY_TO_ADD)
        identifiers = body_value(call, "person_ids", many=True)
        if not isinstance(identifiers, list):
            raise ValidationError("person_ids must be a list")
        if not identifiers:
            raise ValidationError("person_ids cannot be empty")
        if len(identifiers) > MOST_AT_ONCE:
            raise ValidationError("List size exceeds limit")
        persons = self.known_persons(call, identifiers)
        if not persons:
            raise ValidationError("No valid users to add to cohort")
        add_members(call.transaction, record, persons)
        self._recount(call, record, last_calculation=call.now(), is_calculating=False, errors_calculating=0)
        self._log_members(call, record, "persons_added_manually")
        return DONE

    def remove_person_from_static_cohort(self, call: Call, record: Record) -> Any:
        """Take a person out of a static cohort. Raises: ValidationError, NotFound."""
        if not record["is_static"]:
            raise ValidationError(STATIC_ONLY_TO_REMOVE)
        identifier = body_value(call, "person_id")
        if not identifier:
            raise ValidationError("person_id is required")
        if not isinstance(identifier, str):
            raise ValidationError("person_id must be a string")
        uuid = read_uuid(identifier)
        if uuid is None:
            raise ValidationError("person_id must be a valid UUID")
        if not self.known_persons(call, [uuid]):
            raise NotFound("Person with this UUID does not exist in the cohort's team")
        if not remove_member(call.transaction, record, uuid):
            raise NotFound("Person is not part of the cohort")
        self._recount(call, record)
        self._log_members(call, record, "person_removed_manually")
        return DONE

    def duplicate_as_static_cohort(self, call: Call, record: Record) -> Any:
        """Make a static cohort of the persons now in a dynamic one."""
        if record["is_static"]:
            raise ValidationError("Cannot duplicate a static cohort as a static cohort.")
        settle(call)
        with call.writing() as writing:
            call.state = transaction = writing.transaction
            data = {**self.schema.judge({}, self.lookup(call)), "name": f"{record['name']} (static copy)"}
            copy = self.perform_create(call, {**data, "is_static": True})
            add_members(transaction, copy, list(members(transaction, record)))
            call.table(self.table).update(copy, {"is_due": True})
        call.see_anew()
        return copy

    def known_persons(self, call: Call, identifiers: Sequence[Any]) -> list[Record]:
        """Return the project's persons of some UUIDs; unknown ones and what is no UUID are left out."""
        table, project_id = call.table("persons"), call.tenant.project_id
        uuids = (read_uuid(identifier) for identifier in identifiers if isinstance(identifier, str))
        found = (table.first(uuid=uuid, project_id=project_id) for uuid in uuids if uuid is not None)
        return [person for person in found if person is not None]

    def _recount(self, call: Call, cohort: Record, **changes: Any) -> Record:
        return call.table(self.table).update(cohort, {"count": size(call.state, cohort), **changes})

    def _log_members(self, call: Call, cohort: Record, activity: str) -> None:
        self.log(call, cohort, activity, [self.change(None, None, None, "changed")])


def exported(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a person as exports show one: the e-mail address beside the other properties."""
    properties = dict(row["properties"])
    email = {"email": properties.pop("email")} if properties.get("email") else {}
    whole = {**row, **email, "properties": properties}
    return {name: whole[name] for name in EXPORTED if name in whole}


def body_value(call: Call, name: str, *, many: bool = False) -> Any:
    """Return a value of the body; a form may give one several times."""
    if call.is_form:
        values = call.body.getlist(name)
        return values if many and values else (values[-1] if values else None)
    return call.body.get(name) if isinstance(call.body, Mapping) else None


def read_uuid(text: str) -> str | None:
    """Return the UUID that a text spells, if it spells one."""
    try:
        return str(UUID(text))
    except ValueError:
        return None

"""Persons: the people whose events a project received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract, Profile
from mockserver.errors import ValidationError
from mockserver.membership.members import holds
from mockserver.request.call import Call
from mockserver.request.parsing import JSON, MEDIA_TYPES
from mockserver.resources.actors.shapes import as_actor, as_record
from mockserver.resources.cohorts import Cohorts
from mockserver.resources.persons.analytics import PersonAnalytics
from mockserver.resources.persons.changes import PersonChanges
from mockserver.resources.persons.lists import PersonLists
from mockserver.resources.persons.values import commonest_values
from mockserver.resources.resource import Record, Shape

MOST_IN_BATCH = 200
MOST_IDS_IN_BATCH = 10


class Persons(PersonLists, PersonChanges, PersonAnalytics):
    """People known by distinct ids, with what is known of them; they come of events and are changed by events."""

    family = "persons"
    table = "persons"
    component = "Person"
    title = "Enterprise Person"
    renders = ("json", "csv")
    moments = frozenset({"created_at"})
    depends_on = ("projects",)

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._cohorts = Cohorts(contract)

    def reads(self, profile: Profile) -> tuple[str, ...]:
        """Return the media types of bodies: servers read JSON only, the pages offer forms too."""
        return (JSON,) if profile.is_observed else MEDIA_TYPES

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return as_record(record, call)

    def shapes(self) -> Mapping[str, Shape]:
        return {"PersonActor": as_actor}

    def values(self, call: Call) -> Any:
        """Return the commonest values of a property as text, and how many persons have each."""
        key = call.query.get("key", "")
        if not key or key.startswith("$virt"):
            return []
        persons = call.table(self.table).find(**self.tenant_key(call))
        return commonest_values(persons, key, call.query.get("value", ""))

    def cohorts(self, call: Call) -> Any:
        """Return the cohorts that hold the person named by `person_id`; the pages show the request without it."""
        key = call.query.get("person_id", "")
        if not key and not call.is_observed:
            return {"results": []}
        if not key:
            raise ValidationError("This field is required.", code="required", attr="person_id")
        record = self.get_record(call, key)
        found = [cohort for cohort in self._cohorts.get_records(call) if holds(call.state, cohort, record)]
        return {"results": [self._cohorts.show(cohort, call, "Cohort") for cohort in found]}

    def batch_by_distinct_ids(self, call: Call) -> Any:
        """Return the persons of some distinct ids, by these; unknown ones are left out."""
        body = call.body if isinstance(call.body, Mapping) else {}
        distinct_ids = body.get("distinct_ids")
        if not isinstance(distinct_ids, list):
            return {"results": {}}
        results = {}
        for distinct_id in distinct_ids[:MOST_IN_BATCH]:
            found = isinstance(distinct_id, str) and call.table(self.table).first(
                distinct_ids=distinct_id, **self.tenant_key(call)
            )
            if found:
                shown = self.show(found, call)
                results[distinct_id] = {**shown, "distinct_ids": shown["distinct_ids"][:MOST_IDS_IN_BATCH]}
        return {"results": results}

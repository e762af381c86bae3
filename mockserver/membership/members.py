"""Who belongs to a cohort: listed persons of a static one; of a dynamic one those who meet its conditions.

A static cohort's members are rows of `cohort_members`, so that adding or losing one costs the same in any cohort. A
dynamic cohort keeps the members that its last calculation found, as the servers do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mockserver.errors import ValidationError
from mockserver.listing.filtering import (
    Context,
    Test,
    all_of,
    any_of,
    cohort_number,
    is_negated,
    negated,
    nobody,
    predicate,
)
from mockserver.membership.definitions import DEEPEST_GROUP, definition, pairing
from mockserver.membership.happenings import Happenings
from mockserver.store import Record, Transaction, View
from mockserver.store.orders import sort_key
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_MEMBERS, NEWEST_PERSONS

MEMBERS = "cohort_members"
DEEPEST = 30


@dataclass(frozen=True)
class Population:
    """What a calculation found: the members, newest person first, and how many they are with those never seen."""

    members: tuple[str, ...]
    count: int


def members(view: View, cohort: Record) -> Iterator[Record]:
    """Yield the persons who belong to a cohort, newest first."""
    persons = view.table("persons")
    found = (persons.first(uuid=uuid) for uuid in member_uuids(view, cohort))
    return (person for person in found if person is not None)


def page_of_members(view: View, cohort: Record, offset: int, limit: int) -> list[Record]:
    """Return one stretch of the persons who belong to a cohort, newest first; who is gone since is left out."""
    if cohort["is_static"]:
        rows, _ = view.table(MEMBERS).page(NEWEST_MEMBERS, (cohort["id"],), offset, limit)
        uuids: Sequence[str] = [row["person_uuid"] for row in rows]
    else:
        uuids = calculated(view, cohort)[offset : offset + limit]
    persons = view.table("persons")
    return [person for uuid in uuids if (person := persons.first(uuid=uuid)) is not None]


def member_uuids(view: View, cohort: Record) -> Sequence[str]:
    """Return the UUIDs of those who belong to a cohort, the newest person first."""
    if cohort["is_static"]:
        return [row["person_uuid"] for row in view.table(MEMBERS).in_order(NEWEST_MEMBERS, (cohort["id"],))]
    return calculated(view, cohort)


def holds(view: View, cohort: Record, person: Record) -> bool:
    """Return whether a person belongs to a cohort."""
    if cohort["is_static"]:
        return view.table(MEMBERS).first(cohort_id=cohort["id"], person_uuid=person["uuid"]) is not None
    return person["uuid"] in calculated(view, cohort)


def calculated(view: View, cohort: Record) -> Sequence[str]:
    """Return whom a dynamic cohort's last calculation found; while one is due, whom it would find now."""
    if cohort.get("is_due"):
        try:
            return calculate(view, cohort).members
        except ValidationError:
            pass  # the calculation fails: what the last one found stays
    return cohort.get("members") or ()


# Static cohorts


def add_members(transaction: Transaction, cohort: Record, persons: Iterable[Record]) -> int:
    """Put persons into a static cohort, those in it already left out, and return how many came in."""
    table, identifier = transaction.table(MEMBERS), cohort["id"]
    is_empty = not size(transaction, cohort)
    new = {
        person["uuid"]: person
        for person in persons
        if is_empty or table.first(cohort_id=identifier, person_uuid=person["uuid"]) is None
    }
    return table.insert_many(
        {
            "id": transaction.next(f"ids.{MEMBERS}"), "project_id": cohort["project_id"], "cohort_id": identifier,
            "person_uuid": person["uuid"], "seniority": seniority(person),
        }
        for person in new.values()
    )  # fmt: skip


def seniority(person: Record) -> str:
    """Return what the members of a cohort are ordered by: when they were created, then their id."""
    return f"{sort_key(person['created_at'])[1]} {person['id']:012d}"


def remove_member(transaction: Transaction, cohort: Record, person_uuid: str) -> bool:
    """Take a person out of a static cohort, and return whether they were in it."""
    table = transaction.table(MEMBERS)
    row = table.first(cohort_id=cohort["id"], person_uuid=person_uuid)
    if row is not None:
        table.delete(row)
    return row is not None


def replace_person(transaction: Transaction, gone: str, stays: str | None = None) -> None:
    """Let the static cohorts that hold one person hold another instead, or nobody; those that lose one are recounted.

    Source: servers since 2025-09, whose count follows the members.
    """
    table, cohorts = transaction.table(MEMBERS), transaction.table("cohorts")
    for row in table.find(person_uuid=gone):
        if stays is not None and table.first(cohort_id=row["cohort_id"], person_uuid=stays) is None:
            table.update(row, {"person_uuid": stays})
            continue
        table.delete(row)
        cohort = cohorts.get(row["cohort_id"])
        if cohort is not None and cohort["is_static"]:
            cohorts.update(cohort, {"count": size(transaction, cohort)})


def rank_members(transaction: Transaction, person: Record) -> None:
    """Let a person who changed stand in the right place of the cohorts that hold them."""
    table, place = transaction.table(MEMBERS), seniority(person)
    for row in table.find(person_uuid=person["uuid"]):
        if row["seniority"] != place:
            table.update(row, {"seniority": place})


def size(view: View, cohort: Record) -> int:
    """Return how many persons a static cohort holds."""
    return view.table(MEMBERS).page(NEWEST_MEMBERS, (cohort["id"],), 0, 0)[1]


# Dynamic cohorts


def context_of(view: View, project_id: int, kind: str = "person") -> Context:
    """Return what a project's filters of persons, or of events, are judged by."""
    declared = {
        record["name"]: record.get("property_type")
        for record in view.table("property_definitions").find(project_id=project_id)
        if (record.get("type") or "event") == kind
    }
    project = view.table("projects").get(project_id) or {}
    try:
        zone = ZoneInfo(project.get("timezone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return Context(entropy.now(view), zone, declared, kinds=frozenset({kind}))


def calculate(view: View, cohort: Record) -> Population:
    """Return who meets a cohort's conditions now. Raises: ValidationError for conditions that cannot be judged."""
    return Calculation(view, cohort["project_id"]).population(cohort)


class Calculation:
    """The members of a cohort being found, and of those that it refers to."""

    def __init__(self, view: View, project_id: int) -> None:
        self.view = view
        self.project_id = project_id
        # Cohorts are counted without ClickHouse's `transform_null_in`. Source: a recorded count of `is_not` two values.
        self.context = replace(context_of(view, project_id), lists_pass_nothing=False)
        events = context_of(view, project_id, "event")
        self.happenings = Happenings(
            view, project_id, events, self.context, lambda cohort_id, uuid: uuid in self._members(cohort_id)
        )
        self._asked: list[int] = []  # the cohort, the one it refers to, and so on
        self._held: dict[int, frozenset[str]] = {}

    def population(self, cohort: Record) -> Population:
        """Return who meets the cohort's conditions."""
        if len(self._asked) > DEEPEST:
            raise ValidationError("Cohorts refer to one another too deeply.")
        conditions = definition(cohort).get("properties")
        if pairing(conditions).has_negation:
            raise ValidationError("Negations must be paired with a positive filter.")
        self._asked.append(cohort["id"])
        test = self._group(conditions, 0) or nobody
        self._asked.pop()
        persons = self.view.table("persons").in_order(NEWEST_PERSONS, (self.project_id,))
        found = tuple(person["uuid"] for person in persons if test(person))
        unseen = sum(1 for uuid in self.happenings.strangers() if test({"uuid": uuid, "properties": {}}))
        return Population(found, len(found) + unseen)

    def _group(self, group: Any, depth: int) -> Test | None:
        """Return the test of a group, or nothing for one without conditions."""
        if not isinstance(group, Mapping) or depth > DEEPEST_GROUP:
            return None
        if not isinstance(group.get("values"), list):
            return self._condition(group) if "key" in group else None
        tests = [test for value in group["values"] if (test := self._group(value, depth + 1)) is not None]
        if not tests:
            return None
        return any_of(tests) if group.get("type") == "OR" else all_of(tests)

    def _condition(self, condition: Mapping[str, Any]) -> Test:
        match condition.get("type"):
            case "behavioral":
                who = self.happenings.who(condition)
                test: Test = lambda record: record["uuid"] in who  # noqa: E731
            case "cohort":
                held = self._members(condition.get("value"))
                test = lambda record: record["uuid"] in held  # noqa: E731
            case _:
                return predicate({"type": "person", **condition}, self.context)
        return negated(test) if is_negated(condition) else test

    def _members(self, key: Any) -> frozenset[str]:
        """Return who belongs to another cohort; to one that is not there, or that asks for this one, nobody."""
        other = find_cohort(self.view, self.project_id, key)
        if other is None or other["deleted"] or other["id"] in self._asked:
            return frozenset()
        if other["id"] not in self._held:
            is_known = other["is_static"] or not other.get("is_due")
            found = member_uuids(self.view, other) if is_known else self.population(other).members
            self._held[other["id"]] = frozenset(found)
        return self._held[other["id"]]


def find_cohort(view: View, project_id: int, value: Any) -> Record | None:
    """Return the project's cohort whose id a filter's value spells."""
    found = view.table("cohorts").get(cohort_number(value))
    return found if found is not None and found["project_id"] == project_id else None


def membership_context(view: View, project_id: int) -> Context:
    """Return the context of filters that may speak of cohorts."""

    def is_member(cohort_id: int, record: Record) -> bool:
        cohort = find_cohort(view, project_id, cohort_id)
        return cohort is not None and holds(view, cohort, record)

    return replace(context_of(view, project_id), is_member=is_member)

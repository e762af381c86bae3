"""What follows from the conditions of a cohort and of those it refers to: loops, and how demanding they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.filtering import cohort_number
from mockserver.membership.definitions import conditions, definition
from mockserver.membership.members import find_cohort
from mockserver.store import Record, View

LOOP = "Cohorts cannot reference other cohorts in a loop."
UNKNOWN = "Invalid Cohort ID in filter"
TYPE_ATTR = "cohort_type"
OF_HISTORY = frozenset(
    {
        "performed_event_first_time", "performed_event_regularly", "performed_event_sequence",
        "stopped_performing_event", "restarted_performing_event",
    }
)  # fmt: skip
DEMANDS = ("static", "person_property", "behavioral", "analytical")
"""Types of cohorts, the least demanding first."""


def references(cohort: Record) -> list[int]:
    """Return the ids of the cohorts that a cohort's conditions name, in their order."""
    return _named(conditions(definition(cohort)))


def _named(found: Iterable[Mapping[str, Any]]) -> list[int]:
    numbers = (cohort_number(condition.get("value")) for condition in found if condition.get("type") == "cohort")
    return list(dict.fromkeys(-1 if number is None else number for number in numbers))


def refuse_loops(view: View, cohort: Record) -> None:
    """Refuse a cohort that refers to itself, however indirectly, or to one that there is not.

    Raises: ValidationError.
    """
    identifier, project_id = cohort["id"], cohort["project_id"]
    path, done = [identifier], set()
    waiting: list[Iterator[int]] = [iter(references(cohort))]
    while waiting:
        number = next(waiting[-1], None)
        if number is None:
            waiting.pop()
            done.add(path.pop())
        elif number in path:
            raise ValidationError(LOOP)
        elif number not in done:
            other = find_cohort(view, project_id, number)
            if other is None:
                raise ValidationError(UNKNOWN)
            path.append(number)
            waiting.append(iter(references(other)))


def check_type(view: View, cohort: Record) -> None:
    """Refuse a `cohort_type` that the definition contradicts. Raises: ValidationError."""
    given = cohort.get("cohort_type")
    if not given:
        return
    expected = expected_type(view, cohort)
    if expected is None:
        raise ValidationError("Invalid cohort type for the given filters", attr=TYPE_ATTR)
    if given != expected:
        raise ValidationError(
            f"Cohort type '{given}' does not match the filters. Expected type: '{expected}'", attr=TYPE_ATTR
        )


def expected_type(view: View, cohort: Record) -> str | None:
    """Return the type that follows from a cohort's definition: the most demanding of its conditions' and references'.

    Nothing where there is nothing to judge: filters without conditions, here or in a cohort referred to, or one that
    is not there. Definitions by groups do not count. Source: reading of the servers' validation.
    """
    waiting, seen, found = [cohort], {cohort["id"]}, set()
    while waiting:
        current = waiting.pop()
        if current["is_static"] or current.get("query"):
            found.add("static" if current["is_static"] else "analytical")
            continue
        judged = list(conditions(current.get("filters")))
        if not judged:
            return None
        found.update(_demand(condition) for condition in judged if condition.get("type") != "cohort")
        for number in _named(judged):
            other = find_cohort(view, cohort["project_id"], number)
            if other is None:
                return None
            if number not in seen:
                seen.add(number)
                waiting.append(other)
    return max(found, key=DEMANDS.index) if found else None


def _demand(condition: Mapping[str, Any]) -> str:
    """Return the type of a cohort that had this condition alone."""
    if condition.get("type") != "behavioral":
        return "person_property"
    return "analytical" if condition.get("value") in OF_HISTORY else "behavioral"


def first_behavioral(view: View, cohort: Record) -> Record | None:
    """Return the first cohort that depends on events, among this one and those that it refers to."""
    waiting, seen = [cohort], {cohort["id"]}
    while waiting:
        found = waiting.pop(0)
        if any(condition.get("type") == "behavioral" for condition in conditions(found.get("filters"))):
            return found
        for number in references(found):
            other = find_cohort(view, cohort["project_id"], number)
            if other is not None and other["id"] not in seen:
                seen.add(other["id"])
                waiting.append(other)
    return None


def behavioral_ids(cohorts: Sequence[Record]) -> frozenset[int]:
    """Return the ids of cohorts that depend on events, themselves or by way of another.

    Definitions by groups do not count: the servers look at filters alone. Source: recorded lists without them.
    """
    users: dict[int, list[int]] = {}
    found = []
    for cohort in cohorts:
        if any(condition.get("type") == "behavioral" for condition in conditions(cohort.get("filters"))):
            found.append(cohort["id"])
        for number in references(cohort):
            users.setdefault(number, []).append(cohort["id"])
    reached = set(found)
    while found:
        for user in users.get(found.pop(), ()):
            if user not in reached:
                reached.add(user)
                found.append(user)
    return frozenset(reached)

"""The condition sets of a flag as Django's engine judged them, which answered `/decide`.

A set of which all properties are given is judged in memory. Any other is asked of the database, in one query for all
flags of a request: there is nothing to find for somebody unknown, and one condition that the query cannot hold (on
another flag) fails every flag that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.flags.cohorts import DEEPEST, Find
from mockserver.flags.matching import django
from mockserver.flags.matching.service import Filter
from mockserver.flags.reading import ConditionSet
from mockserver.flags.subjects import PERSON, Subject
from mockserver.membership.definitions import definition

Test = Callable[[Subject], bool]
NEGATIVE = ("is_not", "is_not_set")


class QueryFailed(Exception):
    """The one query for the conditions that are not given cannot be made."""


@dataclass(frozen=True)
class Part:
    """A part of a query: what it is for a person that is there, and for anybody where that is known beforehand."""

    test: Test
    known: Callable[[Subject], bool | None]


def _unknown(subject: Subject) -> bool | None:
    return None


class DjangoConditions:
    """Makes tests of condition sets, for one project."""

    def __init__(self, find: Find) -> None:
        self._find = find

    def test(self, one: ConditionSet) -> Test:
        """Return the test of a condition set; it raises QueryFailed."""
        index = one.group_index
        in_memory = [(str(filter.get("key")), django.given(filter)) for filter in one.properties]
        whole = self._joined([self._negated(filter, index, 0) for filter in one.properties], any_of=False)
        only_negative = all(filter.get("operator") in NEGATIVE for filter in one.properties)
        may_be_given = all(
            filter.get("type") not in ("cohort", "flag") and filter.get("operator") != "is_not_set"
            for filter in one.properties
        )

        def test(subject: Subject) -> bool:
            given = subject.given_of(index)
            if may_be_given and all(key in given for key, _ in in_memory):
                return all(judge(given[key], subject.now) for key, judge in in_memory)
            if subject.query_fails:
                raise QueryFailed
            known = whole.known(subject)
            if known is not None:
                return known
            return whole.test(subject) if subject.stored.get(index) is not None else only_negative

        return test

    def _part(self, filter: Filter, index: int | None, depth: int) -> Part:
        if filter.get("type") == "cohort":
            return self._cohort(filter, depth)
        key, judge, matches = str(filter.get("key")), django.given(filter), django.stored(filter)
        asks_absence = filter.get("operator") == "is_not_set"

        def known(subject: Subject) -> bool | None:
            given = subject.given_of(index)
            if key not in given:
                return None
            return False if asks_absence else judge(given[key], subject.now)

        def test(subject: Subject) -> bool:
            found = known(subject)
            return matches(subject.stored.get(index) or {}, subject.now) if found is None else found

        return Part(test, known)

    def _cohort(self, filter: Filter, depth: int) -> Part:
        """Return the part of a cohort, whatever operator its condition has; one that is gone holds nobody."""
        cohort = self._find(filter.get("value"))
        if cohort is None or depth > DEEPEST:
            return Part(lambda subject: False, lambda subject: False)
        number = cohort["id"]
        if cohort["is_static"]:
            return Part(lambda subject: subject.is_member(number), _unknown)
        return self._group(definition(cohort).get("properties"), depth + 1)

    def _group(self, group: Any, depth: int) -> Part:
        values = group.get("values") if isinstance(group, Mapping) else None
        if not isinstance(values, list) or depth > DEEPEST:
            return Part(lambda subject: True, _unknown)
        parts = [self._inner(value, depth) for value in values if isinstance(value, Mapping)]
        return self._joined(parts, any_of=group.get("type") == "OR")

    def _inner(self, value: Mapping[str, Any], depth: int) -> Part:
        if isinstance(value.get("values"), list):
            return self._group(value, depth + 1)
        return self._negated(value, PERSON, depth)

    def _negated(self, filter: Filter, index: int | None, depth: int) -> Part:
        part = self._part(filter, index, depth)
        return Part(lambda subject: not part.test(subject), _unknown) if filter.get("negation") else part

    def _joined(self, parts: Sequence[Part], *, any_of: bool) -> Part:
        if len(parts) == 1:
            return parts[0]
        together = any if any_of else all
        return Part(lambda subject: together(part.test(subject) for part in parts), _unknown)

"""The condition sets of a flag as the flags service judges them: properties, other flags, cohorts.

Whatever of a property cannot be compared is no match. Cohorts are judged last, since only they can fail the flag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from mockserver.flags.cohorts import Cohorts, MissingCohort
from mockserver.flags.matching.errors import CannotMatch, Unreadable
from mockserver.flags.matching.service import Filter, Properties, State, compile_filter
from mockserver.flags.reading import ConditionSet
from mockserver.flags.subjects import PERSON, Subject

Test = Callable[[Subject], bool]
Matches = Callable[[Properties, datetime], bool]
DEPENDS = "flag_evaluates_to"
KINDS = ("person", "group", "cohort", "flag", "person_metadata", "event", "static-cohort", "precalculated-cohort")


class ServiceConditions:
    """Makes tests of condition sets, for one project."""

    def __init__(self, state: State, zone: tzinfo, cohorts: Cohorts) -> None:
        self._state = state
        self._zone = zone
        self._cohorts = cohorts

    def test(self, one: ConditionSet) -> Test:
        """Return the test of a condition set. Raises: Unreadable.

        The test raises MissingCohort.
        """
        plain: dict[int | None, list[Matches]] = {}
        others: list[Test] = []
        last: list[Test] = []
        for filter in one.properties:
            match filter.get("type", "person"):
                case "cohort":
                    last.append(self._cohort(filter))
                case "flag":
                    others.append(dependency(filter))
                case kind if kind in KINDS:
                    index = _index(filter, one) if self._state is not State.AUGUST_2025 else one.group_index
                    plain.setdefault(index, []).append(compile_filter(filter, self._state, self._zone))
                case kind:
                    raise Unreadable(f"unknown variant `{kind}`")
        tests = [_all_of(index, matches) for index, matches in plain.items()] + others + last
        if len(tests) == 1:
            return tests[0]
        return lambda subject: all(test(subject) for test in tests)

    def _cohort(self, filter: Filter) -> Test:
        try:
            return self._cohorts.test(filter)
        except MissingCohort as missing:
            return _failing(str(missing))


def _index(filter: Filter, one: ConditionSet) -> int | None:
    """Return whose property a filter is about: the person's, or that of a group."""
    if filter.get("type") != "group":
        return PERSON if filter.get("type") in ("person", "person_metadata") else one.group_index
    index = filter.get("group_type_index")
    return index if isinstance(index, int) else one.group_index


def _all_of(index: int | None, matches: Sequence[Matches]) -> Test:
    def test(subject: Subject) -> bool:
        properties, now = subject.properties(index), subject.now
        try:
            for each in matches:
                if not each(properties, now):
                    return False
        except CannotMatch:
            return False
        return True

    return test


def _failing(cohort: str) -> Test:
    def fail(subject: Subject) -> bool:
        raise MissingCohort(cohort)

    return fail


def dependency_id(filter: Filter) -> int | None:
    """Return the id of the flag that a filter depends on."""
    key = str(filter.get("key"))
    return int(key) if key.isascii() and key.isdigit() and len(key) < 19 else None


def dependency(filter: Filter) -> Test:
    """Return the test of what another flag is: true matches any variant, too, a text exactly that variant."""
    number, wanted = dependency_id(filter), filter.get("value")
    if filter.get("operator") != DEPENDS or number is None:
        return lambda subject: False
    other = number
    return lambda subject: _is_as(subject.decided.get(other, False), wanted)


def _is_as(value: bool | str, wanted: Any) -> bool:
    if wanted is True:
        return value is not False
    return value is False if wanted is False else value == wanted

"""Cohorts in conditions: static ones by who is in them, dynamic ones by the tree of their properties.

They are made into tests when a flag is, so that asking costs no look at the cohorts. A behavioural condition is never
met: what people did is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from mockserver.flags.matching.errors import CannotMatch, Unreadable
from mockserver.flags.matching.service import State, compile_filter
from mockserver.flags.subjects import PERSON, Subject
from mockserver.membership.definitions import conditions, definition
from mockserver.store import Record

Test = Callable[[Subject], bool]
Find = Callable[[Any], Record | None]
"""Finds a cohort by what a filter's value says; nothing for one that is deleted or of another project."""

DEEPEST = 64


class MissingCohort(Exception):
    """A condition names a cohort that there is not."""


def nobody(subject: Subject) -> bool:
    """Match nobody."""
    return False


class Cohorts:
    """Makes tests of cohorts; `nests` says whether cohorts inside of cohorts are judged where they stand."""

    def __init__(self, find: Find, state: State, zone: tzinfo, *, nests: bool) -> None:
        self._find = find
        self._state = state
        self._zone = zone
        self._nests = nests
        self._asked: list[int] = []

    def test(self, condition: Mapping[str, Any]) -> Test:
        """Return the test of a flag's own condition on a cohort. Raises: MissingCohort.

        `not_in` turns it round; `negation` means nothing here, and with any other operator nobody matches.
        """
        named = condition.get("operator") or "in"
        belongs = self._belongs(condition)
        if named == "in":
            return belongs
        return (lambda subject: not belongs(subject)) if named == "not_in" else nobody

    def _belongs(self, condition: Mapping[str, Any]) -> Test:
        cohort = self._find(condition.get("value"))
        if cohort is None:
            raise MissingCohort(str(condition.get("value")))
        number = cohort["id"]
        if cohort["is_static"]:
            return lambda subject: subject.is_member(number)
        if number in self._asked or len(self._asked) > DEEPEST:
            return nobody
        self._asked.append(number)
        try:
            tree = definition(cohort).get("properties")
            return self._group(tree, 0) if self._nests else self._flat(tree)
        except Unreadable:
            return nobody
        finally:
            self._asked.pop()

    def _flat(self, tree: Any) -> Test:
        """Return the test of a tree as it was of old: all cohorts that it names must hold, whatever is asked of them.

        A static one among them counts as false.
        """
        named = [one for one in conditions(tree) if one.get("type") == "cohort"]
        others = [self._named(one) for one in named]
        rest = self._group(tree, 0)
        return lambda subject: all(test(subject) for test in others) and rest(subject)

    def _named(self, condition: Mapping[str, Any]) -> Test:
        cohort = self._find(condition.get("value"))
        return nobody if cohort is not None and cohort["is_static"] else self._belongs(condition)

    def _group(self, group: Any, depth: int) -> Test:
        if not isinstance(group, Mapping) or depth > DEEPEST:
            raise Unreadable("cohort: expected a group")
        values = group.get("values")
        if not isinstance(values, list):
            return self._leaf(group) if "key" in group else nobody
        tests = [self._group(value, depth + 1) for value in values]
        if group.get("type") == "OR":
            return lambda subject: any(test(subject) for test in tests)
        return lambda subject: bool(tests) and all(test(subject) for test in tests)

    def _leaf(self, condition: Mapping[str, Any]) -> Test:
        match condition.get("type"):
            case "cohort" if not self._nests:
                return lambda subject: True  # judged beside the tree
            case "cohort":
                test = self.test({"operator": "in", **condition})
            case "behavioral":
                test = nobody
            case _:
                test = self._property(condition)
        return (lambda subject: not test(subject)) if condition.get("negation") else test

    def _property(self, condition: Mapping[str, Any]) -> Test:
        matches = compile_filter(condition, self._state, self._zone)

        def test(subject: Subject) -> bool:
            try:
                return matches(subject.properties(PERSON), subject.now)
            except CannotMatch:
                return False

        return test


def named_cohorts(filters: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the values of those conditions that are about cohorts."""
    return [one.get("value") for one in filters if one.get("type") == "cohort"]

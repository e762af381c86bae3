"""Filters of properties as the flags service matches them, made into tests once for many people.

Two states of it: of August 2025, and of September 2026, which knows more operators (`between`, `starts_with`,
`semver_…`) and reads dates otherwise. Source: a table of what either says of thousands of pairs of filter and value.
"""

from __future__ import annotations

import operator as compare
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from math import isnan
from typing import Any

from mockserver.flags.matching import dates, versions
from mockserver.flags.matching.errors import CannotMatch, Unreadable
from mockserver.flags.matching.patterns import compiled
from mockserver.flags.matching.texts import ascii_folded, folded, is_true, number_of, tells_truth, text_of

Filter = Mapping[str, Any]
Properties = Mapping[str, Any]
Test = Callable[[Properties, datetime], bool]
Judge = Callable[[Any, datetime], bool]
"""Tells of a value that is there, at a moment, whether it matches. Raises: CannotMatch."""


class State(StrEnum):
    """The state of the service that is meant."""

    AUGUST_2025 = "2025-08"
    SEPTEMBER_2026 = "2026-09"


OLD = (
    "exact", "is_not", "icontains", "not_icontains", "regex", "not_regex", "gt", "lt", "gte", "lte", "is_set",
    "is_not_set", "is_date_exact", "is_date_after", "is_date_before", "in", "not_in", "flag_evaluates_to",
)  # fmt: skip
NEW = (
    "exact", "is_not", "icontains", "not_icontains", "icontains_multi", "not_icontains_multi", "starts_with",
    "not_starts_with", "ends_with", "not_ends_with", "between", "not_between", "regex", "not_regex", "gt", "lt", "gte",
    "lte", "semver_gt", "semver_gte", "semver_lt", "semver_lte", "semver_eq", "semver_neq", "semver_tilde",
    "semver_caret", "semver_wildcard", "is_set", "is_not_set", "is_date_exact", "is_date_after", "is_date_before", "in",
    "not_in", "flag_evaluates_to",
)  # fmt: skip
OPERATORS: Mapping[State, tuple[str, ...]] = {State.AUGUST_2025: OLD, State.SEPTEMBER_2026: NEW}
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": compare.gt, "gte": compare.ge, "lt": compare.lt, "lte": compare.le, "is_date_exact": compare.eq,
    "is_date_before": compare.lt, "is_date_after": compare.gt,
}  # fmt: skip
TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "icontains": compare.contains, "starts_with": str.startswith, "ends_with": str.endswith,
}  # fmt: skip
ELSEWHERE = {
    "in": "In/NotIn operators should be handled by cohort matching",
    "not_in": "In/NotIn operators should be handled by cohort matching",
    "flag_evaluates_to": "FlagEvaluatesTo operator should be handled by flag dependency matching",
}
NOT_A_NUMBER = "value is not a number"


def read_operator(filter: Filter, state: State) -> str:
    """Return the operator of a filter. Raises: Unreadable for one that the state does not know."""
    named = filter.get("operator")
    if named is None:
        return "exact"
    if named not in OPERATORS[state]:
        known = ", ".join(f"`{name}`" for name in OPERATORS[state])
        raise Unreadable(f"unknown variant `{named}`, expected one of {known}")
    return str(named)


def compile_filter(filter: Filter, state: State, zone: tzinfo = UTC) -> Test:
    """Return the test of one filter: told all of somebody's properties and the time, whether they match.

    The test raises CannotMatch where a value cannot be compared so.

    Raises: Unreadable.
    """
    key, named, value = str(filter.get("key")), read_operator(filter, state), filter.get("value")
    if named == "is_set":
        return lambda properties, now: key in properties
    if named == "is_not_set":
        return lambda properties, now: key not in properties
    if value is None:
        return _never
    if named in ELSEWHERE:
        return _refusing(ELSEWHERE[named])
    judge = _judge(named, value, state, zone)
    if named.startswith(("is_not", "not_")):
        return lambda properties, now: key not in properties or judge(properties[key], now)
    return lambda properties, now: key in properties and judge(properties[key], now)


def _never(properties: Properties, now: datetime) -> bool:
    return False


def _refusing(message: str) -> Test:
    def refuse(properties: Properties, now: datetime) -> bool:
        raise CannotMatch(message)

    return refuse


def _judge(named: str, value: Any, state: State, zone: tzinfo) -> Judge:
    """Return what judges the values of a property."""
    base = named.removeprefix("not_")
    if named in ("exact", "is_not"):
        return _negated(_equal(value)) if named == "is_not" else _equal(value)
    if base in ("regex",):
        return _regex(value, negated=base != named, looks_around=state is not State.AUGUST_2025)
    if base in ("icontains", "icontains_multi", "starts_with", "ends_with"):
        judge = _within(base.removesuffix("_multi"), value, several=base.endswith("_multi"))
        return _negated(judge) if base != named else judge
    if base == "between":
        return _between(value, outside=base != named)
    if named.startswith("is_date"):
        return _date(named, value, None if state is State.AUGUST_2025 else zone)
    if named.startswith("semver"):
        return versions.judge(named, value)
    said = "override value is not a number" if state is State.AUGUST_2025 else "filter value is not a number"
    return _order(named, value, said)


def _negated(judge: Judge) -> Judge:
    return lambda found, now: not judge(found, now)


def _equal(value: Any) -> Judge:
    """Compare truth where the filter is nothing but true and false; else text in whatever case, any item of a list."""
    if tells_truth(value):
        truth = is_true(value)
        return lambda found, now: is_true(found) is truth
    if isinstance(value, list):
        several = frozenset(folded(item) for item in value)
        return lambda found, now: folded(found) in several
    single = folded(value)
    return lambda found, now: folded(found) == single


def _within(named: str, value: Any, *, several: bool) -> Judge:
    test = TEXTS[named]
    parts = [ascii_folded(item) for item in (value if several and isinstance(value, list) else [value])]

    def judge(found: Any, now: datetime) -> bool:
        text = ascii_folded(found)
        return any(test(text, part) for part in parts)

    return judge


def _regex(value: Any, *, negated: bool, looks_around: bool) -> Judge:
    pattern = compiled(text_of(value), looks_around=looks_around)
    if pattern is None:
        return lambda found, now: False
    finds = pattern.finds
    return lambda found, now: finds(text_of(found)) is not negated


def _order(named: str, value: Any, said: str) -> Judge:
    wanted, test = number_of(value), ORDERS[named]

    def judge(found: Any, now: datetime) -> bool:
        number = number_of(found)
        if number is None:
            raise CannotMatch(NOT_A_NUMBER)
        if wanted is None:
            raise CannotMatch(said)
        return test(number, wanted)

    return judge


def _between(value: Any, *, outside: bool) -> Judge:
    problem, least, most = _bounds(value)

    def judge(found: Any, now: datetime) -> bool:
        if problem:
            raise CannotMatch(problem)
        number = number_of(found)
        if number is None:
            raise CannotMatch(NOT_A_NUMBER)
        return number < least or number > most if outside else least <= number <= most

    return judge


def _bounds(value: Any) -> tuple[str, float, float]:
    """Return what is wrong with the bounds of a filter, if anything, and the bounds."""
    if not isinstance(value, list) or len(value) != 2:
        return "between/not_between operator requires a two-element array [min, max]", 0, 0
    least, most = (number_of(item) for item in value)
    if least is None or most is None or isnan(least) or isnan(most):
        return "between/not_between operator requires numeric values", 0, 0
    if least > most:
        return "between/not_between operator requires min value to be less than or equal to max value", 0, 0
    return "", least, most


def _date(named: str, value: Any, zone: tzinfo | None) -> Judge:
    test = ORDERS[named]

    def judge(found: Any, now: datetime) -> bool:
        moment, wanted = dates.stored(found, now, zone), dates.wanted(value, now, zone)
        return wanted is not None and moment is not None and test(moment, wanted)

    return judge

"""Property filters: which persons (or events) have the properties that a filter asks for, in plain Python.

Two of PostHog's parts read filters, and they disagree on values that are not text. *Lists* of persons compare the text
of the stored JSON: null is the text `null`, numbers are compared by what reads as one. *Queries* and cohorts compare
typed values: a property is read by its declared type, and null is the same as missing.

Source: recorded answers to filtered lists of persons, actors queries and dynamic cohorts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.comparing import Comparison, TextComparison, TypedComparison
from mockserver.store import Record

Properties = Mapping[str, Any]
Test = Callable[[Record], bool]
UNPARSABLE = "Properties are unparsable!"
NOBODYS: Properties = {}
DEEPEST = 100


@dataclass(frozen=True)
class Context:
    """What a filter is judged by, beside the properties.

    `declared` names the types of properties (String, Numeric, Boolean, DateTime); `is_member` tells whether a record
    belongs to the cohort of an id; `expression` makes a test of a HogQL expression, where these are judged; `kinds` are
    the types of filter that count, others being always true. Where not `lists_pass_nothing`, who lacks a property is
    not among those who have none of several values.
    """

    now: datetime
    zone: tzinfo = UTC
    declared: Mapping[str, str | None] = field(default_factory=dict)
    is_member: Callable[[int, Record], bool] = lambda cohort_id, record: False
    expression: Callable[[str], Test] | None = None
    compares_text: bool = False
    lists_pass_nothing: bool = True
    kinds: frozenset[str] = frozenset({"person"})

    def comparison(self, name: str) -> Comparison:
        """Return how values of a property are compared."""
        if self.compares_text:
            return TextComparison()
        return TypedComparison(self.declared.get(name), self.now, self.zone, lists_pass_nothing=self.lists_pass_nothing)


def matches(properties: Properties, filters: Sequence[Mapping[str, Any]], context: Context) -> bool:
    """Return whether properties meet every one of some filters. Raises: ValidationError."""
    return predicate(filters, context)({"properties": properties})


def predicate(filters: Any, context: Context) -> Test:
    """Return a test of records by their `properties`: every filter of a list, or a group of them.

    A group is `{"type": "AND" | "OR", "values": [...]}`, nested as deep as one likes. A filter that is not complete is
    always met, as is one of a kind that is not judged here.

    Raises: ValidationError for a value that cannot be compared so.
    """
    return _predicate(filters, context, 0)


def _predicate(filters: Any, context: Context, depth: int) -> Test:
    if depth > DEEPEST:
        raise ValidationError("Property filters are nested too deeply.")
    if isinstance(filters, Mapping):
        if isinstance(filters.get("values"), Sequence) and not isinstance(filters["values"], str):
            tests = [_predicate(item, context, depth + 1) for item in filters["values"]]
            return any_of(tests) if filters.get("type") == "OR" else all_of(tests)
        return _single(filters, context)
    if isinstance(filters, Sequence) and not isinstance(filters, str):
        return all_of([_predicate(item, context, depth + 1) for item in filters])
    return everyone


def _single(filter: Mapping[str, Any], context: Context) -> Test:
    """Return the test of one filter."""
    key, kind = filter.get("key"), filter.get("type", "person")
    if kind in ("cohort", "static-cohort", "precalculated-cohort"):
        test = _cohort(filter, context)
    elif isinstance(key, str) and kind == "hogql" and context.expression is not None:
        return context.expression(key)
    elif isinstance(key, str) and kind in context.kinds:
        test = _property(key, filter, context)
    else:
        return everyone
    return negated(test) if is_negated(filter) else test


def _property(key: str, filter: Mapping[str, Any], context: Context) -> Test:
    operator = filter.get("operator") or "exact"
    if not isinstance(operator, str):
        raise ValidationError(f"Operator {operator!r} is not supported.")
    is_met = context.comparison(key).test(operator, filter.get("value"))
    if is_met is None:
        return everyone
    judge = is_met  # known to be there, for the closure

    def test(record: Record) -> bool:
        properties = record.get("properties") or NOBODYS
        return judge(key in properties, properties.get(key))

    return test


def _cohort(filter: Mapping[str, Any], context: Context) -> Test:
    cohort_id = cohort_number(filter.get("value"))
    if cohort_id is None:
        return nobody
    number = cohort_id
    test: Test = lambda record: context.is_member(number, record)  # noqa: E731
    return negated(test) if filter.get("operator") == "not_in" else test


def is_negated(filter: Mapping[str, Any]) -> bool:
    """Return whether a filter asks for the opposite, in any spelling of true."""
    return str(filter.get("negation")).lower() in ("true", "1", "1.0", "yes", "y", "on", "t")


def cohort_number(value: Any) -> int | None:
    """Return the id that a filter's value spells, if it spells one."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def everyone(record: Record) -> bool:
    """Let every record pass."""
    return True


def nobody(record: Record) -> bool:
    """Let no record pass."""
    return False


def negated(test: Test) -> Test:
    """Return the opposite of a test."""
    return lambda record: not test(record)


def all_of(tests: Sequence[Test]) -> Test:
    """Return a test that every test must pass; of none, all pass."""
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def any_of(tests: Sequence[Test]) -> Test:
    """Return a test that one test must pass; of none, all pass."""
    if len(tests) <= 1:
        return all_of(tests)
    return lambda record: any(test(record) for test in tests)


def read_filters(text: str) -> Any:
    """Return the filters that a query parameter spells: a list, a group, or older forms. Raises: ValidationError."""
    try:
        filters = json.loads(text)
    except (ValueError, RecursionError):
        raise ValidationError(UNPARSABLE) from None
    if not isinstance(filters, (list, dict)):
        raise ValidationError(UNPARSABLE)
    return filters

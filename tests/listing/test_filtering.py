"""Property filters: what each operator takes for a match, in lists and in queries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mockserver.errors import ValidationError
from mockserver.listing.filtering import Context, matches, predicate, read_filters

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
DECLARED = {"age": "Numeric", "admin": "Boolean", "since": "DateTime", "plan": "String"}
LISTS = Context(NOW, compares_text=True)
QUERIES = Context(NOW, declared=DECLARED)


def is_met(context: Context, properties: dict[str, Any], operator: str, value: Any, key: str = "plan") -> bool:
    return matches(properties, [{"key": key, "type": "person", "operator": operator, "value": value}], context)


@pytest.mark.parametrize("context", [LISTS, QUERIES], ids=["lists", "queries"])
@pytest.mark.parametrize(
    ("properties", "operator", "value", "expected"),
    [
        ({"plan": "pro"}, "exact", "pro", True),
        ({"plan": "pro"}, "exact", ["free", "pro"], True),
        ({"plan": "pro"}, "exact", "PRO", False),
        ({}, "exact", "pro", False),
        ({"plan": "pro"}, "is_not", ["free", "pro"], False),
        ({}, "is_not", "pro", True),
        ({"plan": "Pro plan"}, "icontains", "pRO_PLAN", True),
        ({"plan": "free"}, "icontains", "f%e", True),
        ({}, "not_icontains", "pro", True),
        ({"plan": "pro"}, "regex", "^p.o$", True),
        ({}, "regex", "^x", False),
        ({"plan": "pro"}, "not_regex", "^p", False),
        ({}, "not_regex", "^p", True),
        ({"plan": "pro"}, "is_set", "is_set", True),
        ({}, "is_set", "is_set", False),
        ({}, "is_not_set", None, True),
    ],
)
def test_operator_takes_text(
    context: Context, properties: dict[str, Any], operator: str, value: Any, expected: bool
) -> None:
    assert is_met(context, properties, operator, value) is expected


@pytest.mark.parametrize("context", [LISTS, QUERIES], ids=["lists", "queries"])
@pytest.mark.parametrize(
    ("found", "operator", "value", "expected"),
    [
        (30, "gt", "29", True), ("30", "gt", 29, True), (29, "gte", 29.0, True), (28.5, "lt", 29, True),
        (30, "lte", "29", False), (None, "lt", 29, False), ("many", "gt", 1, False), (29, "exact", "29", True),
    ],
)  # fmt: skip
def test_operator_takes_numbers(context: Context, found: Any, operator: str, value: Any, expected: bool) -> None:
    assert is_met(context, {"age": found}, operator, value, key="age") is expected


@pytest.mark.parametrize("context", [LISTS, QUERIES], ids=["lists", "queries"])
@pytest.mark.parametrize(
    ("found", "operator", "value", "expected"),
    [
        ("2025-06-14T10:00:00Z", "is_date_before", "2025-06-15", True),
        ("2025-06-16", "is_date_after", "2025-06-15", True),
        ("2025-06-15 00:00:00", "is_date_exact", "2025-06-15", True),
        ("not a date", "is_date_before", "2025-06-15", False),
    ],
)
def test_operator_takes_times(context: Context, found: str, operator: str, value: str, expected: bool) -> None:
    assert is_met(context, {"since": found}, operator, value, key="since") is expected


@pytest.mark.parametrize(
    ("properties", "operator", "value", "in_lists", "in_queries"),
    [
        ({"admin": True}, "exact", True, False, True),
        ({"admin": "true"}, "exact", "true", False, True),
        ({"admin": None}, "is_set", None, True, False),
        ({}, "exact", "", True, False),
    ],
)
def test_lists_compare_text_where_queries_compare_types(
    properties: dict[str, Any], operator: str, value: Any, in_lists: bool, in_queries: bool
) -> None:
    queries = Context(NOW, declared=DECLARED if value != "" else {})
    assert is_met(LISTS, properties, operator, value, key="admin") is in_lists
    assert is_met(queries, properties, operator, value, key="admin") is in_queries


@pytest.mark.parametrize(
    ("context", "key", "operator", "value", "code"),
    [
        (LISTS, "age", "lte", "abc", "type_mismatch"),
        (LISTS, "since", "is_date_after", "garbage", "cannot_parse_datetime"),
        (QUERIES, "age", "exact", "abc", "type_mismatch"),
        (QUERIES, "since", "is_date_after", "garbage", "type_mismatch"),
        (QUERIES, "plan", "exact", 5, "no_common_type"),
        (QUERIES, "plan", "regex", "[", "invalid_input"),
        (QUERIES, "plan", "nonsense", "x", "invalid_input"),
        (QUERIES, "age", "between", [1], "invalid_input"),
    ],
)
def test_value_that_cannot_be_compared_is_refused(
    context: Context, key: str, operator: str, value: Any, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        predicate([{"key": key, "type": "person", "operator": operator, "value": value}], context)
    assert refused.value.code == code


def test_relative_time_counts_from_now_in_queries() -> None:
    assert is_met(QUERIES, {"since": "2026-01-10"}, "is_date_after", "-7d", key="since")
    assert not is_met(QUERIES, {"since": "2026-01-01"}, "is_date_after", "-7d", key="since")


def test_groups_join_their_filters() -> None:
    plan = {"key": "plan", "type": "person", "value": "pro"}
    age = {"key": "age", "type": "person", "operator": "gt", "value": 40}
    either_of = predicate({"type": "OR", "values": [plan, {"type": "AND", "values": [age]}]}, LISTS)
    assert either_of({"properties": {"plan": "pro", "age": 1}})
    assert either_of({"properties": {"age": 50}})
    assert not predicate([plan, age], LISTS)({"properties": {"age": 50}})


def test_negation_turns_a_filter_round() -> None:
    assert matches({}, [{"key": "plan", "type": "person", "value": "pro", "negation": True}], LISTS)


# Source: PostHog leaves out property filters without a value, unless their operator needs none.
@pytest.mark.parametrize("operator", [None, "exact", "is_not", "icontains", "not_regex", "gt", "is_date_before"])
@pytest.mark.parametrize("context", [LISTS, QUERIES], ids=["lists", "queries"])
def test_filter_without_a_value_filters_nothing(context: Context, operator: str | None) -> None:
    asked = {"key": "plan", "type": "person", **({"operator": operator} if operator else {})}
    assert matches({"plan": "pro"}, [asked], context) and matches({}, [{**asked, "value": None}], context)


@pytest.mark.parametrize("filters", [[], [{}], [{"key": "a", "type": "event", "value": 1}], {"plan__icontains": "p"}])
def test_filters_of_no_concern_let_everyone_pass(filters: Any) -> None:
    assert predicate(filters, LISTS)({"properties": {}})


@pytest.mark.parametrize("text", ["x", "5", '"a"', "null", "[" * 5000])
def test_text_that_spells_no_filters_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="unparsable"):
        read_filters(text)


def test_deep_groups_are_refused() -> None:
    filters: dict[str, Any] = {"type": "AND", "values": []}
    for _ in range(300):
        filters = {"type": "AND", "values": [filters]}
    with pytest.raises(ValidationError, match="deeply"):
        predicate(filters, LISTS)

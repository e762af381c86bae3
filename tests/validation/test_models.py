"""Bodies judged as pydantic judges them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.errors import ParseError
from mockserver.validation.models import Model, shortened


def problems(contract: Contract, body: Any) -> list[tuple[str, str]]:
    """Return where each problem is, and what pydantic calls it."""
    try:
        Model(contract, "QueryRequest").judge(body)
    except ParseError as error:
        lines = error.detail.split("\n")[1:]
        kinds = [re.search(r"\[type=(\w+)", line)[1] for line in lines if "[type=" in line]  # type: ignore[index]
        places = [line for line in lines if not line.startswith("  ")] or [""]
        return list(zip(places, kinds, strict=True))
    return []


SQL = {"kind": "HogQLQuery", "query": "select 1"}
VITALS = {"kind": "WebVitalsPathBreakdownQuery", "properties": [], "metric": "INP", "percentile": "p75"}


@pytest.mark.parametrize(
    "body, place, kind",
    [
        ({}, "query", "missing"),
        ([], "", "model_type"),
        (None, "", "model_type"),
        ({"query": None}, "query", "model_attributes_type"),
        ({"query": {}}, "query", "union_tag_not_found"),
        ({"query": {"kind": None}}, "query", "union_tag_invalid"),
        ({"query": {"kind": ["HogQLQuery"]}}, "query", "union_tag_invalid"),
        ({"query": {"kind": "HogQLQuery"}}, "query.HogQLQuery.query", "missing"),
        ({"query": {**SQL, "query": 5}}, "query.HogQLQuery.query", "string_type"),
        ({"query": {**SQL, "query": "\ud800"}}, "query.HogQLQuery.query", "string_unicode"),
        ({"query": {**SQL, "x": 1}}, "query.HogQLQuery.x", "extra_forbidden"),
        ({"query": {**SQL, "values": [1]}}, "query.HogQLQuery.values", "dict_type"),
        ({"query": {**SQL, "explain": "maybe"}}, "query.HogQLQuery.explain", "bool_parsing"),
        ({"query": {**SQL, "explain": []}}, "query.HogQLQuery.explain", "bool_type"),
        ({"query": {**SQL, "version": "x"}}, "query.HogQLQuery.version", "float_parsing"),
        ({"query": {**SQL, "version": []}}, "query.HogQLQuery.version", "float_type"),
        ({"query": SQL, "refresh": True}, "refresh", "enum"),
        ({"query": SQL, "async": "maybe"}, "async", "bool_parsing"),
        ({"query": SQL, "name": "n" * 129}, "name", "string_too_long"),
        ({"query": SQL, "variables_override": {"x": 1}}, "variables_override.x", "dict_type"),
        ({"query": SQL, "filters_override": "x"}, "filters_override", "model_type"),
        ({"query": {"kind": "EventsQuery", "select": "x"}}, "query.EventsQuery.select", "list_type"),
        ({"query": {"kind": "EventsQuery", "select": [1]}}, "query.EventsQuery.select.0", "string_type"),
        ({"query": {**VITALS, "thresholds": []}}, "query.WebVitalsPathBreakdownQuery.thresholds", "too_short"),
        ({"query": {**VITALS, "thresholds": [1, 2, 3]}}, "query.WebVitalsPathBreakdownQuery.thresholds", "too_long"),
        ({"query": {"kind": "EventsQuery", "select": [], "limit": 1.5}}, "query.EventsQuery.limit", "int_from_float"),
        ({"query": {"kind": "EventsQuery", "select": [], "limit": {}}}, "query.EventsQuery.limit", "int_type"),
    ],
)  # fmt: skip
def test_problem_is_named_and_placed(contract: Contract, body: Any, place: str, kind: str) -> None:
    assert problems(contract, body) == [(place, kind)]


@pytest.mark.parametrize(
    "body",
    [
        {"query": SQL},
        {"query": SQL, "refresh": None, "async": "yes", "client_query_id": "x"},
        {"query": {"kind": "EventsQuery", "select": ["*"], "limit": "12"}},
        {"query": {"kind": "HogQLQuery", "query": "", "filters": {"properties": [{"key": "a"}]}}},
        {"query": {"kind": "VectorSearchQuery", "anything": 1}},
    ],
)
def test_what_pydantic_takes_is_taken(contract: Contract, body: Any) -> None:
    assert problems(contract, body) == []


def test_every_option_of_a_union_tells_its_problems(contract: Contract) -> None:
    filters = [{"key": "id", "type": "cohort", "value": "x"}]
    found = problems(contract, {"query": {"kind": "ActorsQuery", "properties": filters}})
    union = "list[union[PersonPropertyFilter,CohortPropertyFilter,HogQLPropertyFilter,EmptyPropertyFilter]]"
    assert (f"query.ActorsQuery.properties.{union}.0.CohortPropertyFilter.value", "int_parsing") in found
    assert found[-1] == ("query.ActorsQuery.properties.PropertyGroupFilterValue", "model_type")


def test_problems_beyond_a_thousand_are_not_told(contract: Contract) -> None:
    filters = [{"key": 1}] * 100_000
    assert len(problems(contract, {"query": {"kind": "EventsQuery", "select": [], "properties": filters}})) == 1000


def test_long_values_are_shortened() -> None:
    assert shortened("x" * 50) == "x" * 50
    assert shortened("a" * 30 + "b" * 30) == "a" * 25 + "..." + "b" * 24


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"smoothingIntervals": "3"}, {"smoothingIntervals": 3}),
        ({"smoothingIntervals": 3.0}, {"smoothingIntervals": 3}),
        ({"formula": "3"}, {"formula": "3"}),
        ({"formulaNodes": [{"formula": "A", "custom_name": None}]},) * 2,
    ],
)
def test_a_value_is_read_as_the_type_that_it_is_of(contract: Contract, given: Any, read: Any) -> None:
    series = [{"kind": "EventsNode", "math_multiplier": "0.5", "event": "1"}]
    query = {"kind": "TrendsQuery", "series": series, "trendsFilter": given, "filterTestAccounts": "yes"}
    found = Model(contract, "QueryRequest").read({"query": query})["query"]
    assert (found["trendsFilter"], found["filterTestAccounts"]) == (read, True)
    assert found["series"] == [{"kind": "EventsNode", "math_multiplier": 0.5, "event": "1"}]


def test_a_number_of_too_many_digits_is_a_problem(contract: Contract) -> None:
    query = {"kind": "TrendsQuery", "series": [], "trendsFilter": {"smoothingIntervals": "9" * 5000}}
    assert problems(contract, {"query": query}) == [
        ("query.TrendsQuery.trendsFilter.smoothingIntervals", "int_parsing_size")
    ]

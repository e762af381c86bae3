"""The grammar of a cohort's filters, and what is answered to what does not follow it."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.errors import ValidationError
from mockserver.membership.definitions import definition, read_groups
from mockserver.membership.grammar import check_filters

PERSON = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}
BEHAVIORAL = {"key": "$pageview", "type": "behavioral", "value": "performed_event", "event_type": "events"}
COHORT = {"key": "id", "type": "cohort", "value": 1}


def group(*values: Any, join: str = "OR") -> dict[str, Any]:
    return {"properties": {"type": join, "values": [{"type": "OR", "values": list(values)}]}}


def refusal(filters: Any) -> ValidationError:
    with pytest.raises(ValidationError) as refused:
        check_filters(filters)
    return refused.value


@pytest.mark.parametrize(
    "filters",
    [
        group(PERSON),
        group({**PERSON, "negation": True}, BEHAVIORAL, COHORT),
        group({"key": "email", "type": "person", "operator": "is_set"}),
        group({"key": "email", "type": "person", "operator": "is_not_set", "negation": True}),
        group(
            {
                **BEHAVIORAL,
                "seq_event": 5,
                "seq_event_type": "actions",
                "seq_time_value": 1,
                "total_periods": 3,
                "seq_time_interval": "day",
                "min_periods": 1,
                "operator": "gte",
                "operator_value": 5,
                "explicit_datetime": "-30d",
                "negation": True,
            }
        ),
        {"properties": {"type": "AND", "values": [{"type": "OR", "values": []}, {"type": "AND", "values": [PERSON]}]}},
        group({**PERSON, "operator": "bogus"}),
        group({**BEHAVIORAL, "key": 5, "time_value": "30", "time_interval": None}),
        group({**BEHAVIORAL, "event_filters": [{"type": "event", "key": "a", "value": 1, "operator": "gt"}]}),
        group({**BEHAVIORAL, "event_filters": [{"type": "hogql", "key": "1 = 1"}]}),
        group({**COHORT, "value": "12"}),
        {"properties": {"type": "AND", "values": [PERSON]}},
        {"properties": {"type": "OR", "values": []}},
    ],
)
def test_filters_of_the_grammar_pass(filters: Any) -> None:
    check_filters(filters)


@pytest.mark.parametrize("filters", [None, "abc", [], {}, {"type": "AND"}, 5])
def test_filters_without_properties_are_refused_as_a_whole(filters: Any) -> None:
    error = refusal(filters)
    assert (error.detail, error.attr) == (
        "Must contain a 'properties' key with type and values",
        "filters__detail",
    )


@pytest.mark.parametrize(
    ("condition", "detail"),
    [
        ({"type": "person", "value": "x"}, "Missing required keys for person filter: key"),
        ({"type": "person", "key": "a"}, "Missing required keys for person filter: value, operator"),
        ({"type": "person", "key": "a", "operator": "exact"}, "Missing required keys for person filter: value"),
        ({"type": "person", "key": "a", "value": "x"}, "Missing required keys for person filter: operator"),
        (
            {"type": "behavioral", "key": "a", "value": "performed_event"},
            "Missing required keys for behavioral filter: event_type",
        ),
        ({"type": "cohort", "key": "id"}, "Missing required keys for cohort filter: value"),
        ({"type": "behavioral"}, "Missing required keys for behavioral filter: key"),
        ({"type": "behavioral", "key": "a"}, "Missing required keys for behavioral filter: value"),
        ({"type": "cohort", "colour": 1, "value": 1}, "Missing required keys for cohort filter: key"),
        (
            {"type": "AND", "values": [5, {"type": "person", "key": "a"}]},
            "Missing required keys for person filter: value, operator",
        ),
    ],
)
def test_a_condition_is_told_which_keys_it_lacks(condition: Any, detail: str) -> None:
    error = refusal(group(condition))
    assert (error.detail, error.attr) == (detail, "filters")


@pytest.mark.parametrize(
    ("filters", "detail"),
    [
        (
            {"properties": {"type": "AND"}},
            "[{'type': 'missing', 'loc': ('properties', 'values'), 'msg': 'Field required', 'input': {'type': 'AND'}, "
            "'url': 'https://errors.pydantic.dev/2.10/v/missing'}]",
        ),
        (
            {"properties": {"type": "XOR", "values": []}},
            "[{'type': 'literal_error', 'loc': ('properties', 'type'), 'msg': \"Input should be 'AND' or 'OR'\", "
            "'input': 'XOR', 'ctx': {'expected': \"'AND' or 'OR'\"}, "
            "'url': 'https://errors.pydantic.dev/2.10/v/literal_error'}]",
        ),
        (
            group({**PERSON, "foo": "bar"}),
            "[{'type': 'extra_forbidden', 'loc': ('properties', 'values', 0, 'OR', 'values', 0, 'person', 'foo'), "
            "'msg': 'Extra inputs are not permitted', 'input': 'bar', "
            "'url': 'https://errors.pydantic.dev/2.10/v/extra_forbidden'}]",
        ),
        (
            {"properties": [PERSON]},
            "[{'type': 'model_type', 'loc': ('properties',), "
            "'msg': 'Input should be a valid dictionary or instance of Group', 'input': [" + str(PERSON) + "], "
            "'ctx': {'class_name': 'Group'}, 'url': 'https://errors.pydantic.dev/2.10/v/model_type'}]",
        ),
    ],
)
def test_anything_else_is_told_as_pydantic_tells_it(filters: Any, detail: str) -> None:
    assert refusal(filters).detail == detail


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (5, "model_attributes_type"),
        ({"key": "a"}, "union_tag_not_found"),
        ({"type": "event"}, "union_tag_invalid"),
        ({"type": ["person"]}, "union_tag_invalid"),
        ({**BEHAVIORAL, "key": []}, "string_type"),
        ({**BEHAVIORAL, "value": 5}, "string_type"),
        ({**BEHAVIORAL, "time_value": "x"}, "int_parsing"),
        ({**BEHAVIORAL, "time_value": 1.5}, "int_from_float"),
        ({**BEHAVIORAL, "time_value": 1e300}, "int_parsing_size"),
        ({**BEHAVIORAL, "time_value": []}, "int_type"),
        ({**BEHAVIORAL, "negation": "maybe"}, "bool_parsing"),
        ({**BEHAVIORAL, "negation": []}, "bool_type"),
        ({**BEHAVIORAL, "event_filters": 5}, "list_type"),
        ({**BEHAVIORAL, "event_filters": [5]}, "model_type"),
        ({**COHORT, "key": "name"}, "literal_error"),
        ({**COHORT, "operator": "in"}, "extra_forbidden"),
        ({**COHORT, "value": "x"}, "int_parsing"),
        ({**BEHAVIORAL, "explicit_datetime_to": "-1d"}, "extra_forbidden"),
        ({**PERSON, "bytecode": []}, "extra_forbidden"),
        ({"type": "AND", "values": [], "negation": True}, "extra_forbidden"),
        ({"type": "person_metadata", "key": "created_at", "operator": "exact", "value": 1}, "union_tag_invalid"),
    ],
)
def test_each_kind_of_mistake_has_its_error(condition: Any, kind: str) -> None:
    assert refusal(group(condition)).detail.startswith(f"[{{'type': '{kind}', 'loc': ")


@pytest.mark.parametrize("extra", [{"type": "AND"}, {"bytecode": []}])
def test_filters_hold_properties_alone(extra: Any) -> None:
    assert refusal({**group(PERSON), **extra}).detail.startswith("[{'type': 'extra_forbidden', ")


def test_groups_of_old_are_conditions() -> None:
    groups = read_groups([{"properties": {"team_id": "5"}}, {"event_id": "$pageview", "days": 3}])
    assert groups[0]["properties"] == [{"key": "team_id", "value": "5", "type": "person"}]
    assert definition({"groups": groups})["properties"]["values"] == [
        {"type": "AND", "values": [{"key": "team_id", "value": "5", "type": "person"}]},
        {
            "type": "AND",
            "values": [
                {
                    "key": "$pageview", "type": "behavioral", "value": "performed_event", "event_type": "events",
                    "time_interval": "day", "time_value": 3, "operator_value": 0,
                }
            ],
        },
    ]  # fmt: skip


def test_nothing_defines_nothing() -> None:
    assert definition({"filters": None, "groups": []}) == {"properties": {}}

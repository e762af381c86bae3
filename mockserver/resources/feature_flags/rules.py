"""What a flag's filters must be like: judged in the servers' order, so that the same mistake is told first.

Source: recorded refusals; where the servers fail instead, what is wrong is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from mockserver.cohorts.references import first_behavioral
from mockserver.membership.members import find_cohort
from mockserver.resources.feature_flags.dependencies import refuse_cycles
from mockserver.store import Record, View
from mockserver.validation.fields import Timestamp, refuse

NEEDS_TEXT = frozenset({"regex", "not_regex", "icontains", "not_icontains", "gt", "gte", "lt", "lte"})
NEEDS_DATE = frozenset({"is_date_before", "is_date_after"})
NEEDS_NO_VALUE = frozenset({"is_set", "is_not_set"})
OF_PEOPLE = frozenset({"person", "cohort", "flag"})
MOST_VALUES = 1000
RELATIVE = re.compile(r"-?\d{1,4}[hdwmy]")


def judge_filters(view: View, project_id: int, flag: Record, filters: Mapping[str, Any], *, has_feature: bool) -> None:
    """Refuse filters that a flag may not have; `has_feature` when an early access feature hangs on it.

    Raises: marshmallow's ValidationError.
    """
    sets = _sets(filters.get("groups"))
    if filters.get("aggregation_group_type_index") is None:
        _judge_people(sets)
        refuse_cycles(view, project_id, flag, sets)
    else:
        _judge_groups(sets, filters["aggregation_group_type_index"])
        if has_feature:
            refuse("Cannot change this flag to a group-based when linked to an Early Access Feature.")
    variants = _variants(filters)
    for one in sets:
        if one.get("variant") and one["variant"] not in variants:
            refuse("Filters are not valid (variant override does not exist)")
        for item in _properties(one):
            _judge_property(view, project_id, item)
    _judge_payloads(filters, variants)


def _sets(given: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        refuse("Filters are not valid (groups must be a list of condition sets)")
    return given


def _properties(one: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    given = one.get("properties") or []
    if not isinstance(given, list) or not all(isinstance(item, Mapping) for item in given):
        refuse("Filters are not valid (properties must be a list of property filters)")
    return given


def _each(sets: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in sets:
        yield from _properties(one)


def _judge_people(sets: Sequence[Mapping[str, Any]]) -> None:
    if any(item.get("type") not in OF_PEOPLE for item in _each(sets)):
        refuse("Filters are not valid (can only use person, cohort, and flag properties)")
    if any(item["type"] == "flag" and item.get("operator") != "flag_evaluates_to" for item in _each(sets)):
        refuse("Flag properties must use the 'flag_evaluates_to' operator")


def _judge_groups(sets: Sequence[Mapping[str, Any]], index: Any) -> None:
    if any(item.get("type") != "group" or item.get("group_type_index") != index for item in _each(sets)):
        refuse("Filters are not valid (can only use group properties)")


def _variants(filters: Mapping[str, Any]) -> list[str]:
    """Return the keys of a flag's variants, whose shares must sum to the whole."""
    several = filters.get("multivariate") or {}
    variants = several.get("variants") or [] if isinstance(several, Mapping) else None
    if not isinstance(variants, list) or not all(isinstance(variant, Mapping) for variant in variants):
        refuse("Invalid variant definitions: Variants must be a list.")
    if not variants:
        return []
    shares = [variant.get("rollout_percentage") or 0 for variant in variants]
    if not all(isinstance(share, (int, float)) for share in shares) or sum(shares) != 100:
        refuse("Invalid variant definitions: Variant rollout percentages must sum to 100.")
    if not all(isinstance(variant.get("key"), str) for variant in variants):
        refuse("Invalid variant definitions: Every variant needs a key.")
    return [variant["key"] for variant in variants]


def _judge_property(view: View, project_id: int, item: Mapping[str, Any]) -> None:
    operator, value = item.get("operator"), item.get("value")
    if not isinstance(item.get("key"), (str, int)):
        refuse("Filters are not valid (a property filter needs a key)")
    if value is None and operator not in NEEDS_NO_VALUE:
        refuse("Filters are not valid (a property filter needs a value)")
    if isinstance(value, list) and len(value) > MOST_VALUES:
        refuse(f"Property group expressions of type {item['key']} cannot contain more than {MOST_VALUES} values.")
    if item.get("type") == "cohort":
        _judge_cohort(view, project_id, value)
    if operator in NEEDS_DATE and not _is_date(value):
        refuse(f"Invalid date value: {value}", "invalid_date")
    if operator in NEEDS_TEXT and not isinstance(value, str):
        refuse(f"Invalid value for operator {operator}: {value}", "invalid_value")


def _judge_cohort(view: View, project_id: int, value: Any) -> None:
    cohort = find_cohort(view, project_id, value)
    if cohort is None:
        refuse(f"Cohort with id {value} does not exist", "cohort_does_not_exist")
    behavioral = first_behavioral(view, cohort)
    if behavioral is not None:
        message = f"Cohort '{behavioral['name']}' with filters on events cannot be used in feature flags."
        refuse(message, "behavioral_cohort_found")


def _judge_payloads(filters: Mapping[str, Any], variants: Sequence[str]) -> None:
    payloads = filters.get("payloads") or {}
    if not isinstance(payloads, Mapping):
        refuse("Payloads must be passed as a dictionary")
    for value in payloads.values():
        if isinstance(value, str) and not _is_json(value):
            refuse("Payload value is not valid JSON")
    if variants and not set(payloads) <= set(variants):
        refuse("Payload keys must match a variant key for multivariate flags")
    if not variants and set(payloads) - {"true"}:
        refuse("Payload keys must be 'true' for boolean flags")


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and (RELATIVE.fullmatch(value) is not None or Timestamp.read(value) is not None)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True

"""The grammar of a cohort's `filters`: groups of conditions, refused in the words of PostHog's servers.

A condition that lacks keys is told which; for anything else the answer is pydantic's list of errors, as Python prints
it. Source: recorded answers to bad filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.validation.checks import (
    Error,
    Model,
    Place,
    anything,
    error,
    exactly,
    list_of,
    nullable,
    text,
    text_or_whole,
    truth,
    whole,
)  # fmt: skip

ATTR = "filters"
NO_PROPERTIES = "Must contain a 'properties' key with type and values"
JOINS = ("AND", "OR")
WITHOUT_VALUE = ("is_set", "is_not_set")

EVENT_FILTER = Model(
    "EventPropFilter",
    {"type": exactly("event", "element"), "key": text, "value": anything},
    {"operator": nullable(text)},
)
HOGQL_FILTER = Model("HogQLFilter", {"type": exactly("hogql"), "key": text}, {"value": anything})


def event_filter(value: Any, place: Place) -> Iterator[Error]:
    """Take a filter of events: by a property, or by an expression."""
    problems = [[*model.check(value, (*place, model.name))] for model in (EVENT_FILTER, HOGQL_FILTER)]
    if all(problems):
        for problem in problems:
            yield from problem


PERSON = Model(
    "PersonFilter",
    {"type": exactly("person"), "key": text},
    {"operator": nullable(text), "value": anything, "negation": truth},
)
BEHAVIORAL = Model(
    "BehavioralFilter",
    {"type": exactly("behavioral"), "key": text_or_whole, "value": text, "event_type": text},
    {
        "time_value": nullable(whole), "time_interval": nullable(text), "negation": truth,
        "operator": nullable(text), "operator_value": nullable(whole),
        "seq_time_interval": nullable(text), "seq_time_value": nullable(whole),
        "seq_event": nullable(text_or_whole), "seq_event_type": nullable(text),
        "total_periods": nullable(whole), "min_periods": nullable(whole),
        "event_filters": nullable(list_of(event_filter)), "explicit_datetime": nullable(text),
    },
)  # fmt: skip
COHORT = Model("CohortFilter", {"type": exactly("cohort"), "key": exactly("id"), "value": whole}, {"negation": truth})
CONDITIONS = {"behavioral": BEHAVIORAL, "cohort": COHORT, "person": PERSON}
TAGS = ", ".join(repr(tag) for tag in (*CONDITIONS, *JOINS))


def member(value: Any, place: Place) -> Iterator[Error]:
    """Take what stands in a group: a condition or another group, as its `type` says."""
    if not isinstance(value, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        yield error("model_attributes_type", place, message, value)
        return
    if "type" not in value:
        message = "Unable to extract tag using discriminator 'type'"
        yield error("union_tag_not_found", place, message, value, discriminator="'type'")
        return
    tag = value["type"]
    if isinstance(tag, str) and tag in JOINS:
        yield from GROUP.check(value, (*place, tag))
    elif isinstance(tag, str) and tag in CONDITIONS:
        yield from _condition(value, (*place, tag))
    else:
        message = f"Input tag '{tag}' found using 'type' does not match any of the expected tags: {TAGS}"
        context = {"discriminator": "'type'", "tag": str(tag), "expected_tags": TAGS}
        yield error("union_tag_invalid", place, message, value, **context)


def _condition(value: dict[str, Any], place: Place) -> Iterator[Error]:
    """Take a condition; a person's must say how to compare, and with what."""
    problems = [*CONDITIONS[value["type"]].check(value, place)]
    yield from problems
    if value["type"] == "person" and not problems:
        wanted = ("value", "operator") if value.get("operator") not in WITHOUT_VALUE else ("operator",)
        lacking = [name for name in wanted if value.get(name) is None]
        if lacking:
            message = f"Missing required keys for person filter: {', '.join(lacking)}"
            yield error("value_error", place, f"Value error, {message}", value, error=ValueError(message))


GROUP = Model("Group", {"type": exactly(*JOINS), "values": list_of(member)}, {})
FILTERS = Model("CohortFilters", {"properties": GROUP.check}, {})


def check_filters(filters: Any) -> None:
    """Refuse filters that are not of the grammar. Raises: ValidationError."""
    if not isinstance(filters, dict) or "properties" not in filters:
        raise ValidationError(NO_PROPERTIES, attr=f"{ATTR}__detail")
    problems = [*FILTERS.check(filters, ())]
    if problems:
        raise ValidationError(_told(problems), attr=ATTR)


def _told(problems: Sequence[Error]) -> str:
    """Return what a client is told: the first thing that a condition lacks, whatever else is wrong, or every error."""
    for problem in problems:
        if problem["type"] == "value_error":
            return str(problem["ctx"]["error"])
        if problem["type"] == "missing":
            kind = next((kind for kind in CONDITIONS if kind in problem["loc"]), None)
            if kind:
                return f"Missing required keys for {kind} filter: {problem['loc'][-1]}"
    return str(list(problems))

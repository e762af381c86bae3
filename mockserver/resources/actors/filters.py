"""What the persons' insight endpoints are asked for: query parameters, JSON text in them read, and a body's fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.analytics.insights.legacy_filters import Filter, find_target
from mockserver.contract import for_profile
from mockserver.errors import ValidationError
from mockserver.listing.filtering import read_filters
from mockserver.request.call import Call

MISSING_ENTITY = "An entity id and the entity type must be provided to determine an entity"
UNKNOWN_ENTITY = "An entity must be provided for target entity to be determined"
MISSING_CORRELATED = "No entity for persons specified"
MISSING_PROPERTIES = "Property Correlation expects atleast one Property to get persons for"
ABOUT_THE_ANSWER = ("personal_api_key", "format")


def read_filter(call: Call) -> Filter:
    """Return what a request asks for, the body's fields over the query's.

    Raises: ValidationError for a body that is no object, and for a value that the contract does not allow.
    """
    body = call.body
    if not isinstance(body, Mapping):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    given: dict[str, Any] = {**call.query.to_dict(), **{name: body[name] for name in body}}
    for name in ABOUT_THE_ANSWER:
        given.pop(name, None)
    if isinstance(given.get("properties"), str) and given["properties"]:
        read_filters(given["properties"])
    for parameter in call.operation.spec["parameters"]:
        if given.get(parameter["name"]) not in (None, ""):
            schema = for_profile(parameter["schema"], call.profile)
            require_allowed(parameter["name"], given[parameter["name"]], schema)
    return {name: read_json_text(value) for name, value in given.items()}


def require_allowed(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    """Refuse what is none of a parameter's values, or no number where one is due. Raises: ValidationError."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "enum" in schema and text not in schema["enum"] and text.lower() not in schema["enum"]:
        raise ValidationError(f'"{text}" is not a valid choice.', code="invalid_choice", attr=name)
    if "pattern" in schema and not re.fullmatch(schema["pattern"], text):
        raise ValidationError("A valid number is required.", attr=name)


def read_json_text(value: Any) -> Any:
    """Return the list or object that text spells as JSON; any other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def require_entity(filter: Filter) -> None:
    """Refuse an insight that does not say which event or action it is about. Raises: ValidationError.

    An event may go without a name: any event, then.
    """
    kind = filter.get("entity_type")
    if not filter.get("entity_id") and kind != "events":
        raise ValidationError(MISSING_ENTITY)
    if find_target(filter) is not None or kind in ("events", "actions"):
        return
    if not kind:
        raise ValidationError(UNKNOWN_ENTITY)
    raise ValidationError(f'"{kind}" is not a valid choice.', code="invalid_choice", attr="entity_type")


def require_correlated(filter: Filter) -> None:
    """Refuse a correlation that does not say of which event or property. Raises: ValidationError."""
    if filter.get("funnel_correlation_type") == "properties":
        if not filter.get("funnel_correlation_property_values"):
            raise ValidationError(MISSING_PROPERTIES)
    elif not filter.get("funnel_correlation_person_entity"):
        raise ValidationError(MISSING_CORRELATED)


def require_entrance(filter: Filter) -> None:
    """Refuse a funnel's trend that does not say whom it is about. Raises: ValidationError."""
    if filter.get("funnel_viz_type") != "trends":
        return
    for name, what in (("drop_off", "bool"), ("entrance_period_start", "datetime")):
        if filter.get(name) in (None, ""):
            raise ValidationError(f"Filter parameter {name} must be provided and a {what} for funnel trends persons!")


def whole(value: Any, name: str, default: int) -> int:
    """Return a number that is not negative. Raises: ValidationError."""
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > 18:
        raise ValidationError(f"Query param {name} must be omitted or an integer!")
    return int(value)

"""What the persons' insight endpoints are asked for: query parameters, JSON text in them read, and a body's fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.analytics.insights.legacy_filters import Filter, series_nodes
from mockserver.errors import ValidationError
from mockserver.request.call import Call

MISSING_ENTITY = "An entity id and the entity type must be provided to determine an entity"
UNKNOWN_ENTITY = "An entity must be provided for target entity to be determined"
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
    for parameter in call.operation.spec["parameters"]:
        if given.get(parameter["name"]) not in (None, ""):
            require_allowed(parameter["name"], given[parameter["name"]], parameter["schema"])
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
    """Refuse a trend that does not say which event or action it is about. Raises: ValidationError."""
    if filter.get("entity_id") and filter.get("entity_type"):
        return
    if filter.get("entity_order") is not None and (filter.get("events") or filter.get("actions")):
        return
    if not filter.get("entity_id"):
        raise ValidationError(MISSING_ENTITY)
    named = [str(node.get("event", node.get("id"))) for node in series_nodes(filter)]
    if str(filter["entity_id"]) not in named:
        raise ValidationError(UNKNOWN_ENTITY)


def whole(value: Any, name: str, default: int) -> int:
    """Return a number that is not negative. Raises: ValidationError."""
    if value is None or value == "":
        return default
    if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > 18:
        raise ValidationError(f"Query param {name} must be omitted or an integer!")
    return int(value)

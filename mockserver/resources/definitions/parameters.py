"""Parameters of lists of definitions, judged as DRF judges them."""

from __future__ import annotations

import json
from typing import Any

import marshmallow

from mockserver.errors import ValidationError
from mockserver.validation.fields import Field
from mockserver.validation.schemas import first_problem


def judged(field: Field, text: str, name: str) -> Any:
    """Return a parameter's value. Raises: ValidationError."""
    try:
        return field.deserialize(text)
    except marshmallow.ValidationError as error:
        detail, _ = first_problem(error.messages)
        raise ValidationError(str(detail), code=getattr(detail, "code", None), attr=name) from None


def read_list(text: str, name: str) -> list[Any]:
    """Return the list that a parameter is as JSON. Raises: ValidationError, where servers fail."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise ValidationError("Value must be valid JSON.", attr=name) from None
    if not isinstance(given, list):
        found = type(given).__name__
        raise ValidationError(f'Expected a list of items but got type "{found}".', code="not_a_list", attr=name)
    return given


def mentions(name: str, words: list[str]) -> bool:
    """Return whether every word stands in a name, in whatever case."""
    lower = name.lower()
    return all(word in lower for word in words)

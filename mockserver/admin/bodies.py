"""What control calls read from their bodies, each refusing what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from mockserver import entropy
from mockserver.errors import ValidationError


def refuse_unknown(body: Mapping[str, Any], *known: str) -> None:
    """Refuse a field that the call does not have. Raises: ValidationError."""
    for name in body:
        if name not in known:
            raise ValidationError(f"Unknown field; known: {', '.join(known)}.", attr=name)


def text(body: Mapping[str, Any], name: str) -> str | None:
    """Return a text, if given. Raises: ValidationError."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise ValidationError("Not a valid string.", attr=name)
    return value


def number(body: Mapping[str, Any], name: str) -> int | None:
    """Return an integer, if given. Raises: ValidationError."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise ValidationError("A valid integer is required.", attr=name)
    return value


def choice(body: Mapping[str, Any], name: str, choices: type[StrEnum]) -> str | None:
    """Return one of a few words, if given. Raises: ValidationError."""
    value = body.get(name)
    if value is not None and value not in list(choices):
        raise ValidationError(f'"{value}" is not a valid choice.', code="invalid_choice", attr=name)
    return value


def moment(body: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time, if given. Raises: ValidationError."""
    value = text(body, name)
    if value is None:
        return None
    try:
        return entropy.read_timestamp(value)
    except ValueError:
        raise ValidationError("Expected a time in ISO 8601.", attr=name) from None

"""Moments that control calls are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import entropy
from mockserver.errors import ValidationError


def read_moment(given: Mapping[str, Any], name: str) -> str | None:
    """Return a time, if given, as the API prints it. Raises: ValidationError."""
    value = given.get(name)
    if value is None:
        return None
    try:
        return entropy.timestamp(entropy.read_timestamp(value))
    except (ValueError, OverflowError):
        raise ValidationError("Expected a time in ISO 8601.", attr=name) from None

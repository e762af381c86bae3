"""Moments that control calls are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mockserver.errors import ValidationError
from mockserver.world import entropy


def read_clock(given: Mapping[str, Any], name: str) -> str | None:
    """Return the time that a clock is to show, if given, as the API prints it. Raises: ValidationError."""
    return read_moment(given, name, entropy.read_clock, f"{entropy.FIRST.year} to {entropy.LAST.year}")


def read_moment(
    given: Mapping[str, Any], name: str, read: Callable[[str], datetime] = entropy.read_timestamp, within: str = ""
) -> str | None:
    """Return a time, if given, as the API prints it. Raises: ValidationError."""
    value = given.get(name)
    if value is None:
        return None
    try:
        return entropy.timestamp(read(value))
    except (ValueError, OverflowError):
        expected = f"Expected a time in ISO 8601{f', from {within}' if within else ''}."
        raise ValidationError(expected, attr=name) from None

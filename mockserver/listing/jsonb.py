"""JSON as PostgreSQL keeps it: the keys of an object by length, then by their bytes. Source: recorded answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_kept(value: Any) -> Any:
    """Return a value as it comes back from the database."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(str(key).encode("utf-8", "replace")), str(key)))
        return {key: as_kept(value[key]) for key in keys}
    return [as_kept(item) for item in value] if isinstance(value, list) else value

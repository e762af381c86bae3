"""Stored values as lists of them spell them, and in what order PostgreSQL keeps the names of objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def shown(text: str) -> str:
    """Return a stored value as Python spells it: what is JSON is read first, null becomes `None`."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return spelled(value)


def spelled(value: Any) -> str:
    """Return a value as Python spells it; truth in lower case, lists and objects as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else str(value)


def laid_out(properties: Any) -> Any:
    """Return an object with its names as PostgreSQL keeps them: the short ones first, then by their bytes."""
    if isinstance(properties, list):
        return [laid_out(item) for item in properties]
    if not isinstance(properties, Mapping):
        return properties
    names = sorted(properties, key=lambda name: (len(name.encode()), name.encode()))
    return {name: laid_out(properties[name]) for name in names}

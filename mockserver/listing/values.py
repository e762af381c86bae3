"""Stored values as the lists of values that a filter may ask for spell them."""

from __future__ import annotations

import json
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

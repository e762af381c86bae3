"""Whether a value is what is expected: a subset of keys, exact lists, and kinds where values vary."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?")

KINDS: dict[str, Callable[[Any], bool]] = {
    "<any>": lambda value: True,
    "<null>": lambda value: value is None,
    "<bool>": lambda value: isinstance(value, bool),
    "<int>": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "<number>": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "<text>": lambda value: isinstance(value, str),
    "<uuid>": lambda value: isinstance(value, str) and bool(UUID.fullmatch(value)),
    "<time>": lambda value: isinstance(value, str) and bool(TIME.fullmatch(value)),
    "<url>": lambda value: isinstance(value, str) and value.startswith(("http://", "https://")),
    "<list>": lambda value: isinstance(value, list),
    "<object>": lambda value: isinstance(value, dict),
}
MISSING = object()
PATTERN = "$matches"


def mismatches(expected: Any, actual: Any, place: str = "$") -> list[str]:
    """Return where an answer is not what is expected, a line each; none when it fits.

    An object must have the keys expected and may have more; a list must have the same length; `<kind>` stands for any
    value of a kind, and `{"$matches": "…"}` for any text in which a regular expression is found.
    """
    if isinstance(expected, str) and expected in KINDS:
        return [] if KINDS[expected](actual) else [f"{place}: expected {expected}, got {_short(actual)}"]
    if isinstance(expected, Mapping):
        if expected.keys() == {PATTERN}:
            from mockserver.patterns import compiled  # late: patterns are seldom asked for, and costly to learn to read

            pattern = compiled(expected[PATTERN])
            found = isinstance(actual, str) and pattern is not None and pattern.finds(actual)
            return [] if found else [f"{place}: expected a match of {expected[PATTERN]!r}, got {_short(actual)}"]
        if not isinstance(actual, Mapping):
            return [f"{place}: expected an object, got {_short(actual)}"]
        lines = []
        for key, value in expected.items():
            got = actual.get(key, MISSING)
            missing = got is MISSING
            lines += [f"{place}.{key}: missing"] if missing else mismatches(value, got, f"{place}.{key}")
        return lines
    if isinstance(expected, list):
        if not isinstance(actual, list):
            return [f"{place}: expected a list, got {_short(actual)}"]
        if len(expected) != len(actual):
            return [f"{place}: expected {len(expected)} items, got {len(actual)}: {_short(actual)}"]
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for index, (want, got) in pairs for line in mismatches(want, got, f"{place}[{index}]")]
    if type(expected) is not type(actual) and not (_is_number(expected) and _is_number(actual)):
        return [f"{place}: expected {_short(expected)}, got {_short(actual)}"]
    return [] if expected == actual else [f"{place}: expected {_short(expected)}, got {_short(actual)}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else text[:157] + "…"

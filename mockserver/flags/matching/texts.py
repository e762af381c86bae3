"""Values as the flags service compares them: as text, as numbers, as truth.

Source: a table of filters, stored values and what the service's own matcher says of each pair.
"""

from __future__ import annotations

import json
import re
import string
from math import inf
from typing import Any

import orjson

NUMBER = re.compile(r"[+-]?(inf|infinity|nan|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)", re.IGNORECASE | re.ASCII)
ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def text_of(value: Any) -> str:
    """Return a value as text: a text itself, anything else as compact JSON (`5.0` keeps its fraction)."""
    if isinstance(value, str):
        return value
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # a whole number beyond 64 bits, or half of a character
        return str(value) if isinstance(value, int) else json.dumps(value, separators=(",", ":"))
    return text.replace("e+", "e") if isinstance(value, float) else text


def folded(value: Any) -> str:
    """Return a value's text in lower case."""
    return text_of(value).lower()


def ascii_folded(value: Any) -> str:
    """Return a value's text with the letters of ASCII in lower case, and no others."""
    return text_of(value).translate(ASCII_LOWER)


def number_of(value: Any) -> float | None:
    """Return the number that a value is or spells, blanks around it not allowed."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return double(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    return None


def double(value: float) -> float:
    """Return a number as double precision holds it; a whole number may be greater than that."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def tells_truth(value: Any) -> bool:
    """Return whether a value is true or false, or a list of nothing else, in whatever case."""
    if isinstance(value, list):
        return all(tells_truth(item) for item in value)
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def is_true(value: Any) -> bool:
    """Return whether a value is true, or a list of nothing else; anything that tells no truth is not."""
    if isinstance(value, list):
        return all(is_true(item) for item in value)
    return value is True or (isinstance(value, str) and value.lower() == "true")

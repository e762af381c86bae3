"""Values from ClickHouse as PostHog's JSON: times in ISO 8601 with their zone, everything else as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Convert = Callable[[Any], Any]

TIME = re.compile(r"DateTime(?:64\(\d+(?:, '([^']+)')?\)|\('([^']+)'\))?")
FLOAT = re.compile(r"Float\d+")


@lru_cache(maxsize=1024)
def converter(name: str) -> Convert | None:
    """Return how values of a type become JSON; nothing when they are JSON already."""
    if FLOAT.fullmatch(name):
        return _float
    head, inside = _parts(name)
    if head in ("Nullable", "LowCardinality"):
        inner = converter(inside[0])
        return None if inner is None else lambda value: None if value is None else inner(value)
    if head == "Array":
        item = converter(inside[0])
        return None if item is None else lambda value: [item(each) for each in value]
    if head == "Tuple":
        parts = [converter(part.split(" ", 1)[-1] if _is_named(part) else part) for part in inside]
        return _tuple(parts) if any(parts) else None
    if head == "Map":
        values = converter(inside[1])
        return None if values is None else lambda value: {key: values(each) for key, each in value.items()}
    found = TIME.fullmatch(name)
    if found:
        zone = found[1] or found[2]
        return _naive if zone is None else _aware(zone)
    return None


def convert_rows(rows: list[list[Any]], types: list[str]) -> list[list[Any]]:
    """Return rows with each value as JSON."""
    converters = [converter(name) for name in types]
    if not any(converters):
        return rows
    return [
        [value if convert is None else convert(value) for value, convert in zip(row, converters, strict=True)]
        for row in rows
    ]


def _tuple(parts: list[Convert | None]) -> Convert:
    def convert(value: Any) -> Any:
        return [each if part is None else part(each) for each, part in zip(value, parts, strict=True)]

    return convert


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value


def _naive(value: Any) -> Any:
    return None if value is None else value.replace(" ", "T")


def _aware(zone: str) -> Convert:
    info = ZoneInfo(zone)

    def convert(value: Any) -> Any:
        if value is None:
            return None
        moment = datetime.fromisoformat(value[:26]).replace(tzinfo=info)
        if moment.utcoffset() == UTC.utcoffset(None) and zone in ("UTC", "Etc/UTC"):
            return moment.replace(tzinfo=None).isoformat() + "Z"
        return moment.isoformat()

    return convert


def _is_named(part: str) -> bool:
    return bool(re.match(r"[a-z_]\w* [A-Z]", part))


def _parts(name: str) -> tuple[str, list[str]]:
    """Return `Map` and its parts for `Map(String, Array(Int8))`."""
    head, opened, rest = name.partition("(")
    if not opened:
        return name, []
    parts, depth, start, quoted = [], 0, 0, False
    inside = rest[:-1]
    for at, character in enumerate(inside):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(inside[start:at].strip())
            start = at + 1
    parts.append(inside[start:].strip())
    return head, parts

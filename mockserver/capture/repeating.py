"""Objects that name a field twice: a batch or an event with such a field is none, as the service's types read it.

Only fields that the types know count; of others, and of properties, the last one holds. Source: serde, which reads
them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

ESCAPED_LETTER = re.compile(rb"(?i)\\u00(?:24|5f|6[1-9a-f]|7[0-9a])")


class Repeating(dict[str, Any]):
    """An object whose text names some fields more than once."""

    repeated: frozenset[str] = frozenset()


def with_repeated(value: Any, raw: bytes, names: Collection[str]) -> Any:
    """Return the value that a text spells, with objects that may name one of these fields twice told as such.

    A text is looked at again only where a name stands more often than there are objects for it.
    """
    objects = [*_events(value), value]
    if not ESCAPED_LETTER.search(raw) and not any(_stands_more_often(name, raw, objects) for name in names):
        return value
    found: list[Repeating] = []

    def read(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        whole = dict(pairs)
        if len(whole) == len(pairs):
            return whole
        twice = Repeating(whole)
        times = Counter(name for name, _ in pairs)
        twice.repeated = frozenset(name for name, number in times.items() if number > 1)
        found.append(twice)
        return twice

    again = json.loads(raw.decode("utf-8", "surrogatepass"), object_pairs_hook=read)
    return again if found else value


def _events(value: Any) -> list[Any]:
    events = value.get("batch") if isinstance(value, dict) else value
    return events if isinstance(events, list) else []


def _stands_more_often(name: str, raw: bytes, objects: Sequence[Any]) -> bool:
    return raw.count(b'"%s"' % name.encode()) > sum(isinstance(whole, dict) and name in whole for whole in objects)


def repeats(whole: object, names: Collection[str]) -> bool:
    """Return whether an object names one of these fields twice."""
    return isinstance(whole, Repeating) and not whole.repeated.isdisjoint(names)

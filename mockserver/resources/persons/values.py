"""The values that a property of persons has, as text, and how many persons have each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from mockserver.listing.comparing import search_pattern, stored_text
from mockserver.listing.values import shown
from mockserver.store import Record

MOST_VALUES = 20


def commonest_values(persons: Iterable[Record], key: str, search: str) -> list[dict[str, Any]]:
    """Return the commonest values of a property, and how many persons have each; empty text is none.

    Values are told apart by the text of their JSON, and `search` is a part of that: `%` in it is anything, `_` one
    character. Source: PostHog groups and searches what ClickHouse reads out of the stored properties.
    """
    found: Counter[str] = Counter()
    for person in persons:
        properties = person["properties"] or {}
        if key in properties and (text := stored_text(properties[key])) != "":
            found[text] += 1
    if search:
        pattern = search_pattern("icontains", search)
        found = Counter({text: count for text, count in found.items() if pattern and pattern.finds(text)})
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": shown(text), "count": count} for text, count in ranked[:MOST_VALUES]]

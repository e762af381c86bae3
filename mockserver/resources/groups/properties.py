"""What groups have: definitions of their properties, and how many groups have which and with what value.

Source: recorded answers, which count superseded versions too; PostHog's sources, which count the latest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.listing.comparing import search_pattern, stored_text
from mockserver.request.call import Call
from mockserver.store import Record

MOST_VALUES = 20
TABLE = "property_definitions"


def define(call: Call, index: int, name: str, value: Any) -> None:
    """Let a property of a type of groups have a definition, of the type that its latest value suggests."""
    type = type_of(value)
    table = call.table(TABLE)
    told = {"property_type": type, "is_numerical": type == "Numeric"}
    found = table.find(name=name, project_id=call.tenant.project_id, type="group")
    known = next((one for one in found if one.get("group_type_index") in (index, None)), None)
    if known is not None:
        table.update(known, told)
        return
    table.insert({
        "id": call.new_uuid(), "project_id": call.tenant.project_id, "name": name, "type": "group",
        "group_type_index": index, **told,
    })  # fmt: skip


def type_of(value: Any) -> str:
    """Return the type of property that a value suggests: text, unless it is truth or a number."""
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false")):
        return "Boolean"
    return "Numeric" if isinstance(value, (int, float)) else "String"


def counted_names(groups: Iterable[Record]) -> dict[str, list[dict[str, Any]]]:
    """Return the names of properties by the index of a type of groups, and how many groups have each."""
    found: dict[int, Counter[str]] = {}
    for group in groups:
        properties = group["group_properties"]
        if isinstance(properties, Mapping):
            found.setdefault(group["group_type_index"], Counter()).update(list(properties))
    return {str(index): _ranked(found[index]) for index in sorted(found) if found[index]}


def counted_values(groups: Iterable[Record], key: str, search: str) -> list[dict[str, Any]]:
    """Return the values of a property, and how many groups have each; of some of them, by a part of the text."""
    pattern = search_pattern("icontains", search) if search else None
    found: Counter[str] = Counter()
    for group in groups:
        properties = group["group_properties"]
        if isinstance(properties, Mapping) and properties.get(key) is not None:
            text = stored_text(properties[key])
            if not search or (pattern is not None and pattern.finds(text)):
                found[text] += 1
    return _ranked(found)[:MOST_VALUES]


def _ranked(counts: Counter[str]) -> list[dict[str, Any]]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": name, "count": count} for name, count in ranked]

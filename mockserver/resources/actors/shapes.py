"""How a person looks: as a record, and as lists and insights show one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from mockserver.request.call import Call
from mockserver.store import Record

NAMED_BY = ("email", "Email", "$email", "name", "Name", "username", "Username", "UserName")
ANONYMOUS = re.compile(r"[a-z0-9]+(-[a-z0-9]+){4}")  # what SDKs draw for a device or a visitor
MOST_DISTINCT_IDS = 1000


def by_familiarity(distinct_ids: Iterable[str]) -> list[str]:
    """Return distinct ids with those that look drawn by a machine last, the rest as they are."""
    return sorted(distinct_ids, key=lambda distinct_id: ANONYMOUS.fullmatch(distinct_id) is not None)


def display_name(record: Record, distinct_ids: Sequence[str], call: Call) -> str:
    """Return what a project calls a person: the first property that it shows people by, else a distinct id."""
    chosen = call.tenant.project.get("person_display_name_properties") if call.tenant.project else None
    properties = record["properties"] or {}
    for name in chosen if isinstance(chosen, list) else NAMED_BY:
        if properties.get(name):
            return str(properties[name])
    familiar = by_familiarity(distinct_ids)
    return familiar[0] if familiar else str(record["id"])


def as_record(record: Record, call: Call, most: int | None = None) -> dict[str, Any]:
    """Return the fields of a person that are worked out: the name, and the distinct ids in their order."""
    distinct_ids = by_familiarity(record["distinct_ids"])
    return {"name": display_name(record, distinct_ids, call), "distinct_ids": distinct_ids[:most]}


def as_actor(record: Record, call: Call) -> dict[str, Any]:
    """Return a person as lists show one: named by UUID, with their distinct ids in alphabetical order."""
    return _as_actor(record, call, sorted(record["distinct_ids"]), None)


def as_counted(record: Record, call: Call, value: float | None = None) -> dict[str, Any]:
    """Return a person as insights show one: as lists do, but with their distinct ids in the order they were added."""
    return _as_actor(record, call, record["distinct_ids"], value)


def _as_actor(record: Record, call: Call, distinct_ids: Sequence[str], value: float | None) -> dict[str, Any]:
    distinct_ids = list(distinct_ids[:MOST_DISTINCT_IDS])
    return {
        "type": "person",
        "id": record["uuid"],
        "uuid": record["uuid"],
        "created_at": record["created_at"],
        "properties": record["properties"] or {},
        "is_identified": bool(record.get("is_identified")),
        "name": display_name(record, distinct_ids, call),
        "distinct_ids": distinct_ids,
        "matched_recordings": [],
        "value_at_data_point": value,
    }


def as_group(record: Record, value: float | None = None) -> dict[str, Any]:
    """Return a group as insights show one: named by its key."""
    return {
        "type": "group",
        "id": record["group_key"],
        "group_type_index": record["group_type_index"],
        "group_key": record["group_key"],
        "created_at": record["created_at"],
        "properties": record["group_properties"] or {},
        "matched_recordings": [],
        "value_at_data_point": value,
    }

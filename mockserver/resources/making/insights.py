"""Insights as they are made, with every field that one has: by people, by flags, with a project, by a load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.store import Record

TABLE = "insights"
SHORT_ID = 8
"""How many letters and digits name an insight in its address."""

STAMPS = ("created_at", "updated_at", "last_modified_at", "created_by", "last_modified_by")
DEFAULTS: Mapping[str, Any] = {
    "name": None, "derived_name": None, "description": None, "query": None, "filters": {}, "order": None,
    "deleted": False, "saved": False, "favorited": False, "tags": [], "is_sample": False,
}  # fmt: skip


def add_insight(call: Call, given: Mapping[str, Any], *, project_id: int | None = None) -> Record:
    """Store an insight by whoever asks, unless it is said who made it, and return it."""
    now, maker = call.now(), given.get("created_by", call.user["id"])
    return call.table(TABLE).insert({
        "id": call.next_id(TABLE), "project_id": project_id or call.tenant.project_id,
        "short_id": call.new_token(length=SHORT_ID), **DEFAULTS, "created_at": now, "updated_at": now,
        "last_modified_at": now, "created_by": maker, "last_modified_by": maker, **given,
    })  # fmt: skip

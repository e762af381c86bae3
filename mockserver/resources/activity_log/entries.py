"""Entries of the activity log as lists of all kinds show them, and up to when somebody has read."""

from __future__ import annotations

from typing import Any

from mockserver.listing.values import laid_out
from mockserver.request.call import Call
from mockserver.resources.resource import user_basic
from mockserver.store import Record
from mockserver.store.orders import sort_key

TABLE, BOOKMARKS = "activity_log", "notification_bookmarks"


def shown_beside(entry: Record, call: Call) -> dict[str, Any]:
    """Return what lists tell of an entry beside what it holds."""
    read = last_read(call)
    return {
        "user": user_basic(call, entry["user_id"]),
        "unread": bool(read) and sort_key(entry["created_at"]) > sort_key(read),
        "was_impersonated": False,
        "is_system": entry["user_id"] is None,
        "detail": laid_out(entry["detail"]),
    }


def last_read(call: Call) -> str | None:
    """Return up to when the asker has read what others did."""
    held = call.table(BOOKMARKS).first(user_id=call.user["id"])
    return held["read_at"] if held is not None else None

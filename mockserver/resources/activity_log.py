"""The activity log of a project: who did what to which of its things, of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from mockserver.errors import ValidationError
from mockserver.listing.pagination import Cursor, NumberedPages, PageNumber, whole_number
from mockserver.request.call import Call
from mockserver.resources.behaviours import show_entry
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.store.orders import sort_key
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_OF_ALL_ACTIVITY

TABLE, BOOKMARKS = "activity_log", "notification_bookmarks"
NARROWING = ("scope", "scopes", "item_id", "user")
NUMBERED = ("page", "page_size")


class ActivityLog(Resource):
    """Entries of every kind, the latest first, by cursor or by page number. Source: recorded answers."""

    family = "activity_log"
    table = TABLE
    component = "ActivityLogEntry"
    title = "Activity Log"
    order = NEWEST_OF_ALL_ACTIVITY
    depends_on = None
    tells_fields = False
    numbered: ClassVar[NumberedPages] = NumberedPages()
    by_cursor: ClassVar[Cursor] = Cursor()

    def list(self, call: Call) -> Any:
        """Return a page of entries: of a number where one is asked for, else from a cursor on."""
        pages = self.numbered if any(name in call.query for name in NUMBERED) else self.by_cursor
        return pages.page(call, self.fetcher(call))

    def is_filtered(self, call: Call) -> bool:
        return any(call.query.get(name) for name in NARROWING)

    def pages_in_order(self, call: Call) -> bool:
        return not self.is_filtered(call)

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        scope, scopes, item = (call.query.get(name) for name in ("scope", "scopes", "item_id"))
        user, several = whole_number(call, "user", 0), scopes.split(",") if scopes else None
        return [
            entry
            for entry in records
            if (not scope or entry["scope"] == scope)
            and (several is None or entry["scope"] in several)
            and (not item or entry["item_id"] == item)
            and (not user or entry["user_id"] == user)
        ]

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return shown_beside(record, call)


class MyNotifications(Resource):
    """What others did to the things that the asker made or changed. Source: a recorded answer, PostHog's sources."""

    family = "my_notifications"
    table = TABLE
    component = "ActivityLogEntry"
    title = "My Notifications"
    tells_fields = False
    scopes_told: ClassVar[frozenset[str]] = frozenset({"FeatureFlag", "Insight", "Notebook", "Comment"})
    most: ClassVar[int] = 10
    lately: ClassVar[timedelta] = timedelta(days=90)

    def list(self, call: Call) -> Any:
        """Return the latest entries of others about the asker's things, and up to when these were read."""
        read, me = _last_read(call), call.user["id"]
        wants_unread = call.query.get("unread", "").lower() == "true" and read
        oldest = sort_key(entropy.timestamp(entropy.now(call.state) - self.lately))
        told = [
            entry
            for entry in call.table(TABLE).in_order(NEWEST_OF_ALL_ACTIVITY, (call.tenant.project_id,))
            if entry["scope"] in self.scopes_told and sort_key(entry["created_at"]) > oldest
        ]
        mine = {(entry["scope"], entry["item_id"]) for entry in told if entry["user_id"] == me}
        others = [
            entry
            for entry in told
            if entry["user_id"] != me
            and (entry["scope"], entry["item_id"]) in mine
            and (not wants_unread or sort_key(entry["created_at"]) > sort_key(read))
        ]
        return {"results": [self.show(entry, call) for entry in others[: self.most]], "last_read": read}

    def bookmark(self, call: Call) -> Any:
        """Note up to when the asker has read. Raises: ValidationError for what is no time."""
        given = call.body.get("bookmark") if isinstance(call.body, dict) else None
        moment = Timestamp.read(given) if isinstance(given, str) else None
        if moment is None:
            raise ValidationError("A time is required.", code="required", attr="bookmark")
        held = call.table(BOOKMARKS).first(user_id=call.user["id"])
        read = {"user_id": call.user["id"], "read_at": entropy.timestamp(moment)}
        if held is None:
            call.table(BOOKMARKS).insert({"id": call.next_id(BOOKMARKS), **self.tenant_key(call), **read})
        else:
            call.table(BOOKMARKS).update(held, read)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return shown_beside(record, call)


class DataManagement(Resource):
    """What was done to the definitions of events and properties."""

    family = "data_management"
    table = TABLE
    component = "ActivityLogEntry"
    title = "Data Management"
    tells_fields = False
    scopes_told: ClassVar[frozenset[str]] = frozenset({"EventDefinition", "PropertyDefinition"})

    def activity(self, call: Call) -> Any:
        """Return a page of entries, the latest first."""

        def fetch(offset: int, limit: int) -> tuple[Sequence[Any], int]:
            entries = call.table(TABLE).in_order(NEWEST_OF_ALL_ACTIVITY, (call.tenant.project_id,))
            found = [entry for entry in entries if entry["scope"] in self.scopes_told]
            return [show_entry(call, entry) for entry in found[offset : offset + limit]], len(found)

        return PageNumber().page(call, fetch)


def shown_beside(entry: Record, call: Call) -> dict[str, Any]:
    """Return what lists tell of an entry beside what it holds."""
    read = _last_read(call)
    return {
        "user": user_basic(call, entry["user_id"]),
        "unread": bool(read) and sort_key(entry["created_at"]) > sort_key(read),
        "was_impersonated": False,
        "is_system": entry["user_id"] is None,
    }


def _last_read(call: Call) -> str | None:
    held = call.table(BOOKMARKS).first(user_id=call.user["id"])
    return held["read_at"] if held is not None else None

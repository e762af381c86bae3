"""The activity log of a project: who did what to which of its things, of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.listing.pagination import Cursor, NumberedPages, whole_number
from mockserver.request.call import Call
from mockserver.resources.activity_log.entries import TABLE, shown_beside
from mockserver.resources.resource import Record, Resource
from mockserver.world.tables import NEWEST_OF_ALL_ACTIVITY

NUMBERED = ("page", "page_size")


class ActivityLog(Resource):
    """Entries of every kind, the latest first, by cursor or by page number. Source: recorded answers."""

    family = "activity_log"
    table = TABLE
    component = "ActivityLogEntry"
    title = "Activity Log"
    order = NEWEST_OF_ALL_ACTIVITY
    narrowing = ("scope", "scopes", "item_id", "user")
    depends_on = None
    tells_fields = False
    numbered: ClassVar[NumberedPages] = NumberedPages()
    by_cursor: ClassVar[Cursor] = Cursor()

    def list(self, call: Call) -> Any:
        """Return a page of entries: of a number where one is asked for, else from a cursor on."""
        pages = self.numbered if any(name in call.query for name in NUMBERED) else self.by_cursor
        return pages.page(call, self.fetcher(call))

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

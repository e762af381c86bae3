"""What others did to the things that one made or changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.activity_log.entries import BOOKMARKS, TABLE, last_read, shown_beside
from mockserver.resources.resource import Record, Resource
from mockserver.store.orders import sort_key
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_OF_ALL_ACTIVITY


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
        read, me = last_read(call), call.user["id"]
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

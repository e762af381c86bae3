"""Feature flags: who a piece of code is switched on for."""

from __future__ import annotations

from typing import Any

from mockserver.request.call import Call
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.feature_flags import standing
from mockserver.resources.resource import Record
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_FLAGS


class FeatureFlags(SoftDelete):
    """The flags of a project; deleted ones can still be looked up by their id."""

    family = "feature_flags"
    table = "feature_flags"
    component = "FeatureFlag"
    title = "Feature Flag"
    order = NEWEST_FLAGS
    hides_deleted = False
    search_fields = ("key", "name")
    relations = {"created_by": "users", "last_modified_by": "users"}
    depends_on = None

    def server_fields(self, call: Call) -> dict[str, Any]:
        user = call.user["id"]
        return {"created_by": user, "last_modified_by": user, "version": 1, "updated_at": call.now()}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        return super().perform_create(call, {"created_at": call.now(), **_kept(data)})

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        changed = {"last_modified_by": call.user["id"], "updated_at": call.now(), "version": record["version"] + 1}
        return super().perform_update(call, record, {**_kept(data), **changed})

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return standing.derived(record, entropy.now(call.state))


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    """Return what of a body is stored: neither the version it was made of, nor what is for the making alone."""
    passing = ("version", "creation_context", "_create_in_folder", "_should_create_usage_dashboard")
    return {name: value for name, value in data.items() if name not in passing}

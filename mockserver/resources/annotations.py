"""Annotations: notes pinned to a moment of a project's timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.behaviours import SoftDelete
from mockserver.call import Call
from mockserver.pagination import LimitOffset
from mockserver.resource import Record
from mockserver.store.tinydb import sort_key
from mockserver.tables import LATEST_ANNOTATIONS

SCOPES = ("dashboard_item", "dashboard", "project", "organization", "recording")


class Annotations(SoftDelete):
    """Notes on a project's timeline; those of scope `organization` are seen from each of its projects."""

    family = "annotations"
    table = "annotations"
    component = "Annotation"
    title = "Annotations"
    pagination = LimitOffset(default_limit=1000)
    order = LATEST_ANNOTATIONS
    search_fields = ("content",)
    relations = {"created_by": "users"}
    depends_on = ("dashboards", "insights")

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the project's annotations and those its organization shares, latest first, undated ones before."""
        own = super().get_records(call)
        shared = self._shared(call)
        if not shared:
            return own
        return sorted([*own, *shared], key=lambda record: sort_key(record["date_marker"]), reverse=True)

    def _shared(self, call: Call) -> list[Record]:
        found = call.table(self.table).find(
            organization_id=call.tenant.organization_id, scope="organization", deleted=False
        )
        return [record for record in found if record["project_id"] != call.tenant.project_id]

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {
            "organization_id": call.tenant.organization_id,
            "created_by": call.user["id"], "created_at": now, "updated_at": now,
        }  # fmt: skip

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        insight = call.table("insights").get(record["dashboard_item"]) or {}
        dashboard = call.table("dashboards").get(record["dashboard_id"]) or {}
        return {
            "dashboard_name": dashboard.get("name"),
            "insight_short_id": insight.get("short_id"),
            "insight_name": insight.get("name"),
            "insight_derived_name": insight.get("derived_name"),
        }

"""Tags: the words that things of a project are tagged with."""

from __future__ import annotations

from typing import Any

from mockserver.request.call import Call
from mockserver.resources.behaviours import OnlyAsked
from mockserver.world.tables import TABLES

TAGGED = (
    "insights", "dashboards", "feature_flags", "actions", "event_definitions", "property_definitions", "experiments",
    "hog_functions",
)  # fmt: skip
"""The tables whose records may have tags; a deleted record keeps its own."""


class Tags(OnlyAsked):
    """The tags of a project."""

    family = "tags"
    component = "Tags"
    title = "Tagged Item"

    def list(self, call: Call) -> Any:
        """Return every tag that something has, each once."""
        records = (
            record
            for table in TAGGED
            if table in TABLES
            for record in call.table(table).find(project_id=call.tenant.project_id)
        )
        return sorted({tag for record in records for tag in record.get("tags") or () if isinstance(tag, str)})

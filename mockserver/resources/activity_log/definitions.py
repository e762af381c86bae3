"""What was done to the definitions of events and properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.listing.pagination import PageNumber
from mockserver.request.call import Call
from mockserver.resources.activity_log.entries import TABLE
from mockserver.resources.behaviours import show_entry
from mockserver.resources.resource import Resource
from mockserver.world.tables import NEWEST_OF_ALL_ACTIVITY


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

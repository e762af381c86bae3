"""Insights on dashboards: which ones they stand on, and who may put them there."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.request.call import Call
from mockserver.request.tenancy import integer
from mockserver.resources import tiles
from mockserver.resources.resource import Record, Resource
from mockserver.resources.restrictions import may_edit
from mockserver.validation import fields

DASHBOARDS = "dashboards"
NOT_FOUND = "Dashboard not found"


class Placing(Resource):
    """Records that stand on dashboards."""

    def lookup(self, call: Call) -> fields.Lookup:
        """Return a test of whether a record exists; dashboards of whatever project, which are refused further on."""
        exists = super().lookup(call)
        return lambda table, key: call.table(table).get(key) is not None if table == DASHBOARDS else exists(table, key)

    def places(self, call: Call, record: Record) -> dict[str, Any]:
        """Return the fields that tell where an insight stands."""
        standing = self._tiles(call, record)
        return {
            "dashboards": [tile["dashboard"] for tile in standing],
            "dashboard_tiles": [
                {"id": tile["id"], "dashboard_id": tile["dashboard"], "deleted": tile.get("deleted")}
                for tile in standing
            ],
        }

    def dashboards_of(self, call: Call, record: Record) -> builtins.list[dict[str, Any]]:
        """Return the dashboards that an insight stands on, as the activity log tells them."""
        found = (call.table(DASHBOARDS).get(tile["dashboard"]) for tile in self._tiles(call, record))
        return [{"id": one["id"], "name": one.get("name")} for one in found if one is not None]

    def refusal_of(self, call: Call, ids: Iterable[int]) -> ValidationError | None:
        """Return why an insight cannot stand on some dashboards: they are another project's."""
        found = (call.table(DASHBOARDS).get(id) for id in ids)
        foreign = any(one is None or one["project_id"] != call.tenant.project_id for one in found)
        return ValidationError(NOT_FOUND) if foreign else None

    def require_places(self, call: Call, record: Record, ids: Sequence[int]) -> None:
        """Refuse dashboards that an insight may not be put on. Raises: ValidationError, PermissionDenied."""
        refusal = self.refusal_of(call, ids)
        if refusal is not None:
            raise refusal
        standing = {tile["dashboard"] for tile in self._tiles(call, record)}
        for id in ids:
            dashboard = call.table(DASHBOARDS).get(id)
            if id not in standing and dashboard is not None and not may_edit(call, dashboard):
                raise PermissionDenied(f"You don't have permission to add insights to dashboard: {id}")

    def place(self, call: Call, record: Record, ids: Sequence[int]) -> None:
        """Put an insight on these dashboards and on no other; deleted ones are passed over."""
        for tile in tiles.tiles_with(call.state, record["id"]):
            if tile["dashboard"] not in ids:
                tiles.take_off(call, tile)
        for id in sorted(set(ids)):
            dashboard = call.table(DASHBOARDS).get(id)
            if dashboard is not None and not dashboard.get("deleted"):
                tiles.put_on(call, id, record["id"])

    def tile_asked_for(self, call: Call, record: Record) -> Record | None:
        """Return the tile of the dashboard that an insight is looked at on, if it stands there.

        Raises: ValidationError for what names no dashboard, where servers fail.
        """
        text = call.query.get("from_dashboard")
        if not text:
            return None
        number = integer(text)
        if number is None:
            raise ValidationError("A valid integer is required.", attr="from_dashboard")
        return next((tile for tile in self._tiles(call, record) if tile["dashboard"] == number), None)

    def _tiles(self, call: Call, record: Record) -> builtins.list[Record]:
        """Return the tiles of an insight on dashboards that are not deleted."""
        found = [
            (tile, call.table(DASHBOARDS).get(tile["dashboard"])) for tile in tiles.tiles_with(call.state, record["id"])
        ]
        return [tile for tile, one in found if one is not None and not one.get("deleted")]

"""Tiles: what stands on a dashboard, an insight or a text; a tile that is taken away is marked, and may come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.store import Record, View

TABLE = "dashboard_tiles"


DASHBOARD: Mapping[str, Any] = {
    "name": None, "description": "", "pinned": False, "deleted": False, "filters": {}, "variables": {},
    "breakdown_colors": [], "data_color_theme_id": None, "tags": [], "restriction_level": 21, "last_refresh": None,
    "last_accessed_at": None, "creation_mode": "default",
}  # fmt: skip
"""A dashboard of which nothing else is said."""


def new_dashboard(call: Call, *, project_id: int | None = None, **given: Any) -> Record:
    """Make a dashboard of whoever asks, unless it is said whose it is, and return it."""
    made = {"id": call.next_id("dashboards"), "project_id": project_id or call.tenant.project_id, **DASHBOARD}
    return call.table("dashboards").insert({**made, "created_by": call.user["id"], "created_at": call.now(), **given})


def tiles_of(view: View, dashboard: int, *, deleted: bool = False) -> list[Record]:
    """Return the tiles of a dashboard in order of creation; with `deleted`, those too that were taken away."""
    return _living(view.table(TABLE).find(dashboard=dashboard), deleted)


def tiles_with(view: View, insight: int, *, deleted: bool = False) -> list[Record]:
    """Return the tiles that show an insight, of all dashboards; with `deleted`, those too that were taken away."""
    return _living(view.table(TABLE).find(insight=insight), deleted)


def insights_on(view: View, dashboard: int) -> list[Record]:
    """Return the insights on a dashboard, in order of their tiles."""
    found = (view.table("insights").get(tile["insight"]) for tile in tiles_of(view, dashboard) if tile["insight"])
    return [insight for insight in found if insight is not None]


def put_on(call: Call, dashboard: int, insight: int) -> Record:
    """Put an insight on a dashboard and return its tile; one that was taken away comes back as it was."""
    held = next(
        (tile for tile in tiles_with(call.state, insight, deleted=True) if tile["dashboard"] == dashboard), None
    )
    if held is not None:
        return call.table(TABLE).update(held, {"deleted": False}) if held["deleted"] else held
    return add(call, dashboard, insight=insight)


def add(
    call: Call, dashboard: int, *, insight: int | None = None, text: int | None = None, project_id: int | None = None,
    layouts: Mapping[str, Any] | None = None, color: str | None = None,
) -> Record:  # fmt: skip
    """Add a tile to a dashboard, and return it."""
    return call.table(TABLE).insert({
        "id": call.next_id(TABLE), "project_id": project_id or call.tenant.project_id, "dashboard": dashboard,
        "insight": insight, "text": text, "layouts": layouts or {}, "color": color, "deleted": None,
    })  # fmt: skip


def take_off(call: Call, tile: Record) -> Record:
    """Take a tile off its dashboard, and return it."""
    return call.table(TABLE).update(tile, {"deleted": True})


def _living(tiles: list[Record], deleted: bool) -> list[Record]:
    return [tile for tile in sorted(tiles, key=lambda tile: tile["id"]) if deleted or not tile.get("deleted")]

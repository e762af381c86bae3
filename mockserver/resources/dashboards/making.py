"""Dashboards made of something: of a template, of another dashboard, of one of their own tiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.resources import tiles
from mockserver.resources.dashboards import product_analytics
from mockserver.resources.dashboards.placing import TEXTS, judge_text, new_text
from mockserver.resources.making import starting_dashboard
from mockserver.resources.making.insights import add_insight
from mockserver.resources.resource import Record
from mockserver.resources.tagged import normalized

TEMPLATES = "dashboard_templates"
DEFAULT_APP = "DEFAULT_APP"
"""What `use_template` calls the dashboard of a new project."""
NOT_COPIED = frozenset({
    "id", "project_id", "short_id", "name", "created_at", "updated_at", "created_by", "last_modified_at",
    "last_modified_by", "is_sample", "deleted",
})  # fmt: skip
"""What of an insight its copy has anew."""


def knows(call: Call, name: str) -> bool:
    """Return whether there is a template of a name."""
    return name in (DEFAULT_APP, product_analytics.NAME) or _find(call, name) is not None


def _find(call: Call, name: str) -> Record | None:
    found = call.table(TEMPLATES).find(project_id=call.tenant.project_id, template_name=name)
    return next((template for template in found if not template["deleted"]), None)


def fill_from(call: Call, dashboard: Record, name: str) -> Record:
    """Put on a dashboard what the template of a name holds; the servers' own for new projects changes no more of it."""
    if name == DEFAULT_APP:
        starting_dashboard.fill(call, dashboard)
        return dashboard
    return fill(call, dashboard, _find(call, name) or product_analytics.template())


def fill(call: Call, dashboard: Record, template: Mapping[str, Any]) -> Record:
    """Put on a dashboard what a template holds, call it by the template's name if it has none, and return it."""
    made = call.table("dashboards").update(
        dashboard,
        {
            "name": dashboard.get("name") or template["template_name"],
            "filters": template.get("dashboard_filters") or {},
            "description": template.get("dashboard_description") or "",
            "tags": normalized([*(dashboard.get("tags") or []), *(template.get("tags") or [])]),
        },
    )
    for tile in template.get("tiles") or []:
        _add(call, made, tile)
    return made


def _add(call: Call, dashboard: Record, tile: Mapping[str, Any]) -> None:
    layouts = tile.get("layouts") if isinstance(tile.get("layouts"), Mapping) else {}
    placed: dict[str, Any] = {"layouts": layouts, "color": tile.get("color")}
    if tile.get("type") == "INSIGHT":
        given = {name: tile[name] for name in ("name", "description", "query", "filters") if tile.get(name) is not None}
        insight = add_insight(call, {**given, "is_sample": True, "created_by": None})
        tiles.add(call, dashboard["id"], insight=insight["id"], **placed)
    elif tile.get("type") == "TEXT":
        text = new_text(call, judge_text(call, {"body": tile.get("body")}))
        tiles.add(call, dashboard["id"], text=text["id"], **placed)


def copy(call: Call, source: Record, dashboard: Record, *, with_content: bool) -> None:
    """Put on a dashboard what stands on another: the same insights, or copies of them."""
    for tile in tiles.tiles_of(call.state, source["id"]):
        if with_content:
            duplicate(call, tile, dashboard)
        else:
            share(call, tile, dashboard)


def share(call: Call, tile: Record, dashboard: Record) -> Record:
    """Put what a tile shows on another dashboard as well, in the same place and colour."""
    return tiles.add(
        call, dashboard["id"], insight=tile["insight"], text=tile["text"], layouts=tile["layouts"], color=tile["color"]
    )  # fmt: skip


def duplicate(call: Call, tile: Record, dashboard: Record, layouts: Any = None) -> None:
    """Put a copy of what a tile shows on a dashboard."""
    placed: dict[str, Any] = {"layouts": tile["layouts"] if layouts is None else layouts, "color": tile["color"]}
    if tile["insight"] is not None:
        insight = call.table("insights").get(tile["insight"])
        if insight is None:
            return
        kept = {name: value for name, value in insight.items() if name not in NOT_COPIED}
        name = f"{insight['name']} (Copy)" if insight.get("name") else None
        copied = add_insight(call, {**kept, "name": name})
        tiles.add(call, dashboard["id"], insight=copied["id"], **placed)
    elif tile["text"] is not None:
        text = call.table(TEXTS).get(tile["text"])
        if text is not None:
            copied = new_text(call, judge_text(call, {"body": text["body"]}))
            tiles.add(call, dashboard["id"], text=copied["id"], **placed)

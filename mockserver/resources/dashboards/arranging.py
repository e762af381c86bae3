"""Tiles moved, copied, laid out, written and taken away, each by a call of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.request.call import Answer, Call
from mockserver.resources import tiles
from mockserver.resources.dashboards import layouts, making, placing
from mockserver.resources.dashboards.placing import TEXTS, is_of_2026, require_tile
from mockserver.resources.dashboards.showing import Showing
from mockserver.resources.resource import Record
from mockserver.resources.restrictions import may_edit
from mockserver.validation.schemas import build_schema

ALREADY = {"insight": "This insight is already on the destination dashboard.",
           "text": "This text card is already on the destination dashboard."}  # fmt: skip
NOT_THERE = "You don't have edit permissions for the destination dashboard."
SAME = "Destination must be a different dashboard than the source."


class Arranging(Showing):
    """Records whose tiles are arranged one by one."""

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._text = build_schema(contract, "TextTileWish")
        self._text_change = build_schema(contract, "TextTileChange")

    def move_tile(self, call: Call, record: Record) -> Any:
        """Put a tile on another dashboard. Raises: ValidationError, NotFound, PermissionDenied."""
        body = _mapping(call.body)
        given = body.get("tile")
        tile = require_tile(call, record, given.get("id") if isinstance(given, Mapping) else None)
        name = "to_dashboard" if body.get("to_dashboard") is not None else "toDashboard"
        there = self._dashboard(call, body.get(name), name)
        if not may_edit(call, there):
            raise PermissionDenied(NOT_THERE)
        if there["id"] != record["id"]:
            for other in tiles.tiles_of(call.state, there["id"], deleted=True):
                if other["insight"] is None or other["insight"] != tile["insight"]:
                    continue
                if not other["deleted"]:
                    raise ValidationError(ALREADY["insight"], attr=name)
                call.table(tiles.TABLE).delete(other)
            call.table(tiles.TABLE).update(tile, {"dashboard": there["id"]})
        return record

    def copy_tile(self, call: Call, record: Record) -> Any:
        """Put what a tile of another dashboard shows on this one as well."""
        body = _mapping(call.body)
        source = self._dashboard(call, body.get("fromDashboardId"), "fromDashboardId")
        if source["id"] == record["id"]:
            raise ValidationError(SAME)
        tile = require_tile(call, source, body.get("tileId"), "tileId")
        for name, refusal in ALREADY.items():
            for other in tiles.tiles_of(call.state, record["id"], deleted=True):
                if tile[name] is None or other[name] != tile[name]:
                    continue
                if not other["deleted"]:
                    raise ValidationError(refusal)
                call.table(tiles.TABLE).delete(other)
        making.share(call, tile, record)
        return record

    def reorder_tiles(self, call: Call, record: Record) -> Any:
        """Lay tiles out anew, in the order that the body gives."""
        body = _mapping(call.body)
        order = body.get("tile_order")
        if not isinstance(order, list):
            raise ValidationError("This field is required.", code="required", attr="tile_order")
        if not order:
            raise ValidationError("This list may not be empty.", code="empty", attr="tile_order")
        for place, number in enumerate(order):
            if not isinstance(number, int) or isinstance(number, bool):
                raise ValidationError("A valid integer is required.", attr=f"tile_order__{place}")
        layout = body.get("layout", layouts.PRESERVE)
        if layout not in layouts.LAYOUTS:
            raise ValidationError(f'"{layout}" is not a valid choice.', code="invalid_choice", attr="layout")
        if len(order) != len(set(order)):
            return Answer({"detail": "tile_order must contain unique tile IDs"}, 400)
        found = {tile["id"]: tile for tile in tiles.tiles_of(call.state, record["id"])}
        missing = sorted(set(order) - set(found))
        if missing:
            return Answer({"detail": f"Tile IDs not found on this dashboard: {missing}"}, 404)
        for number, placed in zip(order, layouts.laid_out([found[n] for n in order], layout), strict=True):
            call.table(tiles.TABLE).update(found[number], {"layouts": placed})
        return record

    def create_text_tile(self, call: Call, record: Record) -> Any:
        """Put a text on a dashboard, and return its tile."""
        wish = self._text.judge(call.body, self.lookup(call), is_form=call.is_form)
        text = placing.new_text(call, placing.judge_text(call, {"body": wish["body"]}))
        made = tiles.add(
            call, record["id"], text=text["id"], layouts=wish.get("layouts"), color=wish.get("color")
        )  # fmt: skip
        return self._shown(call, record, made)

    def update_text_tile(self, call: Call, record: Record) -> Any:
        """Change a text on a dashboard, and return its tile."""
        wish = self._text_change.judge(call.body, self.lookup(call), partial=True, is_form=call.is_form)
        tile = require_tile(call, record, wish.get("tile_id"), "tile_id")
        if tile["text"] is None:
            raise ValidationError("Tile is not a text tile.", attr="tile_id")
        text = call.table(TEXTS).get(tile["text"])
        if "body" in wish and text is not None:
            changed = {"body": wish["body"], "last_modified_by": call.user["id"], "last_modified_at": call.now()}
            call.table(TEXTS).update(text, changed)
        changes: dict[str, Any] = {name: wish[name] for name in ("layouts", "color") if name in wish}
        return self._shown(call, record, call.table(tiles.TABLE).update(tile, changes))

    def delete_tile(self, call: Call, record: Record) -> None:
        """Take a tile off a dashboard; those below it move up."""
        tile = require_tile(call, record, _mapping(call.body).get("tile_id"), "tile_id")
        tiles.take_off(call, tile)
        left = tiles.tiles_of(call.state, record["id"])
        for other, placed in zip(left, layouts.closed_up(left), strict=True):
            if placed != other["layouts"]:
                call.table(tiles.TABLE).update(other, {"layouts": placed})

    def _shown(self, call: Call, dashboard: Record, tile: Record) -> dict[str, Any]:
        order = [other["id"] for other in placing.visible(call, dashboard)].index(tile["id"])
        return self.show_tile(call, tile, dashboard, order)

    def _dashboard(self, call: Call, number: Any, attr: str) -> Record:
        """Return the living dashboard that a body names. Raises: ValidationError, NotFound."""
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValidationError("A valid integer is required.", attr=attr)
        found = call.table("dashboards").get(number)
        if found is not None and found["project_id"] == call.tenant.project_id and not found["deleted"]:
            return found
        if is_of_2026(call):
            raise NotFound
        raise ValidationError(f"There is no dashboard {number}.", attr=attr)


def _mapping(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body

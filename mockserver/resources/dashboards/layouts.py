"""Where tiles stand: places and sizes on a grid, for a wide page (`sm`, twelve columns) and a narrow one (`xs`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.resources.dashboards.placing import in_order
from mockserver.store import Record

COLUMNS, WIDTH, HEIGHT = 12, 6, 5
PRESERVE, TWO_COLUMNS, FULL_WIDTH = "preserve", "two_column", "full_width"
LAYOUTS = (PRESERVE, TWO_COLUMNS, FULL_WIDTH)
Layouts = dict[str, Any]


def laid_out(found: Sequence[Record], layout: str) -> list[Layouts]:
    """Return the layouts of tiles that stand in this order, from left to right and from top to bottom."""
    placed: list[Layouts] = []
    x = y = row = narrow = 0
    for tile in found:
        width, height = _size(tile, layout)
        if x + width > COLUMNS:
            x, y, row = 0, y + row, 0
        wide = {"x": x, "y": y, "w": width, "h": height}
        placed.append({"sm": wide, "xs": {"x": 0, "y": narrow, "w": WIDTH, "h": height}})
        x, row, narrow = x + width, max(row, height), narrow + height
    return placed


def _size(tile: Record, layout: str) -> tuple[int, int]:
    if layout == TWO_COLUMNS:
        return WIDTH, HEIGHT
    at = tile["layouts"].get("sm") if isinstance(tile["layouts"], Mapping) else None
    at = at if isinstance(at, Mapping) else {}
    width, height = _whole(at.get("w"), WIDTH), _whole(at.get("h"), HEIGHT)
    return (COLUMNS if layout == FULL_WIDTH else min(width, COLUMNS)), height


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise


def closed_up(found: Sequence[Record]) -> list[Layouts]:
    """Return the layouts of tiles moved up as far as nothing is in their way."""
    closed = {tile["id"]: dict(tile["layouts"] or {}) for tile in found}
    for size in ("sm", "xs"):
        standing: list[Mapping[str, Any]] = []
        for tile in in_order(found, size):
            at = closed[tile["id"]].get(size)
            if not isinstance(at, Mapping) or not all(isinstance(at.get(name), int) for name in ("x", "y", "w", "h")):
                continue
            moved = dict(at)
            while moved["y"] > 0 and not any(_overlap({**moved, "y": moved["y"] - 1}, other) for other in standing):
                moved["y"] -= 1
            standing.append(moved)
            closed[tile["id"]][size] = moved
    return [closed[tile["id"]] for tile in found]


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(
        one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    )  # fmt: skip

"""Tiles as a dashboard shows them: in the order in which they stand, each with its insight or text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.errors import APIError, NotFound, ValidationError
from mockserver.request.call import Call
from mockserver.resources import tiles
from mockserver.resources.resource import Record, user_basic

TEXTS = "texts"
LAST = 100
"""Where a tile stands that was never placed: after all others."""
LONGEST_TEXT = 4000
SIZES = ("sm", "xs")
SHOWN_CHANGES = ("deleted", "color", "layouts")
"""What of a tile a dashboard's body changes."""


def in_order(found: Iterable[Record], size: str = "sm") -> list[Record]:
    """Return tiles from top to bottom, and from left to right, as they are laid out at a width of the page."""

    def place(tile: Record) -> tuple[float, float]:
        layouts = tile["layouts"] if isinstance(tile.get("layouts"), Mapping) else {}
        at = layouts.get(size)
        at = at if isinstance(at, Mapping) else {}
        return _number(at.get("y")), _number(at.get("x"))

    return sorted(found, key=place)


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else LAST


def visible(call: Call, dashboard: Record, size: str = "sm") -> list[Record]:
    """Return the tiles that a dashboard shows, in order; those of deleted insights it does not."""
    found = []
    for tile in tiles.tiles_of(call.state, dashboard["id"]):
        if tile.get("insight") is not None:
            insight = call.table("insights").get(tile["insight"])
            if insight is None or insight.get("deleted"):
                continue
        found.append(tile)
    return in_order(found, size)


def show_text(call: Call, number: int) -> dict[str, Any] | None:
    """Return a text as a tile shows it."""
    text = call.table(TEXTS).get(number)
    if text is None:
        return None
    people = {name: user_basic(call, text.get(name)) for name in ("created_by", "last_modified_by")}
    return {
        "id": text["id"], **people, "body": text["body"], "last_modified_at": text["last_modified_at"],
        "team": text["project_id"],
    }  # fmt: skip


def change_tiles(call: Call, dashboard: Record, given: Any) -> None:
    """Make, change and take away tiles as a body lists them. Raises: ValidationError."""
    if not isinstance(given, list):
        raise ValidationError("Tiles must be a list.", attr="tiles")
    for tile in given:
        if not isinstance(tile, Mapping):
            raise ValidationError("A tile must be an object.", attr="tiles")
        if tile.get("text"):
            _change_text(call, dashboard, tile)
        elif any(name in tile for name in SHOWN_CHANGES):
            _change_tile(call, dashboard, tile)


def _change_tile(call: Call, dashboard: Record, given: Mapping[str, Any]) -> None:
    found = tile_on(call, dashboard, given.get("id"))
    if found is None:
        if is_of_2026(call):
            return  # servers of 2026 pass over what is not there; those before failed on it
        raise ValidationError(f"There is no tile {given.get('id')!r} on this dashboard.", attr="tiles")
    call.table(tiles.TABLE).update(found, _changes(given))


def _change_text(call: Call, dashboard: Record, given: Mapping[str, Any]) -> None:
    text = given["text"]
    if not isinstance(text, Mapping):
        raise ValidationError("A text must be an object with a body.", attr="text")
    data = judge_text(call, text)
    found = tile_on(call, dashboard, given.get("id"))
    if given.get("id") is not None and found is None:
        raise ValidationError(f"There is no tile {given['id']!r} on this dashboard.", attr="tiles")
    number = text.get("id") if text.get("id") is not None else None
    known = call.table(TEXTS).get(number) if isinstance(number, int) and not isinstance(number, bool) else None
    if number is not None:
        on = {tile["text"] for tile in tiles.tiles_of(call.state, dashboard["id"], deleted=True)}
        if known is None or known["project_id"] != call.tenant.project_id or number not in on:
            raise ValidationError("Text tile not found.", attr="text")
    stored = call.table(TEXTS).update(known, data) if known is not None else new_text(call, data)
    changes = _changes(given)
    if found is not None:
        call.table(tiles.TABLE).update(found, {**changes, "text": stored["id"], "insight": None})
        return
    made = tiles.add(call, dashboard["id"], text=stored["id"])
    call.table(tiles.TABLE).update(made, changes)


def judge_text(call: Call, text: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a text that a body holds: who wrote it is who sends it, unless the body knows.

    Raises: ValidationError.
    """
    body = text.get("body")
    if body is not None and not isinstance(body, str):
        raise ValidationError("Not a valid string.", attr="text")
    if body is not None and len(body) > LONGEST_TEXT:
        raise ValidationError(f"Text body cannot exceed {LONGEST_TEXT} characters", code="max_length", attr="text")
    author, editor = call.user["id"], None
    if text.get("created_by"):
        named = text["created_by"].get("id") if isinstance(text["created_by"], Mapping) else None
        known = call.table("users").get(named) if isinstance(named, int) else None
        memberships = call.table("organization_memberships")
        member = known and memberships.first(user_id=known["id"], organization_id=call.tenant.organization_id)
        if known is None or member is None:
            raise ValidationError("User not found in this organization.")
        author, editor = known["id"], call.user["id"]
    return {"body": body, "created_by": author, "last_modified_by": editor, "last_modified_at": call.now()}


def new_text(call: Call, data: Mapping[str, Any]) -> Record:
    """Store a text, and return it."""
    return call.table(TEXTS).insert({"id": call.next_id(TEXTS), "project_id": call.tenant.project_id, **data})


def tile_on(call: Call, dashboard: Record, number: Any) -> Record | None:
    """Return a living tile of a dashboard."""
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    found = call.table(tiles.TABLE).get(number)
    return found if found is not None and found["dashboard"] == dashboard["id"] and not found["deleted"] else None


def _changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes of a tile. Raises: ValidationError for what cannot be kept."""
    changes = {name: given[name] for name in SHOWN_CHANGES if name in given}
    layouts, color, deleted = changes.get("layouts", {}), changes.get("color"), changes.get("deleted")
    if not isinstance(layouts, (Mapping, list)):
        raise ValidationError("Layouts must be an object.", attr="layouts")
    if color is not None and (not isinstance(color, str) or len(color) > 400):
        raise ValidationError("A colour must be a text of at most 400 characters.", attr="color")
    if deleted is not None and not isinstance(deleted, bool):
        raise ValidationError("Must be a valid boolean.", attr="deleted")
    if "layouts" in changes and isinstance(layouts, list):
        changes["layouts"] = {}
    return changes


def is_of_2026(call: Call) -> bool:
    """Return whether a world's servers are of 2026, which look where those of 2025 failed."""
    return call.profile.date is None or call.profile.date >= "2026-09"


def require_tile(call: Call, dashboard: Record, number: Any, attr: str = "tile") -> Record:
    """Return a tile that a body names. Raises: ValidationError, NotFound."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValidationError("A valid integer is required.", attr=attr)
    found = tile_on(call, dashboard, number)
    if found is None:
        missing: APIError = NotFound()
        if not is_of_2026(call):
            missing = ValidationError(f"There is no tile {number} on this dashboard.", attr=attr)
        raise missing
    return found

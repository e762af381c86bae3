"""Records put into a world, and its whole state taken out and put back."""

from __future__ import annotations

from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import Conflict, ValidationError
from mockserver.seeding import LoadError, load
from mockserver.world import World


def load_records(plane: Plane, body: dict[str, Any], world: World) -> dict[str, Any]:
    """Store records of any tables, completed and checked, all or none."""
    keys = body.get("api_keys", [])
    for number, key in enumerate(keys if isinstance(keys, list) else []):
        owner = plane.worlds.owner(str(key.get("value"))) if isinstance(key, dict) else None
        if owner is not None and owner is not world:
            raise Conflict(f"The key is in use in world {owner.id!r}.", attr=f"api_keys__{number}__value")
    try:
        loaded = load(plane.contract, world, body)
    except LoadError as error:
        raise ValidationError(error.message, attr="__".join(str(part) for part in error.place)) from None
    plane.worlds.register(world)
    return {"loaded": loaded}


def get_state(plane: Plane, body: Any, world: World) -> dict[str, Any]:
    """Return a world's whole state."""
    return {}


def put_state(plane: Plane, body: dict[str, Any], world: World) -> None:
    """Put a whole state in the place of a world's."""

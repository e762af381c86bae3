"""Records put into a world, and its whole state taken out and put back."""

from __future__ import annotations

from typing import Any

from mockserver.admin.claims import keeping_names, refuse_claims
from mockserver.admin.plane import Plane
from mockserver.errors import ValidationError
from mockserver.seeding import LoadError, load
from mockserver.seeding.states import export_state, import_state
from mockserver.world.worlds import World


def load_records(plane: Plane, body: dict[str, Any], world: World) -> dict[str, Any]:
    """Store records of any tables, completed and checked, all or none."""
    refuse_claims(plane, world, body)
    try:
        loaded = load(plane.contract, world, body, plane.registry if plane.registry.documents else None)
    except LoadError as error:
        raise _refused(error) from None
    plane.worlds.register(world)
    return {"loaded": loaded}


def get_state(plane: Plane, body: Any, world: World) -> dict[str, Any]:
    """Return a world's whole state."""
    return export_state(world)


def put_state(plane: Plane, body: dict[str, Any], world: World) -> None:
    """Put a whole state in the place of a world's; keys and tokens that name another world become the world's own."""
    try:
        with keeping_names(plane, world):
            import_state(world, body)
    except LoadError as error:
        raise _refused(error) from None


def _refused(error: LoadError) -> ValidationError:
    return ValidationError(error.message, attr="__".join(str(part) for part in error.place) or None)

"""Snapshots: a world kept as it stands, and returned to."""

from __future__ import annotations

from typing import Any

from mockserver.admin.claims import keeping_names
from mockserver.admin.plane import Plane
from mockserver.errors import NotFound
from mockserver.world.worlds import World


def list_snapshots(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """List the names of a world's snapshots."""
    return {"snapshots": [{"name": name} for name in list(world.snapshots)]}


def take_snapshot(plane: Plane, given: dict[str, Any], world: World) -> dict[str, Any]:
    """Keep a world as it stands, under the name given or a new one."""
    return {"name": world.keep(given.get("name"))}


def restore_snapshot(plane: Plane, given: Any, world: World, name: str) -> None:
    """Return a world to what it was when a snapshot was taken; what names another world by now gets its own names."""
    snapshot = world.snapshots.get(name)
    if snapshot is None:
        raise NotFound(f"Snapshot {name!r} not found.")
    with keeping_names(plane, world):
        world.store.restore(snapshot)

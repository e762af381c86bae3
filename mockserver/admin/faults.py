"""Faults of a world: planned, listed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.admin.lists import Kept
from mockserver.admin.plane import Plane
from mockserver.admin.refusals import refuse_bad_match
from mockserver.errors import ValidationError
from mockserver.traffic.faults import FAULTS
from mockserver.world.worlds import World

KEPT = Kept(FAULTS, "Fault")


def list_faults(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """List a world's faults."""
    return {"faults": [_shown(fault) for fault in KEPT.all(world)]}


def add_fault(plane: Plane, given: Mapping[str, Any], world: World) -> Mapping[str, Any]:
    """Plan a misbehaviour."""
    match = given.get("match") or {}
    refuse_bad_match(plane, match)
    if given.get("answers") is not None and given.keys() - {"answers", "match", "probability"}:
        raise ValidationError("What befalls each request is said in its answer.", attr="answers")
    if given.get("status") is None and given.get("rate_limit") is None:
        for name in ("body", "headers"):
            if given.get(name) is not None:
                raise ValidationError("Give a status with it.", attr=name)
    return KEPT.add(world, {**given, "match": match, "seen": 0, "hits": 0})


def get_fault(plane: Plane, given: Any, world: World, fault: str) -> Mapping[str, Any]:
    """Return a fault, and how often it hit."""
    return _shown(KEPT.get(world, fault))


def remove_fault(plane: Plane, given: Any, world: World, fault: str) -> None:
    """Remove a fault."""
    KEPT.remove(world, fault)


def clear_faults(plane: Plane, given: Any, world: World) -> None:
    """Remove every fault."""
    KEPT.clear(world)


def _shown(fault: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a fault without what it remembers of single keys."""
    return {name: value for name, value in fault.items() if name != "windows"}

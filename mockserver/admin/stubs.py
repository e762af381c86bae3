"""Stubs of a world: planned, listed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.admin.lists import Kept
from mockserver.admin.plane import Plane
from mockserver.admin.refusals import refuse_bad_match
from mockserver.errors import ValidationError
from mockserver.traffic.stubs import STUBS, find_problem
from mockserver.world.worlds import World

KEPT = Kept(STUBS, "Stub")


def list_stubs(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """List a world's stubs."""
    return {"stubs": KEPT.all(world)}


def add_stub(plane: Plane, given: Mapping[str, Any], world: World) -> Mapping[str, Any]:
    """Plan an answer in the place of the world's own, if the contract allows it."""
    is_forced = bool(given.get("force"))
    refuse_bad_match(plane, given["match"], is_forced=is_forced)
    if not is_forced:
        problem = find_problem(given, [*plane.routes, *plane.registry.routes()], plane.strictness, world.profile)
        if problem:
            text = f'The contract does not allow this answer: {problem}. "force": true stubs it all the same.'
            raise ValidationError(text, code="contract_violation", attr="response")
    stub = {name: value for name, value in given.items() if name != "force"}
    return KEPT.add(world, {**stub, "hits": 0})


def get_stub(plane: Plane, given: Any, world: World, stub: str) -> Mapping[str, Any]:
    """Return a stub, and how often it answered."""
    return KEPT.get(world, stub)


def remove_stub(plane: Plane, given: Any, world: World, stub: str) -> None:
    """Remove a stub."""
    KEPT.remove(world, stub)


def clear_stubs(plane: Plane, given: Any, world: World) -> None:
    """Remove every stub."""
    KEPT.clear(world)

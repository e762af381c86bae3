"""Worlds: made from a scenario or as a fork of another, looked up, reset, removed."""

from __future__ import annotations

from typing import Any

from mockserver.admin.moments import read_clock
from mockserver.admin.plane import Plane
from mockserver.contract import Profile
from mockserver.errors import ValidationError
from mockserver.seeding.finding import ScenarioError
from mockserver.seeding.templates import fork
from mockserver.world import entropy
from mockserver.world.worlds import World


def list_worlds(plane: Plane, given: Any) -> dict[str, Any]:
    """List every world."""
    return {"worlds": [plane.worlds.describe(world) for world in plane.worlds]}


def create_world(plane: Plane, given: dict[str, Any]) -> dict[str, Any]:
    """Make a world, from a scenario or as a fork of the one named in `from`, with a key of its own."""
    frozen = read_clock(given, "freeze_time")
    origin = given.get("from")
    if origin is not None and given.get("scenario") is not None:
        raise ValidationError("A fork has the scenario of the world that it is forked from.", attr="scenario")
    world = _build(plane, given, frozen) if origin is None else _fork(plane, plane.worlds.get(origin), given, frozen)
    plane.worlds.add(world)
    return plane.worlds.describe(world)


def _build(plane: Plane, given: dict[str, Any], frozen: str | None) -> World:
    default = plane.worlds.default
    seed = default.seed if given.get("seed") is None else given["seed"]
    profile = _profile(given.get("profile") or default.profile)
    scenario = given.get("scenario") or default.scenario
    try:
        return plane.templates.build(plane.worlds.new_id(), scenario, seed, profile=profile, freeze_time=frozen)
    except ScenarioError as error:
        raise ValidationError(str(error), attr="scenario") from None


def _fork(plane: Plane, origin: World, given: dict[str, Any], frozen: str | None) -> World:
    profile = _profile(given.get("profile") or origin.profile)
    world = fork(origin, plane.worlds.new_id(), profile=profile, seed=given.get("seed"))
    if frozen is not None:
        with world.store.transaction() as transaction:
            entropy.freeze(transaction, entropy.read_timestamp(frozen))
        world.settle()
    return world


def _profile(text: str) -> Profile:
    try:
        return Profile(text)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid_choice", attr="profile") from None


def get_world(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """Describe a world."""
    return plane.worlds.describe(world)


def delete_world(plane: Plane, given: Any, world: World) -> None:
    """Remove a world."""
    plane.worlds.remove(world.id)
    plane.coverage.forget(world.id)


def reset_world(plane: Plane, given: Any, world: World) -> None:
    """Return a world to what it was when it was created."""
    plane.worlds.reset(world)

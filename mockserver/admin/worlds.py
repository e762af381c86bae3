"""Worlds: made from a scenario or as a fork of another, looked up, reset, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import entropy
from mockserver.admin.bodies import choice, moment, number, refuse_unknown, text
from mockserver.call import EVERYTHING
from mockserver.contract import Profile
from mockserver.errors import ValidationError
from mockserver.scenarios import ScenarioError
from mockserver.seeding import build_world
from mockserver.world import World

if TYPE_CHECKING:
    from mockserver.admin import Plane


def list_worlds(plane: Plane, body: Any) -> dict[str, Any]:
    """List every world."""
    return {"worlds": [plane.worlds.describe(world) for world in plane.worlds]}


def create_world(plane: Plane, body: dict[str, Any]) -> dict[str, Any]:
    """Make a world, from a scenario or as a fork of the one named in `from`, with a key of its own."""
    refuse_unknown(body, "scenario", "seed", "profile", "freeze_time", "from")
    profile = choice(body, "profile", Profile)
    seed = number(body, "seed")
    frozen = moment(body, "freeze_time")
    origin = plane.worlds.get(text(body, "from") or "") if body.get("from") is not None else None
    scenario = text(body, "scenario")
    id = plane.worlds.new_id()
    if origin is not None:
        world = origin.fork(id)
    else:
        try:
            world = build_world(
                plane.contract, scenario=scenario or plane.worlds.default.scenario, id=id,
                seed=plane.worlds.default.seed if seed is None else seed,
            )  # fmt: skip
        except ScenarioError as error:
            raise ValidationError(str(error), attr="scenario") from None
    world.profile = Profile(profile) if profile else (origin or plane.worlds.default).profile
    if seed is not None:
        world.seed = seed
    with world.store.transaction() as transaction:
        if frozen is not None:
            entropy.freeze(transaction, frozen)
        _rekey(world, transaction)
    plane.worlds.add(world.settle())
    return plane.worlds.describe(world)


def _rekey(world: World, transaction: Any) -> None:
    """Give the world keys and project tokens of its own: those of its scenario or origin name another world."""
    keys = transaction.table("api_keys")
    owner = next((key["user_id"] for key in keys), None)
    for key in list(keys):
        keys.update(key, {"value": world.new_key(transaction)})
    projects = transaction.table("projects")
    for project in list(projects):
        projects.update(project, {"api_token": world.new_project_token(transaction)})
    user = next(iter(transaction.table("users")), None)
    if owner is None and user is not None:
        keys.insert({"value": world.new_key(transaction), "label": "all access", "user_id": user["id"],
                     "scopes": [EVERYTHING], "scoped_projects": [], "scoped_organizations": []})  # fmt: skip


def get_world(plane: Plane, body: Any, world: World) -> dict[str, Any]:
    """Describe a world."""
    return plane.worlds.describe(world)


def delete_world(plane: Plane, body: Any, world: World) -> None:
    """Remove a world."""
    plane.worlds.remove(world.id)


def reset_world(plane: Plane, body: Any, world: World) -> None:
    """Return a world to what it was when it was created."""
    world.reset()
    plane.worlds.reregister(world)

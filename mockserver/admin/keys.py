"""Personal API keys of a world."""

from __future__ import annotations

from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import ValidationError
from mockserver.world import entropy
from mockserver.world.worlds import World


def create_key(plane: Plane, given: dict[str, Any], world: World) -> dict[str, Any]:
    """Make a key of the given scopes; of the world's first user unless `user_id` names another."""
    scopes = given["scopes"] or []
    user_id = given.get("user_id")
    label = given.get("label") or "API key"
    with world.store.transaction() as transaction:
        users = transaction.table("users")
        user = users.get(user_id) if user_id is not None else next(iter(users), None)
        if user is None:
            raise ValidationError("There is no such user in this world.", attr="user_id")
        key = {
            "value": world.new_key(transaction), "label": label, "user_id": user["id"], "scopes": scopes,
            "is_session": not scopes,
            "scoped_projects": None, "scoped_organizations": None,
            "created_at": entropy.timestamp(entropy.now(transaction)),
        }  # fmt: skip
        transaction.table("api_keys").insert(key)
    plane.worlds.register(world)
    return {"api_key": key["value"], "scopes": scopes, "label": label}

"""Personal API keys of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import entropy
from mockserver.admin.bodies import number, refuse_unknown, text
from mockserver.errors import ValidationError
from mockserver.world import World

if TYPE_CHECKING:
    from mockserver.admin import Plane


def create_key(plane: Plane, body: dict[str, Any], world: World) -> dict[str, Any]:
    """Make a key of the given scopes; of the world's first user unless `user_id` names another."""
    refuse_unknown(body, "scopes", "label", "user_id")
    scopes = body.get("scopes")
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise ValidationError("Expected a list of scopes.", attr="scopes")
    user_id = number(body, "user_id")
    label = text(body, "label") or "API key"
    with world.store.transaction() as transaction:
        users = transaction.table("users")
        user = users.get(user_id) if user_id is not None else next(iter(users), None)
        if user is None:
            raise ValidationError("There is no such user in this world.", attr="user_id")
        key = {
            "value": world.new_key(transaction), "label": label, "user_id": user["id"], "scopes": scopes,
            "scoped_projects": [], "scoped_organizations": [],
            "created_at": entropy.timestamp(entropy.now(transaction)),
        }  # fmt: skip
        transaction.table("api_keys").insert(key)
    plane.worlds.register(world)
    return {"api_key": key["value"], "scopes": scopes, "label": label}

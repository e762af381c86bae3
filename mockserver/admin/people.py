"""People of a world: invites accepted, since no mail leaves this server, and domains verified."""

from __future__ import annotations

from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import NotFound
from mockserver.resources.organizations.accepting import accept
from mockserver.world.worlds import World


def accept_invite(plane: Plane, given: dict[str, Any], world: World, invite: str) -> dict[str, Any]:
    """Let in whom an invite is for: the user of its address, who is made where there is none."""
    with world.store.transaction() as transaction:
        found = transaction.table("invites").get(invite)
        if found is None:
            raise NotFound(f"Invite {invite!r} not found.")
        names = {name: given.get(name) for name in ("first_name", "last_name", "password")}
        user, membership = accept(world.seed, transaction, found, **names)
    return {
        "user": {name: user[name] for name in ("id", "uuid", "email", "first_name")},
        "organization_id": membership["organization_id"],
        "level": membership["level"],
    }

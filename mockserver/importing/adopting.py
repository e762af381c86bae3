"""An imported project taken into a world as it is, to be compared with: its people too, and keys for every role.

Such a world is held in memory and never written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.contract import Contract
from mockserver.importing.records import Records, Tables
from mockserver.seeding.loading import Loader
from mockserver.world import entropy
from mockserver.world.worlds import World

SCOPES: Mapping[str, list[str]] = {
    "all_access": ["*"], "session": [], "read_only": ["*:read"], "limited": ["insight:write"],
}  # fmt: skip
"""What the keys of the one who asked may do, by role."""
LEVELS = {"admin": 8, "member": 1}
"""Roles that somebody of a level in the organization has."""
OUTSIDE = "01890000-0000-7000-8000-0000000000ff"
FIRST_INVENTED = 2_000_000_000
"""Ids of what the roles need and the project does not have, above all that it may have."""


def adopt(
    contract: Contract, world: World, records: Records, keys: Mapping[str, str], scopes: Iterable[str] | None = None
) -> dict[str, Any]:
    """Let a world hold a project and nothing else, at the time at which it was read.

    `keys` are the keys that the world gets, by role, and `scopes` what the key for everything may do. Returns the ids
    of the project, of its organization, and of a project of another one. Raises: LoadError.
    """
    tables: Tables = {name: list(found) for name, found in records.tables.items()}
    let_in(tables, records, keys, scopes)
    with world.store.transaction() as transaction:
        transaction.clear()
        entropy.freeze(transaction, entropy.system_time())
        Loader(contract, world, transaction).load(tables)
    world.settle()
    return {
        "project_id": records.project_id, "organization_id": records.organization_id,
        "foreign_project_id": FIRST_INVENTED,
    }  # fmt: skip


def let_in(tables: Tables, records: Records, keys: Mapping[str, str], scopes: Iterable[str] | None = None) -> None:
    """Give every role a user and a key: those that the project has, else invented ones.

    `keys` are given by role, and `scopes` are what the key for everything may do, where that is bounded.
    """
    may = {**SCOPES, **({"all_access": sorted(scopes)} if scopes else {})}
    users = tables.setdefault("users", [])
    members = tables.setdefault("organization_memberships", [])
    here = {"current_organization_id": records.organization_id, "current_project_id": records.project_id}
    invented = iter(range(FIRST_INVENTED, FIRST_INVENTED + 100))

    def invent(organization: str, level: int, **more: Any) -> int:
        id = next(invented)
        users.append({"id": id, "email": f"{id}@mockserver.invalid", "distinct_id": f"mockserver-{id}", **more})
        members.append({"organization_id": organization, "user_id": id, "level": level})
        return id

    asker = next(user["id"] for user in users if user.get("current_project_id"))
    of_role = dict.fromkeys(SCOPES, asker)
    for role, level in LEVELS.items():
        found = (m["user_id"] for m in members if m.get("level") == level and m["user_id"] != asker)
        of_role[role] = next(found, None) or invent(records.organization_id, level, **here)
    tables.setdefault("organizations", []).append({"id": OUTSIDE, "name": "Outside"})
    tables.setdefault("projects", []).append(
        {"id": FIRST_INVENTED, "organization_id": OUTSIDE, "name": "Outside", "api_token": "phc_mockserver_outside"}
    )  # after the project itself, which stays the world's first
    away = {"current_organization_id": OUTSIDE, "current_project_id": FIRST_INVENTED}
    of_role["outsider"] = invent(OUTSIDE, 15, **away)
    tables["api_keys"] = [
        {"value": value, "label": role, "user_id": of_role[role], "scopes": may.get(role, ["*"])}
        for role, value in keys.items()
        if role in of_role
    ]

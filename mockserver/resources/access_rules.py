"""Rules of access as the API shows and takes them, for one item, a kind of things, or a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request import access
from mockserver.request.call import Call
from mockserver.store import Record

SHOWN = (
    "access_level", "resource", "resource_id", "organization_member", "role", "created_by", "created_at", "updated_at",
)  # fmt: skip
MEMBERSHIP_LEVELS = {1: "member", 8: "admin", 15: "owner"}
Rule = dict[str, Any]


def show_rules(call: Call, resource: str, item: str | None, level: str) -> dict[str, Any]:
    """Return the rules about an item or a kind of things, and what the asker may do with it."""
    found = call.table(access.TABLE).find(project_id=call.tenant.project_id, resource=resource, resource_id=item)
    levels = access.levels_of(resource)
    return {
        "access_controls": [show(rule) for rule in found],
        "available_access_levels": list(levels),
        "default_access_level": access.PROJECT_DEFAULT if resource == access.PROJECT else access.DEFAULT,
        "user_access_level": level,
        "user_can_edit_access_levels": level == levels[-1],
    }


def show(rule: Record) -> dict[str, Any]:
    """Return a rule as the API shows it."""
    return {name: rule.get(name) for name in SHOWN}


def show_user(user: Record, membership: Record, level: str, source: str) -> dict[str, Any]:
    """Return a member who has access to something, how far they may go, and by what."""
    return {
        "user_id": user["uuid"], "access_level": level, "access_source": source,
        "organization_membership_id": membership["id"],
        "organization_membership_level": MEMBERSHIP_LEVELS[membership["level"]],
    }  # fmt: skip


def judge(call: Call, resource: str) -> Rule:
    """Return whom a body names and what level it gives them; a level of null takes the rule away.

    Raises: ValidationError.
    """
    body = call.body if isinstance(call.body, Mapping) else {}
    levels = access.levels_of(resource)
    level = body.get("access_level")
    if level is not None and level not in levels:
        raise ValidationError(
            f"Invalid access level. Must be one of: {', '.join(levels)}", attr="access_level"
        )  # fmt: skip
    member, role = body.get("organization_member"), body.get("role")
    if member and role:
        raise ValidationError("You can not scope an access control to both a member and a role.")
    _require(call, "organization_memberships", member, "organization_member")
    _require(call, "roles", role, "role")
    return {"access_level": level, "organization_member": member, "role": role}


def write_rule(call: Call, resource: str, item: str | None, rule: Rule) -> dict[str, Any] | None:
    """Set a level, in the place of the one that the same had before, and return the rule; nothing when it is gone."""
    table, now = call.table(access.TABLE), call.now()
    named = {"organization_member": rule["organization_member"], "role": rule["role"]}
    about = {"project_id": call.tenant.project_id, "resource": resource, "resource_id": item}
    known = table.first(**about, **named)
    if rule["access_level"] is None:
        if known is not None:
            table.delete(known)
        return None
    changed = {"access_level": rule["access_level"], "updated_at": now}
    if known is not None:
        return show(table.update(known, changed))
    made = {"id": call.new_uuid(), "created_by": None, "created_at": now}
    return show(table.insert({**made, **about, **named, **changed}))


def _require(call: Call, table: str, key: Any, name: str) -> None:
    if key is None:
        return
    found = call.table(table).get(key) if isinstance(key, str) else None
    if found is None or found["organization_id"] != call.tenant.organization_id:
        raise ValidationError(f'Invalid pk "{key}" - object does not exist.', code="does_not_exist", attr=name)

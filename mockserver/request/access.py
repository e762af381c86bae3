"""Access levels: what a user may do with a project, with a kind of thing in it, with one such thing.

Rules of a project lie in the table `access_controls`: each gives a level to a member, to a role, or to everybody, for
one item, for a kind of things, or for the project. Of several about one user the most generous counts.
Source: recorded answers; reading of the servers' rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mockserver.request.call import ADMIN, Tenant
from mockserver.store import Record, View

TABLE = "access_controls"
PROJECT = "project"
LEVELS = ("none", "viewer", "editor", "manager")
PROJECT_LEVELS = ("none", "member", "admin")
DEFAULT, PROJECT_DEFAULT = "editor", "admin"
MANAGER, VIEWER, EDITOR = "manager", "viewer", "editor"


def levels_of(resource: str) -> Sequence[str]:
    """Return the levels that there are for a kind of things, the least first."""
    return PROJECT_LEVELS if resource == PROJECT else LEVELS


def level_of(view: View, tenant: Tenant, user: Record, resource: str, item: Record | None = None) -> str:
    """Return what a user may do with a kind of things, or with one of them; its creator and admins may do anything."""
    if tenant.level >= ADMIN or (item is not None and item.get("created_by") == user["id"]):
        return MANAGER
    rules = view.table(TABLE).find(project_id=tenant.project_id, resource=resource)
    if not rules:
        return DEFAULT
    who = _names_of(view, user, _membership_of(view, tenant, user))
    if item is not None:
        found = _most(rules, str(item["id"]), who, resource)
        if found is not None:
            return found
    return _most(rules, None, who, resource) or DEFAULT


def may(level: str, needed: str) -> bool:
    """Return whether a level is enough."""
    return LEVELS.index(level) >= LEVELS.index(needed)


def is_shut_out(view: View, project: Record, user: Record, membership: Record | None, level: int) -> bool:
    """Return whether a project's rules keep out a member of its organization; admins are never kept out."""
    rules = view.table(TABLE).find(project_id=project["id"], resource=PROJECT)
    if not rules or level >= ADMIN:
        return False
    return _most(rules, str(project["id"]), _names_of(view, user, membership), PROJECT) == "none"


def entry(view: View, project_id: int, user: Record, membership: Record) -> tuple[str, str]:
    """Return how far a member of the organization may go in a project, and what lets them in."""
    if membership["level"] >= ADMIN:
        return PROJECT_DEFAULT, "organization_admin"
    rules = view.table(TABLE).find(project_id=project_id, resource=PROJECT)
    who = _names_of(view, user, membership)
    level = _most(rules, str(project_id), who, PROJECT) or PROJECT_DEFAULT
    return level, _source(rules, str(project_id), view, user, membership, PROJECT, level)


def entry_to(
    view: View, tenant: Tenant, user: Record, membership: Record, resource: str, item: Record
) -> tuple[str, str]:
    """Return how far a member of the organization may go with a thing, and what lets them."""
    if item.get("created_by") == user["id"]:
        return MANAGER, "creator"
    if membership["level"] >= ADMIN:
        return MANAGER, "organization_admin"
    rules = view.table(TABLE).find(project_id=tenant.project_id, resource=resource)
    level = level_of(view, Tenant(tenant.organization, tenant.project, membership["level"]), user, resource, item)
    return level, _source(rules, str(item["id"]), view, user, membership, resource, level)


def may_rule(view: View, tenant: Tenant, user: Record) -> bool:
    """Return whether a user may write a project's rules: an admin, of the organization or by a rule of their own."""
    membership = _membership_of(view, tenant, user)
    if tenant.level >= ADMIN or membership is None:
        return tenant.level >= ADMIN
    level, source = entry(view, tenant.project_id, user, membership)
    return level == PROJECT_DEFAULT and source != "default"


def _most(rules: Iterable[Record], item: str | None, who: set[Any], resource: str) -> str | None:
    levels = levels_of(resource)
    found = [
        levels.index(rule["access_level"])
        for rule in rules
        if rule["resource_id"] == item and (rule["organization_member"] or rule["role"]) in who
    ]
    return levels[max(found)] if found else None


def _source(
    rules: Sequence[Record], item: str, view: View, user: Record, membership: Record, resource: str, level: str
) -> str:
    """Return what gives a member a level for an item: a rule about them, one about a role of theirs, or neither."""
    for source, who in (("explicit_member", {membership["id"]}), ("explicit_role", _roles_of(view, user))):
        if _most(rules, item, who, resource) == level:
            return source
    return "default"


def _membership_of(view: View, tenant: Tenant, user: Record) -> Record | None:
    return view.table("organization_memberships").first(user_id=user["id"], organization_id=tenant.organization_id)


def _names_of(view: View, user: Record, membership: Record | None) -> set[Any]:
    """Return by what rules name a user: a membership, roles, nobody in particular."""
    return {None, membership["id"] if membership else None, *_roles_of(view, user)}


def _roles_of(view: View, user: Record) -> set[str]:
    return {membership["role_id"] for membership in view.table("role_memberships").find(user_id=user["id"])}

"""Belonging to an organization: joining and leaving it, and what becomes of whoever last used it.

Source: PostHog's models of users and memberships.
"""

from __future__ import annotations

from typing import Any

from mockserver.request import access
from mockserver.request.call import MEMBER, Call
from mockserver.resources.projects.removal import remove_project
from mockserver.resources.resource import Record
from mockserver.store import Transaction, View
from mockserver.world import entropy
from mockserver.world.tables import TABLES, Owner

PROJECT_LEVELS = {1: "member", 8: "admin", 15: "admin", "member": "member", "admin": "admin"}
"""What invites call the levels of projects, today and before."""


def join(seed: int, transaction: Transaction, user: Record, organization: Record, level: int = MEMBER) -> Record:
    """Let a user belong to an organization, and make it the one they last used; return the membership.

    Whoever joins is given the organization's default role.
    """
    now = entropy.timestamp(entropy.now(transaction))
    membership = transaction.table("organization_memberships").insert({
        "id": entropy.uuid7(seed, transaction), "organization_id": organization["id"], "user_id": user["id"],
        "level": level, "joined_at": now, "updated_at": now,
    })  # fmt: skip
    role = transaction.table("roles").get(organization.get("default_role_id"))
    if role is not None and role["organization_id"] == organization["id"]:
        transaction.table("role_memberships").insert({
            "id": entropy.uuid7(seed, transaction), "organization_id": organization["id"], "role_id": role["id"],
            "user_id": user["id"], "joined_at": now, "updated_at": now,
        })  # fmt: skip
    go_to(transaction, user, organization)
    return membership


def leave(transaction: Transaction, membership: Record) -> None:
    """Let a user belong to an organization no more: their roles in it go, and the rules of access about them."""
    transaction.table("organization_memberships").delete(membership)
    _remove(
        transaction, "role_memberships", user_id=membership["user_id"], organization_id=membership["organization_id"]
    )
    _remove(transaction, access.TABLE, organization_member=membership["id"])
    user = transaction.table("users").get(membership["user_id"])
    if user is not None and not user.get("date_joined"):
        user = transaction.table("users").update(user, {"date_joined": membership["joined_at"]})
    if user is not None and user["current_organization_id"] == membership["organization_id"]:
        move_on(transaction, user)


def remove_organization(call: Call, organization: Record) -> None:
    """Remove an organization, its projects, and every record of them; whoever last used it moves on."""
    transaction = call.transaction
    for project in transaction.table("projects").find(organization_id=organization["id"]):
        remove_project(call, project)
    for table in TABLES.values():
        if table.owner is Owner.ORGANIZATION and table.name != "projects":
            _remove(transaction, table.name, organization_id=organization["id"])
    transaction.table("organizations").delete(organization)
    for user in list(transaction.table("users")):
        if user["current_organization_id"] == organization["id"]:
            move_on(transaction, user)


def move_on(transaction: Transaction, user: Record) -> None:
    """Let a user's organization be the first that they belong to, if they belong to any."""
    memberships = transaction.table("organization_memberships").find(user_id=user["id"])
    organization = transaction.table("organizations").get(memberships[0]["organization_id"]) if memberships else None
    go_to(transaction, user, organization)


def go_to(transaction: Transaction, user: Record, organization: Record | None, project: Record | None = None) -> Record:
    """Let an organization, and a project of it, be those that a user last used, and return the user."""
    if organization is not None and project is None:
        project = next(iter(projects_of(transaction, user, organization)), None)
    return transaction.table("users").update(user, {
        "current_organization_id": organization["id"] if organization else None,
        "current_project_id": project["id"] if project else None,
    })  # fmt: skip


def projects_of(view: View, user: Record, organization: Record) -> list[Record]:
    """Return the projects of an organization that a user may enter, the oldest first."""
    projects = view.table("projects").find(organization_id=organization["id"])
    membership = view.table("organization_memberships").first(
        user_id=user["id"], organization_id=organization["id"]
    )  # fmt: skip
    if membership is None:
        return []
    return [
        project for project in projects if not access.is_shut_out(view, project, user, membership, membership["level"])
    ]


def grant(seed: int, transaction: Transaction, membership: Record, granted: list[Any]) -> None:
    """Give a member access to projects, as an invite says."""
    now = entropy.timestamp(entropy.now(transaction))
    for each in granted:
        project = transaction.table("projects").get(each["id"])
        if project is None or project["organization_id"] != membership["organization_id"]:
            continue
        transaction.table(access.TABLE).insert({
            "id": entropy.uuid7(seed, transaction), "project_id": project["id"], "resource": access.PROJECT,
            "resource_id": str(project["id"]), "access_level": PROJECT_LEVELS.get(each["level"], "member"),
            "organization_member": membership["id"], "role": None, "created_by": None, "created_at": now,
            "updated_at": now,
        })  # fmt: skip


def _remove(transaction: Transaction, table: str, **values: Any) -> None:
    for record in transaction.table(table).find(**values):
        transaction.table(table).delete(record)

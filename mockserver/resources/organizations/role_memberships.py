"""Role memberships: who belongs to a role."""

from __future__ import annotations

from typing import Any

from mockserver.errors import NotFound, ValidationError
from mockserver.listing.pagination import LimitOffset
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.world.tables import OLDEST_ROLE_MEMBERS


class RoleMemberships(Resource):
    """Members of the organization in one of its roles; a role that does not exist has none."""

    family = "role_memberships"
    table = "role_memberships"
    component = "RoleMembership"
    title = "Role Membership"
    pagination = LimitOffset()
    order = OLDEST_ROLE_MEMBERS
    depends_on = ("users", "organization_memberships")

    def tenant_key(self, call: Call) -> dict[str, Any]:
        """Return the organization and the role. Raises: NotFound when the path names no UUID."""
        return {**super().tenant_key(call), "role_id": self.read_key(call.path["role_id"])}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Put a member of the organization into the role. Raises: ValidationError, for an unknown role or user too."""
        key = self._existing_role(call)
        user = call.table("users").first(uuid=data["user_uuid"])
        if user is None or user.get("is_active") is False or find_member(call, user["id"]) is None:
            raise ValidationError("User does not exist.")
        if call.table(self.table).first(**key, user_id=user["id"]):
            raise ValidationError("User is already part of the role.")
        now = call.now()
        return call.table(self.table).insert(
            {**self.identify(call), "user_id": user["id"], "joined_at": now, "updated_at": now}
        )

    def _existing_role(self, call: Call) -> dict[str, Any]:
        try:
            key = self.tenant_key(call)
        except NotFound:
            raise ValidationError("Role does not exist.") from None
        role = call.table("roles").get(key["role_id"])
        if role is None or role["organization_id"] != key["organization_id"]:
            raise ValidationError("Role does not exist.")
        return key

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return show_membership(record, call)


def show_membership(record: Record, call: Call) -> dict[str, Any]:
    """Return a membership as the API shows it, in its own pages and among a role's members."""
    return {
        "id": record["id"],
        "role_id": record["role_id"],
        "organization_member": show_member(call, record["user_id"]),
        "user": user_basic(call, record["user_id"]),
        "joined_at": record["joined_at"],
        "updated_at": record["updated_at"],
    }


def show_member(call: Call, user_id: int) -> dict[str, Any] | None:
    """Return a user as a member of the organization."""
    member = find_member(call, user_id)
    user = call.table("users").get(user_id)
    if member is None or user is None:
        return None
    return {
        "id": member["id"],
        "user": user_basic(call, user_id),
        "level": member["level"],
        "joined_at": member["joined_at"],
        "updated_at": member["updated_at"],
        "is_2fa_enabled": bool((user.get("two_factor") or {}).get("enabled")),
        "has_social_auth": bool(user.get("has_social_auth")),
    }


def find_member(call: Call, user_id: int) -> Record | None:
    """Return a user's membership of the organization."""
    memberships = call.table("organization_memberships")
    return memberships.first(user_id=user_id, organization_id=call.tenant.organization_id)

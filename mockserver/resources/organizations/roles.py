"""Roles: named groups of an organization's members."""

from __future__ import annotations

from typing import Any

from mockserver.errors import ValidationError
from mockserver.listing.pagination import LimitOffset
from mockserver.request.call import Call
from mockserver.resources.organizations.role_memberships import show_membership
from mockserver.resources.resource import Record, Resource
from mockserver.world.tables import OLDEST_ROLE_MEMBERS, OLDEST_ROLES


class Roles(Resource):
    """Named groups of an organization's members; whoever belongs to it reads them, admins write them."""

    family = "roles"
    table = "roles"
    component = "Role"
    title = "Role"
    pagination = LimitOffset()
    order = OLDEST_ROLES
    relations = {"created_by": "users"}
    depends_on = ("role_memberships", "organization_memberships")

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values. Raises: ValidationError for a name that is taken, in whatever case."""
        data = super().load(call, record, **how)
        if "name" in data:
            self._require_free(call, data["name"], record)
        return data

    def _require_free(self, call: Call, name: str, renamed: Record | None) -> None:
        """Refuse a name that is taken. Servers of late 2025 count the role that is renamed, too."""
        for role in call.table(self.table).find(**self.tenant_key(call)):
            is_itself = renamed is not None and role["id"] == renamed["id"]
            if role["name"].upper() == name.upper() and (call.is_observed or not is_itself):
                raise ValidationError("There is already a role with this name.", code="unique", attr="name")

    def server_fields(self, call: Call) -> dict[str, Any]:
        """Return its time. Nobody is recorded as its creator: the servers leave that to their own pages."""
        return {"created_at": call.now(), "created_by": None, "is_default": False}

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove a role and everybody's membership of it."""
        memberships = call.table("role_memberships")
        for membership in memberships.find(role_id=record["id"]):
            memberships.delete(membership)
        super().perform_destroy(call, record)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        key = (record["organization_id"], record["id"])
        memberships = call.table("role_memberships").in_order(OLDEST_ROLE_MEMBERS, key)
        return {
            "members": [show_membership(membership, call) for membership in memberships],
            "is_default": bool(record.get("is_default")),
        }

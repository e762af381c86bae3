"""Roles: named groups of an organization's members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.errors import NotFound, ValidationError
from mockserver.listing.lookups import lookups
from mockserver.listing.pagination import LimitOffset
from mockserver.request.call import Call
from mockserver.resources.organizations.role_memberships import show_membership
from mockserver.resources.resource import Record, Resource
from mockserver.world.tables import OLDEST_ROLE_MEMBERS, OLDEST_ROLES

ASKED_BY = {
    **{name: name for name in ("id", "name", "created_at", "organization_id", "created_by_id")},
    "organization": "organization_id", "created_by": "created_by", "created_by_id": "created_by",
}  # fmt: skip
"""The fields that a query may name, as the model calls them, and where they are kept."""


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

    def is_filtered(self, call: Call) -> bool:
        return bool(lookups(call.query, ASKED_BY))

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the roles that the query's names of fields ask for. Source: PostHog's view of roles."""
        tests = lookups(call.query, ASKED_BY)
        return [record for record in records if all(test(record) for test in tests)]

    def get_record(self, call: Call, key: str) -> Record:
        """Return the role. Raises: NotFound for one that the query's names of fields leave out, too."""
        record = super().get_record(call, key)
        if not self.filter_records(call, [record]):
            raise NotFound
        return record

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
        """Remove a role, everybody's membership of it, and its access to flags."""
        for name in ("role_memberships", "feature_flag_role_access"):
            table = call.table(name)
            for row in table.find(role_id=record["id"]):
                table.delete(row)
        super().perform_destroy(call, record)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        key = (record["organization_id"], record["id"])
        memberships = call.table("role_memberships").in_order(OLDEST_ROLE_MEMBERS, key)
        return {
            "members": [show_membership(membership, call) for membership in memberships],
            "is_default": bool(record.get("is_default")),
        }

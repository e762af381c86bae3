"""Rules of access of a project: who may enter it, and what its members may do with each kind of things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.request import access
from mockserver.request.call import ADMIN, MEMBER, OWNER, Answer, Call
from mockserver.resources.access_rules import judge, show, show_rules, write_rule
from mockserver.resources.resource import Resource

LEVELS = {MEMBER: "member", ADMIN: "admin", OWNER: "owner"}


class ProjectAccess(Resource):
    """The rules of a project; admins write them."""

    family = "access_controls"
    table = access.TABLE
    component = "AccessControl"

    def access_controls(self, call: Call) -> Any:
        """Return who may enter the project, or set it for a member, a role or everybody else."""
        item = str(call.tenant.project_id)
        is_admin = call.tenant.level >= ADMIN
        if call.operation.method == "get":
            level = access.PROJECT_DEFAULT if is_admin else "member"
            return show_rules(call, access.PROJECT, item, level)
        if not is_admin:
            raise PermissionDenied("Must be admin to modify project permissions.")
        rule = write_rule(call, access.PROJECT, item, judge(call, access.PROJECT))
        return Answer(None, 204) if rule is None else rule

    def resource_access_controls(self, call: Call) -> Any:
        """Return the rules of each kind of things, or set one."""
        if call.operation.method == "get":
            found = call.table(access.TABLE).find(project_id=call.tenant.project_id, resource_id=None)
            return {
                "access_controls": [show(rule) for rule in found],
                "available_access_levels": list(access.LEVELS),
                "default_access_level": access.DEFAULT,
                "user_can_edit_access_levels": call.tenant.level >= ADMIN,
            }
        if call.tenant.level < ADMIN:
            raise PermissionDenied("Must be admin to modify project permissions.")
        resource = str(call.body.get("resource")) if isinstance(call.body, Mapping) else ""
        known = tuple(self.contract.components["AccessOfKind"]["properties"]["resource"]["enum"])
        if resource not in known:
            raise ValidationError(f"Invalid resource. Must be one of: {known}")
        rule = write_rule(call, resource, None, judge(call, resource))
        return Answer(None, 204) if rule is None else rule

    global_access_controls = resource_access_controls

    def users_with_access(self, call: Call) -> Any:
        """Return who may enter the project, and by what."""
        users = []
        for membership in call.table("organization_memberships").find(organization_id=call.tenant.organization_id):
            user = call.table("users").get(membership["user_id"])
            is_admin = membership["level"] >= ADMIN
            if user is None or access.is_shut_out(
                call.state, call.tenant.project or {}, user, membership, membership["level"]
            ):  # fmt: skip
                continue
            users.append({
                "user_id": user["uuid"],
                "access_level": "admin" if is_admin else "member",
                "access_source": "organization_admin" if is_admin else "default",
                "organization_membership_id": membership["id"],
                "organization_membership_level": LEVELS[membership["level"]],
            })  # fmt: skip
        return {"users": users, "total_count": len(users)}

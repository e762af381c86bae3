"""Rules of access of a project: who may enter it, and what its members may do with each kind of things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.request import access
from mockserver.request.call import Answer, Call
from mockserver.resources.access_rules import judge, show, show_rules, show_user, write_rule
from mockserver.resources.resource import Resource

ADMINS_ONLY = "Must be admin to modify project permissions."


class ProjectAccess(Resource):
    """The rules of a project; admins write them."""

    family = "access_controls"
    table = access.TABLE
    component = "AccessControl"

    def access_controls(self, call: Call) -> Any:
        """Return who may enter the project, or set it for a member, a role or everybody else."""
        item = str(call.tenant.project_id)
        may_write = access.may_rule(call.state, call.tenant, call.user)
        if call.operation.method == "get":
            shown = show_rules(call, access.PROJECT, item, self._level(call))
            return {**shown, "user_can_edit_access_levels": may_write}
        if not may_write:
            raise PermissionDenied(ADMINS_ONLY)
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
                "user_can_edit_access_levels": access.may_rule(call.state, call.tenant, call.user),
            }
        if not access.may_rule(call.state, call.tenant, call.user):
            raise PermissionDenied(ADMINS_ONLY)
        resource = str(call.body.get("resource")) if isinstance(call.body, Mapping) else ""
        known = tuple(self.contract.components["AccessOfKind"]["properties"]["resource"]["enum"])
        if resource not in known:
            raise ValidationError(f"Invalid resource. Must be one of: {known}", attr="resource")
        rule = write_rule(call, resource, None, judge(call, resource))
        return Answer(None, 204) if rule is None else rule

    global_access_controls = resource_access_controls

    def users_with_access(self, call: Call) -> Any:
        """Return who may enter the project, how far, and by what: those who may most first."""
        users = []
        for membership in call.table("organization_memberships").find(organization_id=call.tenant.organization_id):
            user = call.table("users").get(membership["user_id"])
            if user is None or not user.get("is_active", True):
                continue
            level, source = access.entry(call.state, call.tenant.project_id, user, membership)
            if level != "none":
                users.append(show_user(user, membership, level, source))
        users.sort(key=lambda one: (access.PROJECT_LEVELS.index(one["access_level"]), one["user_id"]), reverse=True)
        return {"users": users, "total_count": len(users)}

    def _level(self, call: Call) -> str:
        membership = call.table("organization_memberships").first(
            user_id=call.user["id"], organization_id=call.tenant.organization_id
        )
        assert membership is not None  # who does not belong here was not let in
        return access.entry(call.state, call.tenant.project_id, call.user, membership)[0]

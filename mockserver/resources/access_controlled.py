"""Things that may be shown to some and kept from others: levels of access, and the rules that give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mockserver.errors import PermissionDenied
from mockserver.request import access
from mockserver.request.call import ADMIN, Answer, Call
from mockserver.resources.access_rules import judge, show_rules, show_user, write_rule
from mockserver.resources.resource import Record, Resource

SAFE = ("get", "head", "options")


class AccessControlled(Resource):
    """Records that nobody finds who may not view them, and nobody changes who may not edit them."""

    access_resource: ClassVar[str]

    def level(self, call: Call, record: Record | None = None) -> str:
        """Return what the asker may do: with a record, or with the whole kind; look, who only bears a sharing token."""
        if call.principal.sharing is not None:
            return access.VIEWER
        return access.level_of(call.state, call.tenant, call.user, self.access_resource, record)

    def shown_level(self, call: Call, record: Record) -> str | None:
        """Return the level that a record is shown with; none to who only bears a sharing token."""
        return None if call.principal.sharing is not None else self.level(call, record)

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        self._require(self.level(call, record), access.VIEWER if call.operation.method in SAFE else access.EDITOR)
        return record

    def get_records(self, call: Call) -> Sequence[Record]:
        records = super().get_records(call)
        if not self._is_ruled(call):
            return records
        return [record for record in records if self.level(call, record) != "none"]

    def list(self, call: Call) -> Any:
        self._require(self.level(call), access.VIEWER)
        return super().list(call)

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        self._require(self.level(call), access.EDITOR)
        return super().perform_create(call, data)

    def pages_in_order(self, call: Call) -> bool:
        return not self._is_ruled(call) and not self.is_filtered(call)

    def access_controls(self, call: Call, record: Record) -> Any:
        """Return the rules about a record, or set the level of a member, a role or everybody else."""
        level = self.level(call, record)
        if call.operation.method == "get":
            return show_rules(call, self.access_resource, str(record[self.key]), level)
        if level != access.MANAGER:
            raise PermissionDenied("Must be at least a manager to modify the permissions of this resource.")
        rule = write_rule(call, self.access_resource, str(record[self.key]), judge(call, self.access_resource))
        return Answer(None, 204) if rule is None else rule

    def users_with_access(self, call: Call, record: Record) -> Any:
        """Return who may view a record, how far they may go, and by what: those who may most first."""
        users = []
        for membership in call.table("organization_memberships").find(organization_id=call.tenant.organization_id):
            user = call.table("users").get(membership["user_id"])
            if user is None or not user.get("is_active", True):
                continue
            level, source = access.entry_to(call.state, call.tenant, user, membership, self.access_resource, record)
            if level != "none":
                users.append(show_user(user, membership, level, source))
        users.sort(key=lambda one: (access.LEVELS.index(one["access_level"]), one["user_id"]), reverse=True)
        return {"users": users, "total_count": len(users)}

    def _is_ruled(self, call: Call) -> bool:
        """Return whether some rule may keep something from the asker."""
        if call.tenant.level >= ADMIN:
            return False
        rules = call.table(access.TABLE)
        return rules.first(project_id=call.tenant.project_id, resource=self.access_resource) is not None

    def _require(self, level: str, needed: str) -> None:
        if not access.may(level, needed):
            raise PermissionDenied(f"You do not have {needed} access to this resource.")

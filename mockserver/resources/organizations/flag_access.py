"""Roles that may change a flag, where what a role may do with flags is to view them."""

from __future__ import annotations

from typing import Any

from mockserver.contract import Contract
from mockserver.errors import ValidationError
from mockserver.listing.pagination import LimitOffset
from mockserver.request.call import Call
from mockserver.resources.feature_flags import FeatureFlags
from mockserver.resources.feature_flags.editors import TABLE
from mockserver.resources.organizations.roles import Roles
from mockserver.resources.resource import Record, Resource
from mockserver.world.tables import OLDEST_FLAG_ROLES


class FlagRoleAccess(Resource):
    """The roles that may change a flag; a flag that there is not has none."""

    family = "feature_flag_role_access"
    table = TABLE
    component = "FlagRoleAccess"
    title = "Feature Flag Role Access"
    pagination = LimitOffset()
    order = OLDEST_FLAG_ROLES
    depends_on = None

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._flags, self._roles = FeatureFlags(contract), Roles(contract)

    def tenant_key(self, call: Call) -> dict[str, Any]:
        """Return the project and the flag. Raises: NotFound when the path names no id."""
        return {**super().tenant_key(call), "feature_flag": self.read_key(call.path["feature_flag_id"])}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Let a role change the flag. Raises: ValidationError for one that may already, or a flag that there is not."""
        key = self.tenant_key(call)
        flag = call.table("feature_flags").get(key["feature_flag"])
        if flag is None or flag["project_id"] != call.tenant.project_id:
            problem = f'Invalid pk "{key["feature_flag"]}" - object does not exist.'
            raise ValidationError(problem, code="does_not_exist", attr="feature_flag")
        if call.table(self.table).first(**key, role_id=data["role_id"]) is not None:
            raise ValidationError("The role may already change this flag.", code="unique", attr="role_id")
        now = call.now()
        return call.table(self.table).insert(
            {**self.identify(call), "role_id": data["role_id"], "added_at": now, "updated_at": now}
        )

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        flag, role = call.table("feature_flags").get(record["feature_flag"]), call.table("roles").get(record["role_id"])
        return {
            "feature_flag": self._flags.show(flag, call) if flag is not None else None,
            "role": self._roles.show(role, call) if role is not None else None,
        }

"""Who may change a flag by their roles, as far as servers knew what a role may do with flags.

A role's members may change flags, or only view them unless the role was let change the one. Of several roles the most
generous counts. Servers of late 2025 know no such level, and there everybody may. Source: the servers' own rule.
"""

from __future__ import annotations

from mockserver.contract import Contract
from mockserver.errors import PermissionDenied
from mockserver.request.call import ADMIN, Call
from mockserver.store import Record

TABLE = "feature_flag_role_access"
LEVEL = "feature_flags_access_level"
MAY_CHANGE = 37


class NoEditor(PermissionDenied):
    """A flag is changed by somebody whose roles may view flags only."""

    detail = "You don't have edit permissions for this feature flag."


def may_edit(call: Call, contract: Contract, flag: Record) -> bool:
    """Return whether the asker's roles let them change a flag; its maker and admins always may."""
    spec = contract.components["Role"]["properties"].get(LEVEL, {"x-until": ""})
    if not call.profile.has(spec) or call.tenant.level >= ADMIN or flag.get("created_by") == call.user["id"]:
        return True
    found = (
        call.table("roles").get(row["role_id"]) for row in call.table("role_memberships").find(user_id=call.user["id"])
    )
    roles = [role for role in found if role and role["organization_id"] == call.tenant.organization_id]
    if not roles or max(role.get(LEVEL) or MAY_CHANGE for role in roles) >= MAY_CHANGE:
        return True
    return any(call.table(TABLE).first(feature_flag=flag["id"], role_id=role["id"]) for role in roles)

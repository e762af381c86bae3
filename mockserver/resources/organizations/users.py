"""Users: who the key's owner is, and where they last were."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import PermissionDenied
from mockserver.request.call import Call, Principal, Tenant
from mockserver.resources.organizations import Organizations, organization_basic, organizations_of
from mockserver.resources.projects.shapes import team_basic
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.world import entropy

ME = "@me"
SENSITIVE = timedelta(hours=2)
# What servers tell a user of, until the user says otherwise.
NOTIFICATIONS: Mapping[str, Any] = {
    "plugin_disabled": True,
    "error_tracking_issue_assigned": True,
    "project_weekly_digest_disabled": {},
    "all_weekly_digest_disabled": False,
}


class Users(Resource):
    """The key's owner; nobody else is shown."""

    family = "users"
    table = "users"
    component = "User"
    title = "User"
    depends_on = None

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._organizations = Organizations(contract)

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return no tenant: a key that is limited to some shows its owner all the same."""
        return Tenant(None)

    def get_record(self, call: Call, key: str) -> Record:
        """Return the asker. Raises: PermissionDenied for anybody else, known or not."""
        if key not in (ME, call.user["uuid"]):
            raise PermissionDenied("As a non-staff user you're only allowed to access the `@me` user instance.")
        return call.user

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        memberships = call.table("organization_memberships").find(user_id=record["id"])
        organization = call.table("organizations").get(record["current_organization_id"])
        project = call.table("projects").get(record["current_project_id"])
        return {
            "date_joined": min((membership["joined_at"] for membership in memberships), default=call.now()),
            "pending_email": None,
            "notification_settings": NOTIFICATIONS,
            "anonymize_data": False,
            "toolbar_mode": "toolbar",
            "has_password": True,
            "is_staff": False,
            "is_impersonated": False,
            "is_impersonated_until": None,
            "sensitive_session_expires_at": None if call.principal.is_scoped else session_end(call),
            "team": team_basic(project, call) if project else None,
            "organization": self._organizations.show(organization, call) if organization else None,
            "organizations": [organization_basic(one, call) for one in organizations_of(call)],
            "events_column_config": {"active": "DEFAULT"},
            "is_2fa_enabled": False,
            "has_social_auth": False,
            "has_sso_enforcement": False,
            "scene_personalisation": [],
        }


def session_end(call: Call) -> str:
    """Return until when whoever has just signed in may change what matters most."""
    return (entropy.now(call.state) + SENSITIVE).isoformat()

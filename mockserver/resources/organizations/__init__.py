"""Organizations: the companies that a key's owner belongs to, and their projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import NotFound, PermissionDenied
from mockserver.request import tenancy
from mockserver.request.call import Call, Principal, Tenant
from mockserver.resources.projects.shapes import team_basic
from mockserver.resources.resource import Record, Resource
from mockserver.store import View

PROJECT = ("id", "organization_id", "name")


class Organizations(Resource):
    """The organizations of the asker; others do not exist for them."""

    family = "organizations"
    table = "organizations"
    component = "Organization"
    title = "Organization"
    depends_on = None

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return the organization that a path names, if the asker belongs to it; a list is about none of them."""
        if principal.key.get("scoped_projects"):
            raise PermissionDenied(tenancy.PROJECTS_ONLY)
        organization = self._find(path["id"], principal, view) if "id" in path else None
        level = tenancy.level(principal.user, organization, view) if organization else 0
        return Tenant(organization, None, level) if level else Tenant(None)

    def _find(self, wanted: str, principal: Principal, view: View) -> Record | None:
        if wanted == tenancy.CURRENT:
            return view.table(self.table).get(principal.user.get("current_organization_id"))
        try:
            return view.table(self.table).get(self.read_key(wanted))
        except NotFound:  # said once the key's scopes are judged
            return None

    def get_record(self, call: Call, key: str) -> Record:
        if call.tenant.organization is None:
            raise NotFound("Current organization not found." if key == tenancy.CURRENT else None)
        return call.tenant.organization

    def get_records(self, call: Call) -> Sequence[Record]:
        limits = call.principal.key.get("scoped_organizations")
        return [one for one in organizations_of(call) if not limits or one["id"] in limits]

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        projects = call.table("projects").find(organization_id=record["id"])
        return {
            "membership_level": tenancy.level(call.user, record, call.state) or None,
            "teams": [team_basic(project, call) for project in projects],
            "projects": [{name: project[name] for name in PROJECT} for project in projects],
            "metadata": {"instance_tag": "none", **(record["metadata"] or {})},
            "available_product_features": record["available_product_features"] or [],
            "member_count": len(call.table("organization_memberships").find(organization_id=record["id"])),
        }


def organizations_of(call: Call) -> list[Record]:
    """Return the organizations that the asker belongs to."""
    return [one for one in call.table("organizations") if tenancy.level(call.user, one, call.state)]


def organization_basic(record: Record, call: Call) -> dict[str, Any]:
    """Return an organization as a user's own record lists it."""
    return {
        **{name: record[name] for name in ("id", "name", "slug", "logo_media_id")},
        "membership_level": tenancy.level(call.user, record, call.state) or None,
        "members_can_use_personal_api_keys": record["members_can_use_personal_api_keys"],
    }

"""Which organization and project a path means, and whether the asker may enter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from mockserver.errors import NotFound, PermissionDenied
from mockserver.request import access
from mockserver.request.call import ADMIN, MEMBER, Principal, Tenant
from mockserver.store import Record, View
from mockserver.store.remembering import Remembered
from mockserver.world import plans

CURRENT = "@current"
UUID_SHAPE = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
TABLES = ("projects", "organizations", "organization_memberships", access.TABLE, "role_memberships")
"""What says which project a path names, and who may enter: every request asks, and few change it."""
MOST_REMEMBERED = 1000
PROJECTS_ONLY = "API keys with scoped projects are only supported on project-based endpoints."

_located = Remembered[Tenant](TABLES, MOST_REMEMBERED)
"""Projects by how a path named them, and who asked."""


def locate(path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
    """Return the tenant that a path names, not yet asking whether the asker belongs to it.

    A path that names none is about the organization that the asker last used.

    Raises: NotFound for a malformed or unknown id.
    """
    if "project_id" in path:
        return _remembered_project(path["project_id"], principal, view)
    wanted = path.get("organization_id", CURRENT)
    identifier = principal.user.get("current_organization_id") if wanted == CURRENT else uuid(wanted)
    organization = view.table("organizations").get(identifier)
    if organization is None:
        if "organization_id" in path:
            raise NotFound("Organization not found.")
        return Tenant(None)
    return Tenant(organization, None, level(principal.user, organization, view))


def _remembered_project(wanted: str, principal: Principal, view: View) -> Tenant:
    """Return the project that a path names, as it was found before where nothing has changed of what was looked at."""
    find = partial(_project, wanted, principal, view)
    if wanted == CURRENT:  # which the user's record says as well
        return find()
    who = principal.user["id"] if principal.project is None else (principal.project["id"],)
    return _located.find(view, find, wanted, who)


def _project(wanted: str, principal: Principal, view: View) -> Tenant:
    project = _find_project(wanted, principal, view)
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None:
        raise NotFound("Project not found.")
    return Tenant(organization, project, _level_in_project(principal, organization, project, view))


def _level_in_project(principal: Principal, organization: Record, project: Record, view: View) -> int:
    """Return an asker's level where a project is; who bears its secret token is let in there, and nowhere else."""
    if principal.project is not None:
        return MEMBER if principal.project["id"] == project["id"] else 0
    return level(principal.user, organization, view, project)


def _find_project(wanted: str, principal: Principal, view: View) -> Record | None:
    identifier: Any = principal.user.get("current_project_id") if wanted == CURRENT else integer(wanted)
    if identifier is None and wanted == CURRENT:
        return _first_project(principal.user, view)
    return view.table("projects").get(identifier) if identifier is not None else None


def _first_project(user: Record, view: View) -> Record | None:
    """Return the project that a user who never chose one is in: the first of their organizations'."""
    for membership in view.table("organization_memberships").find(user_id=user["id"]):
        project = view.table("projects").first(organization_id=membership["organization_id"])
        if project is not None:
            return project
    return None


def integer(text: str) -> int | None:
    """Return the number that a path segment spells, if it spells one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def uuid(text: str) -> str | None:
    """Return the UUID that a path segment spells, in its usual form, if it spells one."""
    if not UUID_SHAPE.fullmatch(text):
        return None
    plain = text.replace("-", "").lower()
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))


def level(user: Record, organization: Record, view: View, project: Record | None = None) -> int:
    """Return a user's level in an organization; 0 for an outsider, and for whom a project's rules keep out of it."""
    membership = view.table("organization_memberships").first(user_id=user["id"], organization_id=organization["id"])
    if membership is None or (project and access.is_shut_out(view, project, user, membership, membership["level"])):
        return 0
    return int(membership["level"])


def require_reach(principal: Principal, tenant: Tenant, path: Mapping[str, str]) -> None:
    """Refuse a key that is limited to other projects or organizations, or that its organization does not allow.

    Raises: PermissionDenied.
    """
    projects = principal.key.get("scoped_projects") or ()
    organizations = principal.key.get("scoped_organizations") or ()
    if projects:
        if tenant.project is None and "organization_id" in path:
            raise PermissionDenied(PROJECTS_ONLY)
        if tenant.project is not None and tenant.project_id not in projects:
            raise PermissionDenied(f"API key does not have access to the requested project: ID {tenant.project_id}.")
    if organizations and tenant.organization is not None and tenant.organization_id not in organizations:
        raise PermissionDenied(
            f"API key does not have access to the requested organization: ID {tenant.organization_id}."
        )
    if tenant.organization is not None and principal.is_scoped and tenant.level and tenant.level < ADMIN:
        _require_keys_allowed(tenant.organization)


def _require_keys_allowed(organization: Record) -> None:
    """Refuse a member's key where the organization allows none but its admins'."""
    if organization["members_can_use_personal_api_keys"] or not plans.has(organization, plans.SECURITY_SETTINGS):
        return
    raise PermissionDenied(
        f"Organization '{organization['name']}' does not allow using personal API keys. "
        "Contact an admin to enable personal API keys for this organization."
    )


def require_membership(tenant: Tenant, path: Mapping[str, str]) -> None:
    """Refuse an outsider. Raises: PermissionDenied."""
    if tenant.level:
        return
    if "project_id" in path:
        raise PermissionDenied("You don't have access to the project.")
    if "organization_id" in path:
        raise PermissionDenied

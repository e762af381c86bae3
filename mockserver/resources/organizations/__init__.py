"""Organizations: the companies that people belong to, made, renamed and removed, and what they allow their members."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import NotFound, PermissionDenied
from mockserver.request import tenancy
from mockserver.request.call import ADMIN, OWNER, Call, Principal, Tenant
from mockserver.resources.organizations.belonging import join, projects_of, remove_organization
from mockserver.resources.projects import Projects
from mockserver.resources.projects.shapes import team_basic
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.validation.fields import Lookup, UuidReference
from mockserver.world import plans
from mockserver.world.entropy import BASE62
from mockserver.world.tables import TABLES

PROJECT = ("id", "organization_id", "name")
NOWHERE = "You need to belong to an organization."
ONE_ONLY = "You must upgrade your PostHog plan to be able to create and manage multiple organizations."
NOT_AN_ADMIN = "You do not have admin access to this resource."
TOO_LOW = "Your organization access level is insufficient."
MEDIA = "uploaded_media"
LONGEST_SLUG = 48
OWN_SERVER = 9
"""The level of plugins of whoever hosts their own server."""


class Organizations(Resource):
    """The organizations of the asker; others do not exist for them."""

    family = "organizations"
    table = "organizations"
    component = "Organization"
    title = "Organization"
    depends_on = None
    field_overrides = {"logo_media_id": UuidReference(MEDIA, allow_none=True, load_default=None)}

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._projects = Projects(contract)

    # Whose it is

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
        """Return an organization of the asker. Raises: NotFound, in other words for who belongs to none."""
        _require_some(call)
        if call.tenant.organization is None:
            raise NotFound("Current organization not found." if key == tenancy.CURRENT else None)
        return call.tenant.organization

    def get_records(self, call: Call) -> Sequence[Record]:
        _require_some(call)
        limits = call.principal.key.get("scoped_organizations")
        return [one for one in organizations_of(call, call.user) if not limits or one["id"] in limits]

    def lookup(self, call: Call) -> Lookup:
        def exists(table: str, key: Any) -> bool:
            return table in TABLES and call.table(table).get(key) is not None

        return exists

    # What happens

    def create(self, call: Call) -> Any:
        """Make an organization of the asker's, and a project in it. Raises: PermissionDenied.

        The ending of a slug is shown as it was drawn, this once: it is stored in small letters.
        """
        known = call.table(self.table).get(call.user["current_organization_id"])
        if organizations_of(call, call.user) and (known is None or not plans.has(known, plans.PROJECTS)):
            raise PermissionDenied(ONE_ONLY)
        data = self.load(call)
        slug = self._slug(call, data["name"])
        return {**self.show(self.perform_create(call, {**data, "slug": slug.lower()}), call), "slug": slug}

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        organization = super().perform_create(call, data)
        join(call.world.seed, call.transaction, call.user, organization, OWNER)
        asker = replace(call.principal, user=call.table("users").get(call.user["id"]) or call.user)
        there = replace(call, principal=asker, tenant=Tenant(organization, None, OWNER), body={}, is_form=False)
        self._projects.perform_create(there, self._projects.load(there))
        return organization

    def _slug(self, call: Call, name: str) -> str:
        """Return what addresses call an organization of a name: with an ending, where another is called so."""
        slug = slugify(name)
        if slug and call.table(self.table).first(slug=slug) is None:
            return slug
        ending = call.new_token(length=4, alphabet=BASE62)
        return f"{slug[: LONGEST_SLUG - 5]}-{ending}" if slug else ending

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {
            "created_at": now, "updated_at": now, "plugins_access_level": OWN_SERVER, "customer_id": None,
            "metadata": None, "available_product_features": None,
        }  # fmt: skip

    def update(self, call: Call, record: Record) -> Any:
        """Change what the body names. Servers ask for an admin only where it says whether members may invite."""
        if isinstance(call.body, Mapping) and "members_can_invite" in call.body and call.tenant.level < ADMIN:
            raise PermissionDenied
        return super().update(call, record)

    def partial_update(self, call: Call, record: Record) -> Any:
        """Change what the body names. Raises: PermissionDenied for a member."""
        if call.tenant.level < ADMIN:
            raise PermissionDenied(NOT_AN_ADMIN)
        return super().partial_update(call, record)

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        return super().perform_update(call, record, {**data, "updated_at": call.now()})

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove an organization with all that belongs to it. Raises: PermissionDenied for who does not own it."""
        if call.tenant.level < OWNER:
            raise PermissionDenied(TOO_LOW if call.tenant.level >= ADMIN else NOT_AN_ADMIN)
        remove_organization(call, record)

    # How it looks

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        projects = projects_of(call.state, call.user, record)
        return {
            "membership_level": tenancy.level(call.user, record, call.state) or None,
            "teams": [team_basic(project, call) for project in projects],
            "projects": [{name: project[name] for name in PROJECT} for project in projects],
            "metadata": {"instance_tag": "none", **(record["metadata"] or {})},
            "available_product_features": plans.features(record),
            "member_count": _count_members(call, record),
        }


def organizations_of(call: Call, user: Record) -> list[Record]:
    """Return the organizations that a user belongs to, in the order in which they joined."""
    memberships = call.table("organization_memberships").find(user_id=user["id"])
    found = (call.table("organizations").get(membership["organization_id"]) for membership in memberships)
    return [organization for organization in found if organization is not None]


def organization_basic(record: Record, call: Call, user: Record) -> dict[str, Any]:
    """Return an organization as a user's own record lists it."""
    return {
        **{name: record[name] for name in ("id", "name", "slug", "logo_media_id")},
        "membership_level": tenancy.level(user, record, call.state) or None,
        "members_can_use_personal_api_keys": record["members_can_use_personal_api_keys"],
    }


def slugify(name: str) -> str:
    """Return a name as addresses write it: small letters and digits, a hyphen for what is between them."""
    words = re.sub(r"[^\w\s-]", "", name.encode("ascii", "ignore").decode().lower()).strip()
    return re.sub(r"[-\s]+", "-", words).strip("-_")[:LONGEST_SLUG]


def _require_some(call: Call) -> None:
    if not call.table("organization_memberships").find(user_id=call.user["id"]):
        raise NotFound(NOWHERE)


def _count_members(call: Call, organization: Record) -> int:
    memberships = call.table("organization_memberships").find(organization_id=organization["id"])
    users = call.table("users")
    return sum((users.get(each["user_id"]) or {}).get("is_active") is not False for each in memberships)

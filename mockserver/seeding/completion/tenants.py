"""Organizations, projects, and who belongs to them."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.request.passwords import digest
from mockserver.seeding.completion.surroundings import Finish, Given, Surroundings, Whole
from mockserver.seeding.kinds import LoadError
from mockserver.world import entropy

ALL_READS = "*:read"


def _organizations(around: Surroundings, whole: Whole, given: Given) -> Whole:
    name = given.get("name") or around.fake("company", whole["id"])
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")[:48]
    return {**whole, "name": name, "slug": given.get("slug") or slug}


def _users(around: Surroundings, whole: Whole, given: Given) -> Whole:
    if whole["password"]:
        whole["password"] = digest(whole["password"])
    whole["distinct_id"] = given.get("distinct_id") or entropy.token(around.world.seed, around.transaction)
    if given.get("first_name") is None:
        whole["first_name"] = around.fake("first_name", whole["id"])
    return whole


def _organization_memberships(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {**whole, "level": given.get("level") or 1}


def _projects(around: Surroundings, whole: Whole, given: Given) -> Whole:
    if given.get("api_token") is None:
        whole["api_token"] = around.world.new_project_token(around.transaction)
    return {**whole, "organization": whole["organization_id"]}


def _api_keys(around: Surroundings, whole: Whole, given: Given) -> Whole:
    for limit in ("scoped_projects", "scoped_organizations"):
        whole[limit] = whole[limit] or None
    scopes = given.get("scopes")
    if scopes and ALL_READS in scopes:
        reads = {s for operation in around.contract.operations for s in operation.scopes if s.endswith(":read")}
        whole["scopes"] = [scope for scope in scopes if scope != ALL_READS] + sorted(reads.difference(scopes))
    return {**whole, "label": given.get("label") or "API key"}


def _role_memberships(around: Surroundings, whole: Whole, given: Given) -> Whole:
    uuid = whole.pop("user_uuid", None)
    if whole.get("user_id") is None and uuid:
        user = around.transaction.table("users").first(uuid=uuid)
        if user is None:
            raise LoadError(f"there is no user with uuid {uuid!r}", "user_uuid")
        whole["user_id"] = user["id"]
    role = around.transaction.table("roles").get(whole.get("role_id"))
    if role is not None and given.get("organization_id") is None:
        whole["organization_id"] = role["organization_id"]
    return whole


FINISHES: Mapping[str, Finish] = {
    "organizations": _organizations,
    "users": _users,
    "organization_memberships": _organization_memberships,
    "projects": _projects,
    "api_keys": _api_keys,
    "role_memberships": _role_memberships,
}
"""What each of these tables adds to a record, once its own fields are filled in."""

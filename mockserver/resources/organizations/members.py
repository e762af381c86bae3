"""Members: who belongs to an organization, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.request import tenancy
from mockserver.request.auth import is_session
from mockserver.request.call import ADMIN, OWNER, Call
from mockserver.resources.organizations.belonging import leave
from mockserver.resources.organizations.keys import last_used
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.store.orders import sort_key
from mockserver.validation.fields import Timestamp
from mockserver.world import entropy
from mockserver.world.tables import NEWEST_MEMBERSHIPS

ME = "@me"
ORDERS = ("joined_at", "updated_at", "level", "id")
WEEK = timedelta(days=7)


class Members(Resource):
    """The members of an organization; admins change the level of those who are not above them."""

    family = "members"
    table = "organization_memberships"
    component = "OrganizationMembership"
    title = "Organization Member"
    order = NEWEST_MEMBERSHIPS
    depends_on = ("users",)

    def pages_in_order(self, call: Call) -> bool:
        return False

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the memberships of whoever is active."""
        users = call.table("users")
        return [m for m in super().get_records(call) if (users.get(m["user_id"]) or {}).get("is_active") is not False]

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the members that the query asks for. Raises: ValidationError, where servers fail."""
        email, after, order = (call.query.get(name) for name in ("email", "updated_after", "order"))
        if email:
            user = call.table("users").first(email=email)
            records = [record for record in records if user and record["user_id"] == user["id"]]
        if after:
            moment = Timestamp.read(after)
            if moment is None:
                raise ValidationError(f"{after!r} is not a time.", attr="updated_after")
            since = sort_key(entropy.timestamp(moment))
            records = [record for record in records if sort_key(record["updated_at"]) > since]
        if order:
            name = order.removeprefix("-")
            if name not in ORDERS:
                raise ValidationError(f"Members cannot be ordered by {name!r}.", attr="order")
            oldest_first = list(reversed(records))
            records = sorted(oldest_first, key=lambda record: record[name])
            return records[::-1] if order.startswith("-") else records
        return records

    def get_record(self, call: Call, key: str) -> Record:
        """Return a membership by its user's UUID, where the asker may change it. Raises: NotFound, PermissionDenied."""
        uuid = call.user["uuid"] if key == ME else tenancy.uuid(key)
        user = call.table("users").first(uuid=uuid) if uuid else None
        found = self._membership(call, user) if user and user.get("is_active") is not False else None
        if found is None:
            raise NotFound
        if call.operation.method != "get":
            own = self._membership(call, call.user)
            if own is not None and own["id"] != found["id"]:
                _require_rank(own, found)
        return found

    def _membership(self, call: Call, user: Record) -> Record | None:
        return call.table(self.table).first(user_id=user["id"], organization_id=call.tenant.organization_id)

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Set a member's level. Raises: PermissionDenied, as the ranks of both forbid it."""
        if "level" in data:
            _require_right(call.tenant.level, record, data["level"], is_own=record["user_id"] == call.user["id"])
        return super().perform_update(call, record, {**data, "updated_at": call.now()})

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Let a member go; an owner has to hand the organization on first. Raises: ValidationError."""
        if record["level"] == OWNER:
            raise ValidationError("Cannot leave the organization as its owner!")
        leave(call.transaction, record)

    def scoped_api_keys(self, call: Call, record: Record) -> Any:
        """Return the keys of a member that reach the organization or one of its projects."""
        organization_id = call.tenant.organization_id
        projects = {project["id"] for project in call.table("projects").find(organization_id=organization_id)}
        keys = [
            {"name": key["label"], "last_used_at": last_used(call, key)}
            for key in call.table("api_keys").find(user_id=record["user_id"])
            if not is_session(key) and _reaches(key, organization_id, projects)
        ]
        since = entropy.now(call.state) - WEEK
        used = [key["last_used_at"] for key in keys if key["last_used_at"]]
        return {
            "has_keys": bool(keys),
            "has_keys_active_last_week": any(entropy.read_timestamp(moment) >= since for moment in used),
            "keys": keys,
        }

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        user = call.table("users").get(record["user_id"]) or {}
        return {
            "user": user_basic(call, record["user_id"]),
            "is_2fa_enabled": is_2fa_enabled(user),
            "has_social_auth": bool(user.get("has_social_auth")),
            "last_login": user.get("last_login"),
        }


def is_2fa_enabled(user: Record | dict[str, Any]) -> bool:
    """Return whether a user proves who they are with a second factor."""
    return bool((user.get("two_factor") or {}).get("enabled"))


def _reaches(key: Record, organization_id: str, projects: set[int]) -> bool:
    organizations, own = key.get("scoped_organizations") or (), key.get("scoped_projects") or ()
    return organization_id in organizations or not projects.isdisjoint(own) or not (organizations or own)


def _require_rank(own: Record, other: Record) -> None:
    if own["level"] < ADMIN:
        raise PermissionDenied("You can only edit others if you are an admin.")
    if other["level"] > own["level"]:
        raise PermissionDenied("You can only edit others with level lower or equal to you.")


def _require_right(level: int, record: Record, wanted: int, *, is_own: bool) -> None:
    if is_own:
        raise PermissionDenied("You can't change your own access level.")
    if wanted == OWNER and level != OWNER:
        raise PermissionDenied("You can only make another member owner if you're this organization's owner.")
    if wanted > level:
        raise PermissionDenied("You can only change access level of others to lower or equal to your current one.")

"""Invites: who is asked into an organization, as what; accepted over the control plane, since no mail leaves here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from mockserver.errors import PermissionDenied, ValidationError
from mockserver.request.call import ADMIN, Call
from mockserver.resources.resource import Record, Resource
from mockserver.store import Transaction, View
from mockserver.world import entropy, plans
from mockserver.world.tables import NEWEST_INVITES

GOOD_FOR = timedelta(days=3)
MOST = 20
NO_PROJECT = "Project does not exist on this organization, or it is private and you do not have access to it."


class Invites(Resource):
    """The invites of an organization; every member may invite, unless the organization says that admins alone may."""

    family = "invites"
    table = "invites"
    component = "OrganizationInvite"
    title = "Organization Invite"
    order = NEWEST_INVITES
    relations = {"created_by": "users"}
    depends_on = None

    def create(self, call: Call) -> Record:
        """Invite somebody. Raises: PermissionDenied, ValidationError."""
        require_inviter(call)
        return self.perform_create(call, self.load(call))

    def bulk(self, call: Call) -> Any:
        """Invite several, all or none. Raises: PermissionDenied, ValidationError."""
        require_inviter(call)
        if not isinstance(call.body, list):
            raise ValidationError("This endpoint needs an array of data for bulk invite creation.")
        if len(call.body) > MOST:
            raise ValidationError("A maximum of 20 invites can be sent in a single request.", code="max_length")
        loaded = [self._judge(call, given) for given in call.body]
        wrong = [error for error in loaded if isinstance(error, ValidationError)]
        if wrong:
            raise _of_the_first(loaded[0])
        return [self.show(self.perform_create(call, data), call) for data in loaded if isinstance(data, dict)]

    def _judge(self, call: Call, given: Any) -> dict[str, Any] | ValidationError:
        try:
            return self._load(call, given)
        except ValidationError as error:
            return error

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the body's values. Raises: ValidationError; PermissionDenied for a level above one's own."""
        return self._load(call, call.body)

    def _load(self, call: Call, given: Any) -> dict[str, Any]:
        data = self._schemas[call.profile].judge(given, self.lookup(call), is_form=call.is_form)
        data["target_email"] = data["target_email"].lower()
        if data["level"] > call.tenant.level:
            raise PermissionDenied("You cannot invite a user with a higher permission level than your own.")
        if data["private_project_access"]:
            _require_projects(call, data["private_project_access"])
        elif isinstance(given, dict) and "private_project_access" in given:
            data["private_project_access"] = None
        return data

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store an invite, in the place of those for the same address. Raises: ValidationError for a member's."""
        email, is_combined = data["target_email"], data.pop("combine_pending_invites", False)
        data.pop("send_email", None)
        user = call.table("users").first(email=email)
        members = call.table("organization_memberships")
        if user and members.first(user_id=user["id"], organization_id=call.tenant.organization_id):
            raise ValidationError("A user with this email address already belongs to the organization.")
        known = pending(call.state, call.tenant.organization_id, email)
        if is_combined:
            data = _combined(data, [invite for invite in known if not is_expired(call.state, invite)])
        for invite in known:
            call.table(self.table).delete(invite)
        return super().perform_create(call, data)

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {"created_at": now, "updated_at": now, "created_by": call.user["id"], "emailing_attempt_made": False}

    def destroy(self, call: Call, record: Record) -> None:
        """Take an invite back. Raises: PermissionDenied."""
        require_inviter(call)
        self.perform_destroy(call, record)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"is_expired": is_expired(call.state, record)}


def require_inviter(call: Call) -> None:
    """Refuse a member where admins alone may invite. Raises: PermissionDenied."""
    organization = call.tenant.organization
    if organization is None or not plans.has(organization, plans.INVITE_SETTINGS):
        return
    if call.tenant.level < ADMIN and not organization["members_can_invite"]:
        raise PermissionDenied


def pending(view: View | Transaction, organization_id: str, email: str) -> Sequence[Record]:
    """Return the invites for an address, expired ones too."""
    return [one for one in view.table("invites").find(organization_id=organization_id) if one["target_email"] == email]


def is_expired(view: View | Transaction, invite: Record) -> bool:
    """Return whether an invite is good no more."""
    return entropy.read_timestamp(invite["created_at"]) < entropy.now(view) - GOOD_FOR


def _require_projects(call: Call, granted: Any) -> None:
    """Refuse projects that are not the organization's. Raises: ValidationError."""
    for each in granted:
        if not isinstance(each, dict) or not isinstance(each.get("id"), int) or "level" not in each:
            raise ValidationError("Each project needs an id and a level.", attr="private_project_access")
        project = call.table("projects").get(each["id"])
        if project is None or project["organization_id"] != call.tenant.organization_id:
            raise ValidationError(NO_PROJECT, attr="private_project_access")


def _combined(data: dict[str, Any], known: Sequence[Record]) -> dict[str, Any]:
    """Return an invite with the highest level, and the most access, of itself and of those that wait."""
    if not known:
        return data
    access = {each["id"]: each["level"] for each in data["private_project_access"] or ()}
    for invite in known:
        for each in invite["private_project_access"] or ():
            if each["id"] not in access or str(each["level"]) > str(access[each["id"]]):
                access[each["id"]] = each["level"]
    level = max(data["level"], *(invite["level"] for invite in known))
    granted = [{"id": project, "level": granted} for project, granted in access.items()]
    return {**data, "level": level, "private_project_access": granted}


def _of_the_first(first: dict[str, Any] | ValidationError) -> ValidationError:
    """Return how servers tell of a list with something wrong in it: they spell out what is wrong with its first item.

    Source: recorded answers, where that is nothing.
    """
    if not isinstance(first, ValidationError):
        return ValidationError("{}", code="{}")
    attr = first.attr or "non_field_errors"
    told = f"{{'{attr}': [ErrorDetail(string={first.detail!r}, code={first.code!r})]}}"
    return ValidationError(told, code=f"{{'{attr}': ['{first.code}']}}")

"""Users: who the key's owner is, what they are called and told of, and where they last were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from mockserver.contract import Contract
from mockserver.errors import Conflict, NotAuthenticated, NotFound, PermissionDenied, ValidationError
from mockserver.request import passwords, tenancy
from mockserver.request.auth import is_session
from mockserver.request.call import Call, Principal, Tenant
from mockserver.resources.organizations import Organizations, organization_basic, organizations_of, second_factor
from mockserver.resources.organizations.belonging import projects_of
from mockserver.resources.organizations.domains import sso_enforcement
from mockserver.resources.organizations.members import ME, is_2fa_enabled
from mockserver.resources.organizations.notifications import NOTIFICATIONS, NotificationSettings
from mockserver.resources.projects.shapes import team_basic
from mockserver.resources.resource import Record, Resource
from mockserver.store import View
from mockserver.validation import FALSE, TRUE
from mockserver.validation.fields import Boolean, Choice, Text
from mockserver.world import entropy

SENSITIVE = timedelta(hours=2)
STRANGERS = "As a non-staff user you're only allowed to access the `@me` user instance."
NOT_STAFF = "You are not a staff user, contact your instance admin."
NO_OBJECT = "Object with id={} does not exist."
ELSEWHERE = "Team must belong to the same organization in set_current_organization."
EVENT_COLUMNS: Mapping[str, Any] = {"active": "DEFAULT"}
ROLES = ("engineering", "data", "product", "founder", "leadership", "marketing", "sales", "other")


class StillMember(Conflict):
    """Whoever belongs to an organization cannot be removed."""

    type = "invalid_request"
    detail = "Cannot delete user with organization memberships."


class Users(Resource):
    """The key's owner; nobody else is shown."""

    family = "users"
    table = "users"
    component = "User"
    title = "User"
    depends_on = None
    field_overrides = {
        "notification_settings": NotificationSettings(load_default={}),
        "password": Text(min_length=1, max_length=128, required=True, trim=False),
        "anonymize_data": Boolean(load_default=False),
        "role_at_organization": Choice(ROLES, load_default=""),
    }

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._organizations = Organizations(contract)

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return no tenant: a key that is limited to some shows its owner all the same."""
        return Tenant(None)

    def get_record(self, call: Call, key: str) -> Record:
        """Return the asker, or whom staff ask for. Raises: PermissionDenied for any id, one's own too; NotFound."""
        if key == ME:
            return call.user
        if not call.user.get("is_staff"):
            raise PermissionDenied(STRANGERS)
        uuid = tenancy.uuid(key)
        found = call.table(self.table).first(uuid=uuid) if uuid else None
        if found is None or found.get("is_active") is False:
            raise NotFound
        return found

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the asker, and everybody to staff, unless the query asks for others."""
        users = list(call.table(self.table)) if call.user.get("is_staff") else [call.user]
        staff, email = call.query.get("is_staff"), call.query.get("email")
        return [
            user
            for user in users
            if user.get("is_active") is not False
            and (staff not in TRUE | FALSE or bool(user.get("is_staff")) == (staff in TRUE))
            and (not email or user["email"] == email)
        ]

    # What may be written

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        """Return the changes that a body asks for. Raises: ValidationError, PermissionDenied."""
        if isinstance(call.body, Mapping) and call.body.get("is_staff") is not None and not call.user.get("is_staff"):
            raise PermissionDenied(NOT_STAFF)
        data = super().load(call, record, **how)
        user = record or call.user
        taken = call.table(self.table).first(email=data["email"]) if "email" in data else None
        if taken is not None and taken["id"] != user["id"]:
            raise ValidationError("user with this email address already exists.", code="unique", attr="email")
        if data.get("notification_settings"):
            data["notification_settings"] = _merged(user, data["notification_settings"])
        else:
            data.pop("notification_settings", None)
        data.update(self._moved(call, data.pop("set_current_organization", None), data.pop("set_current_team", None)))
        password = _judged(user, data.pop("current_password", None), data.pop("password", None))
        return {**data, **({"password": password} if password else {})}

    def _moved(self, call: Call, organization_id: str | None, project_id: str | None) -> dict[str, Any]:
        """Return where a user goes to. Raises: ValidationError for where they do not belong."""
        organization = _own_organization(call, organization_id) if organization_id else None
        project = _own_project(call, project_id) if project_id else None
        if organization is None and project is None:
            return {}
        if organization and project and project["organization_id"] != organization["id"]:
            raise ValidationError(ELSEWHERE, attr="set_current_team")
        if project is None and organization is not None:
            project = next(iter(projects_of(call.state, call.user, organization)), None)
        where = organization["id"] if organization else project["organization_id"] if project else None
        return {"current_organization_id": where, "current_project_id": project["id"] if project else None}

    # What happens

    def destroy(self, call: Call, record: Record | None = None) -> None:
        """Remove the asker and their keys. Raises: NotAuthenticated for a key, Conflict for who is still a member."""
        if call.principal.is_scoped:
            raise NotAuthenticated
        user = self.get_record(call, call.path["id"])
        if call.table("organization_memberships").find(user_id=user["id"]):
            raise StillMember
        keys = call.table("api_keys")
        for key in keys.find(user_id=user["id"]):
            if is_session(key):
                keys.update(key, {"user_id": None})
            else:
                keys.delete(key)
        super().perform_destroy(call, user)

    def hedgehog_config(self, call: Call, record: Record) -> Any:
        """Return how the asker's hedgehog looks, or set it. Raises: ValidationError for what is no object."""
        if call.operation.method == "get":
            return record.get("hedgehog_config") or {}
        if not isinstance(call.body, Mapping):
            raise ValidationError("A hedgehog is an object.")
        return call.table(self.table).update(record, {"hedgehog_config": dict(call.body)})["hedgehog_config"]

    def scene_personalisation(self, call: Call, record: Record) -> Record:
        """Set which dashboard a scene shows in the project that the asker last used. Raises: ValidationError."""
        body = call.body if isinstance(call.body, Mapping) else {}
        scene, dashboard = body.get("scene"), body.get("dashboard")
        if "dashboard" in body and dashboard is not None:
            _require_dashboard(call, record, dashboard)
        for name, value in (("Dashboard", dashboard), ("Scene", scene)):
            if value is None:
                raise ValidationError(f"{name} must be provided.")
        place = {"project_id": record["current_project_id"], "scene": str(scene)}
        others = [one for one in record.get("scene_personalisation") or () if {**one, **place} != one]
        return call.table(self.table).update(
            record, {"scene_personalisation": [*others, {**place, "dashboard": int(dashboard or 0)}]}
        )  # fmt: skip

    def cancel_email_change_request(self, call: Call) -> Record:
        """Forget an address that waits to be confirmed. Raises: ValidationError where none does."""
        if not call.user.get("pending_email"):
            raise ValidationError("No active email change requests found.", code="email_change_request_not_found")
        return call.table(self.table).update(call.user, {"pending_email": None})

    # The second factor

    def two_factor_status(self, call: Call, record: Record) -> Any:
        """Return whether the asker has a second factor."""
        return second_factor.status(record)

    def two_factor_start_setup(self, call: Call, record: Record) -> Any:
        """Draw a secret; a GET that writes, as on the servers."""
        with call.writing() as writing:
            current = writing.table(self.table).get(record["id"]) or record
            return {"success": True, "secret": second_factor.start(writing, current)}

    start_2fa_setup = two_factor_start_setup

    def two_factor_validate(self, call: Call, record: Record) -> Any:
        """Take the secret that was drawn into use."""
        second_factor.prove(call, record, call.body.get("token") if isinstance(call.body, Mapping) else None)
        return {"success": True}

    validate_2fa = two_factor_validate

    def two_factor_backup_codes(self, call: Call, record: Record) -> Any:
        """Draw spare codes."""
        return {"backup_codes": second_factor.draw_spare_codes(call, record)}

    def two_factor_disable(self, call: Call, record: Record) -> Any:
        """Forget the second factor, if there is one."""
        call.table(self.table).update(record, {"two_factor": None})
        return {"success": True}

    # How it looks

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        memberships = call.table("organization_memberships").find(user_id=record["id"])
        organization, project = _whereabouts(call, record)
        joined = record.get("date_joined") or min((m["joined_at"] for m in memberships), default=call.now())
        return {
            "date_joined": joined,
            "notification_settings": {**NOTIFICATIONS, **(record.get("notification_settings") or {})},
            "anonymize_data": bool(record.get("anonymize_data")),
            "toolbar_mode": record.get("toolbar_mode") or "toolbar",
            "has_password": True,
            "is_staff": bool(record.get("is_staff")),
            "is_impersonated": False,
            "is_impersonated_until": None,
            "sensitive_session_expires_at": session_end(call) if is_session(call.principal.key) else None,
            "team": team_basic(project, call) if project else None,
            "organization": self._organizations.show(organization, call) if organization else None,
            "organizations": [organization_basic(one, call, record) for one in organizations_of(call, record)],
            "events_column_config": record.get("events_column_config") or EVENT_COLUMNS,
            "is_2fa_enabled": is_2fa_enabled(record),
            "has_social_auth": bool(record.get("has_social_auth")),
            "has_sso_enforcement": organization is not None
            and sso_enforcement(call.state, record["email"]) is not None,
            "scene_personalisation": [
                {"scene": one["scene"], "dashboard": one["dashboard"]}
                for one in record.get("scene_personalisation") or ()
            ],
        }


def session_end(call: Call) -> str:
    """Return until when whoever has just signed in may change what matters most."""
    return (entropy.now(call.state) + SENSITIVE).isoformat()


def _whereabouts(call: Call, user: Record) -> tuple[Record | None, Record | None]:
    """Return the organization and the project that a user last used; the first, of who never used any."""
    organization = call.table("organizations").get(user["current_organization_id"])
    organization = organization or next(iter(organizations_of(call, user)), None)
    project = call.table("projects").get(user["current_project_id"])
    if project is None and organization is not None:
        project = next(iter(projects_of(call.state, user, organization)), None)
    return organization, project


def _merged(user: Record, given: Mapping[str, Any]) -> dict[str, Any]:
    stored = {**NOTIFICATIONS, **(user.get("notification_settings") or {})}
    return {
        **stored, **{name: {**stored[name], **value} if isinstance(value, dict) else value
                     for name, value in given.items()},
    }  # fmt: skip


def _own_organization(call: Call, text: str) -> Record:
    try:
        found = call.table("organizations").get(str(UUID(text)))
    except ValueError:  # Django's refusal, which DRF takes for the field's; a project's number is not as lucky
        raise ValidationError(f"“{text}” is not a valid UUID.", attr="set_current_organization") from None
    if found is None or not tenancy.level(call.user, found, call.state):
        raise ValidationError(NO_OBJECT.format(text), code="does_not_exist", attr="set_current_organization")
    return found


def _own_project(call: Call, text: str) -> Record:
    project = call.table("projects").get(tenancy.integer(text))
    organization = call.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None or not tenancy.level(call.user, organization, call.state, project):
        raise ValidationError(NO_OBJECT.format(text), code="does_not_exist", attr="set_current_team")
    return project


def _judged(user: Record, current: str | None, wanted: str | None) -> str | None:
    """Return what is kept of a new password. Raises: ValidationError without the one before it."""
    if not wanted:
        return None
    if not current:
        raise ValidationError(
            "This field is required when updating your password.", code="required", attr="current_password"
        )
    if not passwords.fits(user, current):
        raise ValidationError("Your current password is incorrect.", code="incorrect_password", attr="current_password")
    passwords.require_good(wanted)
    return passwords.digest(wanted)


def _require_dashboard(call: Call, user: Record, wanted: Any) -> None:
    """Refuse a dashboard that there is not, or not in the project that a user last used. Raises: ValidationError."""
    digits = str(wanted).removeprefix("-")
    if isinstance(wanted, bool) or not digits.isdecimal() or len(digits) > 16:
        kind = type(wanted).__name__
        raise ValidationError(
            f"Incorrect type. Expected pk value, received {kind}.", code="incorrect_type", attr="dashboard"
        )
    found = call.table("dashboards").get(int(wanted))
    if found is None:
        raise ValidationError(
            f'Invalid pk "{wanted}" - object does not exist.', code="does_not_exist", attr="dashboard"
        )
    if found["project_id"] != user["current_project_id"]:
        raise ValidationError("Dashboard must belong to the user's current team.", attr="dashboard")

"""Sharing: whether a dashboard, an insight or a recording is shown to whoever knows its address, and how."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import BareError, NotFound, PermissionDenied, ValidationError
from mockserver.request import access
from mockserver.request.call import Answer, Call
from mockserver.request.sharing import TABLE
from mockserver.request.tenancy import integer
from mockserver.resources.behaviours import log_activity
from mockserver.resources.resource import Record, Resource
from mockserver.resources.restrictions import EVERYONE, NOT_EDITOR, require_editor, restriction_of
from mockserver.validation import fields
from mockserver.validation.schemas import build_schema
from mockserver.world import entropy, plans

PASSWORDS = "share_passwords"
GRACE = timedelta(minutes=5)
"""How long a token that was replaced still opens what it shared."""
SHORTEST_PASSWORD = 8
KINDS = {"dashboard_id": ("dashboard", "Dashboard"), "insight_id": ("insight", "Insight")}
"""What a path names, by its parameter: the field that holds it, and what the activity log calls it."""
SWITCHES = ("detailed", "hideExtraDetails", "legend", "noHeader", "showInspector", "whitelabel")
ON = frozenset({"1", "on", "t", "true", "y", "yes"})
OFF = frozenset({"0", "off", "f", "false", "n", "no"})
UNPROTECTED = "Password protection must be enabled before creating passwords"
NOT_PAID = "{} requires the Advanced Permissions feature"


class Settings(fields.Json):
    """How something that is shared looks: switches by name; what is not known is left out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(value, attr, data, **kwargs)
        if not isinstance(value, Mapping):
            fields.refuse("Invalid settings format")
        return {name: self._switch(value[name]) for name in SWITCHES if value.get(name) is not None}

    @staticmethod
    def _switch(value: Any) -> bool:
        """Return what a switch is set to, in any spelling that the servers' models read."""
        if isinstance(value, str) and value.lower() in ON | OFF:
            return value.lower() in ON
        if not isinstance(value, (bool, int, float)) or value not in (0, 1):
            fields.refuse("Invalid settings format")
        return bool(value)


class Sharing(Resource):
    """The one configuration of each thing that can be shared; nothing is stored before it first is."""

    family = "sharing"
    table = TABLE
    component = "SharingConfiguration"
    title = "Sharing Configuration"
    field_overrides = {"settings": Settings(allow_none=True, load_default=None)}
    depends_on = None

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._wish = build_schema(contract, "SharePasswordWish")

    def list(self, call: Call) -> Any:
        """Return how it is shared; the token of what never was is another each time."""
        target = self._target(call)
        found = self._find(call, target)
        if found is not None:
            return found
        with call.writing() as writing:
            return self._show_unstored(writing, target)

    def partial_update(self, call: Call) -> Any:  # type: ignore[override]
        """Share it, or no longer, or otherwise."""
        target = self._target(call)
        self._require_editor(call, target)
        body = call.body if isinstance(call.body, Mapping) else {}
        if body.get("password_required"):
            self._require_plan(call, "Sharing with password")
        data = self.load(call, self._find(call, target), partial=True)
        stored = call.table(TABLE).update(self._stored(call, target), data)
        if "insight" in target:
            state = "enabled" if stored["enabled"] else "disabled"
            change = {
                "type": "Insight", "action": "changed", "field": "sharing", "before": None, "after": stored["enabled"],
            }  # fmt: skip
            self._log(call, target, f"sharing {state}", [change])
        return stored

    def refresh(self, call: Call) -> Any:
        """Give it another token, and let the old one open it a little longer; a PATCH is one of sharing itself."""
        if call.operation.method == "patch":
            return self.partial_update(call)
        target = self._target(call)
        self._require_editor(call, target)
        old = self._stored(call, target)
        expires = entropy.timestamp(entropy.now(call.state) + GRACE)
        call.table(TABLE).update(old, {"expires_at": expires})
        kept = {name: old[name] for name in ("enabled", "settings", "password_required")}
        new = call.table(TABLE).insert({**self._new(call, target), **kept, "created_at": call.now()})
        for password in call.table(PASSWORDS).find(sharing_configuration=old["id"], is_active=True):
            call.table(PASSWORDS).update(password, {"sharing_configuration": new["id"]})
        if "insight" in target:
            self._log(call, target, "access token refreshed", None)
        return new

    def passwords(self, call: Call) -> Any:
        """Make a password that opens it, or take one back."""
        target = self._target(call)
        self._require_editor(call, target)
        found = self._find(call, target)
        if call.operation.method == "delete":
            return self._take_back(call, found)
        if found is None or not found["password_required"]:
            raise BareError({"error": UNPROTECTED})
        self._require_plan(call, "Password management")
        wish = self._wish.judge(call.body, self.lookup(call), is_form=call.is_form)
        chosen = wish.get("raw_password") or ""
        if chosen and len(chosen) < SHORTEST_PASSWORD:
            raise ValidationError("Password must be at least 8 characters long.", attr="raw_password")
        made = call.table(PASSWORDS).insert({
            "id": call.next_id(PASSWORDS), "project_id": call.tenant.project_id, "sharing_configuration": found["id"],
            "password": chosen or call.new_token(length=16), "note": wish.get("note") or "",
            "created_at": call.now(), "created_by": call.user["id"], "is_active": True,
        })  # fmt: skip
        shown = {name: made[name] for name in ("id", "password", "note", "created_at")}
        return Answer({**shown, "created_by_email": call.user["email"]}, 201)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"share_passwords": self._passwords(call, record)}

    def _take_back(self, call: Call, found: Record | None) -> None:
        self._require_plan(call, "Password management")
        number = integer(call.path["password_id"])
        password = call.table(PASSWORDS).get(number) if number is not None and found is not None else None
        if found is None or password is None or not password["is_active"]:
            raise NotFound("Password not found")
        if password["sharing_configuration"] != found["id"]:
            raise NotFound("Password not found")
        call.table(PASSWORDS).update(password, {"is_active": False})

    def _passwords(self, call: Call, record: Record) -> Any:
        shown = []
        for password in call.table(PASSWORDS).find(sharing_configuration=record["id"], is_active=True):
            author = call.table("users").get(password["created_by"])
            shown.append({
                **{name: password[name] for name in ("id", "created_at", "note")},
                "created_by_email": author["email"] if author else "deleted user", "is_active": True,
            })  # fmt: skip
        return shown

    # What is shared

    def _target(self, call: Call) -> dict[str, Any]:
        """Return the field that names what a path is about. Raises: NotFound; recordings are never unknown."""
        for parameter, (name, title) in KINDS.items():
            if parameter in call.path:
                number = integer(call.path[parameter])
                found = call.table(f"{name}s").get(number) if number is not None else None
                if found is None or found["project_id"] != call.tenant.project_id:
                    raise NotFound(f"{title} not found.")
                return {name: number}
        return {"recording": call.path["recording_id"]}

    def _find(self, call: Call, target: Mapping[str, Any]) -> Record | None:
        return call.table(TABLE).first(project_id=call.tenant.project_id, expires_at=None, **target)

    def _stored(self, call: Call, target: Mapping[str, Any]) -> Record:
        found = self._find(call, target)
        if found is not None:
            return found
        return call.table(TABLE).insert({**self._new(call, target), "created_at": call.now()})

    def _new(self, call: Call, target: Mapping[str, Any]) -> dict[str, Any]:
        none = dict.fromkeys(("dashboard", "insight", "recording"))
        return {
            **self.identify(call), **none, **target, "created_at": None, "enabled": False, "settings": None,
            "access_token": call.world.new_sharing_token(call.transaction), "expires_at": None,
            "password_required": False,
        }  # fmt: skip

    def _show_unstored(self, call: Call, target: Mapping[str, Any]) -> dict[str, Any]:
        token = call.world.new_sharing_token(call.transaction)
        blank: dict[str, Any] = {
            "created_at": None, "enabled": False, "access_token": token, "settings": None, "password_required": False,
            "share_passwords": [],
        }  # fmt: skip
        return {name: blank[name] for name in self._layout(self.component, call.profile)}

    # Who may

    def _require_editor(self, call: Call, target: Mapping[str, Any]) -> None:
        """Refuse who may not change what is shared. Raises: PermissionDenied."""
        organization = call.tenant.organization or {}
        wants = isinstance(call.body, Mapping) and call.body.get("enabled")
        is_forbidden = organization.get("allow_publicly_shared_resources") is False
        if wants and is_forbidden and plans.has(organization, plans.SECURITY_SETTINGS):
            raise PermissionDenied("Public sharing is disabled for this organization.")
        for name in ("dashboard", "insight"):
            if name not in target:
                continue
            item = call.table(f"{name}s").get(target[name])
            assert item is not None
            if name == "dashboard":
                require_editor(call, item)
            level = access.level_of(call.state, call.tenant, call.user, name, item)
            if not access.may(level, access.EDITOR) and (name == "insight" or restriction_of(item) == EVERYONE):
                raise PermissionDenied(NOT_EDITOR.replace("dashboard", name))

    def _require_plan(self, call: Call, what: str) -> None:
        organization = call.tenant.organization
        if organization is not None and not plans.has(organization, plans.ADVANCED_PERMISSIONS):
            raise BareError({"error": NOT_PAID.format(what)}, 403)

    def _log(self, call: Call, target: Mapping[str, Any], activity: str, changes: Any) -> None:
        insight = call.table("insights").get(target["insight"]) or {}
        detail = {
            "changes": changes, "trigger": None, "name": insight.get("name") or insight.get("derived_name"),
            "short_id": insight.get("short_id"), "type": None,
        }  # fmt: skip
        log_activity(call, "Insight", str(target["insight"]), activity, detail)


def is_shared(call: Call, dashboard: Record) -> bool:
    """Return whether a dashboard is shown to whoever knows its address."""
    found = call.table(TABLE).find(dashboard=dashboard["id"], expires_at=None)
    return any(one["enabled"] for one in found)

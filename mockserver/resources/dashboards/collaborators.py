"""Collaborators: who may change a dashboard that is restricted to them."""

from __future__ import annotations

from typing import Any

from mockserver.errors import NotFound, ValidationError
from mockserver.request.call import ADMIN, Call
from mockserver.request.tenancy import integer, level, uuid
from mockserver.resources.resource import Record, Resource, user_basic
from mockserver.resources.restrictions import COLLABORATORS, EDITING, EVERYONE, require_editor, restriction_of

TOO_OPEN = "Cannot {} a dashboard on the lowest restriction level."


class DashboardCollaborators(Resource):
    """The users who were invited to change a dashboard."""

    family = "dashboard_collaborators"
    table = COLLABORATORS
    component = "DashboardCollaborator"
    title = "Dashboard Collaborator"
    depends_on = None

    def list(self, call: Call) -> Any:
        """Return all of them, not paged."""
        dashboard = self._dashboard(call)
        found = call.table(self.table).find(dashboard=dashboard["id"])
        return [self.show(one, call) for one in found if self._is_active(call, one)]

    def create(self, call: Call) -> Any:
        """Invite a member of the project who may not change the dashboard yet. Raises: ValidationError."""
        dashboard = self._dashboard(call)
        require_editor(call, dashboard)
        data = self.load(call)
        if restriction_of(dashboard) <= EVERYONE:
            raise ValidationError(TOO_OPEN.format("add collaborators to"))
        if data["level"] != EDITING:
            raise ValidationError("Only edit access can be explicitly specified currently.")
        user = call.table("users").first(uuid=data["user_uuid"])
        if user is None or user.get("is_active") is False:
            raise ValidationError("User does not exist.")
        assert call.tenant.organization is not None
        theirs = level(user, call.tenant.organization, call.state, call.tenant.project)
        if not theirs:
            raise ValidationError("Cannot add collaborators that have no access to the project.")
        if theirs >= ADMIN or dashboard["created_by"] == user["id"]:
            raise ValidationError(
                "Cannot add collaborators that already have inherent access (the dashboard owner or a project admins)."
            )
        if self._find(call, dashboard, user) is not None:
            raise ValidationError("User already is a collaborator.")
        now = call.now()
        return call.table(self.table).insert({
            **self.identify(call), "dashboard": dashboard["id"], "user_id": user["id"], "level": data["level"],
            "added_at": now, "updated_at": now,
        })  # fmt: skip

    def destroy(self, call: Call) -> None:  # type: ignore[override]
        """Take an invitation back. Raises: NotFound, ValidationError."""
        dashboard = self._dashboard(call)
        require_editor(call, dashboard)
        user = call.table("users").first(uuid=uuid(call.path["user_uuid"]))
        found = self._find(call, dashboard, user) if user is not None else None
        if found is None:
            raise NotFound
        if restriction_of(dashboard) <= EVERYONE:
            raise ValidationError(TOO_OPEN.format("remove collaborators from"))
        call.table(self.table).delete(found)

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"dashboard_id": record["dashboard"], "user": user_basic(call, record["user_id"])}

    def _dashboard(self, call: Call) -> Record:
        number = integer(call.path["dashboard_id"])
        found = call.table("dashboards").get(number) if number is not None else None
        if found is None or found["project_id"] != call.tenant.project_id:
            raise NotFound("Dashboard not found.")
        return found

    def _find(self, call: Call, dashboard: Record, user: Record) -> Record | None:
        return call.table(self.table).first(dashboard=dashboard["id"], user_id=user["id"])

    def _is_active(self, call: Call, record: Record) -> bool:
        user = call.table("users").get(record["user_id"])
        return user is not None and user.get("is_active") is not False

"""Who may change a dashboard: everybody in the project, or only its collaborators; and so the insights on it.

Source: recorded answers; reading of the servers' rules.
"""

from __future__ import annotations

from mockserver.errors import PermissionDenied
from mockserver.request.call import ADMIN, Call
from mockserver.resources.tiles import tiles_with
from mockserver.store import Record

COLLABORATORS = "dashboard_privileges"
EVERYONE, ONLY_COLLABORATORS = 21, 37
"""Levels of restriction."""
VIEWING, EDITING = 21, 37
"""Levels of privilege."""
NOT_EDITOR = "You don't have edit permissions for this dashboard."
NOT_OWNER = (
    "Only the dashboard owner and project admins have the restriction rights required to change the dashboard's "
    "restriction level."
)
ON_RESTRICTED = (
    "This insight is on a dashboard that can only be edited by its owner, team members invited to editing the "
    "dashboard, and project admins."
)


def restriction_of(dashboard: Record) -> int:
    """Return how far a dashboard is restricted."""
    return int(dashboard.get("restriction_level") or EVERYONE)


def may_restrict(call: Call, dashboard: Record) -> bool:
    """Return whether the asker may say who edits a dashboard: its creator and admins may."""
    return call.tenant.level >= ADMIN or (
        dashboard.get("created_by") is not None and dashboard["created_by"] == call.user["id"]
    )


def privilege_on(call: Call, dashboard: Record) -> int:
    """Return what the asker may do with a dashboard; who only bears a sharing token sees it."""
    if call.principal.sharing is not None:
        return VIEWING
    if restriction_of(dashboard) == EVERYONE or may_restrict(call, dashboard):
        return EDITING
    found = call.table(COLLABORATORS).first(dashboard=dashboard["id"], user_id=call.user["id"])
    return int(found["level"]) if found else VIEWING


def may_edit(call: Call, dashboard: Record) -> bool:
    """Return whether the asker may change a dashboard, and put insights on it."""
    return privilege_on(call, dashboard) >= EDITING


def require_editor(call: Call, dashboard: Record) -> None:
    """Refuse who may not change a dashboard. Raises: PermissionDenied."""
    if not may_edit(call, dashboard):
        raise PermissionDenied(NOT_EDITOR)


def levels_of(call: Call, dashboard: Record) -> tuple[int, int]:
    """Return the effective levels of restriction and of privilege that a dashboard is shown with."""
    if call.principal.sharing is not None:
        return ONLY_COLLABORATORS, VIEWING
    return restriction_of(dashboard), privilege_on(call, dashboard)


def levels_of_insight(call: Call, insight: Record) -> tuple[int, int]:
    """Return the levels that an insight is shown with: the strictest of its dashboards, the best of what one may."""
    if call.principal.sharing is not None:
        return ONLY_COLLABORATORS, VIEWING
    on = _dashboards_with(call, insight)
    if not on:
        return EVERYONE, EDITING
    return max(restriction_of(one) for one in on), max(privilege_on(call, one) for one in on)


def require_editor_of_insight(call: Call, insight: Record) -> None:
    """Refuse who may edit none of the dashboards that an insight is on. Raises: PermissionDenied."""
    if levels_of_insight(call, insight)[1] < EDITING:
        raise PermissionDenied(ON_RESTRICTED)


def _dashboards_with(call: Call, insight: Record) -> list[Record]:
    found = (call.table("dashboards").get(tile["dashboard"]) for tile in tiles_with(call.state, insight["id"]))
    return [dashboard for dashboard in found if dashboard is not None and not dashboard.get("deleted")]

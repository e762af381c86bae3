"""What a new project finds in place: a dashboard of its own, and filters that leave out its makers' own traffic."""

from __future__ import annotations

import re
from typing import Any

from mockserver.request.call import Call
from mockserver.resources import tiles
from mockserver.resources.making import starting_dashboard
from mockserver.resources.resource import Record
from mockserver.world import filing

OWN_MACHINE: dict[str, Any] = {
    "key": "$host", "type": "event", "value": r"^(localhost|127\.0\.0\.1)($|:)", "operator": "not_regex",
}  # fmt: skip
DOMAIN = re.compile(r"@[\w.]+")
FREE_MAIL = frozenset({
    "aol.com", "duck.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com",
    "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.fr", "icloud.com", "live.com", "mac.com", "mail.com",
    "mail.ru", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me", "protonmail.com", "qq.com", "t-online.de",
    "web.de", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
    "163.com",
})  # fmt: skip
"""Where anybody has an address, so that it tells nothing of a company."""


def furnish(call: Call, project: Record) -> Record:
    """Return a new project with a dashboard, and with filters of test accounts in the place of any that it was given.

    A demo project has neither: its data brings its own.

    Source: PostHog's model of teams; a recorded project that is fresh.
    """
    if project["is_demo"]:
        return project
    filing.furnish(call.world.seed, call.transaction, project)
    dashboard = tiles.new_dashboard(
        call, project_id=project["id"], name=starting_dashboard.DASHBOARD, pinned=True, created_by=None,
        created_at=project["created_at"],
    )  # fmt: skip
    filing.keep(call.world.seed, call.transaction, "dashboards", dashboard)
    starting_dashboard.fill(call, dashboard)
    return call.table("projects").update(
        project, {"primary_dashboard": dashboard["id"], "test_account_filters": own_traffic_filters(call)}
    )


def own_traffic_filters(call: Call) -> list[dict[str, Any]]:
    """Return filters that leave out an organization's own people, by their e-mail domain, and their own machines."""
    memberships = call.table("organization_memberships").find(organization_id=call.tenant.organization_id)
    users = (call.table("users").get(membership["user_id"]) for membership in memberships)
    emails = [user["email"] for user in users if user is not None]
    own = next((email for email in emails if email.rpartition("@")[2].lower() not in FREE_MAIL), "")
    domain = DOMAIN.search(own)
    if domain is None:
        return [OWN_MACHINE]
    return [{"key": "email", "type": "person", "value": domain[0], "operator": "not_icontains"}, OWN_MACHINE]

"""Insights and dashboards, those that a new project has among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.resources.insights.variables import code_name_of
from mockserver.resources.making.insights import DEFAULTS, SHORT_ID, STAMPS
from mockserver.resources.making.starting_dashboard import DASHBOARD, LOOKS, PLAIN, STARTERS
from mockserver.resources.tiles import DASHBOARD as BOARD
from mockserver.seeding.completion.surroundings import Finish, Given, Surroundings, Whole
from mockserver.seeding.kinds import LoadError
from mockserver.world import entropy


def _insights(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let an insight be as the API makes one, on the dashboards that are given for it.

    One that is named as those of a new project, and of which no more is said, is the one that such a project has.
    """
    stored = {name: whole[name] for name in ("id", "project_id", *DEFAULTS, *STAMPS) if name in whole}
    starter = STARTERS.get(str(stored["name"])) if not given.get("query") and not given.get("filters") else None
    if starter is not None:
        stored |= {**starter, "description": given.get("description") or starter["description"]}
    stored["short_id"] = given.get("short_id") or entropy.token(around.world.seed, around.transaction, "", SHORT_ID)
    maker = stored["created_by"]
    if "created_by" not in given and starter is None:
        maker = around.first_member(stored["project_id"])
    stamps = {
        name: stored[name] if given.get(name) else stored["created_at"] for name in ("updated_at", "last_modified_at")
    }
    stored |= {**stamps, "created_by": maker, "last_modified_by": stored["last_modified_by"] or maker}
    places = given.get("dashboards")
    if places is None and starter is not None:
        places = _starting_dashboard(around, stored)
    _place(around, stored, places or (), LOOKS[str(stored["name"])] if starter is not None else PLAIN)
    return stored


def _starting_dashboard(around: Surroundings, insight: Mapping[str, Any]) -> list[int]:
    """Return the dashboard that a new project has, if an insight's project has it."""
    found = around.transaction.table("dashboards").find(project_id=insight["project_id"])
    return [dashboard["id"] for dashboard in found if dashboard["name"] == DASHBOARD][:1]


def _place(
    around: Surroundings, insight: Mapping[str, Any], dashboards: Iterable[Any], look: Mapping[str, Any]
) -> None:
    """Put an insight on dashboards. Raises: LoadError for one that is not there."""
    for number, id in enumerate(dashboards):
        if around.transaction.table("dashboards").get(id) is None:
            raise LoadError(f"there is no record {id!r} in dashboards", "dashboards", number)
        around.transaction.table("dashboard_tiles").insert({
            "id": around.transaction.next("ids.dashboard_tiles"), "project_id": insight["project_id"],
            "dashboard": id, "insight": insight["id"], "text": None, "deleted": None, **look,
        })  # fmt: skip


def _dashboards(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let a dashboard be as the API makes one; that of a new project is pinned, unless it is said not to be."""
    is_first = whole["name"] == DASHBOARD and given.get("pinned") is None
    stored = {name: whole[name] if name in given else value for name, value in BOARD.items()}
    owned = {name: whole[name] for name in ("id", "project_id", "created_at", "created_by")}
    return {**stored, **owned, "pinned": is_first or stored["pinned"]}


def _dashboard_tiles(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {**whole, **{name: given.get(name) for name in ("text", "insight", "color", "deleted")},
            "layouts": given.get("layouts") or {}}  # fmt: skip


def _texts(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {
        **whole,
        "created_by": around.creator(whole, given),
        "last_modified_at": whole["last_modified_at"] or around.now,
    }


def _insight_variables(around: Surroundings, whole: Whole, given: Given) -> Whole:
    return {**whole, "code_name": given.get("code_name") or code_name_of(whole["name"])}


def _alerts(around: Surroundings, whole: Whole, given: Given) -> Whole:
    """Let an alert be as the API makes one: its threshold has an id, its next check lies ahead."""
    made = {"id": entropy.uuid7(around.world.seed, around.transaction), "created_at": whole["created_at"], "name": ""}
    marked = whole.get("marked_at") or around.now
    kept = {name: value for name, value in whole.items() if name not in ("last_value", "checks")}
    if isinstance(kept.get("insight"), Mapping):  # as an answer shows it
        kept["insight"] = kept["insight"].get("id")
    kept["subscribed_users"] = [_user_id(around, user) for user in kept["subscribed_users"]]
    state = given.get("state") or "Not firing"
    return {**kept, "threshold": {**made, **whole["threshold"]}, "marked_at": marked, "state": state}


def _user_id(around: Surroundings, user: Any) -> Any:
    """Return the id of a user, of one too that stands there whole, as in an answer."""
    if not isinstance(user, Mapping):
        return user
    known = around.transaction.table("users").first(email=user.get("email"))
    return known["id"] if known is not None else user.get("id")


FINISHES: Mapping[str, Finish] = {
    "insights": _insights,
    "dashboards": _dashboards,
    "dashboard_tiles": _dashboard_tiles,
    "texts": _texts,
    "insight_variables": _insight_variables,
    "alerts": _alerts,
}
"""What each of these tables adds to a record, once its own fields are filled in."""

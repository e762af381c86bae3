"""How projects look: what of one is worked out when it is shown, and the short forms that lists show."""

from __future__ import annotations

from typing import Any

from mockserver.analytics import modifiers
from mockserver.contract import Contract, Profile, for_profile
from mockserver.request.call import Call
from mockserver.resources.projects.tokens import live_events_token
from mockserver.resources.resource import Record

GROUP_TYPE = ("group_type", "group_type_index", "name_singular", "name_plural", "detail_dashboard", "default_columns")


def worked_out(record: Record, call: Call) -> dict[str, Any]:
    """Return what a project shows and does not hold: of the asker, of its groups and events, of the server."""
    group_types = [
        {name: kind.get(name) for name in GROUP_TYPE}
        for kind in call.table("group_types").find(project_id=record["id"])
    ]
    return {
        "organization": record["organization_id"],
        "effective_membership_level": call.tenant.level or None,
        "has_group_types": bool(group_types),
        "group_types": sorted(group_types, key=lambda kind: kind["group_type_index"]),
        "live_events_token": live_events_token(call, record),
        "person_on_events_querying_enabled": modifiers.reads_persons_on_events(record["modifiers"]),
    }


def project_basic(record: Record, call: Call) -> dict[str, Any]:
    """Return a project as lists show it."""
    return {
        "id": record["id"], "uuid": record["uuid"], "organization": record["organization_id"],
        "api_token": record["api_token"], "name": record["name"],
        "completed_snippet_onboarding": record["completed_snippet_onboarding"],
        "has_completed_onboarding_for": record["has_completed_onboarding_for"],
        "ingested_event": record["ingested_event"],
        "is_demo": record["is_demo"], "timezone": record["timezone"], "access_control": record["access_control"],
    }  # fmt: skip


def team_basic(record: Record, call: Call) -> dict[str, Any]:
    """Return a project as lists show it in the place of its team."""
    basic = project_basic(record, call)
    first = {name: basic[name] for name in ("id", "uuid", "organization")}
    return {**first, "project_id": record["id"], **basic, "name": team_name(record)}


def of_team(record: Record) -> dict[str, Any]:
    """Return what a project's team says of itself that the project does not."""
    return {"name": team_name(record), "project_id": record["id"], "user_access_level": "admin"}


def team_name(record: Record) -> str:
    """Return the name of a project's team: the project's first one."""
    return str(record.get("team_name") or record["name"])


def team_fields(contract: Contract, profile: Profile) -> dict[str, Any]:
    """Return the fields that a profile shows of a team, each with what it is where nothing was set."""
    fields = for_profile(contract.components["Team"], profile)["properties"]
    return {
        name: prop.get("default") for name, prop in fields.items() if prop is not False and not prop.get("writeOnly")
    }


def modifiers_known(contract: Contract, profile: Profile) -> dict[str, Any]:
    """Return the query modifiers that a profile's servers know, as they are by default."""
    later = modifiers.unknown(contract.components, profile)
    return {name: value for name, value in modifiers.DEFAULTS.items() if name not in later}

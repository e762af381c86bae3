"""Sharing tokens: what a project shows to whoever bears one, without a key.

A configuration shares a dashboard, an insight or a recording. Its token opens it while it is enabled, and a token that
was replaced for some minutes more.
"""

from __future__ import annotations

from mockserver.errors import AuthenticationFailed
from mockserver.request.call import Principal
from mockserver.store import Record, View
from mockserver.world import entropy

TABLE = "sharing_configurations"
PARAMETER = "sharing_access_token"
INVALID = "Sharing access token is invalid."
ONLY_READING = "Sharing access token can only be used for GET requests."


def configuration_of(view: View, token: str) -> Record | None:
    """Return the configuration that a token opens now, if it opens one."""
    found = view.table(TABLE).first(access_token=token) if token else None
    if found is None or not found["enabled"]:
        return None
    expires = found.get("expires_at")
    return found if not expires or entropy.read_timestamp(expires) > entropy.now(view) else None


def bearer(view: View, token: str, method: str) -> Principal:
    """Return who a token lets in where it may be used in the place of a key. Raises: AuthenticationFailed."""
    if method != "GET":
        raise AuthenticationFailed(ONLY_READING)
    found = configuration_of(view, token)
    if found is None:
        raise AuthenticationFailed(INVALID)
    return visitor(view, found)


def visitor(view: View, configuration: Record) -> Principal:
    """Return who looks at what a configuration shares: nobody in particular, in that project alone."""
    project = view.table("projects").get(configuration["project_id"])
    assert project is not None
    return Principal.nobody(project, configuration["access_token"], project=project, sharing=configuration)


def shared_insights(view: View, configuration: Record) -> set[int]:
    """Return the ids of the insights that a configuration shows: its own, or those on its dashboard."""
    if configuration.get("insight") is not None:
        return {configuration["insight"]}
    tiles = view.table("dashboard_tiles").find(dashboard=configuration.get("dashboard"))
    return {tile["insight"] for tile in tiles if tile.get("insight") and not tile.get("deleted")}

"""The definitions of flags as the flags service gives them to SDKs: by a key, or by a project's secret token."""

from __future__ import annotations

from flask import Request

from mockserver.errors import AuthenticationFailed, NotAuthenticated, PermissionDenied, QuotaExceeded
from mockserver.flags.definitions import definitions
from mockserver.flags.quotas import is_limited
from mockserver.flags.rules import is_of_2025
from mockserver.request import auth
from mockserver.request.call import Answer, Principal
from mockserver.request.conditional import tagged
from mockserver.request.tenancy import level
from mockserver.store import Record, View
from mockserver.world.worlds import World, Worlds

SCOPES = ("feature_flag:read", "feature_flag:write")
NO_SCOPES = "Personal API key lacks required scopes (feature_flag:read or feature_flag:write)."
WRONG_KEY, WRONG_SECRET = "Personal API key is invalid.", "Secret API token is invalid."
NO_ACCESS = "You don't have access to the project."


def answer_definitions(worlds: Worlds, request: Request) -> Answer:
    """Return the flags of a project, their cohorts, and its group types; 304 to who has them already.

    Raises: NotAuthenticated, AuthenticationFailed, PermissionDenied, QuotaExceeded.
    """
    candidate = auth.find_key(request.headers.get("Authorization"), None, request.args)
    if candidate is None:
        raise NotAuthenticated
    world: World = worlds.of_key(candidate[0])
    view = world.view()
    project = _project_of(_principal(candidate, view), request.args.get("token"), view)
    if is_limited(project):
        raise QuotaExceeded
    old = is_of_2025(world.profile)
    with_cohorts = "send_cohorts" in request.args or not old
    told = definitions(view, project["id"], world.seed, with_cohorts=with_cohorts, is_of_2025=old)
    return tagged(told, request.headers.get("If-None-Match"))


def _principal(candidate: tuple[str, str], view: View) -> Principal:
    try:
        principal = auth.authenticate(candidate, view, takes_secrets=True)
    except AuthenticationFailed:
        raise AuthenticationFailed(WRONG_SECRET if candidate[0].startswith(auth.SECRET) else WRONG_KEY) from None
    if not any(principal.allows(scope) for scope in SCOPES):
        raise PermissionDenied(NO_SCOPES)
    return principal


def _project_of(principal: Principal, token: str | None, view: View) -> Record:
    """Return the project that a token names, else that of the secret, else the one that the asker last used."""
    if principal.project is not None:
        if token and token != principal.project["api_token"]:
            raise PermissionDenied(NO_ACCESS)
        return principal.project
    projects = view.table("projects")
    project = projects.first(api_token=token) if token else projects.get(principal.user.get("current_project_id"))
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None or not level(principal.user, organization, view, project):
        raise PermissionDenied(NO_ACCESS)
    return project

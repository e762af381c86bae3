"""Who asks, and what their key allows.

Source: the order and the texts are those of PostHog's own permission classes; recorded against a real server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.errors import AuthenticationFailed, NotAuthenticated, PermissionDenied
from mockserver.request.call import Principal
from mockserver.store import Record, View

BEARER = re.compile(r"Bearer\s+(\S.+)")
SECRET = "phs_"
SESSION = "session"
SESSION_COOKIE, CSRF_COOKIE = "sessionid", "posthog_csrftoken"
CSRF_HEADER = "X-CSRFToken"
NO_CSRF_TOKEN = "CSRF Failed: CSRF token missing."
WRONG_CSRF_TOKEN = "CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header incorrect."
KEYS_REFUSED = "This action does not support Personal API Key access"


def find_key(authorization: str | None, body: Any, query: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the first candidate for a personal API key, and the name of the place where it was found.

    `Bearer` is case-sensitive and needs at least two characters after it; any other scheme is no candidate.
    """
    found = BEARER.match(authorization or "")
    if found and not found[1].startswith("pha_"):
        return found[1].strip(), "Authorization header"
    if isinstance(body, Mapping) and body.get("personal_api_key"):
        return str(body["personal_api_key"]), "body"
    if query.get("personal_api_key"):
        return query["personal_api_key"], "query string"
    return None


def authenticate(candidate: tuple[str, str] | None, view: View, *, takes_secrets: bool = False) -> Principal:
    """Return who a key belongs to; `takes_secrets` where a project's secret token is as good as one.

    Raises: NotAuthenticated without a key, AuthenticationFailed for an unknown one and for a deactivated user's.
    """
    if candidate is None:
        raise NotAuthenticated
    value, place = candidate
    project = project_of_secret(value, view) if takes_secrets and value.startswith(SECRET) else None
    if project is not None:
        return Principal.nobody(project, value, project=project)
    key = view.table("api_keys").get(value)
    user = view.table("users").get(key["user_id"]) if key else None
    if key is not None and user is None and is_session(key):
        raise NotAuthenticated  # it ended with its user
    if key is None or user is None or user.get("is_active") is False:
        raise AuthenticationFailed(f"Personal API key found in request {place} is invalid.")
    return Principal(user, key)


def nobody(view: View) -> Principal:
    """Return who asks without a key, where none is asked for."""
    return Principal.nobody(next(iter(view.table("projects")), {}))


def of_session(view: View, cookies: Mapping[str, str], token: str | None, *, writes: bool) -> Principal:
    """Return whose session a cookie bears; what it writes must show the token that came with it.

    Raises: NotAuthenticated, PermissionDenied.
    """
    key = view.table("api_keys").get(cookies.get(SESSION_COOKIE))
    user = view.table("users").get(key["user_id"]) if key is not None and is_session(key) else None
    if key is None or user is None or user.get("is_active") is False:
        raise NotAuthenticated
    if writes and not token:
        raise PermissionDenied(NO_CSRF_TOKEN)
    if writes and token != cookies.get(CSRF_COOKIE):
        raise PermissionDenied(WRONG_CSRF_TOKEN)
    return Principal(user, key)


def is_session(key: Record) -> bool:
    """Return whether a key stands for the session of a browser: one without scopes that says or is labelled so.

    Other keys without scopes are from before there were any; they may do as much, and are keys all the same.
    """
    if key.get("scopes"):
        return False
    return bool(key.get("is_session")) or str(key.get("label") or "").startswith(SESSION)


def project_of_secret(value: str, view: View) -> Record | None:
    """Return the project that a secret token is of, its present one or the one before."""
    projects = view.table("projects")
    return projects.first(secret_api_token=value) or projects.first(secret_api_token_backup=value)


def require_scopes(principal: Principal, scopes: tuple[str, ...]) -> None:
    """Refuse a key that lacks a scope, naming the first that is missing. Raises: PermissionDenied."""
    for scope in scopes:
        if not principal.allows(scope):
            raise PermissionDenied(f"API key missing required scope '{scope}'")

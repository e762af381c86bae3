"""`/decide` as Django answered it until late 2025: its refusals, its order of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Request

from mockserver.errors import AuthenticationFailed, NotAuthenticated, PermissionDenied, ValidationError
from mockserver.flags.quotas import FLAGS, is_limited
from mockserver.flags.rules import DJANGO
from mockserver.request import auth
from mockserver.request.tenancy import integer, level
from mockserver.sdk import config
from mockserver.sdk.flags.asking import request_id, tell
from mockserver.sdk.flags.packing import unpack_for_django
from mockserver.sdk.flags.questions import Question, read_for_django
from mockserver.sdk.tokens import UnknownProjectKey, named_by
from mockserver.store import Record
from mockserver.traffic.interception import enter
from mockserver.world.worlds import World, Worlds


class NoProjectKey(NotAuthenticated):
    """A question to Django without a project token."""

    code = "no_api_key"
    detail = "No project API key provided. You can find your project API key in PostHog project settings."


class WrongPersonalKey(AuthenticationFailed):
    """A question to Django with a personal key that nobody has."""

    code = "invalid_personal_key"
    detail = "Invalid Personal API key."


class NoDistinctId(ValidationError):
    """A question to Django about nobody."""

    code = "missing_distinct_id"
    detail = "Decide requires a distinct_id."


def answer(worlds: Worlds, request: Request, raw: bytes) -> dict[str, Any]:
    """Return a project's configuration and somebody's flags. Raises: APIError."""
    content_type, encoding = request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", "")
    body = unpack_for_django(raw, content_type, encoding, request.args)
    asked = read_for_django(body, request)
    world, project = _project_of(worlds, asked, body)
    enter(request, world)
    if asked.distinct_id is None:
        raise NoDistinctId
    with world.store.transaction() as transaction:
        telling = tell(transaction, project, asked, DJANGO, request)
        about: dict[str, Any] = {"requestId": request_id(world, transaction, request)}
    if is_limited(project):
        about["quotaLimited"] = [FLAGS]
    return {**config.config_of_decide(project), **about, **telling.for_decide(asked.version)}


def _project_of(worlds: Worlds, asked: Question, body: Any) -> tuple[World, Record]:
    """Return the project of a token, or the one named beside a personal key. Raises: APIError."""
    if not asked.token:
        raise NoProjectKey
    found = named_by(worlds, asked.token)
    if found is not None:
        return found
    named = body.get("project_id") if isinstance(body, Mapping) else None
    if named is None:
        raise UnknownProjectKey
    world = worlds.of_key(asked.token)
    view = world.view()
    try:
        principal = auth.authenticate((asked.token, "body"), view)
    except AuthenticationFailed:
        raise WrongPersonalKey from None
    project = view.table("projects").get(integer(str(named)))
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None or not level(principal.user, organization, view, project):
        raise PermissionDenied("You don't have access to the project.")
    return world, project

"""Early access features and surveys as browsers load them, of a project whose token they give."""

from __future__ import annotations

from typing import Any

from flask import Request, Response

from mockserver.errors import AuthenticationFailed
from mockserver.resources.feature_flags.features import TABLE, show_short
from mockserver.road.rendering import JSON, encode
from mockserver.sdk.tokens import UnknownProjectKey, named_by
from mockserver.store import Record
from mockserver.traffic.interception import enter
from mockserver.world.worlds import World, Worlds

DEFAULT_STAGES = ("beta",)


class MissingToken(AuthenticationFailed):
    """A list is asked for without a project token."""

    code = "missing_api_key"
    detail = "API key not provided. You can find your project API key in PostHog project settings."


def answer_features(worlds: Worlds, request: Request) -> Response:
    """Return the released features of a token's project; `stage` may repeat.

    Raises: MissingToken, UnknownProjectKey.
    """
    world, project = _project(worlds, request)
    view = world.view()
    stages = request.args.getlist("stage") or DEFAULT_STAGES
    flags = view.table("feature_flags")
    found = [
        show_short(feature, flag)
        for feature in view.table(TABLE).find(project_id=project["id"])
        if feature["stage"] in stages and (flag := flags.get(feature["feature_flag"])) is not None
    ]
    return Response(encode({"earlyAccessFeatures": found}), 200, content_type=JSON)


def answer_surveys(worlds: Worlds, request: Request) -> Response:
    """Return the surveys of a token's project: none, since surveys are not modelled.

    Raises: MissingToken, UnknownProjectKey.
    """
    _, project = _project(worlds, request)
    told: dict[str, Any] = {"surveys": [], "survey_config": project.get("survey_config")}
    return Response(encode(told), 200, content_type=JSON)


def _project(worlds: Worlds, request: Request) -> tuple[World, Record]:
    """Return the project that a token names, and its world, which the request is then of.

    Only GET reads a token in the query. Raises: MissingToken, UnknownProjectKey. Source: recorded answers.
    """
    token = request.args.get("token") if request.method == "GET" else None
    if not token:
        raise MissingToken
    found = named_by(worlds, token)
    if found is None:
        raise UnknownProjectKey
    enter(request, found[0])
    return found

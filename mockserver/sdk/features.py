"""Early access features as browsers load them: those of a project in the stages asked for."""

from __future__ import annotations

from flask import Request, Response

from mockserver.errors import AuthenticationFailed
from mockserver.resources.feature_flags.features import TABLE, show_short
from mockserver.road.rendering import JSON, encode
from mockserver.traffic.interception import enter
from mockserver.world.worlds import Worlds

DEFAULT_STAGES = ("beta",)


class MissingToken(AuthenticationFailed):
    """Features are asked for without a project token."""

    code = "missing_api_key"
    detail = "API key not provided. You can find your project API key in PostHog project settings."


class InvalidToken(AuthenticationFailed):
    """Features are asked for with a token that no project has."""

    code = "invalid_api_key"
    detail = "Project API key invalid. You can find your project API key in PostHog project settings."


def answer_features(worlds: Worlds, request: Request) -> Response:
    """Return the released features of a token's project; `stage` may repeat. Raises: MissingToken, InvalidToken.

    Only GET reads a token in the query. Source: recorded answers.
    """
    token = request.args.get("token") if request.method == "GET" else None
    if not token:
        raise MissingToken
    world = worlds.owner(token)
    project = world.view().table("projects").first(api_token=token) if world else None
    if world is None or project is None:
        raise InvalidToken
    enter(request, world)
    view = world.view()
    stages = request.args.getlist("stage") or DEFAULT_STAGES
    flags = view.table("feature_flags")
    found = [
        show_short(feature, flag)
        for feature in view.table(TABLE).find(project_id=project["id"])
        if feature["stage"] in stages and (flag := flags.get(feature["feature_flag"])) is not None
    ]
    return Response(encode({"earlyAccessFeatures": found}), 200, content_type=JSON)

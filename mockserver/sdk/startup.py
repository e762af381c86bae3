"""What SDKs ask when they start: feature flags, remote configuration, definitions for local evaluation.

There are no feature flags here, and it is said truthfully: empty answers in the shapes of PostHog's flags service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Request

from mockserver.capture.decoding import CaptureError, read_value, token_of
from mockserver.errors import PermissionDenied
from mockserver.request import auth
from mockserver.request.tenancy import level
from mockserver.road.rendering import encode
from mockserver.store import Record
from mockserver.world.worlds import World

MISSING_TOKEN = "No API token provided. Please include a valid API token in your request."
MISSING_DISTINCT_ID = "The distinct_id field is missing from the request. Please include a valid identifier."
EMPTY_DISTINCT_ID = "The distinct_id field cannot be empty. Please provide a valid identifier."


@dataclass(frozen=True)
class Question:
    """Whose flags are asked for, and in which form."""

    token: str
    version: int
    with_config: bool


def read_question(request: Request, raw: bytes) -> Question:
    """Return what a request for flags asks, in the body or the query. Raises: CaptureError."""
    asked: Any = {}
    if raw or "data" in request.args:
        encoding = request.headers.get("Content-Encoding", "")
        asked = read_value(raw, request.headers.get("Content-Type", ""), encoding, request.args)
    if not isinstance(asked, Mapping):
        raise CaptureError("Failed to parse request: expected an object.")
    token = token_of(asked) or request.args.get("token") or request.args.get("api_key")
    if not isinstance(token, str) or not token.strip():
        raise CaptureError(MISSING_TOKEN, 401)
    if raw and request.path.startswith("/flags"):
        distinct_id = asked.get("distinct_id", asked.get("$distinct_id"))
        if distinct_id is None:
            raise CaptureError(MISSING_DISTINCT_ID)
        if distinct_id == "":
            raise CaptureError(EMPTY_DISTINCT_ID)
    version = request.args.get("v", "")
    with_config = request.args.get("config", "no").lower() in ("true", "1", "")
    return Question(token.strip(), int(version) if re.fullmatch(r"[0-9]{1,3}", version) else 0, with_config)


def flags(project: Record, asked: Question, request_id: str, moment: datetime, *, is_decide: bool) -> dict[str, Any]:
    """Return the flags of somebody in the form of the version asked for.

    `/decide` gave a list of keys first, then values by key, then payloads too, and with version 4 what `/flags` gives
    from version 2; it always carries the configuration.
    """
    told: dict[str, Any] = config(project) if is_decide or asked.with_config else {}
    about = {"requestId": request_id, "evaluatedAt": int(moment.timestamp() * 1000)}
    if asked.version >= (4 if is_decide else 2):
        return {"errorsWhileComputingFlags": False, "flags": {}, **about, **told}
    if is_decide and asked.version < 3:
        return {"featureFlags": {} if asked.version == 2 else [], **about, **told}
    return {"errorsWhileComputingFlags": False, "featureFlags": {}, "featureFlagPayloads": {}, **about, **told}


def config(project: Record) -> dict[str, Any]:
    """Return what posthog-js needs to know of a project, by the project's own settings."""
    return {
        "token": project["api_token"],
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "captureDeadClicks": bool(project.get("capture_dead_clicks")),
        "capturePerformance": {
            "network_timing": bool(project.get("capture_performance_opt_in")),
            "web_vitals": bool(project.get("autocapture_web_vitals_opt_in")),
            "web_vitals_allowed_metrics": project.get("autocapture_web_vitals_allowed_metrics"),
        },
        "autocapture_opt_out": bool(project.get("autocapture_opt_out")),
        "autocaptureExceptions": bool(project.get("autocapture_exceptions_opt_in")),
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": True,
        "sessionRecording": False,
        "heatmaps": bool(project.get("heatmaps_opt_in")),
        "surveys": False,
        "defaultIdentifiedOnly": True,
        "siteApps": [],
    }


def config_script(project: Record) -> bytes:
    """Return the configuration as the script that posthog-js loads."""
    return (
        b"(function() {\n  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};\n"
        b"  window._POSTHOG_REMOTE_CONFIG[" + encode(project["api_token"]) + b"] = {\n    config: "
        + encode(config(project)) + b",\n    siteApps: []\n  }\n})();"
    )  # fmt: skip


def key_of(request: Request) -> str | None:
    """Return the personal API key of a request, if there is one."""
    found = auth.find_key(request.headers.get("Authorization"), None, request.args)
    return found[0] if found else None


def definitions(world: World, request: Request) -> dict[str, Any]:
    """Return the flags of a project, their cohorts, and its group types.

    Raises: NotAuthenticated, AuthenticationFailed, PermissionDenied.
    """
    view = world.view()
    principal = auth.authenticate(auth.find_key(request.headers.get("Authorization"), None, request.args), view)
    auth.require_scopes(principal, ("feature_flag:read",))
    token = request.args.get("token")
    project = (
        view.table("projects").first(api_token=token)
        if token
        else view.table("projects").get(principal.user.get("current_project_id"))
    )
    organization = view.table("organizations").get(project["organization_id"]) if project else None
    if project is None or organization is None or not level(principal.user, organization, view):
        raise PermissionDenied("You don't have access to the project.")
    types = view.table("group_types").find(project_id=project["id"])
    mapping = {str(record["group_type_index"]): record["group_type"] for record in types}
    return {"flags": [], "group_type_mapping": mapping, "cohorts": {}}

"""What posthog-js needs to know of a project, by the project's own settings."""

from __future__ import annotations

from typing import Any

from mockserver.road.rendering import encode
from mockserver.store import Record

BARE: dict[str, Any] = {
    "config": {"enable_collect_everything": True},
    "toolbarParams": {},
    "isAuthenticated": False,
    "supportedCompression": ["gzip", "gzip-js"],
    "sessionRecording": False,
}
"""The configuration of nobody in particular."""


def _about(project: Record) -> dict[str, Any]:
    """Return what a project's settings say."""
    captures_exceptions = bool(project.get("autocapture_exceptions_opt_in"))
    return {
        "captureDeadClicks": bool(project.get("capture_dead_clicks")),
        "capturePerformance": {
            "network_timing": bool(project.get("capture_performance_opt_in")),
            "web_vitals": bool(project.get("autocapture_web_vitals_opt_in")),
            "web_vitals_allowed_metrics": project.get("autocapture_web_vitals_allowed_metrics"),
        },
        "autocapture_opt_out": bool(project.get("autocapture_opt_out")),
        "autocaptureExceptions": captures_exceptions,
        "analytics": {"endpoint": "/i/v0/e/"},
        "elementsChainAsString": True,
        "surveys": False,
        "heatmaps": bool(project.get("heatmaps_opt_in")),
        "flagsPersistenceDefault": bool(project.get("flags_persistence_default")),
        "defaultIdentifiedOnly": True,
        "errorTracking": {"autocaptureExceptions": captures_exceptions, "suppressionRules": []},
        "sessionRecording": False,
        "siteApps": [],
    }


SHARED = ("captureDeadClicks", "capturePerformance", "autocapture_opt_out", "autocaptureExceptions", "analytics",
          "elementsChainAsString")  # fmt: skip
OF_CONFIG = (*SHARED, "errorTracking", "sessionRecording", "heatmaps", "surveys", "defaultIdentifiedOnly", "siteApps")
OF_DECIDE = (*SHARED, "surveys", "heatmaps", "flagsPersistenceDefault", "defaultIdentifiedOnly", "errorTracking",
             "siteApps")  # fmt: skip
"""What either says of a project, in its order."""


def config(project: Record, *, has_flags: bool) -> dict[str, Any]:
    """Return the remote configuration of a project."""
    head = {"token": project["api_token"], "supportedCompression": ["gzip", "gzip-js"], "hasFeatureFlags": has_flags}
    about = _about(project)
    return {**head, **{name: about[name] for name in OF_CONFIG}}


def config_of_decide(project: Record) -> dict[str, Any]:
    """Return what `/decide` says beside flags."""
    about = _about(project)
    return {**BARE, **{name: about[name] for name in OF_DECIDE}}


def config_script(project: Record, *, has_flags: bool) -> bytes:
    """Return the configuration as the script that posthog-js loads."""
    return (
        b"(function() {\n  window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {};\n"
        b"  window._POSTHOG_REMOTE_CONFIG[" + encode(project["api_token"]) + b"] = {\n    config: "
        + encode(config(project, has_flags=has_flags)) + b",\n    siteApps: []\n  }\n})();"
    )  # fmt: skip

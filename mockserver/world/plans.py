"""Plans: which paid features an organization has, and how much of them."""

from __future__ import annotations

from typing import Any

from mockserver.store import Record

PROJECTS = "organizations_projects"
SECURITY_SETTINGS = "organization_security_settings"
ADVANCED_PERMISSIONS = "advanced_permissions"
INVITE_SETTINGS = "organization_invite_settings"
PROVISIONING = "automatic_provisioning"
EVERYTHING = (
    "zapier", PROJECTS, "environments", "social_sso", "saml", "sso_enforcement", ADVANCED_PERMISSIONS,
    "ingestion_taxonomy", "paths_advanced", "correlation_analysis", "group_analytics", "tagging",
    "behavioral_cohort_filtering", "white_labelling", "subscriptions", "app_metrics", "recordings_playlists",
    "role_based_access", "recordings_file_export", "recordings_performance", "surveys_styling", "surveys_text_html",
    "surveys_recurring", "surveys_multiple_questions", PROVISIONING, "managed_reverse_proxy", "data_pipelines",
    "alerts", "data_color_themes", "api_queries_concurrency", INVITE_SETTINGS, SECURITY_SETTINGS,
)  # fmt: skip
"""The features of a plan that holds them all, as recorded of a server with such a licence."""


def feature(organization: Record, key: str) -> dict[str, Any] | None:
    """Return what an organization's plan says of a feature, if the plan holds it.

    An organization that is given no features at all has every one, without limits, as where nothing is billed.
    """
    features = organization["available_product_features"]
    if features is None:
        return {"key": key}
    return next((one for one in features if one.get("key") == key), None)


def features(organization: Record) -> list[dict[str, Any]]:
    """Return the features of an organization's plan, as the API shows them."""
    given = organization["available_product_features"]
    return list(given) if given is not None else [{"key": key, "name": _title(key)} for key in EVERYTHING]


def _title(key: str) -> str:
    return key.replace("_", " ").capitalize()


def has(organization: Record, key: str) -> bool:
    """Return whether an organization's plan holds a feature."""
    return feature(organization, key) is not None


def most_projects(organization: Record) -> int | None:
    """Return how many projects a plan allows, demos aside: one without the feature, None for any number."""
    plan = feature(organization, PROJECTS)
    if plan is None:
        return 1
    limit = plan.get("limit")
    return limit if isinstance(limit, int) else None

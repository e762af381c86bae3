"""Plans: which paid features an organization has, and how much of them."""

from __future__ import annotations

from typing import Any

from mockserver.store import Record

PROJECTS = "organizations_projects"
SECURITY_SETTINGS = "organization_security_settings"
ADVANCED_PERMISSIONS = "advanced_permissions"


def feature(organization: Record, key: str) -> dict[str, Any] | None:
    """Return what an organization's plan says of a feature, if the plan holds it.

    An organization that is given no features at all has every one, without limits, as where nothing is billed.
    """
    features = organization["available_product_features"]
    if features is None:
        return {"key": key}
    return next((one for one in features if one.get("key") == key), None)


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

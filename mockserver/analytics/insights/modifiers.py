"""Modifiers: how a query is to be computed, completed with what a project has by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULTS: dict[str, Any] = {
    "bounceRateDurationSeconds": None,
    "bounceRatePageViewMode": "count_pageviews",
    "convertToProjectTimezone": True,
    "customChannelTypeRules": None,
    "dataWarehouseEventsModifiers": None,
    "debug": None,
    "formatCsvAllowDoubleQuotes": None,
    "inCohortVia": "auto",
    "materializationMode": "legacy_null_as_null",
    "optimizeJoinedFilters": False,
    "personsArgMaxVersion": "auto",
    "personsJoinMode": None,
    "personsOnEventsMode": "person_id_override_properties_joined",
    "propertyGroupsMode": None,
    "s3TableUseInvalidColumns": None,
    "sessionTableVersion": "auto",
    "sessionsV2JoinMode": "string",
    "useMaterializedViews": True,
    "usePresortedEventsTable": False,
    "useWebAnalyticsPreAggregatedTables": None,
}


def complete(given: Mapping[str, Any] | None, **settled: Any) -> dict[str, Any]:
    """Return the modifiers in force; `settled` are those that a kind of query decides by itself."""
    told = {name: value for name, value in (given or {}).items() if value is not None}
    return {**DEFAULTS, **settled, **told}

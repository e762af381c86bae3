"""Modifiers: how a query is to be computed, completed with what a project has by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract import Profile
from mockserver.store import Record

DEFAULTS: Mapping[str, Any] = {
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
    "optimizeProjections": None,
    "personsArgMaxVersion": "auto",
    "personsJoinMode": None,
    "personsOnEventsMode": "person_id_override_properties_joined",
    "propertyGroupsMode": None,
    "s3TableUseInvalidColumns": None,
    "sessionTableVersion": "auto",
    "sessionsV2JoinMode": "string",
    "timings": None,
    "useMaterializedViews": True,
    "usePreaggregatedTableTransforms": None,
    "usePresortedEventsTable": False,
    "useWebAnalyticsPreAggregatedTables": None,
}
"""Every modifier that servers know, null where nothing is decided."""
ON_EVENTS = ("person_id_no_override_properties_on_events", "person_id_override_properties_on_events")
"""The modes in which a query reads a person's properties as they were when the event happened."""


def unknown(components: Mapping[str, Any], profile: Profile) -> frozenset[str]:
    """Return the modifiers that a profile's servers do not know yet, as the contract dates those of a project."""
    dated = components["Project"]["properties"]["default_modifiers"]["properties"]
    return frozenset(name for name, shape in dated.items() if not profile.is_dated_within(shape))


def asked(project: Record, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the modifiers that a query is asked with: its own, and where it says nothing those of its project."""
    kept = project.get("modifiers")
    own = {name: value for name, value in (query.get("modifiers") or {}).items() if value is not None}
    if not isinstance(kept, Mapping):
        return own
    return {**{name: value for name, value in kept.items() if name in DEFAULTS and value is not None}, **own}


def complete(given: Mapping[str, Any] | None, **settled: Any) -> dict[str, Any]:
    """Return the modifiers in force; `settled` are those that a kind of query decides by itself."""
    told = {name: value for name, value in (given or {}).items() if value is not None}
    return {**DEFAULTS, **settled, **told}


def reads_persons_on_events(given: Any) -> bool:
    """Return whether a project with these modifiers asks its events, and not its persons, for persons' properties."""
    mode = given.get("personsOnEventsMode") if isinstance(given, Mapping) else None
    return (DEFAULTS["personsOnEventsMode"] if mode is None else mode) in ON_EVENTS

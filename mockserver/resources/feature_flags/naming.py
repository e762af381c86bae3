"""Conditions on cohorts, shown with the cohort's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.membership.members import find_cohort
from mockserver.store import View


def named(filters: Any, view: View, project_id: int) -> Any:
    """Return filters in which each property of a cohort that there is says how it is called."""
    sets = filters.get("groups") if isinstance(filters, Mapping) else None
    if not isinstance(sets, list):
        return filters
    shown = [_set(one, view, project_id) for one in sets]
    return filters if all(new is old for new, old in zip(shown, sets, strict=True)) else {**filters, "groups": shown}


def _set(one: Any, view: View, project_id: int) -> Any:
    properties = one.get("properties") if isinstance(one, Mapping) else None
    if not isinstance(properties, list):
        return one
    shown = [_property(each, view, project_id) for each in properties]
    return one if all(new is old for new, old in zip(shown, properties, strict=True)) else {**one, "properties": shown}


def _property(one: Any, view: View, project_id: int) -> Any:
    if not isinstance(one, Mapping) or one.get("type") != "cohort":
        return one
    cohort = find_cohort(view, project_id, one.get("value"))
    return one if cohort is None else {**one, "cohort_name": cohort["name"]}

"""Conditions on cohorts, shown with the cohort's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.membership.members import find_cohort
from mockserver.store import View


def named(filters: Any, view: View, project_id: int) -> Any:
    """Return filters in which each property of a cohort that there is says how it is called."""

    def of_property(one: Any) -> Any:
        if not isinstance(one, Mapping) or one.get("type") != "cohort":
            return one
        cohort = find_cohort(view, project_id, one.get("value"))
        return one if cohort is None else {**one, "cohort_name": cohort["name"]}

    return _with_each(filters, "groups", lambda one: _with_each(one, "properties", of_property))


def _with_each(value: Any, name: str, change: Callable[[Any], Any]) -> Any:
    """Return an object with each item of a list in it changed; the very same object where none changes."""
    items = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(items, list):
        return value
    changed = [change(item) for item in items]
    return value if all(new is old for new, old in zip(changed, items, strict=True)) else {**value, name: changed}

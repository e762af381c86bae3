"""What an insight asks: its query, or the one that its older filters stand for; what a dashboard puts over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.analytics.insights.older_filters import as_insight_query
from mockserver.errors import ValidationError
from mockserver.queries.bodies import WRAPPERS, Query, override_filters, override_variables, unwrapped
from mockserver.queries.upgrades import upgraded
from mockserver.request.call import Call
from mockserver.store import Record

FILTERS, VARIABLES = "filters_override", "variables_override"
Given = Mapping[str, Any]


def question(insight: Record) -> Query | None:
    """Return what is computed for an insight, wrappers and all; nothing where it asks nothing."""
    if insight.get("query"):
        query: Query = upgraded(insight["query"])
        return query
    return as_insight_query(insight["filters"]) if insight.get("filters") else None


def put_over(call: Call, dashboard: Record | None = None) -> tuple[Given, Given]:
    """Return the filters and variables put over a query: those that the request gives, or else the dashboard's own.

    Raises: ValidationError for what is not JSON.
    """
    own = dashboard or {}
    filters, variables = (_read(call, name) for name in (FILTERS, VARIABLES))
    return (own.get("filters") or {}) if filters is None else filters, {
        **(own.get("variables") or {}),
        **(variables or {}),
    }


def as_asked(query: Query, filters: Given, variables: Given) -> Query:
    """Return a query with filters and variables put over its own."""
    return inside(query, lambda inner: override_filters(override_variables(inner, variables), filters))


def inside(query: Query, change: Callable[[Query], Query]) -> Query:
    """Return a query that is changed, inside its wrapper if it has one."""
    if query.get("kind") in WRAPPERS and isinstance(query.get("source"), Mapping):
        return {**query, "source": inside(dict(query["source"]), change)}
    return change(query) if isinstance(query.get("kind"), str) else query


def runnable(query: Query | None) -> Query | None:
    """Return the query that is run for a question; nothing for one without a kind."""
    inner = unwrapped(query) if query else None
    return inner if inner and isinstance(inner.get("kind"), str) else None


def _read(call: Call, name: str) -> Given | None:
    given: Any = call.query.get(name)
    if not given and isinstance(call.body, Mapping):
        given = call.body.get(name)
    if given is None or given == "":
        return None
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping) or any(not _fits(key, value) for key, value in given.items()):
        raise ValidationError(f"Invalid JSON passed in {name} parameter", attr=name)
    return given


def _fits(key: str, value: Any) -> bool:
    """Return whether a part of what is put over a query is of the kind that it must be."""
    match key:
        case "date_from" | "date_to":
            return value is None or isinstance(value, str)
        case "properties":
            return value is None or (isinstance(value, list) and all(isinstance(item, Mapping) for item in value))
        case "breakdown_filter":
            return value is None or isinstance(value, Mapping)
    return True

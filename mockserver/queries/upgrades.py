"""Queries of an earlier form, rewritten in the present one of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _mean_of_retention(query: dict[str, Any]) -> dict[str, Any]:
    """Say how a mean is calculated where it was only said that there be one."""
    given = query.get("retentionFilter")
    if not isinstance(given, Mapping) or "showMean" not in given:
        return query
    filter = {name: value for name, value in given.items() if name != "showMean"}
    return {
        **query,
        "retentionFilter": {**filter, "meanRetentionCalculation": "simple" if given["showMean"] else "none"},
    }


UPGRADES: Mapping[tuple[str, float], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("RetentionQuery", 1): _mean_of_retention,
}
"""What leads from a version of a kind to the next one."""


def upgraded(node: Any) -> Any:
    """Return a query, every part of it in its present form; what is not well formed stays as it is."""
    if isinstance(node, list):
        return [upgraded(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    query = {name: upgraded(value) for name, value in node.items()}
    kind, version = query.get("kind"), query.get("version") or 1
    if not isinstance(kind, str) or not isinstance(version, (int, float)):
        return query
    while (kind, version) in UPGRADES:
        query = UPGRADES[kind, version](query)
        version += 1
        query["version"] = version
    return query

"""Queries of an earlier form, rewritten in the present one of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _mean_of_retention(query: dict[str, Any]) -> dict[str, Any]:
    """Say how a mean is calculated where it was only said that there be one."""
    filter = dict(query.get("retentionFilter") or {})
    if "showMean" in filter:
        filter["meanRetentionCalculation"] = "simple" if filter.pop("showMean") else "none"
    return {**query, "retentionFilter": filter}


UPGRADES: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("RetentionQuery", 1): _mean_of_retention,
}
"""What leads from a version of a kind to the next one."""


def upgraded(node: Any) -> Any:
    """Return a query, every part of it in its present form."""
    if isinstance(node, list):
        return [upgraded(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    query = {name: upgraded(value) for name, value in node.items()}
    version = query.get("version") or 1
    while (query.get("kind"), version) in UPGRADES:
        query = UPGRADES[query["kind"], version](query)
        version += 1
        query["version"] = version
    return query

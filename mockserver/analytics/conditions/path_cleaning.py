"""Paths as the rules of a project, or of a query, write them: one path stands for many that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.analytics.conditions.asking import Asking
from mockserver.analytics.hogql.nodes import Node, call, constant


def project_rules(inquiry: Asking) -> list[Any]:
    """Return the rules of the project."""
    return list(inquiry.project.get("path_cleaning_filters") or [])


def cleaned(path: Node, rules: Iterable[Any]) -> Node:
    """Return HogQL for a path with what each rule's `regex` matches replaced by its `alias`."""
    for rule in rules:
        if isinstance(rule, Mapping) and rule.get("regex"):
            alias = constant(str(rule.get("alias") or ""))
            path = call("replaceRegexpAll", path, constant(str(rule["regex"])), alias)
    return path

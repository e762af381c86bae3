"""What a query can name while it is resolved, and what resolving needs to know of its project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node, Source
from mockserver.analytics.hogql.resolving.cohorts import Find
from mockserver.analytics.hogql.resolving.sources import QuerySource
from mockserver.analytics.hogql.tables.database import Database
from mockserver.analytics.hogql.types import Type


@dataclass(frozen=True)
class Context:
    """What resolving a query needs to know of its project."""

    database: Database
    timezone: str = "UTC"
    project_id: int = 0
    property_types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared types by kind of property: `event`, `person`, `group_0`…"""
    find_cohort: Find | None = None
    """How to find a cohort by id or name."""
    find_action: Callable[[Any, Node], Node] | None = None
    """How to find what holds of an action's events, by its id or name, which stands at a node."""
    cohorts_via: str | None = None
    """How cohorts are looked into: by a list, or a join."""
    find_view: Callable[[str], nodes.Query | None] = lambda name: None
    """How to find the query that a view is, by its name."""
    note: Callable[[Node], None] = lambda node: None
    """What to tell of each field found."""


@dataclass(eq=False)
class Scope:
    """What one SELECT can name."""

    named: dict[str, Source] = field(default_factory=dict)
    anonymous: list[Source] = field(default_factory=list)
    aliases: dict[str, Type] = field(default_factory=dict)
    origins: dict[str, Node] = field(default_factory=dict)
    ctes: dict[str, nodes.CTE] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    cohorts: dict[int, tuple[nodes.JoinExpr, QuerySource]] = field(default_factory=dict)
    """Cohorts joined to it, by id."""

    def sources(self) -> list[Source]:
        """Return everything it selects from."""
        return [*self.named.values(), *self.anonymous]

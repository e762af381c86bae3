"""Series of an insight: which events one is about, and what else must hold of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from mockserver.analytics.conditions.actions import find_action
from mockserver.analytics.conditions.properties import property_conditions, test_account_conditions
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, call, compare, constant, field
from mockserver.analytics.inquiries import Inquiry

ANY_EVENT = "All events"
NO_WAREHOUSE = "Data warehouse tables are not supported here"


@dataclass(frozen=True)
class Series:
    """One series: its events by name (none is any), or those of an action; and what is counted of them."""

    order: int = 0
    event: str | None = None
    is_action: bool = False
    properties: Any = None
    fixed_properties: Any = None
    math: str | None = None
    math_property: str | None = None
    math_property_type: str | None = None
    math_hogql: str | None = None
    math_multiplier: float | None = None
    math_group: int | None = None
    custom_name: str | None = None
    title: str | None = None
    """What the action is called, if it is one that is there."""
    given: Mapping[str, Any] = attribute(default_factory=dict)

    @classmethod
    def of(cls, node: Mapping[str, Any], order: int = 0, inquiry: Inquiry | None = None) -> Series:
        """Return the series that a node says, an action called by its name where an inquiry can look it up.

        Raises: QueryError for a table of the data warehouse.
        """
        if node.get("kind") == "DataWarehouseNode":
            raise QueryError(NO_WAREHOUSE)
        group = node.get("math_group_type_index")
        is_action = node.get("kind") == "ActionsNode"
        action = find_action(inquiry, node.get("id")) if is_action and inquiry else None
        return cls(
            order=order,
            event=node.get("event"),
            is_action=is_action,
            title=action["name"] if action else None,
            properties=node.get("properties"),
            fixed_properties=node.get("fixedProperties"),
            math=node.get("math"),
            math_property=node.get("math_property"),
            math_property_type=node.get("math_property_type"),
            math_hogql=node.get("math_hogql"),
            math_multiplier=node.get("math_multiplier"),
            math_group=int(group) if group is not None and 0 <= group < 5 else None,
            custom_name=node.get("custom_name"),
            given=node,
        )

    @property
    def name(self) -> str:
        """What the series is called."""
        return ANY_EVENT if self.label is None else self.label

    @property
    def label(self) -> str | None:
        """The name of its events, or of its action; nothing for any event."""
        return self.title if self.is_action else self.event

    @property
    def is_known(self) -> bool:
        """Whether it is about events, or about an action that is there."""
        return not self.is_action or self.title is not None

    @property
    def of_groups(self) -> bool:
        """Whether groups are counted, not persons."""
        return self.math == "unique_group" and self.math_group is not None

    @property
    def actor(self) -> Node:
        """HogQL for whom an event is counted."""
        return field(f"$group_{self.math_group}") if self.of_groups else field("person_id")

    def named(self) -> list[Node]:
        """Return what holds of the series' events by their name, or by the steps of the action."""
        if self.is_action:
            return [call("matchesAction", constant(self.given.get("id")))]
        return [compare(field("event"), "==", constant(self.event))] if self.event is not None else []

    def own_conditions(self, inquiry: Inquiry) -> list[Node]:
        """Return what else holds of the series' events: its own filters, and that they have a group to count."""
        conditions = [
            property_conditions(given, inquiry) for given in (self.properties, self.fixed_properties) if given
        ]
        if self.of_groups:
            conditions.append(compare(self.actor, "!=", constant("")))
        return conditions


def series_of(query: Mapping[str, Any], inquiry: Inquiry | None = None) -> list[Series]:
    """Return the series of a query, in its order; an inquiry tells what actions are called. Raises: QueryError."""
    return [Series.of(node, order, inquiry) for order, node in enumerate(query.get("series") or [])]


def query_conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    """Return what holds of every event that a query looks at: no test accounts, its filters, its share of a sample."""
    conditions = test_account_conditions(inquiry) if query.get("filterTestAccounts") else []
    if query.get("properties"):
        conditions.append(property_conditions(query["properties"], inquiry))
    return conditions + sample_conditions(query)


def series_conditions(inquiry: Inquiry, query: Mapping[str, Any], series: Series) -> list[Node]:
    """Return what holds of the events of a series, dates apart."""
    return [*series.named(), *query_conditions(inquiry, query), *series.own_conditions(inquiry)]


def sampling_factor(query: Mapping[str, Any]) -> float:
    """Return the share of the persons that a query looks at: all, unless it says a part."""
    factor = query.get("samplingFactor")
    return float(factor) if factor is not None and 0 < factor < 1 else 1.0


def sample_conditions(query: Mapping[str, Any]) -> list[Node]:
    """Return what holds of a sample: the same persons each time, as ClickHouse samples by the hash of distinct ids."""
    factor = sampling_factor(query)
    if factor == 1:
        return []
    return [expression("cityHash64(distinct_id) <= {most}", most=constant(int(factor * 2**64)))]

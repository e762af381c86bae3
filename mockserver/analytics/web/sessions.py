"""What questions of web analytics share: sessions that looked at pages, in two periods that may be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.analytics.conditions.path_cleaning import cleaned, project_rules
from mockserver.analytics.conditions.properties import property_conditions, test_account_conditions
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.series import query_conditions

VIEWS = "event = '$pageview' or event = '$screen'"
NEVER = "1 = 2"


@dataclass(frozen=True)
class WebSessions:
    """The sessions that a question is about: those that began in its days, or in the days before if it compares."""

    inquiry: Inquiry
    query: Mapping[str, Any]
    days: DateRange
    earlier: DateRange | None

    @classmethod
    def of(cls, inquiry: Inquiry, query: Mapping[str, Any]) -> WebSessions:
        """Return what a query asks for. Raises: QueryError."""
        days = DateRange.of(inquiry, query.get("dateRange"), None)
        comparing = query.get("compareFilter") or {}
        earlier = None
        if comparing.get("compare"):
            distance = comparing.get("compare_to")
            earlier = days.shifted(inquiry, distance) if distance else days.previous()
        return cls(inquiry, query, days, earlier)

    @property
    def goal(self) -> Node | None:
        """Return what holds of events that reach the goal, if there is one."""
        goal = self.query.get("conversionGoal")
        if not goal:
            return None
        name = goal.get("customEventName")
        if name is None:
            return call("matchesAction", constant(goal.get("actionId")))
        return compare(field("event"), "==", constant(name))

    @cached_property
    def filters(self) -> Node:
        """What holds of every event that is looked at, dates and names apart. Raises: QueryError."""
        return conjunction([constant(1), *query_conditions(self.inquiry, self.query)])

    def filters_without(self, unwanted: Callable[[Mapping[str, Any]], bool]) -> Node:
        """Return the same without some of the query's property filters. Raises: QueryError."""
        kept = [item for item in self.query.get("properties") or [] if not unwanted(item)]
        accounts = test_account_conditions(self.inquiry) if self.query.get("filterTestAccounts") else []
        return conjunction([constant(1), property_conditions(kept, self.inquiry), *accounts])

    def conditions(self) -> list[Node]:
        """Return what holds of the events that are looked at, dates apart: they view something, or reach the goal."""
        goal = self.goal or expression(NEVER)
        return [expression(f"{VIEWS} or {{goal}}", goal=goal), self.filters]

    def where(self) -> Node:
        """Return what holds of events in either period."""
        return conjunction([self.either(field("timestamp")), *self.conditions()])

    def either(self, moment: Node) -> Node:
        """Return whether a moment lies in one of the periods."""
        return expression("{now} or {before}", now=self.within(moment), before=self.before(moment))

    def within(self, moment: Node) -> Node:
        """Return whether a moment lies in the days asked about."""
        return conjunction(self.days.conditions(moment))

    def before(self, moment: Node) -> Node:
        """Return whether a moment lies in the days that those are compared with."""
        return expression(NEVER) if self.earlier is None else conjunction(self.earlier.conditions(moment))

    def path(self, path: Node) -> Node:
        """Return HogQL for a path, cleaned by the rules of the project if the query wants that."""
        return cleaned(path, project_rules(self.inquiry)) if self.query.get("doPathCleaning") else path

"""Actions: events that meet one of several steps, as a condition in HogQL.

Source: PostHog's `action_to_expr`. A step names an event, where it happened, which element was clicked, and filters;
elements are looked at only where the event is `$autocapture`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.conditions.asking import Asking
from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.conditions.selectors import selector_conditions, tag_condition
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.store import Record

AUTOCAPTURE = "$autocapture"

Step = Mapping[str, Any]


def find_action(inquiry: Asking, key: Any) -> Record | None:
    """Return the project's action of an id; one that was deleted still counts."""
    text = str(key)
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return inquiry.view.table("actions").first(id=int(text), project_id=inquiry.project_id)


def named_action(inquiry: Asking, key: Any, at: Node) -> Record:
    """Return the action that `matchesAction` names, by its id or its name. Raises: QueryError."""
    if isinstance(key, str):
        found = inquiry.view.table("actions").find(name=key, project_id=inquiry.project_id)
        if len(found) > 1:
            raise QueryError(f"Found multiple actions with name '{key}'", at.start, at.end)
        if not found:
            raise QueryError(f"Could not find an action with the name '{key}'", at.start, at.end)
        return found[0]
    if isinstance(key, bool) or not isinstance(key, (int, float)):
        raise QueryError("action() takes exactly one string or integer argument", at.start, at.end)
    action = find_action(inquiry, int(key))
    if action is None:
        raise QueryError(f"Could not find cohort with ID {key}", at.start, at.end)  # in the servers' own words
    return action


def action_condition(inquiry: Asking, action: Mapping[str, Any]) -> Node:
    """Return what holds of an action's events: any of its steps. One without steps holds of all. Raises: QueryError."""
    steps = tuple(conjunction(_step(inquiry, step)) for step in action.get("steps") or ())
    if not steps:
        return constant(True)
    return steps[0] if len(steps) == 1 else nodes.Or(exprs=steps)


def _step(inquiry: Asking, step: Step) -> list[Node]:
    conditions: list[Node] = []
    if step.get("event"):
        conditions.append(compare(field("event"), "==", constant(step["event"])))
    if step.get("event") == AUTOCAPTURE:
        conditions += _elements(step)
    if step.get("url"):
        conditions.append(_matches(field("properties", "$current_url"), step["url"], step.get("url_matching"), "like"))
    if step.get("properties"):
        conditions.append(property_conditions(step["properties"], inquiry))
    return conditions or [constant(True)]


def _elements(step: Step) -> list[Node]:
    conditions: list[Node] = []
    if step.get("selector"):
        conditions += selector_conditions(str(step["selector"]))
    if step.get("tag_name") is not None:
        conditions.append(tag_condition(str(step["tag_name"])))
    if step.get("href") is not None:
        conditions.append(_matches(field("elements_chain_href"), step["href"], step.get("href_matching") or "exact"))
    if step.get("text") is not None:
        is_it = _matches(field("text"), step["text"], step.get("text_matching") or "exact")
        each = nodes.Lambda(args=("text",), expr=is_it)
        conditions.append(expression("arrayExists({each}, elements_chain_texts)", each=each))
    return conditions


def _matches(value: Node, wanted: str, how: str | None, containing: str = "ilike") -> Node:
    """Return whether a text is what is wanted, matches it as a pattern, or contains it."""
    match how:
        case "exact":
            return compare(value, "==", constant(wanted))
        case "regex":
            return compare(value, "=~", constant(wanted))
    return compare(value, containing, constant(f"%{wanted}%"))

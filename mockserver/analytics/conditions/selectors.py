"""CSS selectors as conditions on an event's chain of elements.

Source: PostHog turns a selector into a regular expression over the text of that chain, and looks at columns beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, constant
from mockserver.membership.selectors import Part, chain_pattern, parts_of, tag_pattern

INDEXED = ("a", "button", "form", "input", "select", "textarea", "label")
"""Elements that a column of their own tells of."""


def selector_conditions(selector: str) -> list[Node]:
    """Return what holds of events whose elements a selector finds."""
    parts = parts_of(selector)
    ids = [_has_id(part.attributes["attr_id"]) for part in parts if "attr_id" in part.attributes]
    if len(parts) == 1 and ids and not parts[0].tag and not parts[0].classes and len(parts[0].attributes) == 1:
        return ids
    pattern = constant(chain_pattern(selector))
    conditions = [expression("elements_chain =~ {pattern}", pattern=pattern), *ids]
    tags = tuple(_indexed(parts))
    if tags:
        conditions.append(
            expression("arrayCount(x -> x IN {tags}, elements_chain_elements) > 0", tags=nodes.Array(exprs=tags))
        )
    return conditions


def tag_condition(tag: str) -> Node:
    """Return what holds of events with an element of a name."""
    return expression("elements_chain =~ {pattern}", pattern=constant(tag_pattern(tag)))


def _has_id(id: str) -> Node:
    return expression("indexOf(elements_chain_ids, {id}) > 0", id=constant(id))


def _indexed(parts: list[Part]) -> Iterator[Node]:
    return (constant(part.tag) for part in parts if part.tag in INDEXED)

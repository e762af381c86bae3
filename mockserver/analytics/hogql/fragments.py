"""HogQL of our own, as text with `{names}` where other nodes stand: how insights are spelled.

Only texts written here are read this way; what a request gives goes in as nodes, never as text.
"""

from __future__ import annotations

from functools import lru_cache

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node, rebuild
from mockserver.analytics.hogql.parser import parse_expression, parse_select


def expression(text: str, **parts: Node) -> Node:
    """Return the expression that a text spells, with these parts in the places of their names."""
    return _fill(_expression(text), parts)


def select(text: str, **parts: Node) -> nodes.SelectQuery:
    """Return the SELECT that a text spells, with these parts in the places of their names."""
    filled = _fill(_select(text), parts)
    assert isinstance(filled, nodes.SelectQuery)
    return filled


def union(queries: list[nodes.SelectQuery]) -> nodes.Query:
    """Return the rows of all these queries as one query."""
    first, *following = queries
    if not following:
        return first
    after = tuple(nodes.SelectSetNode(select_query=query, set_operator="UNION ALL") for query in following)
    return nodes.SelectSetQuery(initial_select_query=first, subsequent_select_queries=after)


# What is read is never changed, so a text is read once.
_expression = lru_cache(maxsize=512)(parse_expression)
_select = lru_cache(maxsize=512)(parse_select)


def _fill(node: Node, parts: dict[str, Node]) -> Node:
    if isinstance(node, nodes.Placeholder):
        assert isinstance(node.expr, nodes.Field), "only a name may stand in braces"
        return parts[str(node.expr.chain[0])]
    return rebuild(node, lambda child: _fill(child, parts))

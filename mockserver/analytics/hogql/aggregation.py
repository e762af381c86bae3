"""Whether an expression aggregates rows."""

from __future__ import annotations

from mockserver.analytics.hogql import functions, nodes
from mockserver.analytics.hogql.nodes import Node, children


def has_aggregate(node: Node) -> bool:
    """Return whether an expression calls an aggregate, subqueries apart."""
    if isinstance(node, (nodes.SelectQuery, nodes.SelectSetQuery)):
        return False
    if isinstance(node, nodes.Call) and functions.find_aggregate(node.name):
        return True
    return any(has_aggregate(child) for child in children(node))

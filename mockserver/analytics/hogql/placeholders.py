"""What stands in braces: values given with a query, its variables, and `{filters}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node, rebuild

UNKNOWN_GLOBAL = "Global variable not found"
GREATEST = 2**256


def replace_values(query: nodes.Query, values: Mapping[str, Any], variables: Mapping[str, Any]) -> nodes.Query:
    """Return a query with literals where values and variables were named; `{filters}` stays. Raises: QueryError."""

    def change(node: Node) -> Node:
        if isinstance(node, nodes.Placeholder):
            return _value(node, values, variables)
        return rebuild(node, change)

    return rebuild(query, change)


def _value(node: nodes.Placeholder, values: Mapping[str, Any], variables: Mapping[str, Any]) -> Node:
    chain = node.expr.chain if isinstance(node.expr, nodes.Field) else None
    if chain is None:
        raise QueryError("You can not use expressions inside placeholders", node.start, node.end)
    if chain[0] == "filters" and "filters" not in values:
        return node
    if chain[0] == "variables":
        name = ".".join(str(part) for part in chain[1:])
        if not variables:
            raise unknown_global(node, chain[0])
        if name not in variables:
            raise QueryError(f"Variable {name} is missing from query", node.start, node.end)
        return literal(variables[name], node)
    if chain[0] not in values:
        raise unknown_global(node, chain[0])
    if len(chain) > 1:
        raise QueryError(f"Unresolved placeholder: {{{'.'.join(map(str, chain))}}}", node.start, node.end)
    return literal(values[str(chain[0])], node)


def unknown_global(node: Node, name: str | int) -> QueryError:
    """Return the error of a placeholder for which there is nothing: servers run what stands in it as a program."""
    return QueryError(f"{UNKNOWN_GLOBAL}: {name}", node.start, node.end)


def literal(value: Any, at: Node) -> Node:
    """Return a JSON value as a literal. Raises: QueryError for an object."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
        raise QueryError("An object cannot stand for a placeholder", at.start, at.end)
    if isinstance(value, int) and abs(value) >= GREATEST:
        raise QueryError("A number is too large", at.start, at.end)
    return nodes.constant(value)


def variables_of(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values of a query's variables by the names that queries call them by."""
    return {
        item["code_name"]: item.get("value")
        for item in (given or {}).values()
        if isinstance(item, Mapping) and item.get("code_name")
    }


N = TypeVar("N", bound=Node)


def fill(tree: N, **parts: Node) -> N:
    """Return a tree with these nodes where placeholders name them: how queries of our own are put together."""

    def change(node: Node) -> Node:
        if isinstance(node, nodes.Placeholder) and isinstance(node.expr, nodes.Field):
            part = parts.get(str(node.expr.chain[0])) if len(node.expr.chain) == 1 else None
            return node if part is None else part
        return rebuild(node, change)

    return rebuild(tree, change)


def replace_filters(query: nodes.Query, filters: Callable[[nodes.SelectQuery, nodes.Placeholder], Node]) -> nodes.Query:
    """Return a query with what `filters` makes of each `{filters}`, told the SELECT that it stands in."""

    def within(select: nodes.SelectQuery | None) -> Callable[[Node], Node]:
        def change(node: Node) -> Node:
            if isinstance(node, nodes.Placeholder):
                if select is None:
                    raise QueryError("Unresolved placeholder: {filters}", node.start, node.end)
                return filters(select, node)
            return rebuild(node, within(node) if isinstance(node, nodes.SelectQuery) else change)

        return change

    changed: Any = within(None)(query)
    return changed  # type: ignore[no-any-return]

"""What can be said of an expression's value from how it is written."""

from __future__ import annotations

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.hogql.types import UNKNOWN, Kind, Type, of_value


def type_of(node: Node) -> Type:
    """Return what is known of an expression's value."""
    match node:
        case nodes.Constant(value=value):
            return of_value(value)
        case nodes.Alias(expr=expr):
            return type_of(expr)
        case nodes.Column(type=kind) | nodes.Expansion(type=kind) | nodes.Property(type=kind) | nodes.Name(type=kind):
            return kind
        case nodes.Call(type=kind) | nodes.ArithmeticOperation(type=kind):
            return kind or UNKNOWN
        case nodes.CompareOperation():
            return Type(Kind.BOOLEAN, nullable=False)
        case nodes.And(exprs=exprs) | nodes.Or(exprs=exprs):
            return Type(Kind.BOOLEAN, any(type_of(expr).nullable for expr in exprs))
        case nodes.Not(expr=expr):
            return Type(Kind.BOOLEAN, type_of(expr).nullable)
        case nodes.Array():
            return Type(Kind.ARRAY)
        case nodes.Tuple():  # compared with another, nothing in one of them makes nothing of both
            return Type(Kind.TUPLE)
    return UNKNOWN


def after_arithmetic(left: Type, right: Type) -> Type:
    """Return the type of a sum, difference, product or quotient."""
    kinds, nullable = {left.kind, right.kind}, left.nullable or right.nullable
    if kinds == {Kind.INTEGER}:
        return Type(Kind.INTEGER, nullable)
    if kinds <= {Kind.INTEGER, Kind.FLOAT}:
        return Type(Kind.FLOAT, nullable)
    if Kind.DATETIME in kinds and kinds <= {Kind.DATETIME, Kind.INTERVAL, Kind.INTEGER}:
        return Type(Kind.DATETIME, nullable)
    return UNKNOWN

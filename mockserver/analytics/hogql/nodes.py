"""The tree of a HogQL query: what the parser reads and the resolver rewrites.

Names and fields follow the parser's JSON, so that reading it is one generic step. Nodes are never changed once made;
`rebuild` makes another with other children. What the resolver adds stands at the end: fields that know where they
come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mockserver.analytics.hogql.types import Type


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """Any part of a query; `start` and `end` are offsets into its text."""

    start: int | None = None
    end: int | None = None


class Source:
    """Where a query's fields come from: a table, or a subquery; the resolver makes them."""

    alias: str | None
    """What its fields are called by, if they are called by anything."""

    def starred(self) -> list[str]:
        """Return the fields that `*` stands for."""
        raise NotImplementedError


N = TypeVar("N", bound=Node)


@dataclass(frozen=True, kw_only=True, eq=False)
class Constant(Node):
    """A literal."""

    value: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Field(Node):
    """A name, dotted: what it means is found by the resolver."""

    chain: tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Placeholder(Node):
    """An expression in braces, replaced before anything is resolved."""

    expr: Node


@dataclass(frozen=True, kw_only=True, eq=False)
class Call(Node):
    """A function call; `params` are those of `quantile(0.9)(x)`."""

    name: str
    args: tuple[Node, ...] = ()
    params: tuple[Node, ...] | None = None
    distinct: bool = False
    type: Type | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ExprCall(Node):
    """A call of something that is not a name, as Hog allows."""

    expr: Node
    args: tuple[Node, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class And(Node):
    """Conditions that must all hold."""

    exprs: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Or(Node):
    """Conditions of which one must hold."""

    exprs: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Not(Node):
    """A condition that must not hold."""

    expr: Node


@dataclass(frozen=True, kw_only=True, eq=False)
class CompareOperation(Node):
    """A comparison; `op` is as the parser spells it (`==`, `in`, `like`, `=~`, `in cohort`…)."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, kw_only=True, eq=False)
class BetweenExpr(Node):
    """`x between a and b`."""

    expr: Node
    low: Node
    high: Node
    negated: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ArithmeticOperation(Node):
    """`+ - * / %`."""

    op: str
    left: Node
    right: Node
    type: Type | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Alias(Node):
    """A name given to an expression; a hidden one is given by us, to name the column of a bare field."""

    alias: str
    expr: Node
    hidden: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Tuple(Node):
    """`(a, b)`."""

    exprs: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Array(Node):
    """`[a, b]`."""

    exprs: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Dict(Node):
    """`{'a': b}`."""

    items: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class TupleAccess(Node):
    """`x.1`."""

    tuple: Node
    index: int
    nullish: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class ArrayAccess(Node):
    """`x[1]`."""

    array: Node
    property: Node
    nullish: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Lambda(Node):
    """`(x, y) -> x + y`."""

    args: tuple[str, ...]
    expr: Node


@dataclass(frozen=True, kw_only=True, eq=False)
class OrderExpr(Node):
    """One term of ORDER BY."""

    expr: Node
    order: str = "ASC"


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowFrameExpr(Node):
    """One end of a window's frame; no value is unbounded."""

    frame_type: str
    frame_value: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowExpr(Node):
    """What stands in `over (…)`."""

    partition_by: tuple[Node, ...] | None = None
    order_by: tuple[OrderExpr, ...] | None = None
    frame_method: str | None = None
    frame_start: WindowFrameExpr | None = None
    frame_end: WindowFrameExpr | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowFunction(Node):
    """A function over a window, described or named; its arguments are `exprs`, or `args` when `exprs` are params."""

    name: str
    exprs: tuple[Node, ...] | None = None
    args: tuple[Node, ...] | None = None
    over_expr: WindowExpr | None = None
    over_identifier: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class RatioExpr(Node):
    """`1/10` of a sample."""

    left: Node
    right: Node | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleExpr(Node):
    """`SAMPLE 1/10`."""

    sample_value: RatioExpr
    offset_value: RatioExpr | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinConstraint(Node):
    """`ON …` or `USING …`."""

    expr: Node
    constraint_type: str = "ON"


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinExpr(Node):
    """A table of FROM and those joined to it; the resolver says which `source` it is."""

    table: Node
    table_args: tuple[Node, ...] | None = None
    alias: str | None = None
    join_type: str | None = None
    table_final: bool | None = None
    sample: SampleExpr | None = None
    constraint: JoinConstraint | None = None
    next_join: JoinExpr | None = None
    source: Source | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitByExpr(Node):
    """`LIMIT 1 BY x`."""

    n: Node
    exprs: tuple[Node, ...]
    offset_value: Node | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class CTE(Node):
    """`WITH name AS (subquery)`, or `WITH expression AS name`."""

    name: str
    expr: Node
    cte_type: str = "subquery"


@dataclass(frozen=True, kw_only=True, eq=False)
class SelectQuery(Node):
    """One SELECT."""

    select: tuple[Node, ...]
    ctes: dict[str, CTE] | None = None
    distinct: bool | None = None
    select_from: JoinExpr | None = None
    array_join_op: str | None = None
    array_join_list: tuple[Node, ...] | None = None
    window_exprs: dict[str, WindowExpr] | None = None
    where: Node | None = None
    prewhere: Node | None = None
    group_by: tuple[Node, ...] | None = None
    having: Node | None = None
    order_by: tuple[OrderExpr, ...] | None = None
    limit: Node | None = None
    limit_by: LimitByExpr | None = None
    limit_with_ties: bool | None = None
    offset: Node | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class SelectSetNode(Node):
    """One query after a set operator."""

    select_query: SelectQuery | SelectSetQuery
    set_operator: str


@dataclass(frozen=True, kw_only=True, eq=False)
class SelectSetQuery(Node):
    """Queries joined by UNION ALL, INTERSECT…"""

    initial_select_query: SelectQuery | SelectSetQuery
    subsequent_select_queries: tuple[SelectSetNode, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class HogQLXAttribute(Node):
    """An attribute of a tag."""

    name: str
    value: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class HogQLXTag(Node):
    """`<Sparkline data={[1, 2]} />`."""

    kind: str
    attributes: tuple[HogQLXAttribute, ...] = ()


# What the resolver makes of fields


@dataclass(frozen=True, kw_only=True, eq=False)
class Column(Node):
    """A field found: `name` is what to call it in ClickHouse, of `source` if it must be said of which."""

    chain: tuple[str | int, ...]
    name: str
    source: Source | None
    type: Type
    is_timestamp: bool = False
    """Whether it is a table's own time, which is shown in the project's time zone."""
    declared: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Types of the properties inside, where it is JSON."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Expansion(Node):
    """A field that is an expression over others, such as `events.person_id`."""

    chain: tuple[str | int, ...]
    expr: Node
    type: Type


@dataclass(frozen=True, kw_only=True, eq=False)
class Property(Node):
    """A value inside a JSON field, read as its declared type."""

    chain: tuple[str | int, ...]
    field: Column
    path: tuple[str | int, ...]
    type: Type
    declared: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Name(Node):
    """A reference to an alias, or to a lambda's argument."""

    chain: tuple[str | int, ...]
    name: str
    type: Type


Query = SelectQuery | SelectSetQuery


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly inside one."""
    for field in fields(node):
        yield from _nodes(getattr(node, field.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _nodes(item)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything inside it."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuild(node: N, change: Callable[[Node], Node]) -> N:
    """Return the node with each node directly inside it replaced by what `change` makes of it."""
    changed: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        new = _changed(value, change)
        if new is not value:
            changed[field.name] = new
    return replace(node, **changed) if changed else node


def _changed(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple):
        new = tuple(_changed(item, change) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    if isinstance(value, dict):
        made = {key: _changed(item, change) for key, item in value.items()}
        return made if any(made[key] is not value[key] for key in made) else value
    return value


def constant(value: Any) -> Constant:
    """Return a literal."""
    return Constant(value=value)


def field(*chain: str | int) -> Field:
    """Return a field by its dotted name."""
    return Field(chain=chain)


def call(name: str, *args: Node) -> Call:
    """Return a function call."""
    return Call(name=name, args=args)


def compare(left: Node, op: str, right: Node) -> CompareOperation:
    """Return a comparison."""
    return CompareOperation(op=op, left=left, right=right)


def conjunction(exprs: list[Node]) -> Node:
    """Return what holds when all of these do; true for none."""
    if not exprs:
        return constant(True)
    return exprs[0] if len(exprs) == 1 else And(exprs=tuple(exprs))

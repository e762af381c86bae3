"""Expressions as text: fields, literals, operators, comparisons that are never null, windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.inference import type_of
from mockserver.analytics.hogql.literals import clickhouse_identifier, clickhouse_value, hogql_identifier, hogql_value
from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.hogql.printing.dialects import Dialect, Spelling
from mockserver.analytics.hogql.properties import convert, converted_name, extract
from mockserver.analytics.hogql.resolving.sources import TableSource

ARITHMETIC = {"+": "plus", "-": "minus", "*": "multiply", "/": "divide", "%": "modulo"}

# How each comparison is spelled, what it gives when one side is null, and when both are.
COMPARISONS: dict[str, tuple[str, bool, bool]] = {
    "==": ("equals({}, {})", False, True),
    "!=": ("notEquals({}, {})", True, False),
    "like": ("like({}, {})", False, True),
    "not like": ("notLike({}, {})", True, False),
    "ilike": ("ilike({}, {})", False, True),
    "not ilike": ("notILike({}, {})", True, False),
    "=~": ("match({}, {})", False, True),
    "!~": ("not(match({}, {}))", True, False),
    "=~*": ("match({}, concat('(?i)', {}))", False, True),
    "!~*": ("not(match({}, concat('(?i)', {})))", True, False),
    ">": ("greater({}, {})", False, False),
    ">=": ("greaterOrEquals({}, {})", False, False),
    "<": ("less({}, {})", False, False),
    "<=": ("lessOrEquals({}, {})", False, False),
    "in": ("in({}, {})", False, False),
    "not in": ("notIn({}, {})", False, False),
    "global in": ("globalIn({}, {})", False, False),
    "global not in": ("globalNotIn({}, {})", False, False),
}
FOLDED: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: a is not None and b is not None and bool(a > b),
    ">=": lambda a, b: a is not None and b is not None and bool(a >= b),
    "<": lambda a, b: a is not None and b is not None and bool(a < b),
    "<=": lambda a, b: a is not None and b is not None and bool(a <= b),
}


class ExpressionPrinter(Spelling):
    """Prints expressions, function calls apart."""

    # Fields

    def _Field(self, node: nodes.Field) -> str:  # noqa: N802
        return ".".join(hogql_identifier(part) for part in node.chain)

    def _Column(self, node: nodes.Column) -> str:  # noqa: N802
        if self.dialect is Dialect.HOGQL:
            return self._chain(node.chain)
        zone = f"'{self.printing.timezone}'"
        if not self.is_clickhouse:
            name = self._chain(node.chain)
            return f"toTimeZone({name}, {zone})" if node.is_timestamp else name
        name = clickhouse_identifier(node.name)
        if node.source is not None and node.source.alias:
            name = f"{clickhouse_identifier(node.source.alias)}.{name}"
        return f"toTimeZone({name}, {zone})" if node.is_timestamp else name

    def _Expansion(self, node: nodes.Expansion) -> str:  # noqa: N802
        return self._chain(node.chain) if self.dialect is Dialect.HOGQL else self.print(node.expr)

    def _Property(self, node: nodes.Property) -> str:  # noqa: N802

        source = node.field.source
        is_read_before = isinstance(source, TableSource) and not source.table.is_direct
        if not self.is_clickhouse:
            name = self._chain(node.chain)
            return name if self.dialect is Dialect.HOGQL or is_read_before else converted_name(name, node.declared)
        if is_read_before:
            return self._Column(node.field)
        return convert(extract(self._Column(node.field), node.path), node.declared, self.printing.timezone)

    def _Name(self, node: nodes.Name) -> str:  # noqa: N802
        return self._identifier(node.name) if self.is_clickhouse else self._chain(node.chain)

    # Expressions

    def _Constant(self, node: nodes.Constant) -> str:  # noqa: N802
        spell = clickhouse_value if self.is_clickhouse else hogql_value
        return spell(node.value, self.printing.timezone)

    def _Placeholder(self, node: nodes.Placeholder) -> str:  # noqa: N802
        return "{" + self.print(node.expr) + "}"

    def _Alias(self, node: nodes.Alias) -> str:  # noqa: N802
        if node.hidden:
            return self.print(node.expr)
        return f"{self._aliased(node)} AS {self._identifier(node.alias)}"

    def _And(self, node: nodes.And) -> str:  # noqa: N802
        return self.print(node.exprs[0]) if len(node.exprs) == 1 else f"and({self.print_all(node.exprs)})"

    def _Or(self, node: nodes.Or) -> str:  # noqa: N802
        return self.print(node.exprs[0]) if len(node.exprs) == 1 else f"or({self.print_all(node.exprs)})"

    def _Not(self, node: nodes.Not) -> str:  # noqa: N802
        return f"not({self.print(node.expr)})"

    def _ArithmeticOperation(self, node: nodes.ArithmeticOperation) -> str:  # noqa: N802
        return f"{ARITHMETIC[node.op]}({self.print(node.left)}, {self.print(node.right)})"

    def _Tuple(self, node: nodes.Tuple) -> str:  # noqa: N802
        return f"tuple({self.print_all(node.exprs)})"

    def _Array(self, node: nodes.Array) -> str:  # noqa: N802
        return f"[{self.print_all(node.exprs)}]"

    def _ArrayAccess(self, node: nodes.ArrayAccess) -> str:  # noqa: N802
        mark = "?." if node.nullish and not self.is_clickhouse else ""
        return f"{self.print(node.array)}{mark}[{self.print(node.property)}]"

    def _TupleAccess(self, node: nodes.TupleAccess) -> str:  # noqa: N802
        mark = "?." if node.nullish and not self.is_clickhouse else "."
        inside = self.print(node.tuple)
        simple = (nodes.Column, nodes.Name, nodes.Tuple, nodes.Call, nodes.Property, nodes.Expansion)
        return f"{inside}{mark}{node.index}" if isinstance(node.tuple, simple) else f"({inside}){mark}{node.index}"

    def _Lambda(self, node: nodes.Lambda) -> str:  # noqa: N802
        names = [self._identifier(name) for name in node.args]
        head = names[0] if len(names) == 1 else f"({', '.join(names)})"
        return f"{head} -> {self.print(node.expr)}"

    def _OrderExpr(self, node: nodes.OrderExpr) -> str:  # noqa: N802
        return f"{self.print(node.expr)} {'DESC' if node.order == 'DESC' else 'ASC'}"

    def _CompareOperation(self, node: nodes.CompareOperation) -> str:  # noqa: N802
        if node.op in ("in cohort", "not in cohort"):
            return f"{self.print(node.left)} {node.op.upper()} {self.print(node.right)}"
        if node.op not in COMPARISONS:
            raise QueryError(f"Unknown comparison: {node.op}", node.start, node.end)
        spelling, if_one, if_both = COMPARISONS[node.op]
        left, right = self.print(node.left), self.print(node.right)
        text = spelling.format(left, right)
        if node.op in ("in", "not in"):
            return text
        if isinstance(node.left, nodes.Constant) and isinstance(node.right, nodes.Constant) and node.op in FOLDED:
            return "1" if self._folds(node, node.left.value, node.right.value) else "0"
        if not self.is_clickhouse or self._in_constraint() or not self._may_be_null(node, left, right):
            return text
        return self._guarded(node, text, left, right, if_one, if_both)

    def _folds(self, node: nodes.CompareOperation, left: Any, right: Any) -> bool:
        try:
            return FOLDED[node.op](left, right)
        except TypeError:
            raise QueryError("Values of different types cannot be compared", node.start, node.end) from None

    def _in_constraint(self) -> bool:
        return any(
            isinstance(outer, nodes.JoinExpr) and inner is outer.constraint.expr
            for outer, inner in zip(self.stack, self.stack[1:], strict=False)
            if isinstance(outer, nodes.JoinExpr) and outer.constraint
        )

    def _may_be_null(self, node: nodes.CompareOperation, left: str, right: str) -> bool:
        # Comparisons of an event's time are left bare there, so that they can use the index.
        if any("toTimeZone(" in side and (".timestamp" in side or "_timestamp" in side) for side in (left, right)):
            return False
        return _is_nullable(node.left) or _is_nullable(node.right)

    def _guarded(
        self, node: nodes.CompareOperation, text: str, left: str, right: str, if_one: bool, if_both: bool
    ) -> str:
        """Return a comparison that is never null itself."""
        is_left_null = isinstance(node.left, nodes.Constant) and node.left.value is None
        is_right_null = isinstance(node.right, nodes.Constant) and node.right.value is None
        has_constant = isinstance(node.left, nodes.Constant) or isinstance(node.right, nodes.Constant)
        if node.op in ("==", "like", "ilike", "!=", "not like", "not ilike"):
            test = "isNotNull" if if_one else "isNull"
            if is_left_null or is_right_null:
                return f"{test}({left if is_right_null else right})"
            if has_constant:
                return f"ifNull({text}, {int(if_one)})"
            joined = "or" if if_one else "and"
            return f"ifNull({text}, {test}({left}) {joined} {test}({right}))"
        if (is_left_null or is_right_null) and if_one == if_both:
            return str(int(if_one))
        if if_one == if_both:
            return f"ifNull({text}, {int(if_one)})"
        if if_one:
            return f"ifNull({text}, isNotNull({left}) or isNotNull({right}))"
        return f"ifNull({text}, isNull({left}) and isNull({right}))"

    # Windows

    def _WindowExpr(self, node: nodes.WindowExpr) -> str:  # noqa: N802
        words = []
        if node.partition_by:
            words.append(f"PARTITION BY {self.print_all(node.partition_by)}")
        if node.order_by:
            words.append(f"ORDER BY {self.print_all(node.order_by)}")
        if node.frame_method:
            words.append("ROWS" if node.frame_method == "ROWS" else "RANGE")
            if node.frame_start and node.frame_end:
                words.append(f"BETWEEN {self.print(node.frame_start)} AND {self.print(node.frame_end)}")
            elif node.frame_start:
                words.append(self.print(node.frame_start))
        return " ".join(words)

    def _WindowFrameExpr(self, node: nodes.WindowFrameExpr) -> str:  # noqa: N802
        if node.frame_type == "CURRENT ROW":
            return node.frame_type
        size = "UNBOUNDED" if node.frame_value is None else str(int(node.frame_value))
        return f"{size} {'PRECEDING' if node.frame_type == 'PRECEDING' else 'FOLLOWING'}"

    def _WindowFunction(self, node: nodes.WindowFunction) -> str:  # noqa: N802
        name, over = node.name, node.over_expr
        exprs = [self.print(item) for item in node.exprs or ()]
        if name in ("lag", "lead"):
            # As PostHog has it: over all rows, ordered by the value itself, whatever order was asked for.
            # Source: recorded answer to `lag(c) over (order by d)`.
            name = f"{name}InFrame"
            if exprs:
                exprs[0] = f"toNullable({exprs[0]})"
            if over and over.order_by and not over.frame_method:
                over = self._whole_frame(node, over)
        text = f"{self._identifier(name)}({', '.join(exprs)})"
        if node.args:
            text += f"({self.print_all(node.args)})"
        if over is not None:
            return f"{text} OVER ({self.print(over)})"
        return f"{text} OVER {self._identifier(node.over_identifier) if node.over_identifier else '()'}"

    def _whole_frame(self, node: nodes.WindowFunction, over: nodes.WindowExpr) -> nodes.WindowExpr:
        first = (node.exprs or ())[0]
        return nodes.WindowExpr(
            partition_by=over.partition_by,
            order_by=(nodes.OrderExpr(expr=first),),
            frame_method="ROWS",
            frame_start=nodes.WindowFrameExpr(frame_type="PRECEDING"),
            frame_end=nodes.WindowFrameExpr(frame_type="FOLLOWING"),
        )

    def _aliased(self, item: nodes.Alias) -> str:
        expr = item.expr
        while isinstance(expr, nodes.Alias) and expr.hidden:
            expr = expr.expr
        inside = self.print(expr)
        return f"({inside})" if isinstance(expr, nodes.Alias) else inside


def _is_nullable(node: Node) -> bool:
    return node.value is None if isinstance(node, nodes.Constant) else type_of(node).nullable

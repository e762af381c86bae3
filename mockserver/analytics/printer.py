"""A resolved query as text: SQL for ClickHouse, or HogQL again.

Three spellings are needed. `CLICKHOUSE` is what runs. `HOGQL` is what answers show as `hogql` and `columns`. `NAMES` is
HogQL too, after conversions and computed fields have been put in: PostHog calls the columns of function calls so, and
clients see that in `types`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics import functions, nodes
from mockserver.analytics.errors import QueryError
from mockserver.analytics.functions import Function, check_count, refuse_function
from mockserver.analytics.inference import type_of
from mockserver.analytics.literals import (
    clickhouse_identifier,
    clickhouse_string,
    clickhouse_value,
    hogql_identifier,
    hogql_value,
)
from mockserver.analytics.nodes import Node
from mockserver.analytics.properties import convert, converted_name, extract
from mockserver.analytics.sources import TableSource, all_joins
from mockserver.analytics.types import Kind

MAX_LIMIT = 50_000
MICROSECONDS = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}")
SECONDS = re.compile(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?")
PRECISE = ("parseDateTime64BestEffortOrNull", "parseDateTime64BestEffort", "toDateTime64")
ARRAY_JOINS = ("ARRAY JOIN", "LEFT ARRAY JOIN", "INNER ARRAY JOIN")
OF_THE_MOMENT = ("now64", "nowInBlock", "today", "yesterday", "rand")
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


class Dialect(Enum):
    """Which of the three spellings."""

    CLICKHOUSE = "clickhouse"
    HOGQL = "hogql"
    NAMES = "names"


def print_clickhouse(query: nodes.Query, printing: Printing) -> str:
    """Return a resolved query as SQL. Raises: QueryError."""
    return Printer(Dialect.CLICKHOUSE, printing).top(query)


def print_hogql(node: Node, printing: Printing, *, pretty: bool = False) -> str:
    """Return a resolved query or expression as HogQL. Raises: QueryError."""
    return Printer(Dialect.HOGQL, printing, pretty=pretty).top(node)


class Printing:
    """What printing needs to know of a project."""

    def __init__(
        self,
        timezone: str = "UTC",
        week_start_day: int = 0,
        now: datetime | None = None,
        stored: Callable[[str], str] = lambda name: name,
    ) -> None:
        self.timezone = timezone
        self.now = now
        self.week_mode = 3 if week_start_day == 1 else 0
        self.stored = stored
        """What a stored table is called in ClickHouse."""


class Printer:
    """Prints one query. Nothing but what it spells itself reaches ClickHouse: literals and names are always quoted."""

    def __init__(self, dialect: Dialect, printing: Printing, *, pretty: bool = False) -> None:
        self.dialect = dialect
        self.printing = printing
        self.pretty = pretty
        self.stack: list[Node] = []
        self.depth = -1

    @property
    def is_clickhouse(self) -> bool:
        """Whether the text is to be run."""
        return self.dialect is Dialect.CLICKHOUSE

    def top(self, node: Node) -> str:
        """Return a whole query or expression."""
        return self.print(node)

    def print(self, node: Node) -> str:
        """Return one node."""
        self.stack.append(node)
        try:
            method = getattr(self, f"_{type(node).__name__}", None)
            if method is None:
                raise QueryError(f"Unsupported syntax: {type(node).__name__}", node.start, node.end)
            return str(method(node))
        finally:
            self.stack.pop()

    def print_all(self, items: Sequence[Node]) -> str:
        """Return nodes with commas between."""
        return ", ".join(self.print(item) for item in items)

    # Queries

    @contextmanager
    def _indented(self, steps: int) -> Iterator[None]:
        self.depth += steps
        try:
            yield
        finally:
            self.depth -= steps

    def _indent(self, more: int = 0) -> str:
        return "    " * (self.depth + more)

    def _SelectSetQuery(self, node: nodes.SelectSetQuery) -> str:  # noqa: N802
        parts = [self.print(node.initial_select_query)]
        for item in node.subsequent_select_queries:
            parts += [item.set_operator, self.print(item.select_query)]
        between = f"\n{self._indent(1)}" if self.pretty else " "
        text = between.join(part.strip() for part in parts)
        return f"({text})" if len(self.stack) > 1 else text

    def _SelectQuery(self, node: nodes.SelectQuery) -> str:  # noqa: N802
        in_union = len(self.stack) > 1 and isinstance(self.stack[-2], nodes.SelectSetQuery)
        is_top = len(self.stack) == 1 or (len(self.stack) == 2 and in_union)
        # A query in FROM stands one step further in, one that is a value two. Source: recorded `hogql`.
        inside = (nodes.JoinExpr, nodes.SelectSetQuery)
        is_value = len(self.stack) > 1 and not isinstance(self.stack[-2], inside)
        with self._indented(1 + is_value):
            clauses = list(self._clauses(node))
            before, between = (self._indent(), "\n") if self.pretty else ("", " ")
            text = between.join(before + clause for clause in clauses)
        if is_top or in_union:
            return text
        return f"({text.strip()})"

    def _clauses(self, node: nodes.SelectQuery) -> Iterator[str]:
        space = f"\n{self._indent(1)}" if self.pretty else " "
        comma = f",\n{self._indent(1)}" if self.pretty else ", "

        def listed(items: Sequence[Node]) -> str:
            return comma.join(self.print(item) for item in items)

        columns = comma.join(self._selected(node.select))
        yield f"SELECT{space}{'DISTINCT ' if node.distinct else ''}{columns}"
        if node.select_from:
            yield f"FROM{space}{space.join(self._tables(node.select_from))}"
        if node.array_join_op:
            if node.array_join_op not in ARRAY_JOINS or not node.array_join_list:
                raise QueryError(f"Invalid ARRAY JOIN operation: {node.array_join_op}")
            yield f"{node.array_join_op} {self.print_all(node.array_join_list)}"
        if node.prewhere:
            yield f"PREWHERE{space}{self.print(node.prewhere)}"
        if node.where:
            yield f"WHERE{space}{self.print(node.where)}"
        if node.group_by:
            yield f"GROUP BY{space}{listed(node.group_by)}"
        if node.having:
            yield f"HAVING{space}{self.print(node.having)}"
        if node.window_exprs:
            windows = (f"{self._identifier(name)} AS ({self.print(w)})" for name, w in node.window_exprs.items())
            yield f"WINDOW{space}{', '.join(windows)}"
        if node.order_by:
            yield f"ORDER BY{space}{listed(node.order_by)}"
        if node.limit_by:
            offset = node.limit_by.offset_value
            skipped = f"OFFSET {self.print(offset)}" if offset else ""
            yield f"LIMIT {self.print(node.limit_by.n)} {skipped} BY {self.print_all(node.limit_by.exprs)}"
        if node.limit:
            yield f"LIMIT {self.print(node.limit)}"
            if node.limit_with_ties:
                yield "WITH TIES"
            if node.offset:
                yield f"OFFSET {self.print(node.offset)}"

    def _selected(self, select: Sequence[Node]) -> Iterator[str]:
        """Yield the columns; ClickHouse is told what to call fields and function calls."""
        if not self.is_clickhouse:
            yield from (self.print(item) for item in select)
            return
        kept: dict[str, nodes.Alias] = {}
        for item in reversed(select):
            if isinstance(item, nodes.Alias) and (item.alias not in kept or not item.hidden):
                kept[item.alias] = item
        for item in select:
            if isinstance(item, nodes.Alias):
                name = self._identifier(item.alias) if kept[item.alias] is item else None
                inside = self._aliased(item)
                yield f"{inside} AS {name}" if name else inside
            elif isinstance(item, nodes.Call):
                name = Printer(Dialect.NAMES, self.printing).top(item).replace("%", "")
                yield f"{self.print(item)} AS {clickhouse_identifier(name)}"
            else:
                yield self.print(item)

    def _aliased(self, item: nodes.Alias) -> str:
        expr = item.expr
        while isinstance(expr, nodes.Alias) and expr.hidden:
            expr = expr.expr
        inside = self.print(expr)
        return f"({inside})" if isinstance(expr, nodes.Alias) else inside

    # FROM

    def _tables(self, join: nodes.JoinExpr) -> Iterator[str]:
        item: nodes.JoinExpr | None = join
        while item is not None:
            yield self.print(item)
            if self.is_clickhouse:
                yield from self._joined(item)
            item = item.next_join

    def _JoinExpr(self, node: nodes.JoinExpr) -> str:  # noqa: N802
        words = [node.join_type] if node.join_type else []
        words.append(self._table(node))
        if node.table_final and not self.is_clickhouse:
            words.append("FINAL")
        can_sample = isinstance(node.source, TableSource) and node.source.table.is_direct
        if node.sample and (can_sample or not self.is_clickhouse):
            words.append(self.print(node.sample))
        if node.constraint:
            words.append(f"{node.constraint.constraint_type} {self.print(node.constraint.expr)}")
        return " ".join(words)

    def _table(self, node: nodes.JoinExpr) -> str:
        source = node.source
        if isinstance(node.table, nodes.Field) and isinstance(source, TableSource):
            args = f"({self.print_all(node.table_args)})" if node.table_args is not None else ""
            if self.is_clickhouse:
                return self._stored(source, args)
            name = ".".join(hogql_identifier(part) for part in node.table.chain)
            given = node.alias or (name if source.table.function else None)
            alias = f" AS {self._identifier(given)}" if given and (given != name or args) else ""
            return f"{source.table.shown or name}{args}{alias}"
        query = self.print(node.table)
        if not query.startswith("("):
            query = f"({query})"
        return f"{query} AS {self._identifier(source.alias)}" if source and source.alias else query

    def _stored(self, source: Any, args: str = "") -> str:
        """Return a table to read: directly, or through a subquery of what is needed of it."""
        table, alias = source.table, clickhouse_identifier(source.alias)
        if table.function:
            return f"{table.stored}{args} AS {alias}"
        stored = self.printing.stored(table.stored)
        if table.is_direct:
            return f"{stored} AS {alias}"
        needed = ", ".join(f"{sql} AS {clickhouse_identifier(name)}" for name, sql in source.needed.items())
        text = f"SELECT {needed or '1'} FROM {stored} AS {clickhouse_identifier(table.stored)}"
        if table.where:
            text += f" WHERE {table.where}"
        if table.group_by:
            text += f" GROUP BY {table.group_by}"
        return f"({text}) AS {alias}"

    def _joined(self, node: nodes.JoinExpr) -> Iterator[str]:
        if node.source is None:
            return
        for joined in all_joins(node.source):
            source = joined.source
            table = self._stored(source)
            if joined.where:
                table = self._narrowed(source, joined.where)
            to = f"{clickhouse_identifier(source.alias)}.{clickhouse_identifier(joined.to)}"
            yield f"LEFT JOIN {table} ON equals({self.print(joined.on)}, {to})"

    def _narrowed(self, source: Any, where: str) -> str:
        text = self._stored(source)
        head, _, alias = text.rpartition(") AS ")
        return f"{head} WHERE {where}) AS {alias}"

    def _SampleExpr(self, node: nodes.SampleExpr) -> str:  # noqa: N802
        offset = f" OFFSET {self.print(node.offset_value)}" if node.offset_value else ""
        return f"SAMPLE {self.print(node.sample_value)}{offset}"

    def _RatioExpr(self, node: nodes.RatioExpr) -> str:  # noqa: N802
        return self.print(node.left) + (f"/{self.print(node.right)}" if node.right else "")

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

    def _chain(self, chain: Sequence[str | int]) -> str:
        return ".".join(hogql_identifier(part) for part in chain)

    def _identifier(self, name: str) -> str:
        return clickhouse_identifier(name) if self.is_clickhouse else hogql_identifier(name)

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

    # Calls

    def _Call(self, node: nodes.Call) -> str:  # noqa: N802
        aggregate, function = functions.find_aggregate(node.name), functions.find_function(node.name)
        if node.name == "arrayReduce":
            _check_reducer(node)
        if node.name in functions.COMPARISONS:
            if len(node.args) != 2:
                raise QueryError(f"Comparison '{node.name}' requires exactly two arguments", node.start, node.end)
            left, right = node.args
            op = functions.COMPARISONS[node.name]
            return self._CompareOperation(nodes.CompareOperation(op=op, left=left, right=right))
        known = aggregate or function
        if known is None:
            refuse_function(node)
        if known.is_template:
            check_count(node.args, known.least, known.most, node)
            return known.clickhouse.format(*(self.print(arg) for arg in node.args))
        if aggregate:
            return self._aggregate(node, aggregate)
        return self._function(node, known)

    def _aggregate(self, node: nodes.Call, known: Function) -> str:
        check_count(node.args, known.least, known.most, node, what="aggregation")
        self._check_params(node, known, "Aggregation")
        for outer in reversed(self.stack[:-1]):
            if isinstance(outer, nodes.SelectQuery):
                break
            if isinstance(outer, nodes.Call) and functions.find_aggregate(outer.name):
                raise QueryError(
                    f"Aggregation '{node.name}' cannot be nested inside another aggregation '{outer.name}'.",
                    node.start,
                    node.end,
                )
        distinct = "DISTINCT " if node.distinct else ""
        name = known.clickhouse if self.is_clickhouse else node.name
        return f"{name}{self._params(node)}({distinct}{self.print_all(node.args)})"

    def _function(self, node: nodes.Call, known: Function) -> str:
        check_count(node.args, known.least, known.most, node)
        self._check_params(node, known, "Function")
        if not self.is_clickhouse:
            return f"{node.name}({self.print_all(node.args)})"
        if self.printing.now is not None and known.clickhouse in OF_THE_MOMENT:
            return self._moment(node, known, self.printing.now)
        given = list(node.args)
        suffix = None
        if known.suffix is not None:
            filled = _constant_value(given.pop(), node) if "{}" in known.suffix else ""
            suffix = clickhouse_string(known.suffix.format(filled))
        args = self._concatenated(given) if node.name == "concat" else [self.print(arg) for arg in given]
        if suffix is not None:
            args.append(suffix)
        name = self._overloaded(node, known)
        if known.takes_timezone:
            name = self._in_timezone(node, known, name, args)
        if node.name == "toStartOfWeek" and len(args) == 1:
            args.append(str(self.printing.week_mode))
        if len(args) == 2 and name in ("trimLeft", "trimRight", "trim"):
            side = {"trimLeft": "LEADING", "trimRight": "TRAILING", "trim": "BOTH"}[name]
            return f"trim({side} {args[1]} FROM {args[0]})"
        return f"{name}{self._params(node)}({', '.join(args)})"

    def _moment(self, node: nodes.Call, known: Function, now: datetime) -> str:
        """Return a time or number that would depend on the machine, as the world's own."""
        match known.clickhouse:
            case "rand":
                return "toUInt32(cityHash64(rowNumberInAllBlocks()))"
            case "today" | "yesterday":
                day = now.astimezone(ZoneInfo(self.printing.timezone)).date()
                return clickhouse_value(day - timedelta(days=known.clickhouse == "yesterday"), self.printing.timezone)
        zone = node.args[0] if node.args else None
        text = clickhouse_value(now, self.printing.timezone)
        return f"toTimeZone({text}, {self.print(zone)})" if zone is not None else text

    def _check_params(self, node: nodes.Call, known: Function, what: str) -> None:
        if not known.least_params:
            return
        if node.params is None:
            raise QueryError(f"{what} '{node.name}' requires parameters in addition to arguments", node.start, node.end)
        check_count(node.params, known.least_params, known.most_params, node, what=what, of="parameter")

    def _params(self, node: nodes.Call) -> str:
        return f"({self.print_all(node.params)})" if node.params is not None else ""

    def _concatenated(self, given: Sequence[Node]) -> list[str]:
        """Return arguments of `concat` as text that is never null."""
        args = []
        for arg in given:
            value = arg.value if isinstance(arg, nodes.Constant) else ...
            if value is None:
                args.append("''")
            elif isinstance(value, str):
                args.append(self.print(arg))
            elif value is not ...:
                args.append(f"toString({self.print(arg)})")
            elif isinstance(arg, nodes.Call) and arg.name == "toString":
                args.append(f"ifNull({self.print(arg)}, '')")
            else:
                args.append(f"ifNull(toString({self.print(arg)}), '')")
        return args

    def _overloaded(self, node: nodes.Call, known: Function) -> str:
        if known.after_date and node.args:
            kinds = {Kind.DATE, Kind.DATETIME} | ({Kind.INTEGER} if known.name == "toDateTime" else set())
            if type_of(node.args[0]).kind in kinds:
                return known.after_date
        return known.clickhouse

    def _in_timezone(self, node: nodes.Call, known: Function, name: str, args: list[str]) -> str:
        """Add the project's time zone, unless one is given, and choose the strictest reader of a literal time."""
        is_given = len(node.args) == known.most and len(node.args) > 0
        if not is_given:
            args.append(clickhouse_string(self.printing.timezone))
        first = node.args[0] if node.args else None
        if (
            name == "parseDateTime64BestEffortOrNull"
            and len(node.args) == 1
            and isinstance(first, nodes.Constant)
            and isinstance(first.value, str)
        ):
            name = "parseDateTime64BestEffort"
            if MICROSECONDS.fullmatch(first.value):
                name = "toDateTime64"
            elif SECONDS.fullmatch(first.value):
                name = "toDateTime"
        count = len(node.args)
        if (name == "now64" and count <= 1) or (name in PRECISE and (count == 1 or (is_given and count == 2))):
            args.insert(len(args) - 1, "6")
        return name


def _is_nullable(node: Node) -> bool:
    return node.value is None if isinstance(node, nodes.Constant) else type_of(node).nullable


def _constant_value(node: Node, call: nodes.Call) -> Any:
    if not isinstance(node, nodes.Constant) or not isinstance(node.value, int):
        raise QueryError(f"The last argument of '{call.name}' must be a whole number", call.start, call.end)
    return node.value


def _check_reducer(node: nodes.Call) -> None:
    first = node.args[0] if node.args else None
    if first is None:
        raise QueryError("Missing arguments in function 'arrayReduce'", node.start, node.end)
    if not isinstance(first, nodes.Constant) or not isinstance(first.value, str):
        raise QueryError(
            f"Expected constant string as first arg in function 'arrayReduce', got {type(first).__name__}",
            node.start,
            node.end,
        )
    if first.value not in functions.REDUCERS:
        raise QueryError(
            f"Invalid parametric function in 'arrayReduce', '{first.value}' is not supported.", node.start, node.end
        )

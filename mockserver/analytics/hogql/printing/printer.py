"""A resolved query as text: SQL for ClickHouse, or HogQL again.

Three spellings are needed. `CLICKHOUSE` is what runs. `HOGQL` is what answers show as `hogql` and `columns`. `NAMES` is
HogQL too, after conversions and computed fields have been put in: PostHog calls the columns of function calls so, and
clients see that in `types`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.literals import clickhouse_identifier, hogql_identifier
from mockserver.analytics.hogql.nodes import Node
from mockserver.analytics.hogql.printing.calls import CallPrinter
from mockserver.analytics.hogql.printing.dialects import Dialect, Printing
from mockserver.analytics.hogql.printing.expressions import ExpressionPrinter
from mockserver.analytics.hogql.resolving.sources import TableSource, all_joins

ARRAY_JOINS = ("ARRAY JOIN", "LEFT ARRAY JOIN", "INNER ARRAY JOIN")

__all__ = ["Dialect", "Printer", "Printing", "print_clickhouse", "print_hogql"]


def print_clickhouse(query: nodes.Query, printing: Printing) -> str:
    """Return a resolved query as SQL. Raises: QueryError."""
    return Printer(Dialect.CLICKHOUSE, printing).top(query)


def print_hogql(node: Node, printing: Printing, *, pretty: bool = False) -> str:
    """Return a resolved query or expression as HogQL. Raises: QueryError."""
    return Printer(Dialect.HOGQL, printing, pretty=pretty).top(node)


class Printer(ExpressionPrinter, CallPrinter):
    """Prints one query. Nothing but what it spells itself reaches ClickHouse."""

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
        # What calls are called is told first: so an unknown function among them is refused before any other.
        called = {id(item): self._name_of(item) for item in select if isinstance(item, nodes.Call)}
        for item in select:
            if isinstance(item, nodes.Alias):
                name = self._identifier(item.alias) if kept[item.alias] is item else None
                inside = self._aliased(item)
                yield f"{inside} AS {name}" if name else inside
            elif isinstance(item, nodes.Call):
                yield f"{self.print(item)} AS {called[id(item)]}"
            else:
                yield self.print(item)

    def _name_of(self, call: nodes.Call) -> str:
        return clickhouse_identifier(Printer(Dialect.NAMES, self.printing).top(call).replace("%", ""))

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
                return self._stored(source, args, sampled=node.sample is not None)
            name = ".".join(hogql_identifier(part) for part in node.table.chain)
            given = node.alias or (name if source.table.function else None)
            alias = f" AS {self._identifier(given)}" if given and (given != name or args) else ""
            return f"{source.table.shown or name}{args}{alias}"
        query = self.print(node.table)
        if not query.startswith("("):
            query = f"({query})"
        return f"{query} AS {self._identifier(source.alias)}" if source and source.alias else query

    def _stored(self, source: Any, args: str = "", where: str | None = None, *, sampled: bool = False) -> str:
        """Return a table to read: directly, or through a subquery of what is needed of it, of some rows or of all."""
        table, alias = source.table, clickhouse_identifier(source.alias)
        if table.function:
            return f"{table.stored}{args} AS {alias}"
        stored = self.printing.stored(table.stored, sampled)
        if table.is_direct:
            return f"{stored} AS {alias}"
        needed = ", ".join(f"{sql} AS {clickhouse_identifier(name)}" for name, sql in source.needed.items())
        text = f"SELECT {needed or '1'} FROM {stored} AS {clickhouse_identifier(table.stored)}"
        if where := where or table.where:
            text += f" WHERE {where}"
        if table.group_by:
            text += f" GROUP BY {table.group_by}"
        return f"({text}) AS {alias}"

    def _joined(self, node: nodes.JoinExpr) -> Iterator[str]:
        if node.source is None:
            return
        for joined in all_joins(node.source):
            source = joined.source
            table = self._stored(source, where=joined.where)
            to = f"{clickhouse_identifier(source.alias)}.{clickhouse_identifier(joined.to)}"
            kind = "INNER" if joined.is_inner else "LEFT"
            yield f"{kind} JOIN {table} ON equals({self.print(joined.on)}, {to})"

    def _SampleExpr(self, node: nodes.SampleExpr) -> str:  # noqa: N802
        offset = f" OFFSET {self.print(node.offset_value)}" if node.offset_value else ""
        return f"SAMPLE {self.print(node.sample_value)}{offset}"

    def _RatioExpr(self, node: nodes.RatioExpr) -> str:  # noqa: N802
        return self.print(node.left) + (f"/{self.print(node.right)}" if node.right else "")

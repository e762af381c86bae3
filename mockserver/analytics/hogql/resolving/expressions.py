"""Expressions of a query, their names found: calls, comparisons, cohorts, and what stands for other HogQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import functions, nodes
from mockserver.analytics.hogql.functions import Function, check_count
from mockserver.analytics.hogql.inference import after_arithmetic, type_of
from mockserver.analytics.hogql.nodes import Node, rebuild
from mockserver.analytics.hogql.resolving.cohorts import IN, JOINED, Cohort, cohort_of
from mockserver.analytics.hogql.resolving.lookup import Lookup, bare
from mockserver.analytics.hogql.resolving.sources import QuerySource, columns_of
from mockserver.analytics.hogql.resolving.surveys import survey_response, unique_submissions
from mockserver.analytics.hogql.types import UNKNOWN, Kind, Type

EXPANDED = {"getSurveyResponse": survey_response, "uniqueSurveySubmissionsFilter": unique_submissions}
"""Functions that stand for HogQL over events."""


class Expressions(Lookup):
    """Walks expressions; the queries in them are the resolver's."""

    def query(self, query: nodes.Query) -> nodes.Query:
        """Return a query, or a union of them, resolved."""
        raise NotImplementedError

    def visit_optional(self, node: Any) -> Any:
        """Return a node resolved, or nothing for nothing."""
        return None if node is None else self.visit(node)

    def visit_all(self, items: Sequence[Any] | None) -> Any:
        """Return nodes resolved, or nothing for nothing."""
        return None if items is None else tuple(self.visit(item) for item in items)

    def visit(self, node: Node) -> Node:
        """Return an expression with its names found."""
        match node:
            case nodes.Field():
                return self.field(node)
            case nodes.SelectQuery() | nodes.SelectSetQuery():
                return self.query(node)
            case nodes.Alias():
                return self._alias(node)
            case nodes.Lambda():
                return self._lambda(node)
            case nodes.Call():
                return self._call(node)
            case nodes.ArithmeticOperation():
                made = rebuild(node, self.visit)
                return replace(made, type=after_arithmetic(type_of(made.left), type_of(made.right)))
            case nodes.CompareOperation():
                return self._compare(node)
            case nodes.BetweenExpr():
                return self._between(node)
            case nodes.ArrayAccess() | nodes.TupleAccess():
                return self._access(node)
            case nodes.Dict():
                pairs = [item for pair in node.items for item in pair]
                return self.visit(_tagged("__hx_obj", pairs))
            case nodes.HogQLXTag():
                return self.visit(_tag(node))
            case nodes.Placeholder():
                raise QueryError(f"Unresolved placeholder: {{{quoted_placeholder(node)}}}", node.start, node.end)
            case nodes.ExprCall():
                raise QueryError("You can only call simple functions in HogQL, not expressions", node.start, node.end)
        return rebuild(node, self.visit)

    def _alias(self, node: nodes.Alias) -> Node:
        if node.alias in self.scope.aliases:
            raise QueryError(f"Cannot redefine an alias with the name: {node.alias}", node.start, node.end)
        expr = self.visit(node.expr)
        while isinstance(expr, nodes.Alias) and expr.hidden:
            expr = expr.expr
        self.scope.aliases[node.alias] = type_of(expr)
        self.scope.origins[node.alias] = expr
        return replace(node, expr=expr)

    def _lambda(self, node: nodes.Lambda) -> Node:
        with self._arguments(node.args):
            return replace(node, expr=bare(self.visit(node.expr)))

    @contextmanager
    def _arguments(self, names: Sequence[str]) -> Iterator[None]:
        self.scope.arguments.extend(names)
        try:
            yield
        finally:
            del self.scope.arguments[len(self.scope.arguments) - len(names) :]

    def _call(self, node: nodes.Call) -> Node:
        if node.name in functions.OWN:
            return self._own(node)
        made = rebuild(node, lambda item: bare(self.visit(item)))
        known = functions.find_function(node.name)
        nullable = node.name != "concat" and any(type_of(arg).nullable for arg in made.args)
        if known is None or (known.returns is Kind.UNKNOWN and node.name != "concat"):
            return replace(made, type=UNKNOWN)
        if known.name == "toDateTime" and [type_of(arg).kind for arg in made.args[:1]] == [Kind.INTEGER]:
            return replace(made, type=UNKNOWN)  # as recorded: of a time made of a number nothing is known
        return replace(made, type=Type(known.returns, nullable or _may_fail(known, made)))

    def _own(self, node: nodes.Call) -> Node:
        least, most = functions.OWN[node.name]
        check_count(node.args, least, most, node)
        if node.name == "sparkline":
            return self.visit(_tagged("Sparkline", [nodes.constant("data"), node.args[0]]))
        if node.name == "recordingButton":
            names = ("sessionId", "recordingStatus")
            pairs = [x for name, arg in zip(names, node.args, strict=False) for x in (nodes.constant(name), arg)]
            return self.visit(_tagged("RecordingButton", pairs))
        if node.name in EXPANDED:
            return self.visit(EXPANDED[node.name](node.args))
        if node.name == "matchesAction":
            return self._matches_action(node.args[0])
        raise QueryError(f"Function '{node.name}' is not available here", node.start, node.end)

    def _matches_action(self, key: Node) -> Node:
        if not isinstance(key, nodes.Constant):
            raise QueryError("action() takes only constant arguments", key.start, key.end)
        assert self.context.find_action is not None
        return self.visit(self.context.find_action(key.value, key))

    def _compare(self, node: nodes.CompareOperation) -> Node:
        if node.op in ("in cohort", "not in cohort"):
            return self._in_cohort(node)
        return rebuild(node, lambda item: bare(self.visit(item)))

    def _in_cohort(self, node: nodes.CompareOperation) -> Node:
        assert self.context.find_cohort is not None
        cohort = cohort_of(node, self.context.find_cohort)
        left = bare(self.visit(node.left))
        if self.context.cohorts_via != JOINED:
            return replace(node, op="in" if node.op == IN else "not in", left=left, right=self._outside(cohort.members))
        if cohort.id not in self.scope.cohorts:
            self.scope.cohorts[cohort.id] = self._cohort_join(cohort, left)
        matched = _column(self.scope.cohorts[cohort.id][1], "matched")
        return replace(node, op="==" if node.op == IN else "!=", left=matched, right=nodes.constant(1))

    def _cohort_join(self, cohort: Cohort, left: Node) -> tuple[nodes.JoinExpr, QuerySource]:
        """Return a cohort as a table joined, and as what its columns come from."""
        query = self._outside(cohort.matched)
        source = QuerySource(f"in_cohort__{cohort.id}", columns_of(query.select))
        on = nodes.JoinConstraint(expr=nodes.compare(_column(source, "person_id"), "==", left))
        join = nodes.JoinExpr(table=query, alias=source.alias, join_type="LEFT JOIN", constraint=on, source=source)
        return join, source

    def _outside(self, query: nodes.SelectQuery) -> nodes.SelectQuery:
        """Return a query of our own, resolved, which knows nothing of the one that it is put into."""
        outer, self.scopes = self.scopes, []
        try:
            resolved = self.query(query)
            assert isinstance(resolved, nodes.SelectQuery)
            return resolved
        finally:
            self.scopes = outer

    def _between(self, node: nodes.BetweenExpr) -> Node:
        low = nodes.compare(node.expr, "<" if node.negated else ">=", node.low)
        high = nodes.compare(node.expr, ">" if node.negated else "<=", node.high)
        joined = nodes.Or(exprs=(low, high)) if node.negated else nodes.And(exprs=(low, high))
        return self.visit(joined)

    def _access(self, node: nodes.ArrayAccess | nodes.TupleAccess) -> Node:
        """Return an access by index; into JSON it is one more step of the path."""
        made: Any = rebuild(node, lambda item: bare(self.visit(item)))
        inner = made.array if isinstance(made, nodes.ArrayAccess) else made.tuple
        index = made.property.value if isinstance(node, nodes.ArrayAccess) and _is_key(made.property) else None
        if isinstance(node, nodes.TupleAccess):
            index = node.index
        if index is None:
            return made  # type: ignore[no-any-return]
        if isinstance(inner, nodes.Property):
            return self._deeper(inner, (index,))
        if isinstance(inner, nodes.Column) and inner.type.kind is Kind.JSON:
            return self._property(inner, (index,), (*inner.chain, index))
        return made  # type: ignore[no-any-return]


def _column(source: QuerySource, name: str) -> nodes.Column:
    """Return a column of a subquery with an alias."""
    assert source.alias is not None
    return nodes.Column(chain=(source.alias, name), name=name, source=source, type=type_of(source.columns[name]))


def _may_fail(known: Function, call: nodes.Call) -> bool:
    """Return whether a call gives nothing for text that it cannot read."""
    kinds = [type_of(argument).kind for argument in call.args[:1]]
    return known.clickhouse.endswith("OrNull") and not {*kinds} & {Kind.DATE, Kind.DATETIME}


def _is_key(node: Node) -> bool:
    return isinstance(node, nodes.Constant) and isinstance(node.value, (str, int)) and not isinstance(node.value, bool)


def _tagged(kind: str, pairs: Sequence[Node]) -> nodes.Tuple:
    return nodes.Tuple(exprs=(nodes.constant("__hx_tag"), nodes.constant(kind), *pairs))


def _tag(node: nodes.HogQLXTag) -> nodes.Tuple:
    pairs: list[Node] = []
    for attribute in node.attributes:
        value = attribute.value
        pairs.append(nodes.constant(attribute.name))
        if isinstance(value, tuple):
            value = nodes.Array(exprs=value)
        pairs.append(value if isinstance(value, Node) else nodes.constant(value))
    return _tagged(node.kind, pairs)


def quoted_placeholder(node: nodes.Placeholder) -> str:
    """Return what stands in a placeholder, if it is a name."""
    return ".".join(str(part) for part in node.expr.chain) if isinstance(node.expr, nodes.Field) else "..."

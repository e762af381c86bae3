"""Members of cohorts in a query, as `modifiers.inCohortVia` asks: a list to look in, or a table joined.

Source: the recorded `hogql` of queries by cohorts for the list, PostHog's resolvers of cohorts for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select, union
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field, rebuild

JOINED, CONJOINED = "leftjoin", "leftjoin_conjoined"
IN, NOT_IN = "in cohort", "not in cohort"
ALL = "__in_cohort"
"""What the one table is called that all cohorts of a query are joined as."""


@dataclass(frozen=True)
class Cohort:
    """A cohort as queries know it: its members are rows of a table; those of a dynamic one, of its last calculation."""

    id: int
    is_static: bool
    version: int

    @property
    def table(self) -> str:
        """The table that holds its members."""
        return "static_cohort_people" if self.is_static else "raw_cohort_people"

    @property
    def condition(self) -> Node:
        """What holds of the rows of its members."""
        is_it: Node = compare(field("cohort_id"), "==", constant(self.id))
        if self.is_static:
            return is_it
        return conjunction([is_it, compare(field("version"), "==", constant(self.version))])

    @property
    def members(self) -> nodes.SelectQuery:
        """The query for its members."""
        return select(f"SELECT person_id FROM {self.table} WHERE {{where}}", where=self.condition)

    @property
    def matched(self) -> nodes.SelectQuery:
        """The query for its members to join."""
        return select(f"SELECT person_id, 1 AS matched FROM {self.table} WHERE {{where}}", where=self.condition)


Find = Callable[[Any], Cohort]


def cohort_of(node: nodes.CompareOperation, find: Find) -> Cohort:
    """Return the cohort that a comparison names. Raises: QueryError."""
    if not isinstance(node.right, nodes.Constant):
        raise QueryError("cohort() takes only constant arguments", node.right.start, node.right.end)
    try:
        return find(node.right.value)
    except QueryError as error:
        raise QueryError(error.detail, node.right.start, node.right.end) from None


def conjoined(query: nodes.SelectQuery, find: Find) -> nodes.SelectQuery:
    """Return a SELECT with all cohorts of its WHERE joined at once: who is in any of them. Raises: QueryError."""
    comparisons = [] if query.where is None else [*_comparisons(query.where)]
    if query.where is None or not comparisons:
        return query
    cohorts = [cohort_of(item, find) for item in comparisons]
    if any(item.op == NOT_IN for item in comparisons):
        raise QueryError("NOT IN COHORT is not supported by this cohort mode")
    on = compare(field(ALL, "cohort_person_id"), "==", comparisons[0].left)
    join = nodes.JoinExpr(
        table=_all_matched(cohorts), alias=ALL, join_type="LEFT JOIN", constraint=nodes.JoinConstraint(expr=on)
    )
    matched = compare(field(ALL, "matched"), "==", constant(1))
    where = nodes.And(exprs=(_settled(query.where), matched))
    return replace(query, where=where, select_from=with_join(query.select_from, join))


def with_join(first: nodes.JoinExpr | None, last: nodes.JoinExpr) -> nodes.JoinExpr:
    """Return what a query selects from with one more table behind."""
    if first is None:
        return replace(last, join_type=None, constraint=None)
    return replace(first, next_join=with_join(first.next_join, last) if first.next_join else last)


def _all_matched(cohorts: Sequence[Cohort]) -> nodes.Query:
    """Return the query for the members of several cohorts."""
    queries = []
    ids = tuple(constant(cohort.id) for cohort in cohorts if cohort.is_static)
    if ids:
        queries.append(_matched("static_cohort_people", compare(field("cohort_id"), "in", nodes.Array(exprs=ids))))
    calculated = tuple(cohort.condition for cohort in cohorts if not cohort.is_static)
    if calculated:
        where = calculated[0] if len(calculated) == 1 else nodes.Or(exprs=calculated)
        queries.append(_matched("raw_cohort_people", where))
    return union(queries)


def _matched(table: str, where: Node) -> nodes.SelectQuery:
    text = f"SELECT person_id AS cohort_person_id, 1 AS matched, cohort_id FROM {table} WHERE {{where}}"
    return select(text, where=where)


def _comparisons(node: Node) -> Iterator[nodes.CompareOperation]:
    """Yield the comparisons with cohorts in an expression, but not in its subqueries."""
    if isinstance(node, nodes.CompareOperation) and node.op in (IN, NOT_IN):
        yield node
    elif not isinstance(node, (nodes.SelectQuery, nodes.SelectSetQuery)):
        for child in nodes.children(node):
            yield from _comparisons(child)


def _settled(node: Node) -> Node:
    """Return an expression in which comparisons with cohorts hold: that is what the join is for."""
    if isinstance(node, nodes.CompareOperation) and node.op in (IN, NOT_IN):
        return compare(constant(1), "==", constant(1))
    if isinstance(node, (nodes.SelectQuery, nodes.SelectSetQuery)):
        return node
    return rebuild(node, _settled)

"""Names into fields: every name of a query is found in what it selects from, or refused in PostHog's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.aggregation import has_aggregate
from mockserver.analytics.hogql.nodes import Node, Source, rebuild
from mockserver.analytics.hogql.resolving.cohorts import CONJOINED, conjoined, with_join
from mockserver.analytics.hogql.resolving.expressions import Expressions
from mockserver.analytics.hogql.resolving.scopes import Context, Scope
from mockserver.analytics.hogql.resolving.sources import QuerySource, TableSource, columns_of, starred
from mockserver.analytics.hogql.tables.schema import Joined, Path, Table, TableField, Within

MOST_EXPANSIONS = 50


def resolve(query: nodes.Query, context: Context) -> nodes.Query:
    """Return a query in which every field is found. Raises: QueryError."""
    return Resolver(context).query(query)


def resolve_expression(expression: Node, table: str, context: Context) -> Node:
    """Return an expression over one table's fields. Raises: QueryError."""
    resolver = Resolver(context)
    resolver.scopes.append(Scope(named={table: resolver.table_source(table, table)}))
    return resolver.visit(expression)


class Resolver(Expressions):
    """Walks a query from the outside in; the scope on top is that of the SELECT it is in."""

    # Queries

    def query(self, query: nodes.Query) -> nodes.Query:
        """Return a query, or a union of them, resolved."""
        if isinstance(query, nodes.SelectQuery):
            return self.select(query)[0]
        return self.union(query)[0]

    def union(self, query: nodes.SelectSetQuery) -> tuple[nodes.SelectSetQuery, dict[str, Node]]:
        """Return queries joined by set operators, and the columns of the first."""
        first, columns = self._any(query.initial_select_query)
        following = tuple(
            replace(item, select_query=self._any(item.select_query)[0]) for item in query.subsequent_select_queries
        )
        widths = {len(select.select) for select in _selects((first, *(item.select_query for item in following)))}
        if len(widths) > 1:
            raise QueryError("Mismatched number of columns in UNION ALL.", code="union_all_result_structures_mismatch")
        made = replace(query, initial_select_query=first, subsequent_select_queries=following)
        return made, columns

    def _any(self, query: nodes.Query) -> tuple[nodes.Query, dict[str, Node]]:
        return self.select(query) if isinstance(query, nodes.SelectQuery) else self.union(query)

    def select(self, query: nodes.SelectQuery) -> tuple[nodes.SelectQuery, dict[str, Node]]:
        """Return one SELECT, resolved, and its columns by name."""
        if self.context.cohorts_via == CONJOINED and self.context.find_cohort is not None:
            query = conjoined(query, self.context.find_cohort)
        scope = Scope(ctes={**(self.scope.ctes if self.scopes else {}), **(query.ctes or {})})
        self.scopes.append(scope)
        try:
            select_from = self.join(query.select_from) if query.select_from else None
            array_join = self.visit_all(query.array_join_list)
            select = tuple(self._columns(query.select))
            made = replace(
                query,
                ctes=None,
                select_from=select_from,
                array_join_list=array_join,
                select=select,
                window_exprs=self._windows(query.window_exprs),
                where=self.visit_optional(query.where),
                prewhere=self.visit_optional(query.prewhere),
                group_by=self.visit_all(query.group_by),
                having=self.visit_optional(query.having),
                order_by=self._order_by(query, select_from),
                limit=self.visit_optional(query.limit),
                limit_by=self.visit_optional(query.limit_by),
                offset=self.visit_optional(query.offset),
            )
        finally:
            self.scopes.pop()
        for joined, _ in scope.cohorts.values():
            made = replace(made, select_from=with_join(made.select_from, joined))
        return made, columns_of(select)

    def _order_by(self, query: nodes.SelectQuery, select_from: nodes.JoinExpr | None) -> Any:
        """Return the order; that of a plain list of persons is looked for among their own fields alone.

        PostHog moves it into the subquery that reads persons. Source: recorded answer to `select properties.age as a
        from persons order by a`.
        """
        source = select_from.source if select_from and not select_from.next_join else None
        is_persons = isinstance(source, TableSource) and source.table.name == "persons"
        if not is_persons or query.group_by or any(has_aggregate(item) for item in query.select):
            return self.visit_all(query.order_by)
        aliases, self.scope.aliases = self.scope.aliases, {}
        try:
            return self.visit_all(query.order_by)
        finally:
            self.scope.aliases = aliases

    def _windows(self, windows: Mapping[str, nodes.WindowExpr] | None) -> dict[str, nodes.WindowExpr] | None:
        return {name: rebuild(window, self.visit) for name, window in windows.items()} if windows else None

    def _columns(self, select: Sequence[Node]) -> Iterator[Node]:
        for item in select:
            if isinstance(item, nodes.Field) and item.chain[-1] == "*":
                yield from (self.visit(column) for column in self._starred(item))
            else:
                yield self.visit(item)

    def _starred(self, star: nodes.Field) -> list[nodes.Field]:
        """Return the fields that `*` or `table.*` stands for."""
        prefix = star.chain[:-1]
        if prefix:
            return [nodes.Field(chain=(*prefix, name)) for name in self._starred_at(prefix, star)]
        sources = self.scope.sources()
        if not sources:
            raise QueryError("Cannot use '*' when there are no tables in the query", star.start, star.end)
        if len(sources) > 1:
            raise QueryError(
                "Cannot use '*' without table name when there are multiple tables in the query", star.start, star.end
            )
        return [nodes.Field(chain=(name,)) for name in sources[0].starred()]

    def _starred_at(self, prefix: Sequence[str | int], star: nodes.Field) -> list[str]:
        """Return the fields that `*` stands for behind a table's name, or a path to one that is joined."""
        source, path = self.scope.named.get(str(prefix[0])), [str(step) for step in prefix[1:]]
        if source is None:
            path = [str(step) for step in prefix]
            source = next((each for each in self.scope.sources() if self._leads_on(each, path[0])), None)
        if source is None:
            raise QueryError(f"Unable to resolve field: {prefix[0]}", star.start, star.end)
        if not path:
            return source.starred()
        fields: Mapping[str, TableField] = source.table.fields if isinstance(source, TableSource) else {}
        while path:
            match fields.get(path.pop(0)):
                case Joined(table=table):
                    fields = self.context.database.tables[table].fields
                case Within(fields=inner):
                    fields = inner
                case Path(chain=chain):
                    path = [*chain, *path]
                case _:
                    raise QueryError(f"Unable to resolve field: {prefix[0]}", star.start, star.end)
        return starred(fields)

    def _leads_on(self, source: Source, name: str) -> bool:
        return isinstance(source, TableSource) and isinstance(source.field(name), (Joined, Within, Path))

    # FROM

    def join(self, join: nodes.JoinExpr) -> nodes.JoinExpr:
        """Return a table of FROM, and those after it, each with its source."""
        table, source = self._from(join)
        made = replace(join, table=table, source=source, table_args=self.visit_all(join.table_args))
        constraint = join.constraint
        is_using = constraint is not None and constraint.constraint_type == "USING"
        if is_using:  # it names what was there before
            constraint = self.visit_optional(constraint)
        name = source.alias
        if name is not None:
            if name in self.scope.named:
                is_query = isinstance(source, QuerySource)
                wrong = "Can't join another one with the same name." if is_query else "Can't redefine."
                raise QueryError(f'Already have joined a table called "{name}". {wrong}', join.start, join.end)
            self.scope.named[name] = source
        else:
            self.scope.anonymous.append(source)
        # What follows may be named in a constraint only once it is there itself.
        if not is_using:
            constraint = self.visit_optional(constraint)
        next_join = self.join(join.next_join) if join.next_join else None
        return replace(made, constraint=constraint, next_join=next_join)

    def _from(self, join: nodes.JoinExpr) -> tuple[Node, Source]:
        table = join.table
        if isinstance(table, (nodes.SelectQuery, nodes.SelectSetQuery)):
            query, columns = self._any(table)
            return query, QuerySource(join.alias, columns)
        if not isinstance(table, nodes.Field):
            raise QueryError("A table, or a subquery, is expected", table.start, table.end)
        name = ".".join(str(part) for part in table.chain)
        cte = self.scope.ctes.get(name)
        if cte is not None and cte.cte_type == "subquery":
            return self._cte(cte, join.alias or name)
        view = None if self.context.database.find(name) else self.context.find_view(name)
        if view is not None:
            return self._view(view, join.alias or name)
        return table, self.table_source(name, join.alias or name.replace(".", "__"), join, join.table_args)

    def _view(self, view: nodes.Query, alias: str) -> tuple[Node, Source]:
        """Return a view as the subquery that it is; it sees nothing of the query that uses it."""
        if self._expanded >= MOST_EXPANSIONS:
            raise QueryError("Model contains a cycle")
        outer = self.scopes
        self.scopes = []
        self._expanded += 1
        try:
            query, columns = self._any(view)
        finally:
            self.scopes = outer
            self._expanded -= 1
        return query, QuerySource(alias, columns)

    def _cte(self, cte: nodes.CTE, alias: str) -> tuple[Node, Source]:
        assert isinstance(cte.expr, (nodes.SelectQuery, nodes.SelectSetQuery))
        if self._expanded >= MOST_EXPANSIONS:
            raise QueryError(f"Too many CTE expansions ({MOST_EXPANSIONS}+). Probably a CTE loop.")
        outer = self.scopes
        # A CTE sees all the others, itself too, and nothing else of the query that uses it.
        self.scopes = [Scope(ctes=dict(self.scope.ctes))]
        self._expanded += 1
        try:
            query, columns = self._any(cte.expr)
        finally:
            self.scopes = outer
            self._expanded -= 1
        return query, QuerySource(alias, columns)

    def table_source(
        self, name: str, alias: str, at: Node | None = None, args: Sequence[Node] | None = None
    ) -> TableSource:
        """Return a table to select from. Raises: QueryError for one that is not known."""
        table = self.context.database.find(name)
        if table is None:
            raise QueryError(f'Unknown table "{name}".', at.start if at else None, at.end if at else None)
        _check_arguments(table, args)
        return TableSource(table, alias, self._declared(table))


def _selects(queries: Sequence[nodes.Query]) -> Iterator[nodes.SelectQuery]:
    """Yield every SELECT of unions."""
    for query in queries:
        if isinstance(query, nodes.SelectQuery):
            yield query
        else:
            yield from _selects((query.initial_select_query,))
            yield from _selects([item.select_query for item in query.subsequent_select_queries])


def _check_arguments(table: Table, args: Sequence[Node] | None) -> None:
    if table.function is None:
        if args is not None:
            raise QueryError(f"Table '{table.name}' does not accept arguments")
        return
    least, most = table.function
    if args is None:
        raise QueryError(f"Table function '{table.name}' requires arguments")
    for bound, wrong in (("least", len(args) < least), ("most", len(args) > most)):
        count = least if bound == "least" else most
        if wrong:
            raise QueryError(
                f"Table function '{table.name}' requires at {bound} {count} argument{'s' if count > 1 else ''}"
            )

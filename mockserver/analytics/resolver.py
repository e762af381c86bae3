"""Names into fields: every name of a query is found in what it selects from, or refused in PostHog's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mockserver.analytics import functions, nodes
from mockserver.analytics.aggregation import has_aggregate
from mockserver.analytics.errors import QueryError
from mockserver.analytics.functions import check_count
from mockserver.analytics.inference import after_arithmetic, type_of
from mockserver.analytics.literals import quoted_column
from mockserver.analytics.nodes import Node, rebuild
from mockserver.analytics.parser import parse_expression
from mockserver.analytics.properties import convert, extract
from mockserver.analytics.schema import DATETIME, Computed, Database, Joined, Path, Plain, Table, TableField, Within
from mockserver.analytics.sources import JoinedSource, QuerySource, Source, TableSource
from mockserver.analytics.types import UNKNOWN, Kind, Type

Chain = tuple[str | int, ...]


@dataclass(frozen=True)
class Context:
    """What resolving a query needs to know of its project."""

    database: Database
    timezone: str = "UTC"
    property_types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared types by kind of property: `event`, `person`, `group_0`…"""
    find_cohort: Callable[[Any], Node] | None = None
    """How to find the members of a cohort by id or name, as a query."""
    note: Callable[[Node], None] = lambda node: None
    """What to tell of each field found."""


@dataclass(eq=False)
class Scope:
    """What one SELECT can name."""

    named: dict[str, Source] = field(default_factory=dict)
    anonymous: list[Source] = field(default_factory=list)
    aliases: dict[str, Type] = field(default_factory=dict)
    origins: dict[str, Node] = field(default_factory=dict)
    ctes: dict[str, nodes.CTE] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)

    def sources(self) -> list[Source]:
        """Return everything it selects from."""
        return [*self.named.values(), *self.anonymous]


def resolve(query: nodes.Query, context: Context) -> nodes.Query:
    """Return a query in which every field is found. Raises: QueryError."""
    return Resolver(context).query(query)


def resolve_expression(expression: Node, table: str, context: Context) -> Node:
    """Return an expression over one table's fields. Raises: QueryError."""
    resolver = Resolver(context)
    resolver.scopes.append(Scope(named={table: resolver.table_source(table, table)}))
    return resolver.visit(expression)


class Resolver:
    """Walks a query from the outside in; the scope on top is that of the SELECT it is in."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.scopes: list[Scope] = []
        self._inside = 0
        """How deep we are in expressions of our own, which are no part of the query's text."""

    @property
    def scope(self) -> Scope:
        """The innermost SELECT."""
        return self.scopes[-1]

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
            source = self.scope.named.get(str(prefix[0]))
            if source is None or len(prefix) > 1:
                raise QueryError(f"Unable to resolve field: {prefix[0]}", star.start, star.end)
            return [nodes.Field(chain=(*prefix, name)) for name in source.starred()]
        sources = self.scope.sources()
        if not sources:
            raise QueryError("Cannot use '*' when there are no tables in the query", star.start, star.end)
        if len(sources) > 1:
            raise QueryError(
                "Cannot use '*' without table name when there are multiple tables in the query", star.start, star.end
            )
        return [nodes.Field(chain=(name,)) for name in sources[0].starred()]

    # FROM

    def join(self, join: nodes.JoinExpr) -> nodes.JoinExpr:
        """Return a table of FROM, and those after it, each with its source."""
        table, source = self._from(join)
        made = replace(join, table=table, source=source, table_args=self.visit_all(join.table_args))
        name = source.alias
        if name is not None:
            if name in self.scope.named:
                raise QueryError(
                    f'Already have joined a table called "{name}". Can\'t join another one with the same name.'
                )
            self.scope.named[name] = source
        else:
            self.scope.anonymous.append(source)
        # What follows may be named in a constraint only once it is there itself.
        constraint = self.visit_optional(join.constraint)
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
        return table, self.table_source(name, join.alias or name, table, join.table_args)

    def _cte(self, cte: nodes.CTE, alias: str) -> tuple[Node, Source]:
        assert isinstance(cte.expr, (nodes.SelectQuery, nodes.SelectSetQuery))
        outer = self.scopes
        # A CTE sees those defined before it, and nothing of the query that uses it.
        before = dict(self.scope.ctes)
        for name in [*before][[*before].index(cte.name) :]:
            del before[name]
        self.scopes = [Scope(ctes=before)]
        try:
            query, columns = self._any(cte.expr)
        finally:
            self.scopes = outer
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

    def _declared(self, table: Table, group: int | None = None) -> Mapping[str, str]:
        kind = table.properties
        if kind == "group":
            kind = f"group_{group}"
        return self.context.property_types.get(kind or "", {})

    # Expressions

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
                return self._any(node)[0]
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
        return replace(made, type=Type(known.returns, nullable))

    def _own(self, node: nodes.Call) -> Node:
        least, most = functions.OWN[node.name]
        check_count(node.args, least, most, node)
        if node.name == "sparkline":
            return self.visit(_tagged("Sparkline", [nodes.constant("data"), node.args[0]]))
        if node.name == "recordingButton":
            names = ("sessionId", "recordingStatus")
            pairs = [x for name, arg in zip(names, node.args, strict=False) for x in (nodes.constant(name), arg)]
            return self.visit(_tagged("RecordingButton", pairs))
        raise QueryError(f"Function '{node.name}' is not available here", node.start, node.end)

    def _compare(self, node: nodes.CompareOperation) -> Node:
        if node.op in ("in cohort", "not in cohort"):
            return self._in_cohort(node)
        return rebuild(node, lambda item: bare(self.visit(item)))

    def _in_cohort(self, node: nodes.CompareOperation) -> Node:
        if not isinstance(node.right, nodes.Constant):
            raise QueryError("cohort() takes only constant arguments", node.right.start, node.right.end)
        assert self.context.find_cohort is not None
        members = self.context.find_cohort(node.right.value)
        outer, self.scopes = self.scopes, []
        try:
            query = self.visit(members)
        finally:
            self.scopes = outer
        op = "in" if node.op == "in cohort" else "not in"
        return replace(node, op=op, left=bare(self.visit(node.left)), right=query)

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

    # Fields

    def field(self, node: nodes.Field) -> Node:
        """Return the field that a name means."""
        name = str(node.chain[0])
        if name == "*":
            return node
        found = self._find(node, name)
        if found.start is None:
            found = replace(found, start=node.start, end=node.end)
        if not self._inside:
            self.context.note(found)
        title = _title(found)
        return nodes.Alias(alias=title, expr=found, hidden=True) if title else found

    def _find(self, node: nodes.Field, name: str) -> Node:
        chain, scope = node.chain, self.scope
        if name in scope.arguments:
            return self._into(nodes.Name(chain=(name,), name=name, type=UNKNOWN), chain[1:], node)
        if len(chain) > 1 and name in scope.named:
            return self._in_source(scope.named[name], chain[1:], chain, node)
        if name in scope.aliases:
            return self._into_alias(name, chain, node)
        having = [source for source in scope.sources() if _has(source, name)]
        if len(having) > 1:
            raise QueryError(f"Ambiguous query. Found multiple sources for field: {name}", node.start, node.end)
        if having:
            return self._in_source(having[0], chain, chain, node)
        cte = scope.ctes.get(name)
        if cte is not None and cte.cte_type == "column":
            return self._into(bare(self.visit(cte.expr)), chain[1:], node)
        raise QueryError(f"Unable to resolve field: {name}", node.start, node.end)

    def _into_alias(self, name: str, chain: Chain, node: nodes.Field) -> Node:
        origin = self.scope.origins[name]
        if len(chain) > 1 and isinstance(origin, (nodes.Property, nodes.Column)):
            return self._into(origin, chain[1:], node)
        return self._into(nodes.Name(chain=(name,), name=name, type=self.scope.aliases[name]), chain[1:], node)

    def _into(self, found: Node, rest: Chain, node: nodes.Field) -> Node:
        """Return what stands at a path inside something found."""
        if not rest:
            return found
        if isinstance(found, nodes.Property):
            return self._deeper(found, rest)
        if isinstance(found, nodes.Column) and found.type.kind is Kind.JSON:
            return self._property(found, rest, node.chain)
        if isinstance(found, nodes.Column) and found.type.kind is not Kind.UNKNOWN:
            raise QueryError(
                f'Can not access property "{rest[0]}" on field "{found.chain[-1]}" of type:'
                f" {found.type.kind}DatabaseField",
                node.start,
                node.end,
            )
        for key in rest:
            step = int(key) if isinstance(key, int) or str(key).isdigit() else key
            if isinstance(step, int):
                found = nodes.TupleAccess(tuple=found, index=step)
            else:
                found = nodes.ArrayAccess(array=found, property=nodes.constant(step))
        return found

    def _in_source(self, source: Source, path: Chain, chain: Chain, node: nodes.Field) -> Node:
        name = str(path[0])
        if isinstance(source, QuerySource):
            if name not in source.columns:
                raise QueryError(f"Field not found: {name}", node.start, node.end)
            origin = source.columns[name]
            kind = type_of(origin)
            head = chain[: len(chain) - len(path) + 1]
            column = nodes.Column(chain=head, name=name, source=source if source.alias else None, type=kind)
            return (
                self._into(column, path[1:], node)
                if len(path) == 1 or kind.kind is not Kind.UNKNOWN
                else self._into(
                    nodes.Name(chain=head, name=name, type=UNKNOWN) if not source.alias else column, path[1:], node
                )
            )
        item = source.field(name)
        if item is None:
            raise QueryError(f"Field not found: {name}", node.start, node.end)
        return self._in_table(source, item, path, chain, node)

    def _in_table(self, source: TableSource, item: TableField, path: Chain, chain: Chain, node: nodes.Field) -> Node:
        name, rest = str(path[0]), path[1:]
        head = chain[: len(chain) - len(rest)]
        match item:
            case Path(target):
                return self._in_source(source, (*target, *rest), chain, node)
            case Plain():
                return self._into(self._column(source, name, item, head), rest, node)
            case Computed():
                inner = self._expression(source, item.expression)
                return self._into(nodes.Expansion(chain=head, expr=inner, type=item.type), rest, node)
            case Within(fields):
                if not rest:
                    raise QueryError(f"Can't select a table when a column is expected: {name}", node.start, node.end)
                inside = fields.get(str(rest[0]))
                if inside is None:
                    raise QueryError(f"Field not found: {rest[0]}", node.start, node.end)
                head = chain[: len(chain) - len(rest) + 1]
                return self._into(self._column(source, str(rest[0]), inside, head, kind="person"), rest[1:], node)
            case Joined():
                if not rest:
                    dotted = ".".join(str(part) for part in chain)
                    raise QueryError(f"Can't select a table when a column is expected: {dotted}", node.start, node.end)
                return self._in_source(self._joined(source, name, item), rest, chain, node)

    def _column(
        self, source: TableSource, name: str, item: Plain, chain: Chain, kind: str | None = None
    ) -> nodes.Column:
        sql = item.sql
        if source.table.is_direct:
            return nodes.Column(
                chain=chain, name=sql or name, source=source, type=item.type, is_timestamp=item.type == DATETIME,
                declared=self.context.property_types.get(kind, {}) if kind else source.declared,
            )  # fmt: skip
        stored = quoted_column(source.table.stored, name)
        is_time = item.type.kind is Kind.DATETIME and sql is None
        quoted = f"'{self.context.timezone}'"
        read = f"toTimeZone({stored}, {quoted})" if is_time else (sql or stored).replace("{timezone}", quoted)
        source.need(name, read)
        return nodes.Column(
            chain=chain, name=name, source=source, type=source.column_type(item), declared=source.declared
        )

    def _property(self, column: nodes.Column, path: Chain, chain: Chain) -> Node:
        declared = column.declared.get(str(path[0])) if len(path) == 1 else None
        source = column.source
        if isinstance(source, TableSource) and not source.table.is_direct:
            name = "___".join((column.name, *(str(step) for step in path)))
            text = extract(quoted_column(source.table.stored, column.name), path)
            source.need(name, convert(text, declared, self.context.timezone))
            field = replace(column, name=name)
            return nodes.Property(chain=chain, field=field, path=path, type=UNKNOWN, declared=declared)
        return nodes.Property(chain=chain, field=column, path=path, type=UNKNOWN, declared=declared)

    def _deeper(self, found: nodes.Property, more: Chain) -> Node:
        source = found.field.source
        column = found.field
        if isinstance(source, TableSource) and not source.table.is_direct:
            column = replace(column, name=column.name.split("___")[0])
        return self._property(column, (*found.path, *more), (*found.chain, *more))

    def _expression(self, source: TableSource, text: str) -> Node:
        """Return an expression over one source's fields."""
        outer, self.scopes = self.scopes, [Scope(named={"": source})]
        self._inside += 1
        try:
            return bare(self.visit(parse_expression(text)))
        finally:
            self._inside -= 1
            self.scopes = outer

    def _joined(self, source: TableSource, name: str, item: Joined) -> TableSource:
        if name not in source.joins:
            table = self.context.database.tables[item.table]
            group = int(name.removeprefix("group_")) if item.table == "groups" else None
            joined = TableSource(table, f"{source.alias}__{name}", self._declared(table, group), is_joined=True)
            on = self._expression(source, item.on)
            self._expression(joined, item.to)
            source.joins[name] = JoinedSource(joined, on, item.to, item.where)
        return source.joins[name].source


# What is found, named


def bare(node: Node) -> Node:
    """Return an expression without the hidden name that a column would have."""
    while isinstance(node, nodes.Alias) and node.hidden:
        node = node.expr
    return node


def _title(found: Node) -> str | None:
    match found:
        case nodes.Property(path=path):
            return "__".join(str(step) for step in path)
        case nodes.Column(chain=chain) | nodes.Expansion(chain=chain):
            return str(chain[-1])
        case nodes.Name(name=name):
            return name
    return None


def columns_of(select: Sequence[Node]) -> dict[str, Node]:
    """Return a query's columns by name: of several alike the last hidden one, unless one was named."""
    columns: dict[str, Node] = {}
    named: set[str] = set()
    for item in select:
        if isinstance(item, nodes.Alias):
            if item.hidden and item.alias in named:
                continue
            if not item.hidden:
                named.add(item.alias)
            columns[item.alias] = item.expr
    return columns


def _selects(queries: Sequence[nodes.Query]) -> Iterator[nodes.SelectQuery]:
    """Yield every SELECT of unions."""
    for query in queries:
        if isinstance(query, nodes.SelectQuery):
            yield query
        else:
            yield from _selects((query.initial_select_query,))
            yield from _selects([item.select_query for item in query.subsequent_select_queries])


def _has(source: Source, name: str) -> bool:
    return name in source.columns if isinstance(source, QuerySource) else source.field(name) is not None


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

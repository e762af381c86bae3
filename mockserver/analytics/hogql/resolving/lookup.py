"""One name of a query into the field that it means, through tables, joins, JSON, aliases and subqueries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.inference import type_of
from mockserver.analytics.hogql.literals import quoted_column
from mockserver.analytics.hogql.nodes import Node, Source
from mockserver.analytics.hogql.properties import convert, extract
from mockserver.analytics.hogql.resolving.scopes import Context, Scope
from mockserver.analytics.hogql.resolving.sources import JoinedSource, QuerySource, TableSource
from mockserver.analytics.hogql.tables.schema import DATETIME, Computed, Joined, Path, Plain, Table, TableField, Within
from mockserver.analytics.hogql.types import UNKNOWN, Kind

Chain = tuple[str | int, ...]
Parts = tuple[tuple[str, str | Node], ...]


class Lookup:
    """Finds fields; the scope on top is that of the SELECT that names them."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.scopes: list[Scope] = []
        self._expanded = 0
        """How many CTEs are being put in, each in the one before."""
        self._inside = 0
        """How deep we are in expressions of our own, which are no part of the query's text."""

    @property
    def scope(self) -> Scope:
        """The innermost SELECT."""
        return self.scopes[-1]

    def visit(self, node: Node) -> Node:
        """Return an expression with its names found."""
        raise NotImplementedError

    def _declared(self, table: Table, group: int | None = None) -> Mapping[str, str]:
        kind = table.properties
        if kind == "group":
            kind = f"group_{group}"
        return self.context.property_types.get(kind or "", {})

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
            return self._into(column, path[1:], node)
        if isinstance(source, TableSource) and (item := source.field(name)) is not None:
            return self._in_table(source, item, path, chain, node)
        raise QueryError(f"Field not found: {name}", node.start, node.end)

    def _in_table(self, source: TableSource, item: TableField, path: Chain, chain: Chain, node: nodes.Field) -> Node:
        name, rest = str(path[0]), path[1:]
        head = chain[: len(chain) - len(rest)]
        match item:
            case Path(target):
                return self._in_source(source, (*target, *rest), chain, node)
            case Plain():
                return self._into(self._column(source, name, item, head), rest, node)
            case Computed():
                inner = self._expression(source, item.expression, item.parts)
                return self._into(nodes.Expansion(chain=head, expr=inner, type=item.type), rest, node)
            case Within(fields, kind):
                if not rest:
                    raise QueryError(f"Can't select a table when a column is expected: {name}", node.start, node.end)
                inside = fields.get(str(rest[0]))
                if inside is None:
                    raise QueryError(f"Field not found: {rest[0]}", node.start, node.end)
                head = chain[: len(chain) - len(rest) + 1]
                if not isinstance(inside, Plain):
                    return self._in_table(source, inside, rest, chain, node)
                return self._into(self._column(source, str(rest[0]), inside, head, kind=kind), rest[1:], node)
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
        read = f"toTimeZone({stored}, {quoted})" if is_time else sql or stored
        read = read.replace("{timezone}", quoted).replace("{team_id}", f"toInt64({self.context.project_id})")
        source.need(name, source.table.told(name, read))
        return nodes.Column(
            chain=chain, name=name, source=source, type=source.column_type(item), declared=source.declared
        )

    def _property(self, column: nodes.Column, path: Chain, chain: Chain) -> Node:
        declared = column.declared.get(str(path[0])) if len(path) == 1 else None
        source = column.source
        if isinstance(source, TableSource) and not source.table.is_direct:
            name = "___".join((column.name, *(str(step) for step in path)))
            text = extract(source.table.told(column.name, quoted_column(source.table.stored, column.name)), path)
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

    def _expression(self, source: TableSource, text: str, parts: Parts = ()) -> Node:
        """Return an expression over one source's fields."""
        outer, self.scopes = self.scopes, [Scope(named={"": source})]
        self._inside += 1
        try:
            return bare(self.visit(_read(text, parts)))
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
            source.joins[name] = JoinedSource(joined, on, item.to, item.where, item.is_inner)
        return source.joins[name].source


@lru_cache(maxsize=512)
def _read(text: str, parts: Parts) -> Node:
    """Return the expression that a field is; what is read is never changed, so it is read once."""
    read: dict[str, Node] = {}
    for name, part in parts:
        read[name] = expression(part, **read) if isinstance(part, str) else part
    return expression(text, **read)


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


def _has(source: Source, name: str) -> bool:
    match source:
        case QuerySource():
            return name in source.columns
        case TableSource():
            return source.field(name) is not None
    return False

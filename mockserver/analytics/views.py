"""Views: queries with a name, which other queries select from; whether one can be one, and what columns it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.parser import parse_select
from mockserver.analytics.inquiries import Inquiry
from mockserver.errors import ValidationError
from mockserver.request.call import Call

NO_VARIABLES = "Variables like {variables.x} are not allowed in views"
NO_PLACEHOLDERS = "Filters and placeholder expressions are not allowed in views"
WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")
KINDS: Mapping[str, str] = {
    "String": "string", "UUID": "string", "FixedString": "string", "Bool": "boolean", "DateTime": "datetime",
    "DateTime64": "datetime", "Date": "date", "Date32": "date", "Array": "array", "Map": "json", "Tuple": "json",
    "JSON": "json", "Object": "json",
}  # fmt: skip


def is_table(call: Call, name: str) -> bool:
    """Return whether a table that every project has is called so."""
    return Inquiry.of(call, {}).database.find(name) is not None


def columns_of(call: Call, text: str) -> list[dict[str, Any]]:
    """Return the columns of a query that is to be a view. Raises: ValidationError, for one that cannot be one."""
    inquiry = Inquiry.of(call, {})
    try:
        parsed = parse_select(text)
        for placeholder in _placeholders(parsed):
            raise ValidationError(NO_VARIABLES if _is_variable(placeholder) else NO_PLACEHOLDERS, attr="query")
        answered = inquiry.run(parsed)
    except ValidationError as error:
        if error.attr == "query":
            raise
        raise ValidationError(f"Invalid query: {error.detail}", attr="query") from None
    return [
        {
            "key": name, "name": name, "type": kind_of(type), "schema_valid": True, "fields": None, "table": None,
            "chain": None,
        }
        for name, type in answered.types
    ]  # fmt: skip


def kind_of(type: str) -> str:
    """Return what a view calls a type of ClickHouse's."""
    found = WRAPPED.fullmatch(type)
    while found:
        type = found[1]
        found = WRAPPED.fullmatch(type)
    name = type.partition("(")[0]
    if name.startswith(("Int", "UInt")):
        return "integer"
    if name.startswith(("Float", "Decimal")):
        return "float" if name.startswith("Float") else "decimal"
    return KINDS.get(name, "unknown")


def _placeholders(node: Any) -> Iterator[nodes.Placeholder]:
    if isinstance(node, nodes.Placeholder):
        yield node
    elif is_dataclass(node):
        for field in fields(node):
            yield from _placeholders(getattr(node, field.name))
    elif isinstance(node, Mapping):
        for item in node.values():
            yield from _placeholders(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _placeholders(item)


def _is_variable(placeholder: nodes.Placeholder) -> bool:
    expr = placeholder.expr
    return isinstance(expr, nodes.Field) and bool(expr.chain) and expr.chain[0] == "variables"

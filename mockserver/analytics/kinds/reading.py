"""Queries as text, read: their placeholders replaced by what is given with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.conditions.properties import filters_condition
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.parser import parse_select
from mockserver.analytics.hogql.placeholders import replace_filters, replace_values, variables_of
from mockserver.analytics.inquiries import Inquiry


def read(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    """Return the query that a text spells, its placeholders replaced. Raises: QueryError."""
    return inquiry.guard(_read, inquiry, query)


def _read(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    parsed = parse_select(query.get("query") or "")
    variables = {**_defaults(inquiry, query.get("variables")), **_given(query.get("variables"))}
    valued = replace_values(parsed, query.get("values") or {}, variables)
    return replace_filters(valued, lambda select, at: filters_condition(select, at, query.get("filters"), inquiry))


def _given(variables: Any) -> dict[str, Any]:
    """Return the values that a query gives its variables."""
    return {name: value for name, value in variables_of(variables).items() if value is not None}


def _defaults(inquiry: Inquiry, variables: Any) -> dict[str, Any]:
    """Return what the variables are that a query names and gives no value: nothing, or their project's default."""
    named = variables_of(variables)
    if all(value is not None for value in named.values()):
        return {}
    kept = inquiry.view.table("insight_variables").find(project_id=inquiry.project_id)
    known = {variable["code_name"]: variable.get("default_value") for variable in kept}
    return {name: known.get(name) for name in named}

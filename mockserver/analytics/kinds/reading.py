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
    valued = replace_values(parsed, query.get("values") or {}, variables_of(query.get("variables")))
    return replace_filters(valued, lambda select, at: filters_condition(select, at, query.get("filters"), inquiry))

"""HogQLQuery: a query as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.conditions.properties import filters_condition
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.parser import parse_select
from mockserver.analytics.hogql.placeholders import replace_filters, replace_values, variables_of
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.modifiers import complete
from mockserver.analytics.pages import Page
from mockserver.request.call import Call


def hogql_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a query as text: rows, columns, their types, and the query in its normal form."""
    inquiry = Inquiry.of(call, query)
    asked = read(inquiry, query)
    page: dict[str, Any] = {"hasMore": None, "limit": None, "offset": None}
    if isinstance(asked, nodes.SelectQuery) and asked.limit is None:
        answered, page = Page().run(inquiry, asked)
    else:
        answered = inquiry.run(asked)
    return {
        "clickhouse": answered.clickhouse,
        "columns": answered.columns,
        "error": None,
        "explain": None,
        **page,
        "hogql": answered.hogql,
        "metadata": None,
        "modifiers": complete(query.get("modifiers"), inCohortVia="subquery"),
        "query": None,
        "query_status": None,
        "resolved_date_range": None,
        "results": answered.rows,
        "timings": [],
        "types": answered.types,
    }


def read(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    """Return the query that a text spells, its placeholders replaced. Raises: QueryError."""
    return inquiry.guard(_read, inquiry, query)


def _read(inquiry: Inquiry, query: Mapping[str, Any]) -> nodes.Query:
    parsed = parse_select(query.get("query") or "")
    valued = replace_values(parsed, query.get("values") or {}, variables_of(query.get("variables")))
    return replace_filters(valued, lambda select, at: filters_condition(select, at, query.get("filters"), inquiry))

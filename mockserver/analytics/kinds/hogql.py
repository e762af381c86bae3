"""HogQLQuery: a query as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics import nodes
from mockserver.analytics.inquiries import DEFAULT_LIMIT, Inquiry
from mockserver.analytics.modifiers import complete
from mockserver.analytics.parser import parse_select
from mockserver.analytics.placeholders import replace_values, variables_of
from mockserver.call import Call


def hogql_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a query as text: rows, columns, their types, and the query in its normal form."""
    inquiry = Inquiry.of(call, query)
    asked = read(query)
    page: dict[str, Any] = {"hasMore": None, "limit": None, "offset": None}
    is_paged = isinstance(asked, nodes.SelectQuery) and asked.limit is None
    if is_paged:
        asked = replace(asked, limit=nodes.constant(DEFAULT_LIMIT + 1), offset=nodes.constant(0))
    answered = inquiry.run(asked)
    rows = answered.rows
    if is_paged:
        page = {"hasMore": len(rows) > DEFAULT_LIMIT, "limit": DEFAULT_LIMIT, "offset": 0}
        rows = rows[:DEFAULT_LIMIT]
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
        "results": rows,
        "timings": [],
        "types": answered.types,
    }


def read(query: Mapping[str, Any]) -> nodes.Query:
    """Return the query that a text spells, its placeholders replaced. Raises: QueryError."""
    parsed = parse_select(query.get("query") or "")
    return replace_values(parsed, query.get("values") or {}, variables_of(query.get("variables")))

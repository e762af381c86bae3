"""HogQLQuery: a query as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.kinds.metadata import describe
from mockserver.analytics.kinds.reading import read
from mockserver.analytics.modifiers import complete
from mockserver.analytics.pages import Page
from mockserver.request.call import Call


def hogql_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a query as text: rows, columns, their types, and the query in its normal form."""
    inquiry = Inquiry.of(call, query)
    asked = read(inquiry, query)
    is_debugged = bool(inquiry.modifiers.get("debug"))
    page: dict[str, Any] = {"hasMore": None, "limit": None, "offset": None}
    if isinstance(asked, nodes.SelectQuery) and asked.limit is None:
        answered, page = Page().run(inquiry, asked)
    else:
        answered = inquiry.run(asked)
    return {
        "clickhouse": answered.clickhouse,
        "columns": answered.columns,
        "error": None,
        "explain": inquiry.explain(answered) if is_debugged else None,
        **page,
        "hogql": answered.hogql,
        "metadata": describe(inquiry, {"language": "hogQL", "query": answered.hogql}) if is_debugged else None,
        "modifiers": complete(query.get("modifiers"), inCohortVia="subquery"),
        "query": None,
        "query_status": None,
        "resolved_date_range": None,
        "results": answered.rows,
        "timings": [],
        "types": answered.types,
    }

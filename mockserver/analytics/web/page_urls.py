"""WebPageURLSearchQuery: addresses of pages that a text stands in. Source: the `hogql` of a recorded answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import constant
from mockserver.analytics.inquiries import DEFAULT_LIMIT, MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.request.call import Call

URL = "toString(properties.$current_url)"


def web_page_url_search_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the addresses viewed most, of all time; a wildcard in the text is one."""
    inquiry = Inquiry.of(call, query)
    limit, term = query.get("limit") or DEFAULT_LIMIT, query.get("searchTerm")
    found = inquiry.run(
        select(
            "SELECT DISTINCT {url} AS url, count() AS count FROM events WHERE event = '$pageview' AND {mentions}"
            " GROUP BY url ORDER BY count DESC LIMIT {limit}",
            url=expression(f"cutQueryStringAndFragment({URL})" if query.get("stripQueryParams") else URL),
            mentions=expression(f"{URL} ILIKE {{pattern}}", pattern=constant(f"%{term}%")) if term else constant(1),
            limit=constant(max(0, min(int(limit), MAX_LIMIT))),
        )
    )
    results = [{"count": float(count), "url": str(url)} for url, count in found.rows]
    return answer(query, results, found.hogql, hasMore=len(results) >= limit, limit=None)

"""MarketingAnalyticsTableQuery: what campaigns cost and brought. Source: the recorded answer of a project without any.

What campaigns cost comes from tables of advertisers in the data warehouse; a world has none, so no campaign is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.errors import unsupported
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.pages import Page
from mockserver.analytics.web.sessions import WebSessions
from mockserver.request.call import Call

TYPES = {
    "Campaign": "String",
    "Source": "String",
    "Total Cost": "Float64",
    "Total Clicks": "Float64",
    "Total Impressions": "Float64",
    "Cost per Click": "Nullable(Float64)",
    "CTR": "Nullable(Float64)",
}


def marketing_analytics_table_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each campaign. Raises: QueryError; ValidationError where conversions are to be counted."""
    if query.get("draftConversionGoal"):
        raise unsupported(query)
    WebSessions.of(Inquiry.of(call, query), query)
    page = Page.of(query)
    told: dict[str, Any] = {"hasMore": False, "limit": page.limit, "offset": page.offset, "samplingRate": None}
    types = [[name, kind] for name, kind in TYPES.items()]
    return answer(query, [], "", columns=list(TYPES), types=types, **told)

"""WebGoalsQuery: who did what the project's actions are about. Source: the recorded answer of a project without any.

No action is known here, as in the rest of analytics, so there is no goal to tell of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.web.sessions import WebSessions
from mockserver.request.call import Call


def web_goals_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each action. Raises: QueryError for dates that are none."""
    inquiry = Inquiry.of(call, query)
    WebSessions.of(inquiry, query)
    nothing: dict[str, Any] = dict.fromkeys(("columns", "hasMore", "limit", "offset", "types"))
    return {**answer(query, [], "", samplingRate={"denominator": None, "numerator": 1.0}), **nothing, "hogql": None}

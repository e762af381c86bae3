"""WebVitalsPathBreakdownQuery: how fast pages are, in three bands. Source: the `hogql` of a recorded answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.maths import QUANTILES
from mockserver.analytics.web.breakdowns import EVENT_PATHS, PAGE
from mockserver.analytics.web.sessions import WebSessions
from mockserver.request.call import Call

BANDS = ("good", "needs_improvements", "poor")
MOST_A_BAND = 20


def web_vitals_path_breakdown_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the pages of each band, the best first, and each one's percentile of a metric."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    good, passable = query["thresholds"]
    paths = select(
        f"SELECT {{path}} AS path, quantile({QUANTILES[query['percentile']]})(toFloat({{metric}})) AS value"
        " FROM events WHERE event = '$web_vitals' AND path IS NOT NULL AND {either} AND {filters}"
        " GROUP BY path HAVING value >= 0",
        path=web.path(expression(EVENT_PATHS[PAGE])),
        metric=field("properties", f"$web_vitals_{query['metric']}_value"),
        either=web.either(field("timestamp")),
        filters=web.filters,
    )
    found = inquiry.run(
        select(
            "SELECT band, path, value FROM (SELECT multiIf(value <= {good}, 'good', value <= {passable},"
            " 'needs_improvements', 'poor') AS band, path, value FROM {paths})"
            f" ORDER BY value ASC, path ASC LIMIT {MOST_A_BAND} BY band",
            paths=paths,
            good=constant(float(good)),
            passable=constant(float(passable)),
        )
    )
    bands = {name: [{"path": path, "value": value} for band, path, value in found.rows if band == name]
             for name in BANDS}  # fmt: skip
    nothing: dict[str, Any] = dict.fromkeys(
        ("columns", "hasMore", "limit", "offset", "types", "samplingRate", "usedPreAggregatedTables")
    )
    return answer(query, [bands], found.hogql, **nothing)

"""WebExternalClicksTableQuery: where visitors went on to, and how often. Source: the `hogql` of a recorded answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.pages import Page
from mockserver.analytics.web.sessions import WebSessions
from mockserver.request.call import Call

URL = "properties.$external_click_url"


def web_external_clicks_table_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each address of another site that was clicked on: visitors and clicks, now and before."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    began = field("start_timestamp")
    clicks = select(
        "SELECT any(person_id) AS filtered_person_id, count() AS filtered_click_count, {url} AS url,"
        " min(session.$start_timestamp) AS start_timestamp FROM events"
        " WHERE event = '$autocapture' AND properties.$event_type = 'click' AND url IS NOT NULL AND url != ''"
        f" AND cutToFirstSignificantSubdomain({URL}) != cutToFirstSignificantSubdomain(properties.$host)"
        " AND {either} AND {filters} GROUP BY `$session_id`, url",
        url=expression(f"cutQueryStringAndFragment({URL})" if query.get("stripQueryParams") else URL),
        either=web.either(field("timestamp")),
        filters=web.filters,
    )
    table = select(
        "SELECT url AS `context.columns.url`,"
        " tuple(uniqIf(filtered_person_id, {now}), uniqIf(filtered_person_id, {before})) AS `context.columns.visitors`,"
        " tuple(sumIf(filtered_click_count, {now}), sumIf(filtered_click_count, {before})) AS `context.columns.clicks`"
        " FROM {clicks} GROUP BY `context.columns.url` ORDER BY `context.columns.clicks` DESC, `context.columns.url`",
        clicks=clicks,
        now=web.within(began),
        before=web.before(began),
    )
    found, page = Page.of(query).run(inquiry, table)
    rows = [[url, *([float(each) for each in pair] for pair in pairs)] for url, *pairs in found.rows]
    return answer(
        query, rows, found.hogql, **page, columns=found.columns, types=found.types, samplingRate=None,
        usedPreAggregatedTables=None,
    )  # fmt: skip

"""WebStatsTableQuery: visitors and views by page, by where they came from, or by what they came with.

Source: the recorded answer by page. A session counts in the days of its first view; views outside of any session count
as one visitor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.pages import Page
from mockserver.analytics.web.sessions import VIEWS, WebSessions
from mockserver.request.call import Call

COLUMN = "context.columns."
NONE = "(none)"
BREAKDOWNS: Mapping[str, str] = {
    "Page": "properties.$pathname",
    "InitialPage": "session.$entry_pathname",
    "ExitPage": "session.$end_pathname",
    "ExitClick": "session.$last_external_click_url",
    "ScreenName": "properties.$screen_name",
    "InitialChannelType": "session.$channel_type",
    "InitialReferringDomain": "session.$entry_referring_domain",
    "InitialUTMSource": "session.$entry_utm_source",
    "InitialUTMCampaign": "session.$entry_utm_campaign",
    "InitialUTMMedium": "session.$entry_utm_medium",
    "InitialUTMTerm": "session.$entry_utm_term",
    "InitialUTMContent": "session.$entry_utm_content",
    "InitialUTMSourceMediumCampaign": (
        f"concatWithSeparator(' / ', coalesce(session.$entry_utm_source, session.$entry_referring_domain, '{NONE}'),"
        f" coalesce(session.$entry_utm_medium, '{NONE}'), coalesce(session.$entry_utm_campaign, '{NONE}'))"
    ),
    "Browser": "properties.$browser",
    "OS": "properties.$os",
    "Viewport": "(properties.$viewport_width, properties.$viewport_height)",
    "DeviceType": "properties.$device_type",
    "Country": "properties.$geoip_country_code",
    "Region": "(properties.$geoip_country_code, properties.$geoip_subdivision_1_code,"
    " properties.$geoip_subdivision_1_name)",
    "City": "(properties.$geoip_country_code, properties.$geoip_city_name)",
    "Language": "properties.$browser_language",
}
KEPT_WITHOUT = ("InitialReferringDomain", "InitialUTM")
"""Breakdowns that have a row for those who lack the value, told by how they begin."""
PAIRS = ("Viewport", "Region", "City")
ORDERS = {
    "Visitors": "visitors",
    "Views": "views",
    "BounceRate": "bounce_rate",
    "TotalConversions": "total_conversions",
    "UniqueConversions": "unique_conversions",
    "ConversionRate": "conversion_rate",
}
NUMBERS = {
    "visitors": "uniqIf(visitor_id, {period})",
    "views": "sumIf(viewed, {period})",
    "bounce_rate": "avgIf(is_bounce, {period} and is_entry)",
    "total_conversions": "sumIf(conversions, {period})",
    "unique_conversions": "uniqIf(conversion_person_id, {period} and conversions > 0)",
    "conversion_rate": "uniqIf(conversion_person_id, {period} and conversions > 0) / uniqIf(visitor_id, {period})",
}


def web_stats_table_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each value, most visitors first: each number as it is, and as it was before."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    names = _names(query, web)
    found, page = Page.of(query).run(inquiry, _table(web, names))
    rows = [[row[0], *([_float(each) for each in pair] for pair in row[1:-1]), row[-1], ""] for row in found.rows]
    return answer(
        query, rows, found.hogql, **page, columns=[*found.columns, f"{COLUMN}cross_sell"], types=found.types,
        samplingRate=None, usedPreAggregatedTables=False,
    )  # fmt: skip


def _names(query: Mapping[str, Any], web: WebSessions) -> list[str]:
    """Return what is counted, in the order of the columns."""
    if web.goal is not None:
        return ["visitors", "total_conversions", "unique_conversions", "conversion_rate"]
    counts_bounces = query.get("includeBounceRate") and query["breakdownBy"] in ("Page", "InitialPage")
    return ["visitors", "views", *(["bounce_rate"] if counts_bounces else [])]


def _table(web: WebSessions, names: list[str]) -> nodes.SelectQuery:
    now, before = web.within(field("began")), web.before(field("began"))
    pairs = [
        nodes.Alias(
            alias=f"{COLUMN}{name}",
            expr=expression(
                f"({NUMBERS[name]}, {_earlier(name, web)})", period=now, **({"before": before} if web.earlier else {})
            ),
        )
        for name in names
    ]
    filled = expression(f"`{COLUMN}visitors`.1 / sum(`{COLUMN}visitors`.1) OVER () AS `{COLUMN}ui_fill_fraction`")
    table = select(
        f"SELECT breakdown_value AS `{COLUMN}breakdown_value` FROM {{sessions}} WHERE {{either}}"
        " GROUP BY breakdown_value",
        sessions=_sessions(web),
        either=expression("{now} or {before}", now=now, before=before),
    )
    return replace(table, select=(*table.select, *pairs, filled), order_by=_order(web.query, names))


def _earlier(name: str, web: WebSessions) -> str:
    return NUMBERS[name].replace("{period}", "{before}") if web.earlier else "null"


def _sessions(web: WebSessions) -> nodes.SelectQuery:
    """Return a row for each session and value: who, when, and what was done there. Raises: QueryError."""
    name = web.query["breakdownBy"]
    if name not in BREAKDOWNS:
        raise QueryError(f"Unsupported breakdown: {name}")
    value = BREAKDOWNS[name]
    has_value = f"{value}.2 is not null" if name in PAIRS else f"{value} is not null"
    return select(
        f"SELECT {value} AS breakdown_value, any(events.person_id) AS visitor_id, session.session_id AS session_id,"
        f" min(timestamp) AS began, countIf({VIEWS}) AS viewed,"
        " any(session.$is_bounce) AS is_bounce, any(session.$entry_pathname) = any(properties.$pathname) AS is_entry,"
        " countIf({goal}) AS conversions, anyIf(events.person_id, {goal}) AS conversion_person_id"
        " FROM events WHERE {where} AND {has_value} GROUP BY session_id, breakdown_value",
        goal=web.goal or expression("1 = 2"),
        where=web.where(),
        has_value=expression("true" if name.startswith(KEPT_WITHOUT) else has_value),
    )


def _order(query: Mapping[str, Any], names: list[str]) -> tuple[nodes.OrderExpr, ...]:
    """Return the order of the rows: the number that is asked for, then all of them, then the value."""
    asked, *direction = query.get("orderBy") or ["Visitors"]
    first = ORDERS.get(asked, "visitors")
    order = "ASC" if direction == ["ASC"] else "DESC"
    terms = [(first, order)] if first in names else []
    terms += [(name, "DESC") for name in names if name != first]
    numbers = ((nodes.TupleAccess(tuple=field(COLUMN + name), index=1), way) for name, way in terms)
    by_number = (nodes.OrderExpr(expr=number, order=way) for number, way in numbers)
    return (*by_number, nodes.OrderExpr(expr=field(f"{COLUMN}breakdown_value")))


def _float(number: Any) -> float | None:
    return None if number is None else float(number)

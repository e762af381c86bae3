"""SessionAttributionExplorerQuery: sessions by where they came from. Source: the `hogql` of a recorded answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.conditions.properties import property_conditions
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

AD_IDS = (
    "gclid", "gad_source", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "twclid", "li_fat_id", "mc_cid",
    "igshid", "ttclid", "_kx", "irclid",
)  # fmt: skip
_IDS = ", ".join(f"if(isNotNull($entry_{name}), '{name}', NULL)" for name in AD_IDS)
COLUMNS = {
    "channel_type": ("ChannelType", "$channel_type"),
    "referring_domain": ("ReferringDomain", "$entry_referring_domain"),
    "utm_source": ("Source", "$entry_utm_source"),
    "utm_medium": ("Medium", "$entry_utm_medium"),
    "utm_campaign": ("Campaign", "$entry_utm_campaign"),
    "ad_ids": ("AdIds", f"nullIf(arrayStringConcat([{_IDS}], ','), '')"),
    "example_entry_urls": ("InitialURL", "$entry_current_url"),
}
"""Each column: what groups by it, and what it holds; of what groups by nothing, the ten values seen most."""


def session_attribution_explorer_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with how many sessions came each way, most first."""
    inquiry = Inquiry.of(call, query)
    grouped = set(query.get("groupBy") or ())
    columns = [
        f"{value if name in grouped else f'topK(10)({value})'} AS `context.columns.{column}`"
        for column, (name, value) in COLUMNS.items()
    ]
    by = [f"`context.columns.{column}`" for column, (name, _) in COLUMNS.items() if name in grouped]
    table = select(
        f"SELECT count() AS `context.columns.count`, {', '.join(columns)} FROM sessions WHERE {{where}}"
        f" {'GROUP BY ' + ', '.join(by) if by else ''} ORDER BY `context.columns.count` DESC",
        where=_where(inquiry, query.get("filters") or {}),
    )
    found, page = Page.of(query).run(inquiry, table)
    return answer(query, found.rows, found.hogql, **page, columns=found.columns, types=found.types)


def _where(inquiry: Inquiry, filters: Mapping[str, Any]) -> Node:
    """Return what holds of the sessions: they began in the dates, up to the beginning of the last day told."""
    conditions: list[Node] = []
    dates = filters.get("dateRange") or {}
    if dates:
        days = DateRange.of(inquiry, dates, None)
        end = days.end if dates.get("date_to") is None else days.end.replace(hour=0, minute=0, second=0, microsecond=0)
        start = field("$start_timestamp")
        conditions = [compare(start, "<", constant(end)), compare(start, ">=", constant(days.start))]
    if filters.get("properties"):
        conditions.append(property_conditions(filters["properties"], inquiry, "session"))
    return conjunction(conditions) if conditions else nodes.constant(1)

"""Visitors and views by page, with how many left at once from the pages that they came to, and how far they scrolled.

Source: PostHog's own queries for these tables. Here a number that is not compared was nought before, not unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, conjunction, field
from mockserver.analytics.web.breakdowns import PREVIOUS_PAGE, entry_path, value_of
from mockserver.analytics.web.sessions import VIEWS, WebSessions

SCROLLED, CONTENT = "$prev_pageview_max_scroll_percentage", "$prev_pageview_max_content_percentage"
MUCH = 0.8


def page_table(web: WebSessions, *, scrolled: bool) -> nodes.SelectQuery:
    """Return a row for each page; `scrolled` adds how far those who left it had got. Raises: QueryError."""
    names = {"counts": ("visitors", "views"), "bounce": ("bounce_rate",)}
    joined = "LEFT JOIN {bounce} AS bounce ON counts.breakdown_value = bounce.breakdown_value"
    parts: dict[str, Node] = {"counts": _counts(web), "bounce": _bounces(web, is_scrolled=scrolled)}
    if scrolled:
        names["scroll"] = ("average_scroll_percentage", "scroll_gt80_percentage")
        joined += " LEFT JOIN {scroll} AS scroll ON counts.breakdown_value = scroll.breakdown_value"
        parts["scroll"] = _scrolls(web)
    pairs = ", ".join(
        f"tuple({source}.{name}, {source}.previous_{name}) AS `context.columns.{name}`"
        for source, each in names.items()
        for name in each
    )
    return select(
        f"SELECT counts.breakdown_value AS `context.columns.breakdown_value`, {pairs}"
        f" FROM {{counts}} AS counts {joined} WHERE counts.breakdown_value IS NOT NULL",
        **parts,
    )


def _periods(web: WebSessions) -> dict[str, Node]:
    began = field("start_timestamp")
    return {"now": web.within(began), "before": web.before(began)}


def _compared(web: WebSessions, numbers: Mapping[str, str], rows: Node) -> nodes.SelectQuery:
    """Return numbers by value, each as it is and as it was: text with `{period}` where the period stands."""
    columns = ", ".join(
        f"{text.replace('{period}', period)} AS {prefix}{name}"
        for name, text in numbers.items()
        for prefix, period in (("", "{now}"), ("previous_", "{before}"))
    )
    return select(
        f"SELECT breakdown_value, {columns} FROM {{rows}} GROUP BY breakdown_value", rows=rows, **_periods(web)
    )


def _counts(web: WebSessions) -> nodes.SelectQuery:
    numbers = {
        "visitors": "uniqIf(filtered_person_id, {period})",
        "views": "sumIf(filtered_pageview_count, {period})",
    }
    what = "any(person_id) AS filtered_person_id, count() AS filtered_pageview_count"
    return _compared(web, numbers, _rows(web, what, value_of(web), VIEWS, web.filters))


def _bounces(web: WebSessions, *, is_scrolled: bool) -> nodes.SelectQuery:
    """Return bounces by the page that sessions began with: which pages are asked for does not matter to them."""
    filters = web.filters if is_scrolled else web.filters_without(_is_of_path)
    rows = _rows(web, "any(session.$is_bounce) AS is_bounce", entry_path(web), VIEWS, filters)
    return _compared(web, {"bounce_rate": "avgIf(is_bounce, {period})"}, rows)


def _scrolls(web: WebSessions) -> nodes.SelectQuery:
    """Return how far pages were scrolled, told by the page after them or when they were left."""
    content = f"toFloat(events.properties.{CONTENT})"
    much = f"multiIf(isNull({content}), NULL, {content} > {MUCH}, 1, 0)"
    what = (
        f"avgState({much}) AS scroll_gt80_percentage_state,"
        f" avgState(toFloat(events.properties.{SCROLLED})) AS average_scroll_percentage_state"
    )
    numbers = {
        name: f"avgMergeIf({name}_state, {{period}})"
        for name in ("average_scroll_percentage", "scroll_gt80_percentage")
    }
    events = f"{VIEWS} or event = '$pageleave'"
    return _compared(web, numbers, _rows(web, what, web.path(expression(PREVIOUS_PAGE)), events, web.filters))


def _rows(web: WebSessions, what: str, value: Node, events: str, filters: Node) -> nodes.SelectQuery:
    return select(
        f"SELECT {what}, {{value}} AS breakdown_value, session.session_id AS session_id,"
        " min(session.$start_timestamp) AS start_timestamp FROM events WHERE {where}"
        " GROUP BY session_id, breakdown_value",
        value=value,
        where=conjunction([expression(events), web.either(field("timestamp")), filters]),
    )


def _is_of_path(item: Mapping[str, Any]) -> bool:
    return item.get("key") == "$pathname" and (item.get("type") or "event") == "event"

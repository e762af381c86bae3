"""WebStatsTableQuery: visitors and views by page, by where they came from, or by what they came with.

Source: the recorded answers, and the `hogql` that they show. A session that is compared counts in the period in which
it began; views outside of any session count as one visitor's where nothing is compared, else not at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.pages import Page
from mockserver.analytics.web.breakdowns import FRUSTRATION, LANGUAGE, PAGE, is_told, value_of
from mockserver.analytics.web.frustration import frustration_table
from mockserver.analytics.web.page_stats import page_table
from mockserver.analytics.web.sessions import NEVER, WebSessions
from mockserver.request.call import Call

COLUMN = "context.columns."
AGGREGATED = f"{COLUMN}aggregation_value"
ORDERS = {
    "Visitors": "visitors",
    "Views": "views",
    "Clicks": "clicks",
    "BounceRate": "bounce_rate",
    "AverageScrollPercentage": "average_scroll_percentage",
    "ScrollGt80Percentage": "scroll_gt80_percentage",
    "TotalConversions": "total_conversions",
    "UniqueConversions": "unique_conversions",
    "ConversionRate": "conversion_rate",
    "RageClicks": "rage_clicks",
    "DeadClicks": "dead_clicks",
    "Errors": "errors",
}
THEN = ("unique_conversions", "total_conversions", "visitors", "views")
"""What rows are in the order of, after what is asked for."""
SHARES = ("bounce_rate", "average_scroll_percentage", "scroll_gt80_percentage", "conversion_rate")
"""Numbers that are shares already: their row is filled by them, others by their part of the whole column."""


def web_stats_table_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each value, most visitors first: each number as it is, and as it was before."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    found, page = Page.of(query).run(inquiry, _table(web))
    rows = [_row(row, query["breakdownBy"]) for row in found.rows]
    columns = [name for name in found.columns if name != AGGREGATED]
    return answer(
        query, rows, found.hogql, **page, columns=[*columns, f"{COLUMN}cross_sell"], types=found.types,
        samplingRate=None, usedPreAggregatedTables=False,
    )  # fmt: skip


def _row(row: Sequence[Any], breakdown: str) -> list[Any]:
    """Return a row as it is shown. Of a language, servers leave out how far it is filled, though not the column."""
    value, *numbers = row
    numbers = [[_float(each) for each in pair] if place < 2 else pair for place, pair in enumerate(numbers)]
    if breakdown == LANGUAGE:
        return [f"{value}-{row[3]}", *numbers[:2], ""]
    return [value, *numbers, ""]


def _table(web: WebSessions) -> nodes.SelectQuery:
    breakdown, includes = web.query["breakdownBy"], web.query.get
    if breakdown == FRUSTRATION:
        return frustration_table(web)
    if breakdown == PAGE and web.goal is None and includes("includeBounceRate"):
        table = page_table(web, scrolled=bool(includes("includeScrollDepth")))
    else:
        table = _main(web)
    names = [item.alias for item in table.select if isinstance(item, nodes.Alias)]
    order = _order(web.query, [name.removeprefix(COLUMN) for name in names])
    return replace(table, select=(*table.select, _fill(order)), order_by=order)


def _main(web: WebSessions) -> nodes.SelectQuery:
    is_language = web.query["breakdownBy"] == LANGUAGE
    value = "arrayElement(splitByChar('-', assumeNotNull(breakdown_value), 2), 1)" if is_language else "breakdown_value"
    numbers = [_pair(web, "uniq", "filtered_person_id", "visitors")]
    if web.goal is not None:
        rates = (
            f"if(`{COLUMN}visitors`.{n} = 0, NULL, `{COLUMN}unique_conversions`.{n} / `{COLUMN}visitors`.{n})"
            for n in (1, 2)
        )
        numbers += [
            _pair(web, "sum", "conversion_count", "total_conversions"),
            _pair(web, "uniq", "conversion_person_id", "unique_conversions"),
            nodes.Alias(alias=f"{COLUMN}conversion_rate", expr=expression(f"tuple({', '.join(rates)})")),
        ]
    else:
        numbers.append(_pair(web, "sum", "filtered_pageview_count", "views"))
        if is_language:
            dialect = "arrayElement(topK(1)(arrayElement(splitByChar('-', assumeNotNull(breakdown_value), 2), 2)), 1)"
            numbers.append(nodes.Alias(alias=AGGREGATED, expr=expression(dialect)))
        if web.query.get("includeBounceRate"):
            numbers.append(_pair(web, "avg", "is_bounce", "bounce_rate"))
    table = select(
        f"SELECT {value} AS `{COLUMN}breakdown_value` FROM {{sessions}} GROUP BY `{COLUMN}breakdown_value`",
        sessions=_sessions(web),
    )
    return replace(table, select=(*table.select, *numbers))


def _sessions(web: WebSessions) -> nodes.SelectQuery:
    """Return a row for each session and value: who, when, and what was done there. Raises: QueryError."""
    goal = (
        ", countIf({goal}) AS conversion_count, any(if({goal}, events.person_id, NULL)) AS conversion_person_id"
        if web.goal is not None
        else ""
    )
    return select(
        "SELECT any(person_id) AS filtered_person_id, count() AS filtered_pageview_count, {value} AS breakdown_value,"
        " session.session_id AS session_id, any(session.$is_bounce) AS is_bounce,"
        f" min(session.$start_timestamp) AS start_timestamp{goal}"
        " FROM events WHERE {where} AND {told} GROUP BY session_id, breakdown_value",
        value=value_of(web),
        where=web.where(),
        told=is_told(web.query["breakdownBy"]),
        goal=web.goal or expression(NEVER),
    )


def _pair(web: WebSessions, function: str, column: str, name: str) -> nodes.Alias:
    """Return a number as it is and as it was: of all that is looked at, unless periods are compared."""
    if web.earlier is None:
        return nodes.Alias(alias=COLUMN + name, expr=expression(f"tuple({function}({column}), NULL)"))
    began = field("start_timestamp")
    pair = expression(
        f"tuple({function}If({column}, {{now}}), {function}If({column}, {{before}}))",
        now=web.within(began),
        before=web.before(began),
    )
    return nodes.Alias(alias=COLUMN + name, expr=pair)


def _order(query: Mapping[str, Any], names: Sequence[str]) -> tuple[nodes.OrderExpr, ...]:
    """Return the order of the rows: the number that is asked for, then others the same way, then the value."""
    asked, *direction = query.get("orderBy") or [""]
    way = "ASC" if direction == ["ASC"] else "DESC"
    terms = [name for name in dict.fromkeys([ORDERS.get(asked, ""), *THEN]) if name in names]
    by_number = (nodes.OrderExpr(expr=field(COLUMN + name), order=way) for name in terms)
    return (*by_number, nodes.OrderExpr(expr=field(f"{COLUMN}breakdown_value")))


def _fill(order: Sequence[nodes.OrderExpr]) -> Node:
    """Return how far a row is filled: by its part of the number that rows are in the order of."""
    first = order[0].expr
    assert isinstance(first, nodes.Field)
    name = str(first.chain[0]).removeprefix(COLUMN)
    name = "visitors" if name == "breakdown_value" else name
    part = "" if name in SHARES else f" / sum(`{COLUMN}{name}`.1) OVER ()"
    return expression(f"`{COLUMN}{name}`.1{part} AS `{COLUMN}ui_fill_fraction`")


def _float(number: Any) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)

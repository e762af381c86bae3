"""WebOverviewQuery: how many visited, what they looked at, and for how long; or how many reached a goal.

Source: the recorded answer. A session counts whole, in the days in which it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.web.sessions import VIEWS, WebSessions
from mockserver.request.call import Call

KEYS = (
    ("visitors", "unit"),
    ("views", "unit"),
    ("sessions", "unit"),
    ("session duration", "duration_s"),
    ("bounce rate", "percentage"),
)
GOAL_KEYS = (
    ("visitors", "unit"),
    ("total conversions", "unit"),
    ("unique conversions", "unit"),
    ("conversion rate", "percentage"),
)
BAD_TO_INCREASE = frozenset({"bounce rate"})
NUMBERS = (
    "uniqIf(session_person_id, {period})",
    "sumIf(views, {period})",
    "uniqIf(session_id, {period})",
    "avgIf(session_duration, {period})",
    "avgIf(is_bounce, {period})",
)
GOAL_NUMBERS = (
    "uniqIf(session_person_id, {period})",
    "sumIf(conversions, {period})",
    "uniqIf(conversion_person_id, {period} and conversions > 0)",
    "uniqIf(conversion_person_id, {period} and conversions > 0) / uniqIf(session_person_id, {period})",
)


def web_overview_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a number for each thing that is counted, and what it was before if that is compared."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    keys, numbers = (GOAL_KEYS, GOAL_NUMBERS) if web.goal is not None else (KEYS, NUMBERS)
    found = inquiry.run(
        select(
            "SELECT {numbers}, {earlier} FROM {sessions}",
            numbers=_numbers(numbers, web.within(field("start_timestamp"))),
            earlier=_numbers(numbers, web.before(field("start_timestamp"))),
            sessions=_sessions(web),
        )
    )
    now, before = found.rows[0]
    results = [
        _item(key, kind, value, earlier if web.earlier else None)
        for (key, kind), value, earlier in zip(keys, now, before, strict=True)
    ]
    return answer(
        query, results, found.hogql, dateFrom=web.days.start.strftime("%Y-%m-%d %H:%M:%S"),
        dateTo=web.days.end.strftime("%Y-%m-%d %H:%M:%S"), samplingRate={"denominator": None, "numerator": 1.0},
        usedPreAggregatedTables=False,
    )  # fmt: skip


def _numbers(texts: tuple[str, ...], period: Node) -> Node:
    return expression(f"({', '.join(texts)})", period=period)


def _sessions(web: WebSessions) -> Node:
    """Return a row for each session: who, when, and what was done in it."""
    return select(
        "SELECT any(events.person_id) AS session_person_id, session.session_id AS session_id,"
        f" min(session.$start_timestamp) AS start_timestamp, countIf({VIEWS}) AS views,"
        " any(session.$session_duration) AS session_duration, any(session.$is_bounce) AS is_bounce,"
        " countIf({goal}) AS conversions, anyIf(events.person_id, {goal}) AS conversion_person_id"
        " FROM events WHERE {where} AND notEmpty(`$session_id`) GROUP BY session_id",
        goal=web.goal or expression("1 = 2"),
        where=web.where(),
    )


def _item(key: str, kind: str, value: Any, previous: Any) -> dict[str, Any]:
    now, before = (_shown(kind, number) for number in (value, previous))
    change = round(100 * (now - before) / before) if now is not None and before else None
    return {
        "changeFromPreviousPct": change,
        "isIncreaseBad": True if key in BAD_TO_INCREASE else None,
        "key": key,
        "kind": kind,
        "previous": before,
        "usedPreAggregatedTables": None,
        "value": now,
    }


def _shown(kind: str, number: Any) -> float | None:
    if number is None:
        return None
    return float(number) * (100 if kind == "percentage" else 1)

"""WebGoalsQuery: who did what the project's actions are about.

Source: the recorded answer of a project without any, and PostHog's own query for it. A goal is reached by an event of
an action within one of the periods, in a session that looks at something or reaches one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.web.sessions import VIEWS, WebSessions
from mockserver.request.call import Call
from mockserver.store import Record

MOST_GOALS = 5
COLUMNS = ("action_name", "converting_users", "total_conversions", "conversion_rate")
ORDERS = {"ConvertingUsers": 1, "TotalConversions": 2, "ConversionRate": 3}
NEVER_PINNED = "9999"


def web_goals_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a row for each of five actions: whom it was done by, how often, and by which part of the visitors."""
    inquiry = Inquiry.of(call, query)
    web = WebSessions.of(inquiry, query)
    actions = goals_of(inquiry)
    told: dict[str, Any] = dict.fromkeys(("hasMore", "limit", "offset", "types"))
    told["samplingRate"] = {"denominator": None, "numerator": 1.0}
    if not actions:
        return {**answer(query, [], "", **told, columns=None), "hogql": None}
    (visitors, visitors_before, *numbers), *_ = inquiry.run(_reached(web, actions)).rows
    results = []
    for place, action in enumerate(actions):
        total, unique = numbers[2 * place : 2 * place + 2]
        rate = [_rate(unique[0], visitors), _rate(unique[1], visitors_before)]
        results.append([action["name"], unique, total, rate])
    order, *direction = query.get("orderBy") or [""]
    if order in ORDERS:
        results.sort(key=lambda row: _known(row[ORDERS[order]]), reverse=direction == ["DESC"])
    columns = [f"context.columns.{name}" for name in COLUMNS]
    return {**answer(query, results, "", **told, columns=columns), "hogql": None}


def goals_of(inquiry: Inquiry) -> list[Record]:
    """Return the actions that are goals: those pinned first, then those counted last."""
    actions = inquiry.view.table("actions").find(project_id=inquiry.project_id)
    alive = [action for action in actions if not action.get("deleted")]
    alive.sort(key=lambda action: str(action.get("last_calculated_at") or ""), reverse=True)
    alive.sort(key=lambda action: str(action.get("pinned_at") or NEVER_PINNED))
    return alive[:MOST_GOALS]


def _reached(web: WebSessions, actions: Sequence[Record]) -> nodes.SelectQuery:
    """Return one row: the visitors now and before, and for each action how often it was done and by how many."""
    moment, began = field("timestamp"), field("start_timestamp")
    goals = {f"goal_{n}": nodes.call("matchesAction", constant(action["id"])) for n, action in enumerate(actions)}
    counts, numbers = [], []
    for goal in goals:
        for period in ("now", "before"):
            counts.append(f"countIf({{{goal}}} AND {{{period}}}) AS {goal}_{period}")
            counts.append(f"if({goal}_{period} > 0, person_id, NULL) AS {goal}_person_{period}")
        earlier = web.earlier is not None
        totals = (f"sum({goal}_{{}})", f"uniq({goal}_person_{{}})")
        numbers += [f"tuple({each.format('now')}, {each.format('before') if earlier else 'NULL'})" for each in totals]
    sessions = select(
        f"SELECT any(events.person_id) AS person_id, min(session.$start_timestamp) AS start_timestamp,"
        f" {', '.join(counts)} FROM events WHERE notEmpty(`$session_id`) AND {{looked_at}} AND {{either}}"
        " AND {filters} GROUP BY `$session_id`",
        looked_at=nodes.Or(exprs=(expression(VIEWS), *goals.values())),
        either=web.either(moment),
        filters=web.filters,
        now=web.within(moment),
        before=web.before(moment),
        **goals,
    )
    return select(
        f"SELECT uniqIf(person_id, {{now}}), uniqIf(person_id, {{before}}), {', '.join(numbers)} FROM {{sessions}}"
        " WHERE {either}",
        sessions=sessions,
        either=web.either(began),
        now=web.within(began),
        before=web.before(began),
    )


def _rate(reached: int | None, visitors: int) -> float | None:
    if reached is None:
        return None
    return reached / visitors if visitors else 0.0


def _known(pair: Sequence[float | None]) -> list[float]:
    return [number or 0 for number in pair]

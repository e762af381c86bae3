"""The pages that frustrate: clicks in rage, clicks on what does nothing, and errors."""

from __future__ import annotations

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import field
from mockserver.analytics.web.breakdowns import FRUSTRATION, is_told, value_of
from mockserver.analytics.web.sessions import WebSessions

EVENTS = "event in ('$pageview', '$screen', '$rageclick', '$dead_click', '$exception')"
COUNTS = {"rage_clicks": "$rageclick", "dead_clicks": "$dead_click", "errors": "$exception"}
ORDER = ("errors", "rage_clicks", "dead_clicks")


def frustration_table(web: WebSessions) -> nodes.SelectQuery:
    """Return a row for each page that has any of them, most errors first. Source: PostHog's own query for it."""
    began = field("start_timestamp")
    periods = {"now": web.within(began), "before": web.before(began)}
    pairs = ", ".join(f"{_pair(web, name)} AS `context.columns.{name}`" for name in COUNTS)
    some = " OR ".join(f"ifNull(`context.columns.{name}`.{period}, 0) > 0" for name in COUNTS for period in (1, 2))
    order = ", ".join(f"`context.columns.{name}` DESC" for name in ORDER)
    return select(
        f"SELECT breakdown_value AS `context.columns.breakdown_value`, {pairs} FROM {{sessions}}"
        f" GROUP BY `context.columns.breakdown_value` HAVING {some} ORDER BY {order}",
        sessions=_sessions(web),
        **periods,
    )


def _pair(web: WebSessions, name: str) -> str:
    if web.earlier is None:
        return f"tuple(sum({name}_count), NULL)"
    return f"tuple(sumIf({name}_count, {{now}}), sumIf({name}_count, {{before}}))"


def _sessions(web: WebSessions) -> nodes.SelectQuery:
    counts = ", ".join(f"countIf(event = '{event}') AS {name}_count" for name, event in COUNTS.items())
    return select(
        f"SELECT {{value}} AS breakdown_value, {counts}, session.session_id AS session_id,"
        " min(session.$start_timestamp) AS start_timestamp"
        f" FROM events WHERE {EVENTS} AND {{either}} AND {{filters}} AND {{told}}"
        " GROUP BY session_id, breakdown_value",
        value=value_of(web),
        either=web.either(field("timestamp")),
        filters=web.filters,
        told=is_told(FRUSTRATION),
    )

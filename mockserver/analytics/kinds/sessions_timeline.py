"""SessionsTimelineQuery: what happened lately, session by session.

Events without a session of their own are put together when half an hour at most lies between them. Source: the recorded
`hogql` and answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from mockserver.analytics.dates import parse_date
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.request.call import Call

MOST_EVENTS = 1000
TIMELINE = f"""
    SELECT e.uuid, e.timestamp, e.event, e.properties, e.distinct_id, e.elements_chain,
        e.session_id AS formal_session_id,
        first_value(e.uuid) OVER (
            PARTITION BY (e.person_id, session_id_flip_index) ORDER BY _toInt64(timestamp)
            RANGE BETWEEN 1800 PRECEDING AND CURRENT ROW
        ) AS informal_session_uuid,
        dateDiff('s', sre.start_time, sre.end_time) AS recording_duration_s
    FROM (
        SELECT uuid, person_id, timestamp, event, properties, distinct_id, elements_chain, session_id, prev_session_id,
            sum(if(session_id = prev_session_id, 0, 1)) OVER (
                PARTITION BY person_id ORDER BY timestamp ROWS UNBOUNDED PRECEDING
            ) AS session_id_flip_index
        FROM (
            SELECT uuid, person_id AS person_id, timestamp AS timestamp, event, properties, distinct_id, elements_chain,
                $session_id AS session_id,
                lagInFrame($session_id, 1) OVER (PARTITION BY person_id ORDER BY timestamp) AS prev_session_id
            FROM events WHERE {{where}} ORDER BY timestamp DESC LIMIT {MOST_EVENTS + 1}
        )
    ) AS e
    LEFT JOIN (
        SELECT start_time AS start_time, end_time AS end_time, session_id FROM session_replay_events
    ) AS sre ON e.session_id = sre.session_id
    ORDER BY timestamp DESC
"""

Entry = dict[str, Any]


def sessions_timeline_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with sessions, the latest first, and in each its events, the latest first."""
    inquiry = Inquiry.of(call, query)
    asked = inquiry.guard(lambda: select(TIMELINE, where=conjunction(_conditions(inquiry, query))))
    found = inquiry.run(replace(asked, limit=constant(100)))
    return {
        "error": None,
        "hasMore": len(found.rows) > MOST_EVENTS,
        "hogql": found.hogql,
        "modifiers": None,
        "query_status": None,
        "resolved_date_range": None,
        "results": _entries(found.rows),
        "timings": [],
    }


def _conditions(inquiry: Inquiry, query: Mapping[str, Any]) -> list[Node]:
    since, until = (
        parse_date(query.get(name) or default, inquiry.now, inquiry.timezone)
        for name, default in (("after", "-24h"), ("before", "-0h"))
    )
    conditions: list[Node] = [
        compare(field("timestamp"), ">", constant(since)),
        compare(field("timestamp"), "<", constant(until)),
    ]
    if query.get("personId"):
        conditions.append(expression("toString(person_id) = {id}", id=constant(query["personId"])))
    return conditions


def _entries(rows: Sequence[Sequence[Any]]) -> list[Entry]:
    """Return the sessions of rows that come the latest first; a session stands where its first event does."""
    entries: dict[str, Entry] = {}
    for row in reversed(rows[:MOST_EVENTS]):
        formal, informal, duration = row[6:]
        new: Entry = {"events": [], "recording_duration_s": duration or None, "sessionId": formal or None}
        entry = entries.setdefault(str(formal or informal), new)
        entry["events"].insert(0, _event(row))
    return list(reversed(entries.values()))


def _event(row: Sequence[Any]) -> dict[str, Any]:
    uuid, timestamp, event, properties, distinct_id, elements_chain, *_ = row
    return {
        "distinct_id": distinct_id,
        "elements": [],
        "elements_chain": elements_chain or None,
        "event": event,
        "id": uuid,
        "person": None,
        "properties": orjson.loads(properties),
        "timestamp": timestamp.removesuffix("Z") + "+00:00" if timestamp.endswith("Z") else timestamp,
        "uuid": None,
    }

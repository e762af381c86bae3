"""ErrorTrackingQuery: exceptions by the issue that they belong to.

Source: the `hogql` of a recorded answer, and the shape of the 2025-11 document. Ingestion tells each exception's issue;
an issue here is what its exceptions say of it: named by the type of the first, open, and nobody's.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from mockserver.analytics.conditions.properties import property_conditions, test_account_conditions
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.pages import Page
from mockserver.request.call import Call

ORDERS = ("last_seen", "first_seen", "occurrences", "users", "sessions")
SEARCHED = ("$exception_list", "$exception_type", "$exception_message", "$exception_types", "$exception_values")
MOST_TOKENS = 10
OPEN = ("active", "all", None)
EVENT = "tuple(uuid, distinct_id, timestamp, properties)"


def error_tracking_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the issues of the dates, those seen last first: how often, in how many sessions, and of whom."""
    inquiry = Inquiry.of(call, query)
    days = DateRange.of(inquiry, query["dateRange"], "hour")
    bins = max(0, int(query["volumeResolution"]))
    found, page = Page.of(query).run(inquiry, _issues(inquiry, query, days, bins))
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    is_wanted = query.get("status") in OPEN and not query.get("assignee")
    results = [_shown(row, query, days, bins) for row in rows if is_wanted]
    return answer(query, results, found.hogql, **page, columns=found.columns)


def _issues(inquiry: Inquiry, query: Mapping[str, Any], days: DateRange, bins: int) -> nodes.SelectQuery:
    order = query.get("orderBy") if query.get("orderBy") in ORDERS else "last_seen"
    way = query.get("orderDirection") or ("ASC" if order == "first_seen" else "DESC")
    columns = ["issue_id AS id", "max(timestamp) AS last_seen", "min(timestamp) AS first_seen"]
    if query.get("withAggregations") is not False:
        columns += [
            "count(DISTINCT uuid) AS occurrences",
            "count(DISTINCT nullIf($session_id, '')) AS sessions",
            "count(DISTINCT distinct_id) AS users",
            f"arrayMap(bin -> countEqual(groupArray(intDiv(dateDiff('second', {{start}}, timestamp), {{width}})), bin),"
            f" range(0, {bins})) AS volumeRange",
        ]
    columns += [f"argMin({EVENT}, timestamp) AS first_event"]
    columns += [f"argMax({EVENT}, timestamp) AS last_event"] if query.get("withLastEvent") else []
    columns += ["argMax(properties.$lib, timestamp) AS library"]
    return select(
        f"SELECT {', '.join(columns)} FROM events WHERE {{where}} GROUP BY issue_id"
        f" ORDER BY {order} {'ASC' if way == 'ASC' else 'DESC'}",
        where=conjunction(_conditions(inquiry, query, days)),
        start=constant(days.start),
        width=constant(_width(days, bins)),
    )


def _width(days: DateRange, bins: int) -> int:
    """Return how many seconds a bin of the volume holds."""
    return max(1, -(-int((days.end - days.start).total_seconds()) // max(1, bins)))


def _conditions(inquiry: Inquiry, query: Mapping[str, Any], days: DateRange) -> list[Node]:
    conditions = [
        compare(field("event"), "==", constant("$exception")),
        expression("isNotNull(issue_id)"),
        *days.conditions(field("timestamp")),
    ]
    if query.get("filterTestAccounts"):
        conditions += test_account_conditions(inquiry)
    if query.get("filterGroup"):
        conditions.append(property_conditions(query["filterGroup"], inquiry))
    for name, column in (("issueId", "issue_id"), ("personId", "person_id")):
        if query.get(name):
            conditions.append(compare(expression(f"toString({column})"), "==", constant(query[name])))
    return conditions + [_mentions(token) for token in _tokens(query.get("searchQuery") or "")]


def _tokens(text: str) -> list[str]:
    """Return the words of a search; what is quoted is one. Raises: QueryError for more than servers take."""
    try:
        tokens = shlex.split(text)
    except ValueError:
        tokens = text.split()
    if len(tokens) > MOST_TOKENS:
        raise QueryError("Too many search tokens")
    return tokens


def _mentions(token: str) -> Node:
    said = tuple(
        expression("position(lower(toString({name})), lower({token})) > 0", name=field("properties", name),
                   token=constant(token))
        for name in SEARCHED
    )  # fmt: skip
    return nodes.Or(exprs=said)


def _shown(row: Mapping[str, Any], query: Mapping[str, Any], days: DateRange, bins: int) -> dict[str, Any]:
    first = _event(row["first_event"])
    kind, text = _told(first["properties"])
    aggregations = None
    if "occurrences" in row:
        width = timedelta(seconds=_width(days, bins))
        labels = [(days.start + number * width).isoformat() for number in range(bins)]
        aggregations = {
            "occurrences": row["occurrences"], "sessions": row["sessions"], "users": row["users"],
            "volumeRange": row["volumeRange"],
            "volume_buckets": [{"label": label, "value": value}
                               for label, value in zip(labels, row["volumeRange"], strict=True)],
        }  # fmt: skip
    with_first = query.get("withFirstEvent") is not False
    return {
        "id": str(row["id"]), "name": kind, "description": text, "status": "active", "assignee": None,
        "external_issues": [], "first_seen": _moment(row["first_seen"]), "last_seen": _moment(row["last_seen"]),
        "library": row["library"], "function": None, "source": None, "revenue": None, "cohort": None,
        "aggregations": aggregations,
        "first_event": _written(first) if with_first else None,
        "last_event": _written(_event(row["last_event"])) if "last_event" in row else None,
    }  # fmt: skip


def _event(told: Any) -> dict[str, Any]:
    uuid, distinct_id, timestamp, properties = told
    read = orjson.loads(properties or "{}")
    return {"uuid": uuid, "distinct_id": distinct_id, "timestamp": _moment(timestamp), "properties": read}


def _written(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event with its properties as text, as servers give them here."""
    return {**event, "properties": orjson.dumps(event["properties"]).decode()}


def _told(properties: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the type and the text of an exception, the first of those that led to it."""
    chain = properties.get("$exception_list")
    first = chain[0] if isinstance(chain, list) and chain and isinstance(chain[0], Mapping) else {}
    kind = first.get("type") or properties.get("$exception_type")
    return kind, first.get("value") or properties.get("$exception_message")


def _moment(told: str) -> str:
    return datetime.fromisoformat(told).isoformat()

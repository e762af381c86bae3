"""Answers of queries, kept for a while. How old one is, and whether anything changed since, decides what is done.

Source: recorded answers, for how long each kind of query is kept and when a client may ask again. Servers go by age
alone; here a change of the data makes an answer stale at once, so that what one call writes the next one sees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from mockserver.queries.bodies import Query
from mockserver.request.call import Call
from mockserver.store import Record, Repository, Transaction, View
from mockserver.store.contents import Version
from mockserver.world import entropy
from mockserver.world.tables import TABLES

TABLE = "query_answers"
MOST_ANSWERS = 1000
SYSTEM = "system."
BOOKS = frozenset({"queries", TABLE, "query_runs", "activity_log"})
DATA = tuple(sorted(TABLES.keys() - BOOKS))
SHELVES = frozenset({
    "insights", "insight_views", "insight_variables", "dashboards", "dashboard_tiles", "dashboard_privileges", "texts",
    "sharing_configurations", "share_passwords", "alerts", "alert_checks", "subscriptions",
})  # fmt: skip
"""Where people keep what they ask and see; only a query of the tables `system.…` reads any of it."""
FACTS = tuple(name for name in DATA if name not in SHELVES)
ROWS = frozenset({"EventsQuery", "ActorsQuery", "GroupsQuery", "SessionsTimelineQuery"})
OPTIONS = frozenset({"InsightActorsQueryOptions"})
SAME_NUMBERS = (
    ("ActionsLineGraph", "ActionsBar", "ActionsAreaGraph"),
    ("ActionsBarValue", "ActionsPie", "ActionsTable", "BoldNumber", "WorldMap"),
)
"""Displays of the same numbers; the first kind is the default one."""

KEPT, KEPT_ROWS, KEPT_AT_MOST = timedelta(hours=6), timedelta(minutes=5), timedelta(days=1)
AGAIN, AGAIN_SHORT_INSIGHT, AGAIN_INSIGHT = timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=15)
SHORT_RANGE = timedelta(days=7)


class Age(StrEnum):
    """What an answer that is kept is good for."""

    MISSING = "missing"
    FRESH = "fresh"
    STALE = "stale"
    OLD = "old"


def cache_key(call: Call, query: Query) -> str:
    """Return the key under which the answer of a query is kept: the same for the same query of the same project."""
    asked = [call.tenant.project_id, shown_alike(query)]
    spelled = json.dumps(asked, sort_keys=True)  # takes any text, lone surrogates too
    return "cache_" + hashlib.blake2b(spelled.encode(), digest_size=16).hexdigest()


def shown_alike(query: Query) -> Query:
    """Return a trend as the display that stands for all of the same numbers: they are kept as one.

    Source: recorded answers, which were kept from another display and tell of that one.
    """
    if query["kind"] != "TrendsQuery":
        return query
    filter = query.get("trendsFilter") or {}
    display = filter.get("display") or SAME_NUMBERS[0][0]
    first, *_ = next((same for same in SAME_NUMBERS if display in same), (display,))
    return {**query, "trendsFilter": {**filter, "display": first}}


def find_answer(call: Call, key: str) -> tuple[Age, dict[str, Any]]:
    """Return the answer kept under a key, and its age."""
    record = call.table(TABLE).get(key)
    if record is None:
        return Age.MISSING, {}
    answer = {**record["answer"], "is_cached": True}
    return _age(call.state, record), answer


def complete_answer(call: Call, key: str, query: Query, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a query computed, and around it what servers say of every answer that they keep."""
    now = entropy.now(call.state)
    again = now + _again(query, result)
    around = {
        "cache_key": key,
        "cache_target_age": entropy.timestamp(now + _kept(query)),
        "calculation_trigger": None,
        "is_cached": False,
        "last_refresh": entropy.timestamp(now),
        "next_allowed_client_refresh": entropy.timestamp(again),
        "query_status": None,
        "timezone": (call.tenant.project or {}).get("timezone") or "UTC",
    }
    told = {} if query["kind"] in OPTIONS else {"error": None, "resolved_date_range": None}
    answer = {**told, **result, **around}
    return {name: answer[name] for name in sorted(answer)}


@dataclass(frozen=True)
class Seen:
    """What an answer was computed from: tables, as they stood."""

    names: tuple[str, ...]
    versions: tuple[object, ...]

    def holds(self, view: View) -> bool:
        """Return whether nothing of it has changed."""
        return self.versions == tuple(view.version(name) for name in self.names)


def data(view: View, query: Query | None = None) -> Seen:
    """Return what a query may read as it stands; without a query, all that any may."""
    names = FACTS if query is not None and SYSTEM not in json.dumps(query) else DATA
    return Seen(names, tuple(view.version(name) for name in names))


def keep_answer(transaction: Transaction, key: str, answer: Mapping[str, Any], seen: Seen | None) -> None:
    """Keep an answer in place of an older one, and forget the first of too many.

    `seen` is the data that it was computed from: what was written since makes it stale from the start.
    """
    table = transaction.table(TABLE)
    older = table.get(key)
    if older:
        table.delete(older)
    record = table.insert({"id": key, "answer": dict(answer), "kept_at": answer["last_refresh"]})
    # What the data was is a token of this process: it stays beside the record, not in it.
    cast(Version, record).rendered = seen
    forget_first(table, MOST_ANSWERS)


def forget_first(table: Repository, most: int) -> None:
    """Remove the first records of a table that has more than so many."""
    surplus = len(table) - most
    if surplus > 0:
        for record in list(table)[:surplus]:
            table.delete(record)


def _age(view: View, record: Record) -> Age:
    now = entropy.now(view)
    if now - entropy.read_timestamp(record["kept_at"]) > KEPT_AT_MOST:
        return Age.OLD
    is_old = now > entropy.read_timestamp(record["answer"]["cache_target_age"])
    seen = cast(Version, record).rendered
    return Age.FRESH if not is_old and isinstance(seen, Seen) and seen.holds(view) else Age.STALE


def _kept(query: Query) -> timedelta:
    return KEPT_ROWS if query["kind"] in ROWS else KEPT


def _again(query: Query, result: Mapping[str, Any]) -> timedelta:
    if query["kind"] in ROWS or query["kind"] == "HogQLQuery":
        return AGAIN
    dates = result.get("resolved_date_range")
    if dates and _moment(dates["date_to"]) - _moment(dates["date_from"]) <= SHORT_RANGE:
        return AGAIN_SHORT_INSIGHT
    return AGAIN_INSIGHT


def _moment(text: str) -> datetime:
    return entropy.read_timestamp(text)

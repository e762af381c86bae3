"""Queries in the background: asked for, running, done; forgotten after twenty minutes.

A background query advances when it is looked at: the first look finds it running, the second finds it done, so that
every client sees both and no test waits. One that fails is found so at once, and one that was asked for a while ago
(on a clock that runs) is found done at once: a worker would have taken it up by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from mockserver.errors import APIError, NotModelled
from mockserver.queries import answers, running, runs
from mockserver.queries.bodies import Query, Request
from mockserver.request.call import Call
from mockserver.store import Record, Transaction
from mockserver.store.contents import Version
from mockserver.world import entropy

TABLE = "queries"
CHAIN = "chained queries"
MOST_STATUSES = 1000
REMEMBERED = timedelta(minutes=20)
TAKEN_UP = timedelta(seconds=1)
PROGRESS = {"active_cpu_time": 0, "bytes_read": 0, "estimated_rows_total": 0, "rows_read": 0, "time_elapsed": 0}
SHOWN = (
    "complete", "dashboard_id", "end_time", "error", "error_message", "expiration_time", "id", "insight_id", "labels",
    "pickup_time", "query_async", "query_progress", "results", "start_time", "task_id", "team_id",
)  # fmt: skip
"""The fields of a status, in the order in which servers show them."""


def start(call: Call, request: Request, key: str) -> Record:
    """Begin to run a query, and return its status; in place of an earlier one of the same id."""
    id = request.id or call.new_uuid().replace("-", "")
    forget(call.transaction, find(call, id))
    now = entropy.now(call.state)
    table = call.table(TABLE)
    chain: list[str] | None = call.memo.get(CHAIN)
    status = table.insert(
        {
            **request.about,
            "id": _key(call, id),
            "project_id": call.tenant.project_id,
            "query_id": id,
            "name": request.name,
            "query": request.query,
            "cache_key": key,
            "task_id": None if chain is not None else call.new_uuid(),
            "labels": None,
            "start_time": entropy.timestamp(now),
            "pickup_time": None,
            "end_time": None,
            "expiration_time": entropy.timestamp(now + REMEMBERED),
            "complete": False,
            "error": False,
            "error_message": None,
            "http_status": 202,
            "results": None,
        }
    )
    answers.forget_first(table, MOST_STATUSES)
    if chain is not None:
        chain.append(status["id"])
    return status


@contextmanager
def chained(call: Call) -> Iterator[None]:
    """Hand over as one task all that begins to run within, when all of it is known; what is asked shows no task yet.

    Source: a recorded dashboard that is shared, looked at twice; PostHog's serializer of dashboards, which does so for
    the tiles of any.
    """
    begun: list[str] = call.memo.setdefault(CHAIN, [])
    try:
        yield
    finally:
        call.memo.pop(CHAIN, None)
    if begun:
        with call.writing() as writing:
            told, table = {"task_id": writing.new_uuid(), "labels": ["chained"]}, writing.table(TABLE)
            for status in filter(None, map(table.get, begun)):
                table.update(status, told)


def find(call: Call, id: str) -> Record | None:
    """Return the status of a query of the project, unless it is forgotten by now."""
    status = call.table(TABLE).get(_key(call, id))
    if status and entropy.now(call.state) < entropy.read_timestamp(status["expiration_time"]):
        return status
    return None


def forget(transaction: Transaction, status: Record | None) -> None:
    """Remove a status, if there is one."""
    if status:
        transaction.table(TABLE).delete(status)


def advance(call: Call, status: Record) -> Record:
    """Look at a query that is not done, and return how it stands now.

    It is computed before anything is locked: what it takes long to compute must not keep others from writing.
    """
    seen = cast(Version, status).rendered
    changes: dict[str, Any] = {}
    if status["results"] is None:
        changes, seen = _run(call, status["query"], status["cache_key"]), answers.data(call.state, status["query"])
    if status["results"] is not None or (_is_due(call, status) and not changes["complete"]):
        changes = {**changes, "complete": True, "end_time": call.now(), "http_status": 200}
    with call.writing() as writing:
        transaction = writing.transaction
        current = transaction.table(TABLE).get(status["id"])
        if current is None or current["complete"]:  # cancelled, or looked at by another, in the meantime
            return current or status
        changed = transaction.table(TABLE).update(current, changes)
        # What the data was is a token of this process: it stays beside the record, not in it.
        cast(Version, changed).rendered = seen
        if changed["complete"]:
            if not changed["error"]:
                answers.keep_answer(transaction, changed["cache_key"], changed["results"], seen)
            runs.log(call, transaction, changed["query_id"], changed["query"], changed["error_message"])
        return changed


def settle(call: Call, key: str) -> Call:
    """Finish what was asked for under a key a while ago, and return the call as it sees that."""
    found = call.table(TABLE).find(cache_key=key)
    waiting = [status for status in found if not status["complete"] and _is_due(call, status)]
    for status in waiting:
        advance(call, status)
    if waiting:
        call = replace(call)
        call.see_anew()
    return call


def _is_due(call: Call, status: Record) -> bool:
    started = entropy.read_timestamp(status["start_time"])
    return TAKEN_UP <= entropy.now(call.state) - started < REMEMBERED


def _run(call: Call, query: Query, key: str) -> dict[str, Any]:
    now = entropy.now(call.state)
    picked_up = {"pickup_time": entropy.timestamp(now), "expiration_time": entropy.timestamp(now + REMEMBERED)}
    try:
        result = running.run(call, query)
    except NotModelled:
        raise
    except APIError as error:
        failed = {"complete": True, "error": True, "end_time": entropy.timestamp(now)}
        told = error.detail if error.status < 500 else None  # a failure of the server's own is not told
        return {**picked_up, **failed, "error_message": told, "http_status": 400 if told is not None else 500}
    return {**picked_up, "complete": False, "results": answers.complete_answer(call, key, query, result)}


def show(status: Record, *, with_progress: bool = False) -> dict[str, Any]:
    """Return a status as the API shows it."""
    is_done = status["complete"]
    shown = {
        **status,
        "id": status["query_id"],
        "team_id": status["project_id"],
        "results": status["results"] if is_done else None,
        "query_async": True,
        "query_progress": PROGRESS if with_progress and not is_done else None,
    }
    return {name: shown.get(name) for name in SHOWN}


def _key(call: Call, id: str) -> str:
    return f"{call.tenant.project_id}:{id}"

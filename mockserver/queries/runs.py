"""Runs of queries: what the log of queries holds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from mockserver.queries.answers import forget_first
from mockserver.queries.bodies import Query
from mockserver.request.call import Call
from mockserver.store import Transaction
from mockserver.world import entropy

TABLE = "query_runs"
MOST_RUNS = 1000
COLUMNS = {
    "event_date": "Date",
    "event_time": "DateTime64(6, 'UTC')",
    "query_id": "String",
    "endpoint": "String",
    "query": "String",
    "query_start_time": "DateTime64(6, 'UTC')",
    "query_duration_ms": "UInt64",
    "name": "String",
    "status": "String",
    "exception_message": "String",
    "created_by": "Int64",
}
"""The columns of an answer, and ClickHouse's types of them."""


def log(call: Call, transaction: Transaction, id: str, query: Query, error: str | None = None) -> None:
    """Note that a query was run."""
    now = entropy.timestamp(entropy.now(transaction))
    table = transaction.table(TABLE)
    table.insert(
        {
            "id": transaction.next(TABLE),
            "project_id": call.tenant.project_id,
            "event_date": now[:10],
            "event_time": now,
            "query_id": id,
            "endpoint": f"/api/environments/{call.tenant.project_id}/query/",
            "query": query["query"] if query["kind"] == "HogQLQuery" else json.dumps(query),
            "query_start_time": now,
            "query_duration_ms": 0,
            "name": query.get("name") or "",
            "status": "ExceptionWhileProcessing" if error else "QueryFinish",
            "exception_message": error or "",
            "created_by": call.user["id"],
            "by_key": call.principal.is_scoped,
        }
    )
    forget_first(table, MOST_RUNS)


def answer(call: Call, id: str) -> dict[str, Any]:
    """Return the runs of one query since the beginning of yesterday, as a HogQL query answers."""
    since = entropy.timestamp(entropy.now(call.state) - timedelta(days=1))[:10]
    found = call.table(TABLE).find(project_id=call.tenant.project_id, query_id=id)
    return {
        "clickhouse": None,
        "columns": list(COLUMNS),
        "error": None,
        "explain": None,
        "hasMore": False,
        "hogql": None,
        "limit": 100,
        "metadata": None,
        "modifiers": None,
        "offset": 0,
        "query": None,
        "query_status": None,
        "resolved_date_range": None,
        "results": [[run[name] for name in COLUMNS] for run in found if run["event_date"] >= since][:100],
        "timings": [],
        "types": [list(pair) for pair in COLUMNS.items()],
    }

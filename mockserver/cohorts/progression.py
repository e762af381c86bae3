"""The calculation of cohorts: asked for by a write, done by the next read.

The servers calculate in the background. Here a write leaves the cohort as it stands then, `is_calculating`, and whoever
reads it next finds the calculation done: so a client that polls sees both states, and none has to wait.
Source: recorded answers right after writes, and a while later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockserver.cohorts.queries import persons_behind, persons_of
from mockserver.errors import NotModelled, ValidationError
from mockserver.membership.definitions import definition
from mockserver.membership.members import add_members, calculate, size
from mockserver.request.call import Call
from mockserver.store import Record, Transaction
from mockserver.world import entropy

COHORTS, RUNS = "cohorts", "cohort_calculations"
TOO_DEEP = "The definition of the cohort is nested too deeply."


def asked(cohort: Record) -> dict[str, Any]:
    """Return what changes about a dynamic cohort when it is to be calculated."""
    return {"is_due": True, "pending_version": (cohort.get("pending_version") or 0) + 1}


def begin(call: Call, cohort: Record) -> None:
    """Note that a calculation of a dynamic cohort was asked for."""
    call.table(RUNS).insert(run(call.transaction, call.world.seed, cohort, call.now()))


def run(transaction: Transaction, seed: int, cohort: Record, now: str) -> dict[str, Any]:
    """Return a calculation that begins now."""
    return {
        "id": entropy.uuid7(seed, transaction), "number": transaction.next("cohort_runs"),
        "project_id": cohort["project_id"], "cohort_id": cohort["id"], "filters": definition(cohort),
        "count": None, "started_at": now, "finished_at": None, "error": None,
    }  # fmt: skip


def settle(call: Call) -> None:
    """Do the calculations that the project's cohorts still wait for, and let the call see what came of them."""
    project_id = call.tenant.project_id
    if call.table(COHORTS).first(is_due=True, project_id=project_id) is None:
        return
    with call.writing() as writing:
        transaction = writing.transaction
        # In the order of their ids, so that one which refers to others made before it finds them calculated.
        due = transaction.table(COHORTS).find(is_due=True, project_id=project_id)
        for cohort in sorted(due, key=lambda record: int(record["id"])):
            finish(call, transaction, cohort)
    call.see_anew()


def finish(call: Call, transaction: Transaction, cohort: Record) -> None:
    """Do one calculation."""
    now = entropy.timestamp(entropy.now(transaction))
    done: dict[str, Any] = {"is_due": False, "is_calculating": False}
    try:
        done.update(_static(call, transaction, cohort) if cohort["is_static"] else _dynamic(transaction, cohort))
        done.update({"last_calculation": now, "errors_calculating": 0, "last_error_message": None})
    except (ValidationError, NotModelled, RecursionError) as error:
        message = TOO_DEEP if isinstance(error, RecursionError) else error.detail
        done.update({"errors_calculating": cohort["errors_calculating"] + 1, "last_error_message": message})
    transaction.table(COHORTS).update(cohort, done)
    if not cohort["is_static"]:
        _end_runs(transaction, call.world.seed, {**cohort, **done}, now)


def _dynamic(transaction: Transaction, cohort: Record) -> dict[str, Any]:
    found = calculate(transaction, cohort)
    return {"members": list(found.members), "count": found.count, "version": cohort["pending_version"]}


def _static(call: Call, transaction: Transaction, cohort: Record) -> dict[str, Any]:
    """Fill a cohort that is made of a query or of an insight, once, and count it."""
    if cohort.get("is_unfilled"):
        insight = cohort.get("insight")
        persons = persons_behind(call, insight) if insight else persons_of(call, cohort["query"])
        add_members(transaction, cohort, persons)
    return {"count": size(transaction, cohort), "is_unfilled": False, "insight": None}


def _end_runs(transaction: Transaction, seed: int, cohort: Record, now: str) -> None:
    """Let every run that was begun end; one that nobody noted, as of a loaded cohort, ends at once."""
    table = transaction.table(RUNS)
    begun: Iterable[Record] = [row for row in table.find(cohort_id=cohort["id"]) if row["finished_at"] is None]
    for row in begun or [table.insert(run(transaction, seed, cohort, now))]:
        error = cohort["last_error_message"]
        count = cohort["count"] if error is None else None
        table.update(row, {"finished_at": now, "count": count, "error": error})

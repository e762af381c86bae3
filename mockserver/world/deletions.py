"""Events that are to be deleted: a person's, queued when somebody asks for it and deleted together once a week.

Source: page 000, which says of `delete_events` that its task runs on Sundays at 5 AM UTC. `clockwork` does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mockserver.store import Record, Transaction, View
from mockserver.world import entropy

TABLE = "event_deletions"
SUNDAY, HOUR = 6, 5
WEEK = timedelta(days=7)


def queue(transaction: Transaction, person: Record) -> None:
    """Let the events that a person has by now be deleted in the next run; asked for twice, it is queued once."""
    table = transaction.table(TABLE)
    if table.first(person_uuid=person["uuid"], project_id=person["project_id"]) is not None:
        return
    now = entropy.now(transaction)
    table.insert({
        "id": transaction.next(f"ids.{TABLE}"), "project_id": person["project_id"], "person_uuid": person["uuid"],
        "distinct_ids": list(person["distinct_ids"]), "created_at": entropy.timestamp(now),
        "due_at": entropy.timestamp(next_run(now)),
    })  # fmt: skip


def next_run(moment: datetime) -> datetime:
    """Return the Sunday morning that follows a moment."""
    at_five = moment.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    sunday = at_five + timedelta(days=(SUNDAY - moment.weekday()) % 7)
    return sunday if sunday > moment else sunday + WEEK


def earliest(view: View) -> datetime | None:
    """Return when the first deletion is carried out, if one waits."""
    return min((_moment(deletion) for deletion in view.table(TABLE)), default=None)


def due(view: View) -> list[Record]:
    """Return the deletions whose moment has come."""
    now = entropy.now(view)
    return [deletion for deletion in view.table(TABLE) if _moment(deletion) <= now]


def _moment(deletion: Record) -> datetime:
    return entropy.read_timestamp(deletion["due_at"])


def run(transaction: Transaction, deletion: Record) -> None:
    """Delete the events that a person had when it was asked for, by whichever distinct id they came."""
    table = transaction.table("events")
    asked = entropy.read_timestamp(deletion["created_at"])
    for event in list(_events_of(transaction, deletion)):
        if entropy.read_timestamp(event["timestamp"]) <= asked:
            table.delete(event)
    transaction.table(TABLE).delete(deletion)


def _events_of(transaction: Transaction, deletion: Record) -> Iterable[Record]:
    """Yield a person's events: by their distinct ids, and by their UUID where the distinct id is nobody else's now."""
    named, project_id = frozenset(deletion["distinct_ids"]), deletion["project_id"]
    people = transaction.table("persons")
    for event in transaction.table("events"):
        if event["project_id"] != project_id:
            continue
        if event["distinct_id"] in named:
            yield event
        elif event.get("person_id") == deletion["person_uuid"]:
            owner = people.first(distinct_ids=event["distinct_id"], project_id=project_id)
            if owner is None or owner["uuid"] == deletion["person_uuid"]:
                yield event

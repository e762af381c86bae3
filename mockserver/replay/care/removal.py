"""What a replay made is removed: the newest first, and the project that was made for it last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.replay.care.guard import Care
from mockserver.replay.care.journal import Intent, Made
from mockserver.replay.script import Answer
from mockserver.replay.wire import Refused

Send = Callable[[str, str, Any], Answer]
"""Sends a method, a path and a JSON body."""
GONE = frozenset({200, 202, 204, 404, 410})


@dataclass(frozen=True)
class Removal:
    """How many records were to be removed, and those that could not be, a line each."""

    number: int
    left: list[str]


def clean(care: Care, send: Send, *, earlier: bool = False) -> Removal:
    """Remove what this run made on a server, the newest first; what earlier ones made, too, when asked for.

    Of what was about to be made when an answer was lost, the newest record that is as it was sent and was made since is
    taken for it.
    """
    journal = care.journal
    care.is_leaving = True
    for intent in [*journal.intents, *(journal.doubtful if earlier else ())]:
        made = _found(care, intent, send)
        if made is not None:
            journal.add(made)
        journal.settle(intent)
    left = []
    number = len(journal.made) + (len(journal.earlier) if earlier else 0)
    for made in reversed([*(journal.earlier if earlier else ()), *journal.made]):
        try:
            answer = send(made.method, f"{made.path}/", made.body)
        except Refused as refused:
            left.append(str(refused))
            continue
        if answer.status not in GONE:
            left.append(f"{made.path} ({answer.status})")
        elif made in journal.made or made in journal.earlier:
            journal.remove(made)
    return Removal(number, left)


def _found(care: Care, intent: Intent, send: Send) -> Made | None:
    """Return the record that a lost answer was about, if it was made."""
    answer = send("GET", f"{intent.path}/", None)
    rows = answer.json if answer.status == 200 else None
    rows = rows.get("results") if isinstance(rows, Mapping) else rows
    fitting = [row for row in _records(rows) if _is_as_sent(row, intent)]
    newest = max(fitting, key=lambda row: str(row.get("created_at")), default=None)
    known = (*care.journal.made, *care.journal.earlier)
    if newest is None or any(made.path == f"{intent.path}/{newest['id']}" for made in known):
        return None
    return care.removal(f"{intent.path}/{newest['id']}")


def _records(rows: Any) -> Iterator[Mapping[str, Any]]:
    yield from (row for row in rows or () if isinstance(row, Mapping) and "id" in row)


def _is_as_sent(row: Mapping[str, Any], intent: Intent) -> bool:
    """Return whether a record has all that was sent of it and is shown, and was made since."""
    shown = {name: value for name, value in intent.body.items() if name in row}
    return bool(shown) and all(row[name] == value for name, value in shown.items()) and _is_since(row, intent)


def _is_since(row: Mapping[str, Any], intent: Intent) -> bool:
    return str(row.get("created_at") or "")[:16] >= intent.at[:16]

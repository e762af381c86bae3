"""What is done about a query: its answer given as it is kept, computed now, or in the background.

Whoever runs a query runs it here, so that all share what is kept of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from mockserver.queries import answers, runs, statuses
from mockserver.queries.answers import Age
from mockserver.queries.bodies import ASYNC, BLOCKING, Request
from mockserver.queries.running import run
from mockserver.request.call import Call
from mockserver.store import Record


class Do(Enum):
    """What is done about a query."""

    GIVE = auto()
    CALCULATE = auto()
    START = auto()
    GIVE_AND_START = auto()
    NOTHING = auto()


ALWAYS_CALCULATE = dict.fromkeys(Age, Do.CALCULATE)
PLANS: Mapping[str, Mapping[Age, Do]] = {
    BLOCKING: {**ALWAYS_CALCULATE, Age.FRESH: Do.GIVE},
    "force_cache": {**ALWAYS_CALCULATE, Age.FRESH: Do.GIVE},
    "force_blocking": ALWAYS_CALCULATE,
    ASYNC: {**dict.fromkeys(Age, Do.GIVE_AND_START), Age.FRESH: Do.GIVE, Age.MISSING: Do.START},
    "async_except_on_cache_miss": {
        **dict.fromkeys(Age, Do.GIVE_AND_START), Age.FRESH: Do.GIVE, Age.MISSING: Do.CALCULATE,
    },
    "lazy_async": {**dict.fromkeys(Age, Do.GIVE), Age.OLD: Do.GIVE_AND_START, Age.MISSING: Do.START},
    "force_async": dict.fromkeys(Age, Do.START),
}  # fmt: skip
"""What each way to refresh does, by the age of the answer that is kept."""
NEVER = {**dict.fromkeys(Age, Do.GIVE), Age.MISSING: Do.NOTHING}
"""What is done where nothing shall be computed."""


@dataclass(frozen=True)
class Given:
    """What there is for a query: an answer, none yet, and how it stands where it runs in the background."""

    key: str
    answer: dict[str, Any]
    status: Record | None = None


def give(call: Call, request: Request, plan: Mapping[Age, Do]) -> Given:
    """Answer a query, or start it in the background, as a plan has it and as the answer kept of it allows.

    Raises: ValidationError for a query that cannot be run.
    """
    key = answers.cache_key(call, request.query)
    call = statuses.settle(call, key)
    age, kept = answers.find_answer(call, key)
    match plan[age]:
        case Do.GIVE:
            return Given(key, kept)
        case Do.CALCULATE:
            return Given(key, _calculate(call, request, key))
        case Do.GIVE_AND_START:
            return Given(key, kept, _start(call, request, key))
        case Do.START:
            return Given(key, {}, _start(call, request, key))
        case Do.NOTHING:
            return Given(key, {})


def _calculate(call: Call, request: Request, key: str) -> dict[str, Any]:
    query = request.query
    answer = answers.complete_answer(call, key, query, run(call, query))
    with call.writing() as writing:
        answers.keep_answer(writing.transaction, key, answer, answers.data(call.state, query))
        runs.log(call, writing.transaction, request.id or writing.new_uuid().replace("-", ""), query)
    return answer


def _start(call: Call, request: Request, key: str) -> Record:
    """Return the status of a query that begins; of one that was asked for under the same id, how it stands."""
    with call.writing() as writing:
        running = statuses.find(writing, request.id) if request.id else None
        if running and request.mode != "force_async":
            return running
        return statuses.start(writing, request, key)

"""Who was found behind an insight, kept for a while under the filter that asked.

Source: recorded answers. What GET was answered is what POST is answered with the same filter, whichever the prefix:
addresses and all. `refresh` computes anew, and so does another `cache_invalidation_key`, which is part of the filter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mockserver.analytics.insights.legacy_filters import Filter, is_true
from mockserver.queries import answers
from mockserver.queries.answers import KEPT, Age
from mockserver.request.call import Call
from mockserver.world import entropy

REFRESH = "refresh"
SHOWN = "shown"

Answer = dict[str, Any]


def key_of(call: Call, filter: Filter, limit: int, offset: int) -> str:
    """Return the key under which an answer is kept: numbers and flags are alike as text and as themselves."""
    asked = {name: spelled(value) for name, value in filter.items() if name not in (REFRESH, "limit", "offset")}
    whole = [call.tenant.project_id, call.operation.action, asked, limit, offset]
    return "people_" + hashlib.blake2b(json.dumps(whole, sort_keys=True).encode(), digest_size=16).hexdigest()


def spelled(value: Any) -> Any:
    """Return a value as a query string has it; what is no plain value stays."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def find(call: Call, key: str, filter: Filter) -> Answer | None:
    """Return the answer kept under a key, unless it is stale or a new one is asked for."""
    if is_true(filter.get(REFRESH)):
        return None
    age, kept = answers.find_answer(call, key)
    return {**kept[SHOWN], "is_cached": True} if age is Age.FRESH else None


def keep(call: Call, key: str, answer: Mapping[str, Any]) -> None:
    """Keep an answer, as old as the data that it was computed from."""
    now = entropy.now(call.state)
    record = {
        SHOWN: dict(answer),
        "last_refresh": entropy.timestamp(now),
        "cache_target_age": entropy.timestamp(now + KEPT),
    }
    with call.writing() as writing:
        answers.keep_answer(writing.transaction, key, record, answers.data(call.state))

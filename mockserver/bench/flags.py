"""What it costs to evaluate a flag: beside the rate aimed at, and beside PostHog's own SDK where that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from typing import Any

from mockserver.bench.figures import Figure, fastest
from mockserver.flags.projects import make_flag
from mockserver.flags.rules import SERVICE_OF_2026
from mockserver.flags.subjects import PERSON, Subject

MOST_MICROSECONDS = 10.0
"""What an evaluation takes where there are 100 000 in a second."""
TIMES = 5000
FLAG: dict[str, Any] = {
    "id": 1, "key": "new-checkout", "active": True,
    "filters": {"groups": [{"rollout_percentage": 50, "properties": [
        {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]},
        {"key": "seats", "type": "person", "operator": "gt", "value": "5"},
    ]}]},
}  # fmt: skip


def figures() -> Iterator[Figure]:
    """Yield what a flag with two property conditions costs, decided for another person each time."""
    took = fastest(_ours(), TIMES)
    yield Figure("one flag evaluated", took, MOST_MICROSECONDS, 1, against="100 000 in a second")
    theirs = _theirs()
    if theirs is not None:
        yield Figure("one flag evaluated", took, fastest(theirs, TIMES), 1, against="the Python SDK's own")


def _people() -> Iterator[tuple[str, dict[str, Any]]]:
    return ((f"person-{number}", {"plan": "pro", "seats": number % 11}) for number in count())


def _ours() -> Callable[[], Any]:
    flag, people, now = make_flag(FLAG, SERVICE_OF_2026, UTC, lambda value: None), _people(), datetime.now(UTC)

    def decide() -> Any:
        distinct_id, properties = next(people)
        return flag.decide(Subject(distinct_id, now, {PERSON: properties}))

    return decide


def _theirs() -> Callable[[], Any] | None:
    if find_spec("posthog") is None:
        return None
    match, people = import_module("posthog.feature_flags").match_feature_flag_properties, _people()

    def decide() -> Any:
        distinct_id, properties = next(people)
        return match(FLAG, distinct_id, properties, bucketing_value=distinct_id)

    return decide

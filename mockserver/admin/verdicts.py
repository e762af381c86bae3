"""Verdicts: whether something happened as often as a test expects, waited for if it may still come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import BoundedSemaphore
from typing import Any

from mockserver.errors import Throttled, ValidationError
from mockserver.world.worlds import World

MOST_NEAR_MISSES = 3
MOST_WAITING = 8
"""Calls that wait at once; each holds a thread of the server, which has a few more for those waited for."""
_WAITING = BoundedSemaphore(MOST_WAITING)

Count = Callable[[], int]


def judge(world: World, given: Mapping[str, Any], count: Count) -> tuple[int, bool]:
    """Return how many there are, and whether that is as expected; with `within_s`, at the latest after so long.

    Raises: ValidationError for what no number can be, Throttled where too many wait already.
    """
    least, most = _bounds(given)
    seconds = given.get("within_s") or 0
    if seconds:
        if not _WAITING.acquire(blocking=False):
            raise Throttled(1)
        try:
            world.bell.wait(lambda: count() >= least, seconds)
        finally:
            _WAITING.release()
    found = count()
    return found, least <= found and (most is None or found <= most)


def _bounds(given: Mapping[str, Any]) -> tuple[int, int | None]:
    exactly, least, most = (given.get(name) for name in ("count", "at_least", "at_most"))
    if exactly is None and least is None and most is None:
        return 1, None
    bounds = [number for number in (exactly, least) if number is not None]
    limits = [number for number in (exactly, most) if number is not None]
    lowest, highest = max(bounds, default=0), min(limits, default=None)
    if highest is not None and lowest > highest:
        raise ValidationError("No number is that large and that small.", attr="at_least")
    return lowest, highest

"""The matcher's two functions, from JSON to JSON: how far an actor gets at best, and what came of each entry."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson

from mockserver.analytics.clickhouse.matcher.events import Asked, Event
from mockserver.analytics.clickhouse.matcher.ordered import Ordered
from mockserver.analytics.clickhouse.matcher.trends import OrderedTrend, UnorderedTrend
from mockserver.analytics.clickhouse.matcher.unordered import Unordered

UNORDERED = "unordered"
NOT_COUNTED = -1


def match_steps(text: str) -> str:
    """Return a row for each value: the last step reached from nought, the value, times, events, steps, moments.

    Takes `[steps, window, attribution, order, values, optional, events]`, an event being `[moment, uuid, value,
    steps]`. Times are the seconds from each required step to the next; steps count from one, optional ones among them;
    who does not enter, or is excluded at the furthest step, has reached -1.
    """
    size, window, attribution, order, values, optional, given = orjson.loads(text)
    events = [Event(moment, uuid, plain(value), tuple(steps)) for moment, uuid, value, steps in given]
    asked = Asked(size, window, attribution, order, list(map(plain, values)), events, frozenset(optional))
    rows = [_best(asked, value, events) for value, events in asked.per_value()]
    return orjson.dumps(rows).decode()


def match_trends(text: str) -> str:
    """Return a row for each value and interval entered: its beginning, 1 or -1, and the value.

    Takes `[since, until, steps, window, attribution, order, values, events]`, an event being `[moment, interval, uuid,
    value, steps]`.
    """
    since, until, size, window, attribution, order, values, given = orjson.loads(text)
    events = [
        Event(moment, uuid, plain(value), tuple(steps), int(interval)) for moment, interval, uuid, value, steps in given
    ]
    asked = Asked(
        size, window, attribution, order, list(map(plain, values)), events, since=since, until=until
    )  # fmt: skip
    trend = UnorderedTrend if order == UNORDERED else OrderedTrend
    rows = [
        [interval, outcome, value]
        for value, events in asked.per_value()
        for interval, outcome in trend(asked, value).run(events).items()
    ]
    return orjson.dumps(rows).decode()


def plain(value: Any) -> Any:
    """Return a value in which nothing is the empty text."""
    if isinstance(value, list):
        return ["" if each is None else each for each in value]
    return "" if value is None else value


def _best(asked: Asked, value: Any, events: Any) -> list[Any]:
    matching = (Unordered if asked.order == UNORDERED else Ordered)(asked, value)
    matching.run(events)
    best = matching.best
    if best is None or best.is_excluded:
        return [NOT_COUNTED, value, [], [], [], []]
    last = matching.furthest - 1 - sum(step <= matching.furthest for step in asked.optional)
    times = [until - since for since, until in pairwise(best.moments)]
    return [last, value, times, [[uuid] for uuid in best.uuids], best.taken, best.moments]

"""What a dashboard of many insights costs: beside the dearest of them, asked for alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.bench.figures import Figure, send
from mockserver.serving.app import create_app

INSIGHTS, DASHBOARDS, LOAD = "/api/projects/1/insights/", "/api/projects/1/dashboards/", "/__admin/worlds/default/load"
TILES = 20
EVENTS, PERSONS, CHUNK, DAYS = 100_000, 2_000, 20_000, 60
NAMES = ("$pageview", "$pageview", "$pageview", "file_uploaded", "file_uploaded", "signed_up", "file_shared")
BROWSERS = ("Chrome", "Safari", "Firefox", "Edge")
SCATTER = 2_654_435_761
"""A factor that scatters numbers (Knuth), so that events are mixed and always the same."""


def figures() -> Iterator[Figure]:
    """Yield what twenty tiles over 100 000 events take at once, beside twenty times the dearest of them alone."""
    app = create_app(scenario="empty", freeze_time="2026-01-15T12:00:00Z")
    for start in range(0, EVENTS, CHUNK):
        events = [event_of(number) for number in range(start, start + CHUNK)]
        send(app, "POST", LOAD, "", json.dumps({"events": events}).encode())
    dashboard = _made(app, DASHBOARDS, {"name": "bench"})
    insights = [
        _made(app, INSIGHTS, {"name": f"tile {number}", "query": _query(number), "dashboards": [dashboard]})
        for number in range(TILES)
    ]
    _seconds(app, f"{INSIGHTS}{insights[0]}/")  # the engine is loaded, and told of the events
    dearest = max(_seconds(app, f"{INSIGHTS}{insight}/") for insight in insights)
    took = _seconds(app, f"{DASHBOARDS}{dashboard}/")
    yield Figure(f"dashboard of {TILES} tiles", took * 1e3, dearest * TILES * 1e3, 1, "ms", "20 × its dearest tile")


def _made(app: Any, path: str, body: dict[str, Any]) -> int:
    return int(json.loads(send(app, "POST", path, "", json.dumps(body).encode()))["id"])


def _seconds(app: Any, path: str) -> float:
    began = time.perf_counter()
    send(app, "GET", path, "refresh=force_blocking")
    return time.perf_counter() - began


def event_of(number: int) -> dict[str, Any]:
    """Return an event as `load` takes it: mixed, and the same for the same number."""
    scattered = number * SCATTER % 2**32

    def pick(choices: Sequence[str], divisor: int) -> str:
        return choices[scattered // divisor % len(choices)]

    return {
        "event": pick(NAMES, 7),
        "distinct_id": f"bench-{scattered % PERSONS}",
        "timestamp": f"-{scattered // 11 % DAYS}d{scattered // 13 % 23 + 1}h",
        "properties": {"$browser": pick(BROWSERS, 17), "size": scattered // 19 % 100},
    }


def _query(number: int) -> dict[str, Any]:
    """Return the query of a tile: trends, funnels, retention, lifecycle, stickiness, over other days each."""
    event, days = NAMES[number % len(NAMES)], {"dateRange": {"date_from": f"-{14 + number}d"}}
    series = [{"kind": "EventsNode", "event": event, "name": event}]
    both = [{"kind": "EventsNode", "event": NAMES[0]}, *series]
    sources: tuple[dict[str, Any], ...] = (
        {"kind": "TrendsQuery", "series": series, "interval": "day", **days},
        {"kind": "TrendsQuery", "series": series, "breakdownFilter": {"breakdown": "$browser"}, **days},
        {"kind": "FunnelsQuery", "series": both, **days},
        {"kind": "RetentionQuery", "retentionFilter": {"period": "Week", "totalIntervals": 6}, **days},
        {"kind": "LifecycleQuery", "series": series, **days},
        {"kind": "StickinessQuery", "series": series, **days},
    )
    return {"kind": "InsightVizNode", "source": sources[number % len(sources)]}

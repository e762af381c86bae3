"""What a hundred thousand persons and a million events cost to ask about."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

from mockserver.bench.figures import Figure, fastest, send
from mockserver.serving.app import create_app

PERSONS = "/api/projects/1/persons/"
QUERY = "/api/environments/1/query/"
SIGNED_UP, VIEWED = {"id": "signed_up", "type": "events"}, {"id": "$pageview", "type": "events"}
TWO = {"events": json.dumps([{**VIEWED, "order": 0}, {**SIGNED_UP, "order": 1}])}
ONE = {"events": json.dumps([VIEWED])}
NODES = [{"kind": "EventsNode", "event": "$pageview"}, {"kind": "EventsNode", "event": "signed_up"}]
ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("trends", {**ONE, "entity_id": "$pageview", "entity_type": "events", "date_from": "-30d"}),
    ("lifecycle", {**ONE, "lifecycle_type": "returning", "date_from": "-30d", "target_date": "2026-01-14"}),
    ("stickiness", {**ONE, "entity_id": "$pageview", "entity_type": "events", "stickiness_days": 2}),
    ("funnel", {**TWO, "funnel_step": 2, "date_from": "-30d"}),
    ("funnel/correlation", {**TWO, "funnel_correlation_type": "events", "date_from": "-30d",
                            "funnel_correlation_person_converted": "true",
                            "funnel_correlation_person_entity": json.dumps(VIEWED)}),
    ("retention", {"target_entity": json.dumps(VIEWED), "returning_entity": json.dumps(VIEWED)}),
    ("path", {"path_start_key": "1_/", "date_from": "-7d"}),
)  # fmt: skip
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("HogQL by event and day", {
        "kind": "HogQLQuery", "query": "SELECT event, toDate(timestamp), count() FROM events GROUP BY 1, 2"}),
    ("TrendsQuery by browser", {
        "kind": "TrendsQuery", "series": NODES, "breakdownFilter": {"breakdown": "$browser"}}),
    ("FunnelsQuery", {"kind": "FunnelsQuery", "series": NODES}),
    ("RetentionQuery", {"kind": "RetentionQuery", "retentionFilter": {"totalIntervals": 8}}),
    ("LifecycleQuery", {"kind": "LifecycleQuery", "series": NODES[:1]}),
    ("StickinessQuery", {"kind": "StickinessQuery", "series": NODES[:1]}),
    ("PathsQuery", {"kind": "PathsQuery", "pathsFilter": {"includeEventTypes": ["$pageview"]}}),
)  # fmt: skip


def figures() -> Iterator[Figure]:
    """Yield what the scenario `large` takes to be there, and then each kind of question, against what it may take."""
    apps: list[Any] = []
    yield _seconds("large: start to first answer", lambda: apps.append(_large()), 30)
    app, demo = apps[0], create_app()
    retrieving, alike = (partial(send, each, "GET", f"{PERSONS}{_any_person(each)}/") for each in (app, demo))
    yield Figure("GET a person of 100 000", fastest(retrieving), fastest(alike), 1.5, against="the same in demo")
    properties = json.dumps([{"key": "email", "value": "a", "operator": "icontains", "type": "person"}])
    filtered = urlencode({"properties": properties, "limit": 100})
    send(app, "GET", PERSONS, filtered)
    yield _seconds("persons by a property", partial(send, app, "GET", PERSONS, filtered), 0.2)
    yield _seconds("the first analytics answer", partial(_ask, app, COUNT), 4)
    yield _seconds("six insights, as a dashboard asks", lambda: [_ask(app, query) for _, query in QUERIES[1:]], 2)
    for name, parameters in ASKED:
        asking = partial(send, app, "GET", f"{PERSONS}{name}/", urlencode({**parameters, "limit": 10}))
        yield _seconds(f"persons/{name}", asking, 1)
    for name, query in QUERIES:
        yield _seconds(name, partial(_ask, app, query), 1)
    yield _seconds("capture of 10 000 events", partial(_capture, app, [_batch(number) for number in range(100)]), 2)
    yield _seconds("an answer that sees them", partial(_ask, app, COUNT), 1)


COUNT = {"kind": "HogQLQuery", "query": "SELECT count() FROM events"}


def _seconds(name: str, work: Callable[[], Any], most: float) -> Figure:
    """Return what something takes, done once, against the seconds that it may take."""
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    return Figure(name, took * 1e3, most * 1e3, 1, "ms", f"{most:g} s" if most >= 1 else f"{most * 1e3:g} ms")


def _capture(app: Any, batches: list[bytes]) -> None:
    for batch in batches:
        send(app, "POST", "/batch/", "", batch)


def _large() -> Any:
    app = create_app(scenario="large", freeze_time="2026-01-15T12:00:00Z")
    _any_person(app)
    return app


def _any_person(app: Any) -> int:
    return int(json.loads(send(app, "GET", PERSONS, "limit=1"))["results"][0]["id"])


def _ask(app: Any, query: dict[str, Any]) -> bytes:
    return send(app, "POST", QUERY, "", json.dumps({"query": query, "refresh": "force_blocking"}).encode())


def _batch(number: int) -> bytes:
    events = [
        {"event": "bench", "distinct_id": f"bench-{number}-{n % 20}", "properties": {"n": n, "$browser": "Chrome"}}
        for n in range(100)
    ]
    return json.dumps({"api_key": "phc_mock_project_token", "batch": events}).encode()

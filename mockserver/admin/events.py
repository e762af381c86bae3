"""The events that a world holds: listed, and counted against what a test expects to have arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Any

import orjson

from mockserver.admin.moments import read_moment
from mockserver.admin.plane import Plane
from mockserver.admin.refusals import refuse_bad_patterns
from mockserver.admin.verdicts import MOST_NEAR_MISSES, judge
from mockserver.store import Record
from mockserver.validation.matching import mismatches
from mockserver.world import clockwork, entropy
from mockserver.world.worlds import World

SHOWN = ("uuid", "event", "distinct_id", "person_id", "timestamp", "properties", "project_id")
PROPERTY = "properties."
BUCKETS, MOST_BUCKETS = 60, 1000
MOST_COUNTED = 50_000
"""Events are worked out when they are read, a million of them in half a minute."""


def list_events(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """List the events that fit the filters, in the order in which they arrived; `limit` keeps the latest."""
    since = read_moment(given, "since")
    earliest = None if since is None else entropy.read_timestamp(since)
    held = arrived(world) if given.get("arrived") == "true" else iter(clockwork.settled(world).table("events"))
    found = [event for event in held if _fits(event, given, earliest)]
    limit = given.get("limit")
    latest = found if limit is None else found[max(len(found) - limit, 0) :]
    return {"events": [show(event) for event in latest], "count": len(found)}


def count_events(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Count the events that fit the filters, by when they happened and by name; of very many, the latest to arrive."""
    names: Counter[str] = Counter()
    moments = []
    held = clockwork.settled(world).table("events")
    if "distinct_id" in given:
        looked_at: Iterable[Record] = held.find(distinct_id=given["distinct_id"])
    else:
        looked_at = held.since(max(held.mark() - MOST_COUNTED, 0)).records
    for event in looked_at:
        if _fits(event, given, None):
            names[event["event"]] += 1
            moments.append(entropy.read_timestamp(event["timestamp"]).timestamp())
    first, last = min(moments, default=None), max(moments, default=None)
    return {
        "from": None if first is None else _moment(first),
        "to": None if last is None else _moment(last),
        "buckets": _spread(moments, min(given.get("buckets", BUCKETS), MOST_BUCKETS)),
        "events": [{"event": name, "count": count} for name, count in names.most_common()],
        "count": len(moments),
        "held": len(held),
    }


def _spread(moments: Sequence[float], number: int) -> list[int]:
    """Return how many moments lie in each of so many spans between the first and the last."""
    spans = [0] * number
    if not moments:
        return spans
    first = min(moments)
    length = max(max(moments) - first, 1) / number
    for moment in moments:
        spans[min(int((moment - first) / length), number - 1)] += 1
    return spans


def _moment(seconds: float) -> str:
    return entropy.timestamp(datetime.fromtimestamp(seconds, UTC))


def verify_events(plane: Plane, given: Mapping[str, Any], world: World) -> dict[str, Any]:
    """Say whether events arrived as often as expected since the world was made, and if not, which came close."""
    match = {name: value for name, value in given["match"].items() if value is not None}
    refuse_bad_patterns(match, ("event", "distinct_id", "properties"))
    matched, ok = judge(world, given, lambda: sum(1 for event in arrived(world) if not mismatches(match, event)))
    return {"matched": matched, "ok": ok, "near_misses": [] if ok else list(_near_misses(match, world))}


def arrived(world: World) -> Iterator[Record]:
    """Yield the events that arrived since a world was made, in the order in which they came."""
    return clockwork.settled(world).table("events").since(world.arrivals).records


def show(event: Record) -> dict[str, Any]:
    """Return an event as the control plane shows it."""
    return {name: event.get(name) for name in SHOWN}


def _fits(event: Record, given: Mapping[str, Any], earliest: datetime | None) -> bool:
    if any(event[name] != given[name] for name in ("event", "distinct_id") if name in given):
        return False
    if earliest is not None and entropy.read_timestamp(event["timestamp"]) < earliest:
        return False
    wanted = {name.removeprefix(PROPERTY): text for name, text in given.items() if name.startswith(PROPERTY)}
    return all(name in event["properties"] and _spelled(event["properties"][name]) == wanted[name] for name in wanted)


def _spelled(value: Any) -> str:
    """Return a property's value as a query spells it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _near_misses(match: Mapping[str, Any], world: World) -> Iterator[dict[str, Any]]:
    """Yield the arrived events that differ in the least, the latest of them first."""
    judged = ((mismatches(match, event, "event"), -place, event) for place, event in enumerate(arrived(world)))
    misses = (miss for miss in judged if miss[0])
    for differences, _, event in nsmallest(MOST_NEAR_MISSES, misses, key=lambda miss: (len(miss[0]), miss[1])):
        yield {"event": show(event), "differences": differences}

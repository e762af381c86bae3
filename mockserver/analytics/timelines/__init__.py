"""What a person's properties were, event by event.

Source: recorded timelines, and PostHog's own test: the filters' values select nothing, only the properties they name
count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from mockserver.analytics.insights.legacy_filters import Filter
from mockserver.analytics.timelines import events as timeline_events
from mockserver.request.call import Call
from mockserver.store import Record
from mockserver.store.orders import sort_key
from mockserver.world import entropy

ONE = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
VALUES = frozenset({"BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap"})


def timeline(call: Call, person: Record, filter: Filter) -> dict[str, Any]:
    """Return the points at which a property that the filter names had another value than at the event before."""
    keys = sorted(set(crucial_keys(filter)))
    start, end = span(call, filter)
    names = set(timeline_events.entities(filter))
    table = call.table("events")
    events = [
        event
        for distinct_id in person["distinct_ids"]
        for event in table.find(distinct_id=distinct_id, project_id=person["project_id"])
        if not names or event["event"] in names
    ]
    start = start or _first_day([event["timestamp"] for event in events], end)
    days = timeline_events.Period(start, end)
    points: list[dict[str, Any]] = []
    before: Any = None
    for event in sorted(events, key=lambda event: (sort_key(event["timestamp"]), event["uuid"])):
        if not days.holds(event["timestamp"]):
            continue
        properties = event.get("person_properties") or {}
        crucial = [properties.get(key) for key in keys]
        if not points or crucial != before:
            points.append({"timestamp": event["timestamp"], "properties": properties, "relevant_event_count": 0})
            before = crucial
        points[-1]["relevant_event_count"] += 1
    return {
        "points": points,
        "crucial_property_keys": keys,
        "effective_date_from": start.isoformat(),
        "effective_date_to": end.isoformat(),
    }


def span(call: Call, filter: Filter) -> tuple[datetime | None, datetime]:
    """Return the first and last moment; of a time series about one moment, those of its interval."""
    days = timeline_events.period(call, filter)
    start, end = days.start, days.end
    if end.time() not in (time.max, time(0)):
        end = end.replace(hour=23, minute=59, second=59, microsecond=999999)
    same = filter.get("date_from") and filter.get("date_from") == filter.get("date_to")
    if same and start is not None and filter.get("display") not in VALUES:
        interval = filter.get("interval") or "day"
        if interval == "month":
            return start, (start + timedelta(days=32)).replace(day=1) - timedelta(microseconds=1)
        if interval == "hour":
            return start, start + ONE["hour"]
        end = start + ONE.get(str(interval), ONE["day"]) - timedelta(microseconds=1)
    return start, end


def _first_day(timestamps: list[str], end: datetime) -> datetime:
    """Return the beginning of the day of the first of some events, or of the last day if there are none."""
    first = min(map(entropy.read_timestamp, timestamps), default=end)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def crucial_keys(filter: Filter) -> Iterator[str]:
    """Yield the person properties that a filter names, at its top, in its series, or to break down by."""
    yield from _keys_in(filter.get("properties"))
    for name in ("events", "actions"):
        series = filter.get(name)
        for item in series if isinstance(series, list) else []:
            if isinstance(item, Mapping):
                yield from _keys_in(item.get("properties"))
    if filter.get("breakdown_type") == "person" and isinstance(filter.get("breakdown"), str):
        yield filter["breakdown"]


def _keys_in(properties: Any) -> Iterator[str]:
    if isinstance(properties, Mapping):
        if "values" in properties:
            yield from _keys_in(properties["values"])
        elif properties.get("type") == "person" and isinstance(properties.get("key"), str):
            yield properties["key"]
    elif isinstance(properties, list):
        for item in properties:
            yield from _keys_in(item)

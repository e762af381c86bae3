"""The persons behind an insight: one function for each, over the events of a project.

Each takes the call, for its state, and the filter as the request gave it, and returns the persons it counts. What they
compute here is plain: the persons with matching events. Steps, intervals and edges are not told apart yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from mockserver import entropy
from mockserver.call import Call
from mockserver.store import Record
from mockserver.store.tinydb import sort_key

RELATIVE = re.compile(r"-?(\d{1,4})(h|d|w|m|q|y)(Start|End)?")
DAYS = {"d": 1, "w": 7, "m": 30, "q": 91, "y": 365}

Filter = Mapping[str, Any]


@dataclass(frozen=True)
class Actor:
    """Somebody that an insight counts, and what they add to it where it has a number for them."""

    person: Record
    value: float | None = None


@dataclass(frozen=True)
class Period:
    """The days that an insight is about; its last moment belongs to it."""

    start: datetime | None
    end: datetime

    def holds(self, timestamp: str) -> bool:
        """Return whether a moment lies in it."""
        moment = entropy.read_timestamp(timestamp)
        return moment <= self.end and (self.start is None or moment >= self.start)


def funnel(call: Call, filter: Filter) -> list[Actor]:
    """Return who entered the funnel: persons with its first event."""
    series = entities(filter)
    return _persons_with(call, filter, {series[0]} if series else set())


def correlation(call: Call, filter: Filter) -> list[Actor]:
    """Return who entered the funnel and did the event that correlates."""
    entity = filter.get("funnel_correlation_person_entity")
    names = {str(entity["id"])} if isinstance(entity, Mapping) and entity.get("id") is not None else set()
    return _persons_with(call, filter, names or set(entities(filter)))


def trends(call: Call, filter: Filter) -> list[Actor]:
    """Return who did the event, those who did it most often first."""
    actors = _persons_with(call, filter, _target(filter))
    return sorted(actors, key=lambda actor: -(actor.value or 0))


def lifecycle(call: Call, filter: Filter) -> list[Actor]:
    """Return who did the event."""
    return _without_values(_persons_with(call, filter, set(entities(filter))))


def stickiness(call: Call, filter: Filter) -> list[Actor]:
    """Return who did the event."""
    return _without_values(_persons_with(call, filter, _target(filter) or set(entities(filter))))


def path(call: Call, filter: Filter) -> list[Actor]:
    """Return who has a path: persons with any event."""
    return _without_values(_persons_with(call, filter, set(entities(filter))))


def retention(call: Call, filter: Filter) -> list[tuple[Actor, list[int]]]:
    """Return who did the event that makes one part of the row, each with the one appearance that is certain."""
    entity = filter.get("target_entity")
    name = entity.get("id") if isinstance(entity, Mapping) else None
    return [(actor, [1]) for actor in _persons_with(call, filter, {name or "$pageview"})]


def entities(filter: Filter) -> list[str]:
    """Return the names of the events that a filter is about, in the order it gives them."""
    given = filter.get("events")
    series = [item for item in given if isinstance(item, Mapping)] if isinstance(given, list) else []
    series.sort(key=lambda item: item["order"] if isinstance(item.get("order"), int) else 0)
    return [str(item["id"]) for item in series if item.get("id") is not None]


def period(call: Call, filter: Filter) -> Period:
    """Return the days that a filter names: whole ones, in UTC, seven unless told."""
    now = entropy.now(call.state)
    start = None if filter.get("date_from") == "all" else read_day(filter.get("date_from") or "-7d", now)
    end = read_day(filter["date_to"], now) if filter.get("date_to") else now
    if filter.get("date_to") and end.time() == time(0):
        end += timedelta(days=1) - timedelta(microseconds=1)
    return Period(start, end)


def read_day(text: Any, now: datetime) -> datetime:
    """Return the moment that a date, a time or a distance from now names; anything else is today, as on servers."""
    found = RELATIVE.fullmatch(text) if isinstance(text, str) else None
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if found:
            number = int(found[1])
            return now - timedelta(hours=number) if found[2] == "h" else today - timedelta(days=number * DAYS[found[2]])
        return entropy.read_timestamp(text)
    except (ValueError, TypeError, OverflowError):
        return today


def events_of(call: Call, filter: Filter, names: set[str]) -> Iterator[Record]:
    """Yield the events of these names, of any name if there are none, in the days of a filter."""
    days = period(call, filter)
    for event in call.table("events").find(project_id=call.tenant.project_id):
        if (not names or event["event"] in names) and days.holds(event["timestamp"]):
            yield event


def _target(filter: Filter) -> set[str]:
    """Return the event that a trend or stickiness is about."""
    given = filter.get("entity_id")
    if given is None and filter.get("entity_order") is not None:
        number = str(filter["entity_order"])
        series = entities(filter)
        given = series[int(number)] if number.isdecimal() and int(number) < len(series) else None
    return {str(given)} if given is not None else set()


def _persons_with(call: Call, filter: Filter, names: set[str]) -> list[Actor]:
    """Return the persons with matching events and how many they have, those created last first."""
    counts: dict[int, int] = {}
    found: dict[int, Record] = {}
    owners: dict[str, Record | None] = {}
    persons = call.table("persons")
    for event in events_of(call, filter, names):
        distinct_id = event["distinct_id"]
        if distinct_id not in owners:
            owners[distinct_id] = persons.first(distinct_ids=distinct_id, project_id=call.tenant.project_id)
        person = owners[distinct_id]
        if person is not None:
            found[person["id"]] = person
            counts[person["id"]] = counts.get(person["id"], 0) + 1
    ordered = sorted(found.values(), key=lambda person: (sort_key(person["created_at"]), person["uuid"]), reverse=True)
    return [Actor(person, counts[person["id"]]) for person in ordered]


def _without_values(actors: list[Actor]) -> list[Actor]:
    return [Actor(actor.person) for actor in actors]

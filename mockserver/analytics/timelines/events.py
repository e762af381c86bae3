"""Which events a properties timeline is about: by their names, and the days of an older filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from mockserver.analytics.insights.legacy_filters import Filter
from mockserver.request.call import Call
from mockserver.world import entropy

RELATIVE = re.compile(r"-?(\d{1,4})(h|d|w|m|q|y)(Start|End)?")
DAYS = {"d": 1, "w": 7, "m": 30, "q": 91, "y": 365}


@dataclass(frozen=True)
class Period:
    """The days that an insight is about; its last moment belongs to it."""

    start: datetime | None
    end: datetime

    def holds(self, timestamp: str) -> bool:
        """Return whether a moment lies in it."""
        moment = entropy.read_timestamp(timestamp)
        return moment <= self.end and (self.start is None or moment >= self.start)


def entities(filter: Filter) -> list[str]:
    """Return the names of the events that a filter is about, in the order it gives them."""
    given = filter.get("events")
    series = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
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

"""Dates in filters and in properties, as the flags service reads them.

Of old a bare date took the time of day that it was (as the parser of dates that it used does); since then it is
midnight in the project's time zone, and clocks on the wall are read in that zone. Source: the matcher's table, of both
times.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

RELATIVE = re.compile(r"-?(\d{1,4})([hdwmy])", re.ASCII)
SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = re.compile(r"-?\d{1,10}(\.\d{1,9})?", re.ASCII)
MILLISECONDS = re.compile(r"\d{13}", re.ASCII)
ISO = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"([T ]+(?P<time>\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?)\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
DAYS = ("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%m/%d/%Y", "%m/%d/%y", "%Y/%m/%d",
        "%m.%d.%Y", "%Y.%m.%d")  # fmt: skip
TIMES = ("", " %H:%M:%S", " %H:%M", ", %H:%M:%S", " %I:%M:%S %p", " %I:%M %p")


def relative(text: str, now: datetime) -> datetime | None:
    """Return the time that lies so long before now: `-7d`, `6h`; months and years by the calendar."""
    found = RELATIVE.fullmatch(text)
    if not found:
        return None
    number, unit = int(found[1]), found[2]
    try:
        if unit in SPANS:
            return now - number * SPANS[unit]
        months = now.year * 12 + now.month - 1 - number * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        return now.replace(year=year, month=month, day=min(now.day, monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return None


def absolute(text: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return the time that a text spells: ISO 8601, in words, or seconds since 1970.

    Without a zone, a bare date takes the time of day that it is, and a time without an offset is UTC's.
    """
    text = text.strip()
    if SECONDS.fullmatch(text) and len(text.partition(".")[0]) == 10:
        return of_seconds(float(text))
    if MILLISECONDS.fullmatch(text):
        return of_seconds(int(text) / 1000)
    found = ISO.fullmatch(text)
    return _of_iso(found, now, zone) if found else _of_words(text, now)


def of_seconds(seconds: float) -> datetime | None:
    """Return the time so many seconds after 1970."""
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return None


def _of_iso(found: re.Match[str], now: datetime, zone: tzinfo | None) -> datetime | None:
    time, offset = found["time"], found["zone"]
    try:
        day = datetime.fromisoformat(found["date"])
        if time is None:
            return _at_this_time(day, now) if zone is None else on_the_wall(day, zone)
        whole = datetime.fromisoformat(f"{found['date']}T{time.zfill(len(time) + (time.index(':') == 1))}")
        if offset:
            return datetime.fromisoformat(f"{whole.isoformat()}{offset.replace('UTC', 'Z')}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return whole.replace(tzinfo=UTC) if zone is None else on_the_wall(whole, zone)


def _of_words(text: str, now: datetime) -> datetime | None:
    for time in TIMES:
        for day in DAYS:
            try:
                read = datetime.strptime(text, day + time)
            except ValueError:
                continue
            return read.replace(tzinfo=UTC) if time else _at_this_time(read, now)
    return None


def _at_this_time(day: datetime, now: datetime) -> datetime:
    return datetime.combine(day.date(), now.timetz(), UTC)


def on_the_wall(moment: datetime, zone: tzinfo) -> datetime | None:
    """Return when clocks of a zone show a time: nothing if summer time skips it, the earlier if they show it twice."""
    try:
        universal = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
        shown = universal.astimezone(zone).replace(tzinfo=None)
    except OverflowError:  # at either end of the calendar
        return None
    return universal if shown == moment else None


def stored(value: Any, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return the time that a stored value is: text, or seconds since 1970."""
    if isinstance(value, str):
        return absolute(value, now, zone)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return of_seconds(value)
    return None


def wanted(value: Any, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return the time that a filter asks for: text, or so long before now.

    It is read after the stored value, so a bare date that takes the time of day takes a later one.
    """
    if not isinstance(value, str):
        return None
    return relative(value, now) or absolute(value, now + TICK, zone)

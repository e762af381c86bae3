"""Dates as queries give them: absolute, or relative to the world's time in the project's zone (`-7d`, `mStart`)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mockserver.analytics.errors import QueryError

RELATIVE = re.compile(r"-?(?P<number>\d+)?(?P<unit>[hdwmqysHDWMQY])(?P<edge>Start|End)?")
LOOSE_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")


def parse_date(text: str, now: datetime, timezone: str) -> datetime:
    """Return the moment that a text names, in the project's zone; now for a text that names none.

    Raises: QueryError for a date that is out of reach.
    """
    zone = ZoneInfo(timezone)
    absolute = read_absolute(text, zone)
    if absolute is not None:
        return absolute
    local = now.astimezone(zone)
    found = RELATIVE.search(text)
    if found is None:
        return local
    number = int(found["number"] or 0)
    try:
        return EDGES.get((found["unit"], found["edge"]), _as_it_is)(_before(local, found["unit"], number))
    except (OverflowError, ValueError):
        raise QueryError(f"Invalid date: {text}") from None


def read_absolute(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the moment that ISO 8601 text names, in a zone unless it says its own. Raises: QueryError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        loose = LOOSE_DAY.fullmatch(text)
        if not loose:
            return None
        try:
            moment = datetime(*map(int, loose.groups()))  # type: ignore[arg-type]
        except ValueError:
            return None
    try:
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except OverflowError:
        raise QueryError(f"Invalid date: {text}") from None


def is_relative(text: str) -> bool:
    """Return whether a text is a date told from now."""
    return re.match(r"-?\d+[hdwmqysHDWMQY]", text) is not None


def _before(moment: datetime, unit: str, number: int) -> datetime:
    match unit:
        case "s":
            return moment - timedelta(seconds=number)
        case "M":
            return moment - timedelta(minutes=number)
        case "h" | "H":
            return moment - timedelta(hours=number)
        case "d" | "D":
            return moment - timedelta(days=number)
        case "w" | "W":
            return moment - timedelta(weeks=number)
        case "m":
            return _months_before(moment, number)
        case "q" | "Q":
            return _months_before(moment, 3 * number)
        case "y" | "Y":
            return _months_before(moment, 12 * number)
    return moment


def _months_before(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _as_it_is(moment: datetime) -> datetime:
    return moment


def _first_of_month(moment: datetime) -> datetime:
    return moment.replace(day=1)


def _last_of_month(moment: datetime) -> datetime:
    return moment.replace(day=calendar.monthrange(moment.year, moment.month)[1])


EDGES: dict[tuple[str, str | None], Callable[[datetime], datetime]] = {
    ("h", "Start"): lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    ("h", "End"): lambda moment: moment.replace(minute=59, second=59, microsecond=999999),
    ("d", "Start"): lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0),
    ("d", "End"): lambda moment: moment.replace(hour=23, minute=59, second=59, microsecond=999999),
    ("m", "Start"): _first_of_month,
    ("m", "End"): _last_of_month,
    ("y", "Start"): lambda moment: moment.replace(month=1, day=1),
    ("y", "End"): lambda moment: moment.replace(month=12, day=31),
}

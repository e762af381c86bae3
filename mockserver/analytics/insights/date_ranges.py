"""The days that an insight is about, and the intervals they are cut into.

Source: recorded answers. A range of days ends with the last moment of its last day; one by the hour ends with the
moment it names, unless that is told from now; one that is explicit is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import RELATIVE, parse_date, read_absolute
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, call, compare, constant, field
from mockserver.analytics.inquiries import Inquiry

DEFAULT_DAYS = 7
MOST_INTERVALS = 20_000
FIRST_YEAR, LAST_YEAR = 1902, 2290  # with room for an interval and a look back
OUT_OF_REACH = "The date range is out of reach"
ROUGHLY = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=28),
}
BY_THE_CLOCK = ("second", "minute", "hour")


@dataclass(frozen=True)
class DateRange:
    """From one moment to another, both in it, cut into intervals; both are in the project's time zone."""

    start: datetime
    end: datetime
    interval: str = "day"
    first_weekday: int = 0
    """0 where weeks begin on Sunday, 1 for Monday."""
    days_back: int | None = None
    """How many days back it was said to begin, where it was said so and not when it ends."""
    is_exact: bool = False
    """Whether its first interval is cut where the range begins."""

    @classmethod
    def of(cls, inquiry: Inquiry, given: Mapping[str, Any] | None, interval: str | None) -> DateRange:
        """Return the range that a query's `dateRange` and `interval` say. Raises: QueryError."""
        given, interval = given or {}, interval or "day"
        is_explicit = bool(given.get("explicitDate"))
        start = _start(inquiry, given.get("date_from"), interval, is_explicit)
        end = _end(inquiry, given.get("date_to"), interval, is_explicit)
        monday = 1 if inquiry.project.get("week_start_day") == 1 else 0
        days = _days_back(given.get("date_from")) if not given.get("date_to") else None
        is_exact = is_explicit or _is_hours_back(given.get("date_from"), interval)
        made = cls(start, end, interval, monday, days, is_exact)
        made.refuse_too_long()
        return made

    def refuse_too_long(self) -> None:
        """Refuse what would be cut into more intervals than anyone can look at. Raises: QueryError."""
        check_reach(self.start, self.end)
        if (self.end - self.start) / ROUGHLY[self.interval] > MOST_INTERVALS:
            raise QueryError(f"The date range has too many intervals: at most {MOST_INTERVALS}")

    # Intervals

    @cached_property
    def beginnings(self) -> list[datetime]:
        """When each interval begins, the first maybe before the range does."""
        moments, at = [], self.floor(self.start)
        while at <= self.end:
            moments.append(at)
            at = self.following(at)
        return moments

    def floor(self, moment: datetime) -> datetime:
        """Return when the interval begins that a moment lies in."""
        match self.interval:
            case "second":
                return moment.replace(microsecond=0)
            case "minute":
                return moment.replace(second=0, microsecond=0)
            case "hour":
                return moment.replace(minute=0, second=0, microsecond=0)
        midnight = day_start(moment)
        if self.interval == "week":
            return midnight - timedelta(days=(midnight.isoweekday() - self.first_weekday) % 7)
        return midnight.replace(day=1) if self.interval == "month" else midnight

    def following(self, moment: datetime) -> datetime:
        """Return the same moment of the next interval. Hours are counted, days are those of the calendar."""
        if self.interval in BY_THE_CLOCK:
            zone = moment.tzinfo
            return (moment.astimezone(UTC) + ROUGHLY[self.interval]).astimezone(zone)
        if self.interval == "month":
            return (moment.replace(day=1) + timedelta(days=32)).replace(day=1)
        return moment + ROUGHLY[self.interval]

    def bucket(self, moment: Node) -> Node:
        """Return HogQL for when the interval begins that a moment lies in."""
        if self.interval == "week":
            return call("toStartOfWeek", moment, constant(self.first_weekday))
        return call(f"toStartOf{self.interval.capitalize()}", moment)

    def step(self) -> Node:
        """Return HogQL for the length of an interval."""
        return call(f"toInterval{self.interval.capitalize()}", constant(1))

    def aligned(self) -> DateRange:
        """Return the range from the beginning of its first interval, unless that is to be cut."""
        return self if self.is_exact else replace(self, start=self.floor(self.start))

    # What is shown of a moment

    def key(self, moment: datetime | str) -> str:
        """Return what tells one interval from another: a day, or a time where intervals are shorter.

        Takes the moment as it is here, or as ClickHouse told it.
        """
        text = moment if isinstance(moment, str) else moment.isoformat()
        return text[:19].replace("T", " ") if self.interval in BY_THE_CLOCK else text[:10]

    @property
    def keys(self) -> list[str]:
        """What tells the intervals from one another."""
        return [self.key(moment) for moment in self.beginnings]

    def label(self, moment: datetime) -> str:
        """Return what an interval is called; a week by those of its days that lie in the range."""
        if self.interval in BY_THE_CLOCK:
            return f"{moment.day}-{moment:%b %H:%M}"
        if self.interval == "month":
            return f"{moment:%b %Y}"
        if self.interval == "day":
            return f"{moment.day}-{moment:%b-%Y}"
        first = max(moment.date(), self.start.date())
        last = max(min(moment.date() + timedelta(days=6), self.end.date()), first)
        if first == last:
            return f"{first.day}-{first:%b-%Y}"
        if first.year != last.year:
            return f"{first.day}-{first:%b-%Y} – {last.day}-{last:%b-%Y}"
        if first.month != last.month:
            return f"{first.day}-{first:%b} – {last.day}-{last:%b}"
        return f"{first.day}–{last.day} {last:%b}"

    @property
    def shown(self) -> dict[str, str]:
        """How an answer tells the range that a query was about."""
        return {"date_from": show(self.start), "date_to": show(self.end)}

    # Conditions

    def conditions(self, timestamp: Node | None = None) -> list[Node]:
        """Return what holds of moments in the range."""
        moment = timestamp or field("timestamp")
        return [compare(moment, ">=", constant(self.start)), compare(moment, "<=", constant(self.end))]

    # Other ranges

    def previous(self) -> DateRange:
        """Return the range just before, as long."""
        length = self.end - self.start
        start = back(self.start, length)
        if self.interval in BY_THE_CLOCK:
            start = start.replace(hour=self.start.hour, minute=0, second=0, microsecond=0)
            return replace(self, start=start, end=(start + length).replace(minute=59, second=59, microsecond=999_999))
        start = day_start(start)
        if self.interval == "day" and self.days_back and self.days_back % 7 == 0:
            # Seven days back and today are eight: weekdays shall stand beside themselves all the same.
            start += timedelta(days=1)
        return replace(self, start=start, end=day_end(start + length))

    def shifted(self, inquiry: Inquiry, distance: str) -> DateRange:
        """Return the range so far back (`-1w`). Raises: QueryError."""
        if not RELATIVE.fullmatch(distance):
            raise QueryError(f"Invalid comparison: {distance}")
        length = inquiry.now - parse_date(distance, inquiry.now, inquiry.timezone)
        start, end = back(self.start, length), back(self.end, length)
        if self.interval in BY_THE_CLOCK:
            return replace(self, start=start, end=end)
        return replace(self, start=day_start(start), end=day_end(end))


def day_start(moment: datetime) -> datetime:
    """Return the first moment of the same day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def day_end(moment: datetime) -> datetime:
    """Return the last moment of the same day."""
    return moment.replace(hour=23, minute=59, second=59, microsecond=999_999)


def check_reach(*moments: datetime) -> None:
    """Refuse moments that ClickHouse cannot hold. Raises: QueryError."""
    if not all(FIRST_YEAR <= moment.year <= LAST_YEAR for moment in moments):
        raise QueryError(OUT_OF_REACH)


def back(moment: datetime, length: timedelta) -> datetime:
    """Return the moment so long before another. Raises: QueryError where there is none."""
    try:
        earlier = moment - length
    except OverflowError:
        raise QueryError(OUT_OF_REACH) from None
    check_reach(earlier)
    return earlier


def show(moment: datetime) -> str:
    """Return a moment as answers show it, in its own zone; `Z` for UTC."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if moment.utcoffset() == timedelta(0) else text


def _start(inquiry: Inquiry, given: Any, interval: str, is_explicit: bool) -> datetime:
    zone = ZoneInfo(inquiry.timezone)
    if not given:
        return day_start(inquiry.now.astimezone(zone)) - timedelta(days=DEFAULT_DAYS)
    if given == "all":
        return earliest(inquiry)
    moment = parse_date(str(given), inquiry.now, inquiry.timezone)
    if read_absolute(str(given), zone) is not None or is_explicit or interval in ("minute", "second"):
        return moment
    # What cannot be read is now, as it is. Source: servers truncate only what they could read.
    return _truncated(str(given), moment) if RELATIVE.search(str(given)) else moment


def _end(inquiry: Inquiry, given: Any, interval: str, is_explicit: bool) -> datetime:
    moment = parse_date(str(given or ""), inquiry.now, inquiry.timezone)
    if is_explicit:
        return moment
    if interval not in BY_THE_CLOCK:
        return day_end(moment)
    is_absolute = given and read_absolute(str(given), ZoneInfo(inquiry.timezone)) is not None
    return moment if is_absolute else moment.replace(minute=59, second=59, microsecond=999_999)


def _truncated(given: str, moment: datetime) -> datetime:
    """Return the beginning of the day, or of the hour where the distance is told in hours."""
    found = RELATIVE.search(given)
    unit = found["unit"] if found else "d"
    if unit in ("h", "H"):
        return moment.replace(minute=0, second=0, microsecond=0)
    if unit in ("M", "s"):
        return moment.replace(second=0, microsecond=0)
    return day_start(moment)


def _days_back(given: Any) -> int | None:
    found = RELATIVE.fullmatch(given) if isinstance(given, str) else None
    if not found or found["unit"] not in ("d", "D", "w", "W") or found["edge"]:
        return None
    return int(found["number"] or 0) * (7 if found["unit"] in ("w", "W") else 1)


def _is_hours_back(given: Any, interval: str) -> bool:
    """Return whether a range begins so many hours ago, or is one by the hour that begins some time ago."""
    found = RELATIVE.fullmatch(given) if isinstance(given, str) else None
    if not found or interval in ("week", "month"):
        return False
    return interval in BY_THE_CLOCK or found["unit"] in ("h", "H")


def earliest(inquiry: Inquiry) -> datetime:
    """Return when the project's first event happened, a week ago if there is none."""
    zone = ZoneInfo(inquiry.timezone)
    found = inquiry.run(
        select("SELECT min(timestamp), count() FROM events WHERE timestamp >= toDateTime('2015-01-01')")
    )
    first, count = found.rows[0]
    if not count:
        return day_start(inquiry.now.astimezone(zone)) - timedelta(days=DEFAULT_DAYS)
    return datetime.fromisoformat(first).astimezone(zone)

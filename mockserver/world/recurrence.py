"""Rules of recurrence: on which days something happens again. The part of RFC 5545 that subscriptions use."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_EMPTY = 400
"""After so many periods without any day there will be none."""
LAST_YEAR = 9998


@dataclass(frozen=True)
class Recurrence:
    """From a start on, every so many days, weeks, months or years: on that day, or on weekdays of the period.

    `position` picks one of the period's weekdays, counted from its start or, negative, from its end. `count` is how
    many times it happens at all; it never happens after `until`.
    """

    frequency: str
    start: datetime
    interval: int = 1
    weekdays: Sequence[str] = ()
    position: int | None = None
    count: int | None = None
    until: datetime | None = None

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time that is later than a moment; None if there is none."""
        return next((time for time in self._times(moment) if time > moment), None)

    def _times(self, moment: datetime) -> Iterator[datetime]:
        """Yield the times from the first on; where none is counted, from shortly before a moment on."""
        if self.count is not None:
            for number, time in enumerate(self._all(0)):
                if number >= self.count:
                    return
                yield time
            return
        yield from self._all(self._periods_before(moment))

    def _periods_before(self, moment: datetime) -> int:
        """Return how many periods may be passed over, since all of their days are before a moment."""
        if self.interval < 1 or moment <= self.start:
            return 0
        days = {"daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}[self.frequency]
        return max((moment - self.start).days // days // self.interval - 1, 0)

    def _all(self, first: int) -> Iterator[datetime]:
        empty, number = 0, first
        while empty < MOST_EMPTY:
            days = self._days(number)
            if days is None:
                return
            found = [day for day in days if day >= self.start]
            empty = 0 if found else empty + 1
            for day in found:
                if self.until is not None and day > self.until:
                    return
                yield day
            if self.interval < 1:
                return
            number += 1

    def _days(self, number: int) -> list[datetime] | None:
        """Return the days of one period, counted from the start's; None beyond what a calendar holds."""
        step = number * max(self.interval, 1)
        start = self.start
        try:
            match self.frequency:
                case "daily":
                    first, length = start + timedelta(days=step), 1
                case "weekly":
                    first, length = start + timedelta(days=7 * step - start.weekday()), 7
                case "monthly":
                    year, month = divmod(start.year * 12 + start.month - 1 + step, 12)
                    first = start.replace(year=year, month=month + 1, day=1)
                    length = calendar.monthrange(year, month + 1)[1]
                case _:
                    first = start.replace(year=start.year + step, month=1, day=1)
                    length = 366 if calendar.isleap(first.year) else 365
            if first.year > LAST_YEAR:
                return None
            every = [first + timedelta(days=day) for day in range(length)]
        except (OverflowError, ValueError):
            return None
        if self.frequency == "weekly":  # whose first period begins with the start itself
            every = [day for day in every if day >= start]
        return self._picked([day for day in every if self._fits(day)])

    def _fits(self, day: datetime) -> bool:
        if self.weekdays:
            return WEEKDAYS[day.weekday()] in self.weekdays
        match self.frequency:
            case "daily":
                return True
            case "weekly":
                return day.weekday() == self.start.weekday()
            case "monthly":
                return day.day == self.start.day
        return (day.month, day.day) == (self.start.month, self.start.day)

    def _picked(self, days: list[datetime]) -> list[datetime]:
        if not self.weekdays or self.position is None:
            return days
        place = self.position - 1 if self.position > 0 else self.position
        return [days[place]] if -len(days) <= place < len(days) else []

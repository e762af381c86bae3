"""Ranges of days: where they begin and end, how they are cut, and what each interval is called."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mockserver.analytics.errors import QueryError
from mockserver.analytics.insights.date_ranges import DateRange, show

NOW = datetime(2026, 1, 15, 12, 34, 56, tzinfo=UTC)


def days(interval: str = "day", timezone: str = "UTC", monday: bool = False, **given: Any) -> DateRange:
    inquiry: Any = SimpleNamespace(now=NOW, timezone=timezone, project={"week_start_day": int(monday)})
    return DateRange.of(inquiry, given, interval)


@pytest.mark.parametrize(
    ("interval", "given", "start", "end"),
    [
        ("day", {}, "2026-01-08T00:00:00Z", "2026-01-15T23:59:59.999999Z"),
        ("day", {"date_from": "-3d"}, "2026-01-12T00:00:00Z", "2026-01-15T23:59:59.999999Z"),
        ("day", {"date_from": "mStart"}, "2026-01-01T00:00:00Z", "2026-01-15T23:59:59.999999Z"),
        ("day", {"date_from": "2026-01-01", "date_to": "2026-01-02"},
         "2026-01-01T00:00:00Z", "2026-01-02T23:59:59.999999Z"),
        ("hour", {"date_from": "-2h"}, "2026-01-15T10:00:00Z", "2026-01-15T12:59:59.999999Z"),
        ("hour", {"date_from": "2026-01-01", "date_to": "2026-01-02"}, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("day", {"date_from": "2026-01-01T06:00:00", "date_to": "2026-01-01T07:00:00", "explicitDate": True},
         "2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z"),
    ],
)  # fmt: skip
def test_a_range_begins_and_ends_with_whole_days(interval: str, given: Any, start: str, end: str) -> None:
    assert days(interval, **given).shown == {"date_from": start, "date_to": end}


def test_days_are_those_of_the_calendar_when_clocks_change() -> None:
    march = days(timezone="Europe/Berlin", date_from="2026-03-28", date_to="2026-03-30")
    assert [show(moment) for moment in march.beginnings] == [
        "2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00",
    ]  # fmt: skip
    hours = days("hour", timezone="Europe/Berlin", date_from="2026-03-29", date_to="2026-03-29T04:00:00")
    assert [key[11:16] for key in hours.keys] == ["00:00", "01:00", "03:00", "04:00"]


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({"date_from": "2026-01-06", "date_to": "2026-01-12"}, ["6–10 Jan", "11–12 Jan"]),
        ({"date_from": "2026-01-25", "date_to": "2026-02-01"}, ["25–31 Jan", "1-Feb-2026"]),
        ({"date_from": "2025-12-28", "date_to": "2026-01-03"}, ["28-Dec-2025 – 3-Jan-2026"]),
        ({"date_from": "2026-03-29", "date_to": "2026-04-04"}, ["29-Mar – 4-Apr"]),
    ],
)
def test_a_week_is_called_by_its_days_in_the_range(given: Any, labels: list[str]) -> None:
    weeks = days("week", **given)
    assert [weeks.label(moment) for moment in weeks.beginnings] == labels


def test_weeks_begin_on_the_day_they_are_said_to() -> None:
    assert days("week", date_from="2026-01-06", date_to="2026-01-06").keys == ["2026-01-04"]
    assert days("week", monday=True, date_from="2026-01-06", date_to="2026-01-06").keys == ["2026-01-05"]


def test_a_range_is_aligned_unless_it_is_exact() -> None:
    assert days("week", date_from="2026-01-06").aligned().start.day == 4
    assert days("week", date_from="2026-01-06", explicitDate=True).aligned().start.day == 6


@pytest.mark.parametrize(
    ("interval", "given"),
    [
        ("minute", {"date_from": "2020-01-01"}),
        ("day", {"date_from": "0001-01-01", "date_to": "0001-01-02"}),
        ("day", {"date_to": "9999-12-31"}),
        ("day", {"date_from": "-99999999999y"}),
        ("day", {"date_from": "0001-01-01T00:00:00+14:00"}),
    ],
)
def test_what_cannot_be_looked_at_is_refused(interval: str, given: Any) -> None:
    with pytest.raises(QueryError):
        days(interval, **given)


def test_the_period_before_ends_where_this_begins() -> None:
    before = days(date_from="2026-01-10", date_to="2026-01-12").previous()
    assert before.shown == {"date_from": "2026-01-07T00:00:00Z", "date_to": "2026-01-09T23:59:59.999999Z"}
    assert before.start.tzinfo == ZoneInfo("UTC")

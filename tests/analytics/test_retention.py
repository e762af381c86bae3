"""Retention: how often one must come back, in whose windows, and intervals put together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker

DAYS = {"date_from": "2026-01-05", "date_to": "2026-01-12"}
SEEN = {"id": "seen", "type": "events"}


@pytest.fixture
def coming(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    times = {
        "ann": ["05T20:00:00", "06T10:00:00", "06T11:00:00", "08T09:00:00"],
        "bob": ["05T20:00:00", "06T21:00:00", "12T08:00:00"],
    }
    asker.load(
        persons=[{"distinct_ids": [name]} for name in times],
        events=[
            {"event": "seen", "distinct_id": name, "timestamp": f"2026-01-{at}Z"}
            for name, moments in times.items() for at in moments
        ],
    )  # fmt: skip
    return asker


def first_row(asker: Asker, **filter: Any) -> list[tuple[str, int]]:
    given = {"period": "Day", "totalIntervals": 8, "targetEntity": SEEN, "returningEntity": SEEN, **filter}
    response = asker.query({"kind": "RetentionQuery", "dateRange": DAYS, "retentionFilter": given})
    assert response.status_code == 200, response.json
    return [(cell["label"], cell["count"]) for cell in response.json["results"][0]["values"]]


def counts(asker: Asker, **filter: Any) -> list[int]:
    return [count for _, count in first_row(asker, **filter)]


def test_once_an_interval_is_enough_unless_more_is_asked_for(coming: Asker) -> None:
    assert counts(coming) == [2, 2, 0, 1, 0, 0, 0, 1]
    assert counts(coming, minimumOccurrences=2) == [2, 1, 0, 0, 0, 0, 0, 0]
    assert counts(coming, minimumOccurrences=2, period="Week", totalIntervals=2) == [2, 0]


# Source: windows of 24 hours begin with an actor's own first event in the interval.
def test_windows_begin_with_ones_own_first_event(coming: Asker) -> None:
    assert counts(coming, timeWindowMode="24_hour_windows") == [2, 1, 1, 0, 0, 0, 1, 0]
    assert counts(coming, timeWindowMode="strict_calendar_dates") == counts(coming)
    assert counts(coming, timeWindowMode="24_hour_windows", period="Month", totalIntervals=2) == [2, 0]


def test_intervals_are_put_together(coming: Asker) -> None:
    assert first_row(coming, retentionCustomBrackets=[1, 3, 2]) == [
        ("Day 0", 2), ("Day 1", 2), ("Day 2-4", 1), ("Day 5-6", 0)]  # fmt: skip
    assert counts(coming, retentionCustomBrackets=[7]) == [2, 2]


def test_persons_come_back_in_brackets_too(coming: Asker) -> None:
    retention = {"period": "Day", "targetEntity": SEEN, "returningEntity": SEEN, "retentionCustomBrackets": [1, 6]}
    source = {"kind": "InsightActorsQuery", "interval": 0,
              "source": {"kind": "RetentionQuery", "dateRange": DAYS, "retentionFilter": retention}}  # fmt: skip
    query = {"kind": "ActorsQuery", "select": ["appearances"], "source": source}
    assert [row[0] for row in asker_rows(coming, query)] == [[0, 1, 2], [0, 1, 2]]


def asker_rows(asker: Asker, query: dict[str, Any]) -> list[list[Any]]:
    rows: list[list[Any]] = asker.query(query).json["results"]
    return rows


@pytest.mark.parametrize("brackets", [[0], [-1], [10**9]])
def test_brackets_that_are_none_are_refused(coming: Asker, brackets: list[int]) -> None:
    filter = {"period": "Day", "targetEntity": SEEN, "returningEntity": SEEN, "retentionCustomBrackets": brackets}
    assert coming.query({"kind": "RetentionQuery", "retentionFilter": filter}).status_code == 400

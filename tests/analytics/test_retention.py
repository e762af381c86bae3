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


def table(asker: Asker, breakdown: Any = None, **filter: Any) -> list[list[int]]:
    """Return the counts of all rows, those that are empty left out."""
    given = {"period": "Day", "totalIntervals": 8, "targetEntity": SEEN, "returningEntity": SEEN, **filter}
    query = {"kind": "RetentionQuery", "dateRange": DAYS, "retentionFilter": given, "breakdownFilter": breakdown}
    rows = [[cell["count"] for cell in row["values"]] for row in asker.query(query).json["results"]]
    return [row for row in rows if any(row)]


# Source: PostHog's sources, where each actor of windows of its own has one row, that of its first event.
def test_windows_begin_with_ones_own_first_event(coming: Asker) -> None:
    assert table(coming, timeWindowMode="24_hour_windows") == [[2, 1, 1, 0, 0, 0, 1, 0]]
    assert counts(coming, timeWindowMode="strict_calendar_dates") == counts(coming)
    assert counts(coming, timeWindowMode="24_hour_windows", period="Month", totalIntervals=2) == [2, 0]
    refused = {"retentionFilter": {"timeWindowMode": "24_hour_windows", "cumulative": True}}
    assert "not supported for 24 hour windows" in coming.query({"kind": "RetentionQuery", **refused}).json["detail"]


# Source: PostHog's sources: the first event of a name counts, and only if it has the properties that are asked for.
@pytest.mark.parametrize(
    "kind, rows",
    [
        ("retention_first_time", [[1, 0, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 1, 0]]),
        ("retention_first_ever_occurrence", [[1, 0, 0, 0, 0, 0, 1, 0]]),
    ],
)
@pytest.mark.parametrize("mode", [None, "24_hour_windows"])
def test_first_time_may_have_to_be_the_first_of_all(
    make_asker: Any, kind: str, rows: list[list[int]], mode: str | None
) -> None:
    asker: Asker = make_asker()
    moments = [("ann", "05T10", 1), ("ann", "06T10", 9), ("ann", "08T11", 9), ("bob", "06T10", 9), ("bob", "12T11", 1)]
    asker.load(
        persons=[{"distinct_ids": [name]} for name in ("ann", "bob")],
        events=[
            {"event": "seen", "distinct_id": name, "timestamp": f"2026-01-{at}:00:00Z", "properties": {"size": size}}
            for name, at, size in moments
        ],
    )
    large = {**SEEN, "properties": [{"key": "size", "type": "event", "operator": "gt", "value": 5}]}
    found = table(asker, targetEntity=large, retentionType=kind, timeWindowMode=mode)
    assert found == ([[sum(column) for column in zip(*rows, strict=True)]])


def test_retention_is_broken_down_by_cohorts(coming: Asker) -> None:
    [ann] = coming.client.get("/api/projects/1/persons/?distinct_id=ann").json["results"]
    cohort = {"name": "c", "is_static": True, "_create_static_person_ids": [ann["uuid"]]}
    made = coming.client.post("/api/projects/1/cohorts/", cohort).json
    several = {"breakdowns": [{"type": "cohort", "property": made["id"]}, {"type": "cohort", "property": 0}]}
    one = {"breakdown_type": "cohort", "breakdown": [made["id"], "all"]}
    assert table(coming, several) == table(coming, one)
    retention = {"kind": "RetentionQuery", "dateRange": DAYS, "breakdownFilter": several,
                 "retentionFilter": {"period": "Day", "targetEntity": SEEN, "returningEntity": SEEN}}  # fmt: skip
    rows = {row["breakdown_value"]: row["values"][0]["count"]
            for row in coming.query(retention).json["results"] if row["label"] == "Day 0"}  # fmt: skip
    assert rows == {"0": 2, str(made["id"]): 1}
    source = {"kind": "InsightActorsQuery", "interval": 0, "breakdown": [str(made["id"])], "source": retention}
    query = {"kind": "ActorsQuery", "select": ["appearances"], "source": source}
    assert asker_rows(coming, query) == [[[0, 1, 3]]]


def test_intervals_are_put_together(coming: Asker) -> None:
    assert first_row(coming, retentionCustomBrackets=[1, 3, 2]) == [
        ("Day 0", 2), ("Day 1", 2), ("Day 2-4", 1), ("Day 5-6", 0)]  # fmt: skip
    assert counts(coming, retentionCustomBrackets=[7]) == [2, 2]
    # Source: PostHog's sources, which count from the first day of all in every row.
    assert table(coming, retentionCustomBrackets=[1, 6])[1] == [2, 2, 2]


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

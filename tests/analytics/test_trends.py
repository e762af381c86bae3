"""Trends: intervals, what is counted, what it is broken down by, comparisons, displays and formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker

DAYS = {"date_from": "2026-01-09", "date_to": "2026-01-11"}
OPENED = {"kind": "EventsNode", "event": "opened"}
BOUGHT = {"kind": "EventsNode", "event": "bought"}
ANY = {"kind": "EventsNode", "event": None}
SESSION = "019b0000-0000-7000-8000-000000000001"


def trend(asker: Asker, *series: Any, **fields: Any) -> list[dict[str, Any]]:
    query = {"kind": "TrendsQuery", "series": list(series) or [OPENED], "dateRange": DAYS, **fields}
    response = asker.query(query)
    assert response.status_code == 200, response.json
    results: list[dict[str, Any]] = response.json["results"]
    return results


def refused(asker: Asker, **fields: Any) -> str:
    response = asker.query({"kind": "TrendsQuery", "series": [OPENED], "dateRange": DAYS, **fields})
    assert (response.status_code, response.json["code"]) == (400, "invalid_input"), response.json
    return str(response.json["detail"])


def test_days_without_events_count_nothing(asker: Asker) -> None:
    (result,) = trend(asker)
    assert (result["data"], result["days"]) == ([0, 2, 0], ["2026-01-09", "2026-01-10", "2026-01-11"])
    assert (result["labels"][0], result["count"], result["label"]) == ("9-Jan-2026", 2, "opened")


@pytest.mark.parametrize(
    ("math", "data"),
    [
        ({"math": "total"}, [0, 4, 0]),
        ({"math": "dau"}, [0, 3, 0]),
        ({"math": "weekly_active"}, [0, 3, 3]),
        ({"math": "monthly_active"}, [0, 3, 3]),
        ({"math": "first_time_for_user"}, [0, 3, 0]),
        ({"math": "first_matching_event_for_user"}, [0, 3, 0]),
        ({"math": "sum", "math_property": "amount"}, [0, 112.0, 0]),
        ({"math": "sum", "math_property": "amount", "math_multiplier": 0.5}, [0, 56.0, 0]),
        ({"math": "max", "math_property": "amount"}, [0, 99.5, 0]),
        ({"math": "min", "math_property": "amount"}, [0, 2.5, 0]),
        ({"math": "median", "math_property": "amount"}, [0, 10.0, 0]),
        ({"math": "avg", "math_property": "age", "math_property_type": "person_properties"}, [0, (31 * 2 + 45) / 3, 0]),
        ({"math": "avg_count_per_actor"}, [0, pytest.approx(4 / 3), 0]),
        ({"math": "max_count_per_actor"}, [0, 2, 0]),
        ({"math": "max", "math_property": "$session_duration"}, [0, 2 * 3600, 0]),
        ({"math": "hogql", "math_hogql": "count() * 10"}, [0, 40, 0]),
    ],
)
def test_what_is_counted_of_events(asker: Asker, math: dict[str, Any], data: list[float]) -> None:
    assert trend(asker, {**ANY, **math})[0]["data"] == data


def test_a_property_that_is_no_number_in_any_event_counts_nothing(asker: Asker) -> None:
    assert trend(asker, {**ANY, "math": "sum", "math_property": "$browser"})[0]["data"] == [0, 0, 0]


def test_first_time_is_of_the_first_event_of_a_name(asker: Asker) -> None:
    chrome = [{"key": "$browser", "type": "event", "value": "Safari"}]
    assert trend(asker, {**ANY, "math": "first_time_for_user", "properties": chrome})[0]["data"] == [0, 1, 0]
    later = {"date_from": "2026-01-11", "date_to": "2026-01-12"}
    assert trend(asker, {**ANY, "math": "first_time_for_user"}, dateRange=later)[0]["data"] == [0, 0]


def test_active_users_of_a_week_are_those_of_each_day_where_intervals_are_weeks(asker: Asker) -> None:
    (result,) = trend(asker, {**ANY, "math": "weekly_active"}, interval="week")
    assert (result["data"], result["action"]["math"]) == ([3, 0], "dau")


def test_someone_active_counts_for_seven_days(asker: Asker) -> None:
    days = {"date_from": "2026-01-10", "date_to": "2026-01-18"}
    assert trend(asker, {**ANY, "math": "weekly_active"}, dateRange=days)[0]["data"] == [3] * 7 + [0, 0]


@pytest.mark.parametrize(
    ("interval", "dates", "days", "data"),
    [
        ("hour", {"date_from": "2026-01-10T01:00:00", "date_to": "2026-01-10T03:00:00"},
         ["2026-01-10 01:00:00", "2026-01-10 02:00:00", "2026-01-10 03:00:00"], [1, 1, 0]),
        ("week", {"date_from": "2026-01-05", "date_to": "2026-01-11"}, ["2026-01-04", "2026-01-11"], [4, 0]),
        ("month", {"date_from": "2025-12-20", "date_to": "2026-01-10"}, ["2025-12-01", "2026-01-01"], [0, 4]),
        ("day", {"date_from": "-5d"}, [f"2026-01-{day}" for day in range(10, 16)], [4, 0, 0, 0, 0, 0]),
        ("day", {"date_from": "all", "date_to": "2026-01-11"}, ["2026-01-10", "2026-01-11"], [4, 0]),
        ("day", {"date_from": "2026-01-10T02:30:00", "date_to": "2026-01-10T03:30:00", "explicitDate": True},
         ["2026-01-10"], [1]),
        ("day", {"date_from": "2026-02-01", "date_to": "2026-01-01"}, [], []),
    ],
)  # fmt: skip
def test_events_fall_into_intervals(
    asker: Asker, interval: str, dates: dict[str, Any], days: list[str], data: list[int]
) -> None:
    (result,) = trend(asker, ANY, interval=interval, dateRange=dates)
    assert result["days"] == days
    assert sum(result["data"]) == sum(data) or interval == "hour"
    if interval != "hour":
        assert result["data"] == data


def test_days_are_those_of_the_project(make_asker: Callable[..., Asker]) -> None:
    asker = make_asker()
    asker.load(events=[{"event": "opened", "distinct_id": "a", "timestamp": "2026-01-10T23:30:00Z"}])
    path = f"/api/environments/{asker.project_id}/"
    assert asker.client.patch(f"/api/projects/{asker.project_id}/", {"timezone": "Europe/Berlin"}).status_code == 200, (
        path
    )
    (result,) = trend(asker)
    assert (result["data"], result["action"]["days"][0]) == ([0, 0, 1], "2026-01-09T00:00:00+01:00")


def test_weeks_begin_when_the_project_says(asker: Asker) -> None:
    asker.client.patch(f"/api/projects/{asker.project_id}/", {"week_start_day": 1})
    (result,) = trend(asker, ANY, interval="week")
    assert (result["days"], result["data"]) == (["2026-01-05"], [4])


def test_values_are_ranked_and_the_least_are_one(asker: Asker) -> None:
    by_browser = {"breakdown": "$browser", "breakdown_type": "event"}
    found = trend(asker, ANY, breakdownFilter=by_browser)
    assert [(item["breakdown_value"], item["count"]) for item in found] == [
        ("Chrome", 2), ("Safari", 1), ("$$_posthog_breakdown_null_$$", 1),
    ]  # fmt: skip
    cut = trend(asker, ANY, breakdownFilter={**by_browser, "breakdown_limit": 1})
    assert [(item["breakdown_value"], item["count"]) for item in cut] == [
        ("Chrome", 2), ("$$_posthog_breakdown_other_$$", 2),
    ]  # fmt: skip
    hidden = {**by_browser, "breakdown_limit": 1, "breakdown_hide_other_aggregation": True}
    response = asker.query({"kind": "TrendsQuery", "series": [ANY], "dateRange": DAYS, "breakdownFilter": hidden})
    assert (len(response.json["results"]), response.json["hasMore"]) == (1, True)


@pytest.mark.parametrize(
    ("breakdown", "values"),
    [
        ({"breakdown": "plan", "breakdown_type": "person"}, ["pro", "free", "$$_posthog_breakdown_null_$$"]),
        ({"breakdown": "ok", "breakdown_type": "event"}, ["false", "true", "$$_posthog_breakdown_null_$$"]),
        ({"breakdown": "event", "breakdown_type": "event_metadata"}, ["bought", "opened"]),
        ({"breakdown": "length(event)", "breakdown_type": "hogql"}, ["6"]),
        ({"breakdown": ["all"], "breakdown_type": "cohort"}, ["all"]),
        ({"breakdown": "amount", "breakdown_type": "event", "breakdown_histogram_bin_count": 2},
         ["[2.5,51]", "[51,99.51]", "$$_posthog_breakdown_null_$$"]),
        ({"breakdowns": [{"property": "$browser"}, {"property": "plan", "type": "person"}], "breakdown_limit": 1},
         [["Chrome", "pro"], ["$$_posthog_breakdown_other_$$"] * 2]),
    ],
)  # fmt: skip
def test_everything_can_be_broken_down_by(asker: Asker, breakdown: dict[str, Any], values: list[Any]) -> None:
    found = trend(asker, ANY, breakdownFilter=breakdown)
    assert [item["breakdown_value"] for item in found] == values


def test_a_line_of_several_series_names_its_series(asker: Asker) -> None:
    found = trend(asker, OPENED, BOUGHT, breakdownFilter={"breakdown": "$browser", "breakdown_type": "event"})
    assert [item["label"] for item in found][:2] == ["opened - Chrome", "opened - Safari"]
    assert [item["order"] for item in found] == [0, 0, 1, 1]


def test_the_period_before_is_as_long(asker: Asker) -> None:
    days = {"date_from": "2026-01-11", "date_to": "2026-01-12"}
    now, before = trend(asker, ANY, dateRange=days, compareFilter={"compare": True})
    assert (now["data"], now["compare_label"]) == ([0, 0], "current")
    assert (before["data"], before["days"], before["compare_label"]) == (
        [0, 4], ["2026-01-09", "2026-01-10"], "previous",
    )  # fmt: skip


def test_days_of_the_week_stand_beside_themselves(asker: Asker) -> None:
    last_week = {"date_from": "-7d"}
    now, before = trend(asker, ANY, dateRange=last_week, compareFilter={"compare": True})
    assert (now["days"][0], before["days"][0]) == ("2026-01-08", "2026-01-01")


@pytest.mark.parametrize(
    ("display", "key", "shown"),
    [
        ("BoldNumber", "aggregated_value", 4),
        ("ActionsPie", "aggregated_value", 4),
        ("ActionsLineGraphCumulative", "data", [0, 4, 4]),
        ("ActionsBar", "data", [0, 4, 0]),
    ],
)
def test_a_display_decides_what_is_told(asker: Asker, display: str, key: str, shown: Any) -> None:
    assert trend(asker, ANY, trendsFilter={"display": display})[0][key] == shown


def test_someone_counts_once_in_a_sum_of_users(asker: Asker) -> None:
    asker.load(events=[{"event": "opened", "distinct_id": "ann", "timestamp": "2026-01-11T10:00:00Z"}])
    (result,) = trend(asker, {**ANY, "math": "dau"}, trendsFilter={"display": "ActionsLineGraphCumulative"})
    assert (result["data"], result["count"]) == ([0, 3, 3], 3)


def test_numbers_are_smoothed_by_those_before(asker: Asker) -> None:
    assert trend(asker, ANY, trendsFilter={"smoothingIntervals": 2})[0]["data"] == [0, 2, 2]


@pytest.mark.parametrize(
    ("formula", "data"),
    [("A + B", [0, 4, 0]), ("A / (A - B)", [0, 0, 0]), ("a * 2 - -b", [0, 6, 0]), ("100 * A / (A + B)", [0, 50, 0])],
)
def test_a_formula_is_computed_for_each_interval(asker: Asker, formula: str, data: list[float]) -> None:
    (result,) = trend(asker, OPENED, BOUGHT, trendsFilter={"formula": formula})
    assert (result["data"], result["label"], result["action"]) == (data, f"Formula ({formula})", None)


def test_a_formula_over_an_action_that_is_not_there_counts_nothing_of_it(asker: Asker) -> None:
    gone = {"kind": "ActionsNode", "id": 99}
    for series, counted in (((OPENED, gone), 2), ((gone, OPENED), 2), ((gone, gone), 0)):
        for shown in ({}, {"display": "BoldNumber"}):
            (result,) = trend(asker, *series, trendsFilter={"formula": "A + B", **shown})
            assert result["aggregated_value" if shown else "count"] == counted


def test_a_formula_is_computed_for_each_value(asker: Asker) -> None:
    by_browser = {"breakdown": "$browser", "breakdown_type": "event"}
    found = trend(asker, OPENED, BOUGHT, trendsFilter={"formula": "A + B"}, breakdownFilter=by_browser)
    assert [(item["breakdown_value"], item["count"]) for item in found] == [
        ("Chrome", 2), ("Safari", 1), ("$$_posthog_breakdown_null_$$", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "formula", ["A + C", "A +", "__import__('os')", "A.x", "A ** 'x'", "9 ** 9 ** 9", "A if B else A"]
)
def test_a_formula_that_cannot_be_computed_is_refused(asker: Asker, formula: str) -> None:
    assert refused(asker, trendsFilter={"formula": formula}).startswith("Invalid formula")


@pytest.mark.parametrize(
    "fields",
    [
        {"series": [{**OPENED, "math": "hogql", "math_hogql": "count("}]},
        {"series": [{**OPENED, "math": "hogql", "math_hogql": "any(event)"}]},
        {"dateRange": {"date_from": "1970-01-01", "date_to": "2026-01-01"}, "interval": "minute"},
        {"dateRange": {"date_from": "0001-01-01"}},
        {"dateRange": {"date_from": "-99999999999d"}},
        {"compareFilter": {"compare": True, "compare_to": "sometime"}},
        {"breakdownFilter": {"breakdown": [7], "breakdown_type": "cohort"}},
        {"breakdownFilter": {"breakdown": "x", "breakdown_type": "data_warehouse"}},
        {"breakdownFilter": {"breakdown": "amount", "breakdown_histogram_bin_count": 0}},
    ],
)
def test_what_cannot_be_counted_is_refused(asker: Asker, fields: dict[str, Any]) -> None:
    assert refused(asker, **fields)


def test_filters_hold_for_all_series_or_for_one(asker: Asker) -> None:
    safari = [{"key": "$browser", "type": "event", "value": "Safari", "operator": "exact"}]
    assert trend(asker, ANY, properties=safari)[0]["data"] == [0, 1, 0]
    assert [item["count"] for item in trend(asker, {**ANY, "properties": safari}, ANY)] == [1, 4]


def test_a_sample_is_of_the_same_people_each_time(asker: Asker) -> None:
    people = [{"event": "sampled", "distinct_id": f"s{n}", "timestamp": "2026-01-10T10:00:00Z"} for n in range(400)]
    asker.load(events=people)
    counts = [trend(asker, {"kind": "EventsNode", "event": "sampled"}, samplingFactor=0.5)[0]["count"] for _ in "ab"]
    assert counts[0] == counts[1] and 300 < counts[0] < 500


def test_who_is_behind_a_point_is_told(asker: Asker) -> None:
    source = {"kind": "TrendsQuery", "series": [ANY], "dateRange": DAYS,
              "breakdownFilter": {"breakdown": "$browser", "breakdown_type": "event"}}  # fmt: skip
    asked = {"kind": "InsightActorsQuery", "source": source, "day": "2026-01-10", "breakdown": "Chrome"}
    query = {"kind": "ActorsQuery", "select": ["actor", "event_count"], "source": asked}
    answer = asker.query(query).json
    ((actor, count, distinct_ids),) = answer["results"]
    assert (actor["properties"]["email"], count, sorted(distinct_ids)) == ("ann@a.test", 2, ["ann", "ann-2"])
    assert answer["columns"] == ["actor", "event_count", "event_distinct_ids"]


@pytest.mark.parametrize("asked", [{}, {"day": "no day"}, {"day": "2026-01-10", "series": 3}])
def test_a_point_that_is_not_there_is_refused(asker: Asker, asked: dict[str, Any]) -> None:
    source = {"kind": "TrendsQuery", "series": [ANY], "dateRange": DAYS}
    query = {"kind": "ActorsQuery", "source": {"kind": "InsightActorsQuery", "source": source, **asked}}
    assert asker.query(query).status_code == 400


def test_what_can_be_asked_about_is_told(asker: Asker) -> None:
    source = {"kind": "TrendsQuery", "series": [OPENED, BOUGHT], "dateRange": DAYS, "compareFilter": {"compare": True}}
    query = {"kind": "InsightActorsQueryOptions", "source": {"kind": "InsightActorsQuery", "source": source}}
    answer = asker.query(query).json
    assert answer["series"] == [{"label": "opened", "value": 0}, {"label": "bought", "value": 1}]
    assert answer["day"][0] == {"label": "9-Jan-2026", "value": "2026-01-09T00:00:00Z"}
    assert [item["value"] for item in answer["compare"]] == ["current", "previous"]

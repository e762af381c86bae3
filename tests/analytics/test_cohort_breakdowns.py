"""Trends broken down by cohorts. Source: PostHog asks for several at once unless all users are among them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker

OPENED, BOUGHT = ({"kind": "EventsNode", "event": event} for event in ("opened", "bought"))
DAYS = {"date_from": "2026-01-09", "date_to": "2026-01-11"}


@pytest.fixture
def cohorts(asker: Asker) -> Asker:
    def person(*plans: str) -> dict[str, Any]:
        plan = {"key": "plan", "type": "person", "operator": "exact", "value": list(plans)}
        return {"properties": {"type": "AND", "values": [plan]}}

    asker.load(cohorts=[
        {"id": 1, "name": "Free", "filters": person("free")},
        {"id": 2, "name": "Both", "filters": person("free", "pro")},
    ])  # fmt: skip
    return asker


def trend(asker: Asker, breakdown: Any, *series: Any, **fields: Any) -> Any:
    response = asker.query({
        "kind": "TrendsQuery", "series": list(series or [OPENED]), "dateRange": DAYS,
        "breakdownFilter": {"breakdown": breakdown, "breakdown_type": "cohort"}, **fields,
    })  # fmt: skip
    assert response.status_code == 200, response.json
    return response.json


@pytest.mark.parametrize(
    "breakdown, shown",
    [
        ([1, 2], [("Both", 2, 2), ("Free", 1, 1)]),
        ([1, "all"], [("opened - Free", 1, 1), ("opened - all users", "all", 2)]),
        (["all"], [("all users", "all", 2)]),
        ([1], [("Free", 1, 1)]),
    ],
)
def test_cohorts_come_most_first_and_beside_all_users_as_given(cohorts: Asker, breakdown: Any, shown: Any) -> None:
    answer = trend(cohorts, breakdown)
    assert [(each["label"], each["breakdown_value"], each["count"]) for each in answer["results"]] == shown
    via = "leftjoin_conjoined" if breakdown == [1, 2] else "auto"
    assert answer["modifiers"]["inCohortVia"] == via


def test_series_stay_together(cohorts: Asker) -> None:
    found = trend(cohorts, [1, 2], OPENED, BOUGHT)["results"]
    labels = ["opened - Both", "opened - Free", "bought - Both", "bought - Free"]
    assert [each["label"] for each in found] == labels
    [free, both] = trend(cohorts, [1, 2], OPENED, BOUGHT, trendsFilter={"formula": "A - B"})["results"]
    assert {each["breakdown_value"]: each["count"] for each in (free, both)} == {1: 1.0, 2: 1.0}


def test_value_that_the_first_series_lacks_has_no_filter(asker: Asker) -> None:
    # Source: servers fill the first series up with less than a result.
    query = {"kind": "TrendsQuery", "series": [BOUGHT, OPENED], "dateRange": DAYS,
             "breakdownFilter": {"breakdown": "$browser"}, "trendsFilter": {"formula": "A + B"}}  # fmt: skip
    shown = {each["breakdown_value"]: each for each in asker.query(query).json["results"]}
    assert "filter" in shown["Chrome"] and "filter" not in shown["Safari"]
    assert shown["Safari"]["count"] == 1.0

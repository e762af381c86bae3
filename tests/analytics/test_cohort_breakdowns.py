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


def by_cohorts(asker: Asker, via: str, condition: str) -> Any:
    query = f"select event, count() from events where {condition} group by event order by event"
    return asker.query({"kind": "HogQLQuery", "query": query, "modifiers": {"inCohortVia": via}}).json


# Source: PostHog's resolvers of cohorts, which put a join into the query's text.
@pytest.mark.parametrize(
    "via, parts",
    [
        ("subquery", ["in(person_id, (SELECT person_id FROM raw_cohort_people WHERE"]),
        ("leftjoin", [
            "LEFT JOIN (SELECT person_id, 1 AS matched FROM raw_cohort_people WHERE and(equals(cohort_id, 1), ",
            "AS in_cohort__1 ON equals(in_cohort__1.person_id, person_id) LEFT JOIN (",
            "FROM static_cohort_people WHERE equals(cohort_id, 3)) AS in_cohort__3 ON",
            "or(equals(in_cohort__1.matched, 1), equals(in_cohort__3.matched, 1), equals(in_cohort__1.matched, 1))",
        ]),
        ("leftjoin_conjoined", [
            "LEFT JOIN (SELECT person_id AS cohort_person_id, 1 AS matched, cohort_id FROM static_cohort_people WHERE "
            "in(cohort_id, [3]) UNION ALL SELECT",
            "AS __in_cohort ON equals(__in_cohort.cohort_person_id, person_id) WHERE",
            "equals(__in_cohort.matched, 1)",
        ]),
    ],
)  # fmt: skip
def test_cohorts_are_joined_as_the_modifier_says(cohorts: Asker, via: str, parts: list[str]) -> None:
    cohorts.load(cohorts=[{"id": 3, "name": "None", "is_static": True}])
    told = by_cohorts(cohorts, via, "person_id in cohort 1 or person_id in cohort 3 or person_id in cohort 'Free'")
    text = " ".join(told["hogql"].split())
    assert [part for part in parts if part not in text] == []
    assert {event for event, _ in told["results"]} == {"opened"}


@pytest.mark.parametrize("via", ["subquery", "leftjoin", "leftjoin_conjoined"])
def test_cohort_that_is_not_there_is_refused_however_it_is_joined(cohorts: Asker, via: str) -> None:
    assert by_cohorts(cohorts, via, "person_id in cohort 1")["results"] == [["opened", 1]]
    assert by_cohorts(cohorts, via, "person_id in cohort 9")["detail"] == "Could not find cohort with ID 9"
    outside = by_cohorts(cohorts, via, "person_id not in cohort 1")
    if via == "leftjoin_conjoined":
        assert outside["detail"] == "NOT IN COHORT is not supported by this cohort mode"
    else:
        assert dict(outside["results"])["opened"] == 1

"""Insights as queries: what is refused before they are run, and how far they go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker

SERIES = [{"kind": "EventsNode", "event": "opened"}, {"kind": "EventsNode", "event": "bought"}]
DAYS = {"date_from": "2026-01-10", "date_to": "2026-01-11"}
FUNNEL: dict[str, Any] = {"kind": "FunnelsQuery", "series": SERIES, "dateRange": DAYS}


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "RetentionQuery", "retentionFilter": {"targetEntity": "opened"}},
        {"kind": "RetentionQuery", "retentionFilter": {"returningEntity": [{"id": "opened"}]}},
        {"kind": "RetentionQuery", "retentionFilter": {"targetEntity": {"id": {"x": 1}}}},
        {"kind": "RetentionQuery", "retentionFilter": {"targetEntity": {"id": "opened", "type": "nothing"}}},
        {"kind": "RetentionQuery", "retentionFilter": "Day", "version": ["1"]},
        {"kind": "PathsQuery", "pathsFilter": {"pathStartKey": {"item": 1}}},
        {"kind": "PathsQuery", "pathsFilter": {"localPathCleaningFilters": ["/x"]}},
        {"kind": "PathsQuery", "pathsFilter": {}, "funnelPathsFilter": {"funnelSource": "x"}},
        {"kind": "PathsQuery", "pathsFilter": {}, "funnelPathsFilter": {"funnelSource": FUNNEL, "funnelPathType": "x"}},
        {**FUNNEL, "funnelsFilter": {"exclusions": [{"kind": "EventsNode", "event": "closed"}]}},
        {**FUNNEL, "funnelsFilter": {"exclusions": ["closed"]}},
        {**FUNNEL, "funnelsFilter": {"unheard": 1}},
        {**FUNNEL, "breakdownFilter": {"unheard": 1}},
        {"kind": "TrendsQuery", "series": SERIES, "trendsFilter": {"unheard": 1}},
        {"kind": "StickinessQuery", "series": SERIES, "stickinessFilter": {"unheard": 1}},
        {"kind": "LifecycleQuery", "series": SERIES, "lifecycleFilter": {"unheard": 1}},
        {"kind": "FunnelCorrelationQuery", "funnelCorrelationType": "events", "source": {"kind": "FunnelsActorsQuery"}},
    ],
)
def test_an_insight_of_another_shape_is_refused(asker: Asker, query: dict[str, Any]) -> None:
    response = asker.query(query)
    assert (response.status_code, response.json["code"]) == (400, "parse_error"), response.json


def test_an_earlier_form_of_retention_is_understood(asker: Asker) -> None:
    asked = {"period": "Day", "totalIntervals": 2, "showMean": True}
    response = asker.query({"kind": "RetentionQuery", "retentionFilter": asked, "dateRange": DAYS})
    assert (response.status_code, len(response.json["results"])) == (200, 2)


@pytest.mark.parametrize("days", [{"date_from": "2026-01-20", "date_to": "2026-01-01"}, {"date_from": "2200-01-01"}])
@pytest.mark.parametrize(
    "query",
    [
        {"kind": "TrendsQuery", "series": SERIES}, FUNNEL, {"kind": "RetentionQuery", "retentionFilter": {}},
        {"kind": "PathsQuery", "pathsFilter": {}}, {"kind": "StickinessQuery", "series": SERIES},
        {"kind": "LifecycleQuery", "series": SERIES[:1]},
    ],
    ids=lambda query: query["kind"],
)  # fmt: skip
def test_a_range_that_ends_before_it_begins_holds_nothing(asker: Asker, query: Any, days: dict[str, str]) -> None:
    response = asker.query({**query, "dateRange": days})
    assert response.status_code == 200, response.json


@pytest.mark.parametrize(("order", "steps"), [("strict", 30), ("ordered", 16), ("unordered", 22)])
def test_a_funnel_may_have_many_steps(asker: Asker, order: str, steps: int) -> None:
    many = [SERIES[number % 2] for number in range(steps)]
    response = asker.query({**FUNNEL, "series": many, "funnelsFilter": {"funnelOrderType": order}})
    assert response.status_code == 200, response.json
    assert len(response.json["results"]) == steps


def test_a_funnel_has_no_more_than_thirty_steps(asker: Asker) -> None:
    response = asker.query({**FUNNEL, "series": SERIES * 16})
    assert (response.status_code, response.json["detail"]) == (400, "Funnels have at most 30 steps.")


@pytest.fixture
def groups(make_asker: Callable[..., Asker]) -> Asker:
    made = make_asker()
    events = [
        {"event": event, "distinct_id": person, "timestamp": at, "properties": {"$group_0": group}}
        for person, group, event, at in [
            ("ann", "acme", "opened", "2026-01-10T01:00:00Z"),
            ("bob", "acme", "bought", "2026-01-10T02:00:00Z"),
            ("cid", "zorn", "opened", "2026-01-10T03:00:00Z"),
        ]
    ]
    made.load(
        group_types=[{"group_type": "organization", "group_type_index": 0}],
        groups=[
            {"group_key": key, "group_type_index": 0, "group_properties": {"name": key}} for key in ("acme", "zorn")
        ],
        events=events,
    )
    return made


@pytest.mark.parametrize(("step", "keys"), [(1, ["acme", "zorn"]), (2, ["acme"]), (-2, ["zorn"])])
def test_groups_behind_a_funnel_are_told_by_their_keys(groups: Asker, step: int, keys: list[str]) -> None:
    source = {"kind": "FunnelsActorsQuery", "source": {**FUNNEL, "aggregation_group_type_index": 0}, "funnelStep": step}
    response = groups.query({"kind": "ActorsQuery", "select": ["id"], "orderBy": ["id"], "source": source})
    assert (response.status_code, response.json.get("results")) == (200, [[key] for key in keys]), response.json
    shown = groups.query({"kind": "ActorsQuery", "select": ["group"], "source": source}).json["results"]
    assert sorted(row[0]["id"] for row in shown) == keys


@pytest.mark.parametrize(
    ("event", "first", "last", "detail"),
    [
        ("x", 1, 1, "Exclusion event range is invalid. End of range should be greater than start."),
        ("x", 2, 3, "Exclusion event range is invalid. Start of range is greater than number of steps."),
        ("x", 0, 3, "Exclusion event range is invalid. End of range is greater than number of steps."),
        ("opened", 0, 1, "Exclusion steps cannot contain an event that's part of funnel steps."),
        ("opened", 1, 2, None),
    ],
)
def test_an_exclusion_lies_between_steps_that_it_is_not(
    asker: Asker, event: str, first: int, last: int, detail: str | None
) -> None:
    barred = {"kind": "EventsNode", "event": event, "funnelFromStep": first, "funnelToStep": last}
    series = [*SERIES, {"kind": "EventsNode", "event": "closed"}]
    response = asker.query({**FUNNEL, "series": series, "funnelsFilter": {"exclusions": [barred]}})
    assert response.json.get("detail") == detail


def test_displays_of_the_same_numbers_are_kept_as_one(asker: Asker) -> None:
    def ask(**filter: str) -> Any:
        query = {"kind": "TrendsQuery", "series": SERIES[:1], "dateRange": DAYS, "trendsFilter": filter}
        path = f"/api/environments/{asker.project_id}/query/"
        return asker.client.post(path, {"query": query}).json

    displays = ["ActionsLineGraph", "ActionsAreaGraph", "BoldNumber", "ActionsPie", "ActionsLineGraphCumulative"]
    assert [ask(display=display)["is_cached"] for display in displays] == [False, True, False, True, False]
    assert ask()["is_cached"] is True
    assert ask(display="ActionsPie")["results"][0]["filter"]["display"] == "BoldNumber"

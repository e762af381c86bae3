"""Funnels over HTTP, as servers compute them: by the matcher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.analytics.stories import Insights

HOUR = "2020-01-10T{:02}:00:00Z"


def asked(*events: str | dict[str, Any], breakdown: dict[str, Any] | None = None, **filter: Any) -> dict[str, Any]:
    series = [{"kind": "EventsNode", **({"event": event} if isinstance(event, str) else event)} for event in events]
    dates = {"date_from": "2020-01-01", "date_to": "2020-01-31"}
    query = {"kind": "FunnelsQuery", "series": series, "dateRange": dates, "funnelsFilter": filter}
    return {**query, "breakdownFilter": breakdown} if breakdown else query


def answer(insights: Insights, query: dict[str, Any]) -> Any:
    response = insights.made.query(query)
    assert response.status_code == 200, response.json
    return response.json


def counts(insights: Insights, query: dict[str, Any]) -> Any:
    results = answer(insights, query)["results"]
    if results and isinstance(results[0], list):
        return {str(one[0]["breakdown_value"]): [step["count"] for step in one] for one in results}
    return [step["count"] for step in results]


def walk(name: str, steps: Sequence[str], **properties: Any) -> dict[str, Any]:
    return {name: [(step, HOUR.format(hour), properties) for hour, step in enumerate(steps)]}


def test_times_are_those_of_the_attempt_begun_last(insights: Insights) -> None:
    insights.happen({"a": [("one", "2020-01-10T00:00:00Z"), ("one", "2020-01-10T01:00:00Z"),
                           ("two", "2020-01-10T01:00:07.250Z")]})  # fmt: skip
    told = answer(insights, asked("one", "two"))
    assert told["isUdf"] is True
    assert told["results"][1]["average_conversion_time"] == pytest.approx(7.25)


def test_a_breakdown_keeps_the_values_with_most_at_the_last_step_then_at_the_step_before(insights: Insights) -> None:
    colours = {"red": [1, 1, 1], "blue": [2, 2], "green": [2]}
    story = {}
    for colour, depths in colours.items():
        for number, depth in enumerate(depths):
            story |= walk(f"{colour}{number}", ["one", "two"][:depth], colour=colour)
    insights.happen(story)
    by = {"breakdown": "colour", "breakdown_type": "event", "breakdown_limit": 2}
    assert counts(insights, asked("one", "two", breakdown=by)) == {
        "['blue']": [2, 2], "['green']": [1, 1], "['Other']": [3, 0],
    }  # fmt: skip


def test_an_event_of_no_group_counts_for_the_empty_value(insights: Insights) -> None:
    insights.made.load(
        group_types=[{"group_type": "organization", "group_type_index": 0}],
        groups=[{"group_type_index": 0, "group_key": "acme", "group_properties": {"industry": "steel"}}],
    )
    insights.happen({"a": [("one", HOUR.format(1)), ("two", HOUR.format(2), {"$group_0": "acme"})]})
    by = {"breakdown": "industry", "breakdown_type": "group", "breakdown_group_type_index": 0}
    assert counts(insights, asked("one", "two", breakdown=by)) == {"": [1, 1]}
    last = asked("one", "two", breakdown=by, breakdownAttributionType="last_touch")
    assert counts(insights, last) == {"steel": [1, 1]}


def test_an_optional_step_is_counted_and_may_be_left_out(insights: Insights) -> None:
    insights.happen(walk("a", ["one", "two", "three"]) | walk("b", ["one", "three"]) | walk("c", ["one"]))
    query = asked("one", {"event": "two", "optionalInFunnel": True}, "three")
    assert counts(insights, query) == [3, 1, 2]


@pytest.mark.parametrize(("step", "who"), [(1, "abc"), (2, "a"), (3, "ab"), (-2, "bc"), (-3, "c")])
def test_actors_of_a_funnel_with_an_optional_step(insights: Insights, step: int, who: str) -> None:
    insights.happen(walk("a", ["one", "two", "three"]) | walk("b", ["one", "three"]) | walk("c", ["one"]))
    source = asked("one", {"event": "two", "optionalInFunnel": True}, "three")
    actors = {"kind": "FunnelsActorsQuery", "source": source, "funnelStep": step}
    rows = answer(insights, {"kind": "ActorsQuery", "source": actors, "select": ["properties.email"]})["results"]
    assert sorted(row[0] for row in rows) == [f"{name}@x.test" for name in who]


def test_bins_of_times_to_convert_are_as_many_as_the_cube_root_of_those_who_took_the_last_step(
    insights: Insights,
) -> None:
    late = {f"p{n}": [("one", HOUR.format(0)), ("two", f"2020-01-10T00:00:{n:02}Z")] for n in range(1, 10)}
    insights.happen(late | walk("lost", ["one"]))
    bins = answer(insights, asked("one", "two", funnelVizType="time_to_convert"))["results"]["bins"]
    assert bins == [[1, 3], [4, 3], [7, 3], [10, 0]]


@pytest.mark.parametrize(
    ("filter", "detail"),
    [
        ({"funnelFromStep": 2}, "funnelFromStep is out of bounds. It must be between 0 and 1."),
        ({"funnelToStep": 0}, "funnelToStep is out of bounds. It must be between 1 and 2."),
        ({"funnelFromStep": 1, "funnelToStep": 1},
         "Funnel step range is invalid. funnelToStep should be greater than funnelFromStep."),
        ({"funnelOrderType": "unordered", "breakdownAttributionType": "step", "breakdownAttributionValue": 1},
         "Only the first step can be used for breakdown attribution in unordered funnels"),
        ({"funnelOrderType": "unordered",
          "exclusions": [{"kind": "EventsNode", "event": "no", "funnelFromStep": 1, "funnelToStep": 2}]},
         "Partial Exclusions not allowed in unordered funnels"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused(insights: Insights, filter: dict[str, Any], detail: str) -> None:
    by = {"breakdown": "colour", "breakdown_type": "event"}
    response = insights.made.query(asked("one", "two", "three", breakdown=by, **filter))
    assert (response.status_code, response.json["detail"]) == (400, detail)


def test_a_breakdown_by_sessions_is_refused(insights: Insights) -> None:
    by = {"breakdown": "$channel_type", "breakdown_type": "session"}
    response = insights.made.query(asked("one", "two", breakdown=by))
    assert (response.status_code, response.json["detail"]) == (400, "Unsupported breakdown type: session")


@pytest.mark.parametrize(
    ("steps", "filter", "detail"),
    [
        ([{"optionalInFunnel": True}, {}], {}, "The first step of a funnel cannot be optional."),
        ([{}, {"optionalInFunnel": True}, {}], {}, "An optional step cannot be the same as the following required"),
        ([{}, {"optionalInFunnel": True}], {"funnelVizType": "trends"}, "Optional funnel steps are only supported in"),
    ],
)
def test_steps_that_cannot_be_optional_are_refused(
    insights: Insights, steps: list[dict[str, Any]], filter: dict[str, Any], detail: str
) -> None:
    response = insights.made.query(asked(*({"event": "one", **step} for step in steps), **filter))
    assert response.status_code == 400
    assert detail in response.json["detail"]


def test_hogql_knows_the_matcher(insights: Insights) -> None:
    sql = "select aggregate_funnel(2, 10, 'first_touch', 'ordered', [''], [(1., generateUUIDv4(), '', [1])])"
    wrong = insights.made.error("select aggregate_funnel(1)")
    assert wrong["detail"] == "Function 'aggregate_funnel' expects 6 arguments, found 1"
    assert insights.made.rows(sql.replace("generateUUIDv4()", "toUUID('01890000-0000-7000-8000-0000000000a1')"))

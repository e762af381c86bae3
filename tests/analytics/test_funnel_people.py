"""Who is behind funnels and correlations, in both profiles."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.stories import JANUARY, Insights, steps


def test_a_funnel_over_time_lists_who_entered_in_an_interval(insights: Insights) -> None:
    insights.happen(
        {"a": [("one", "2020-01-10T01:00:00Z"), ("two", "2020-01-11T01:00:00Z")],
         "b": [("one", "2020-01-10T05:00:00Z")],
         "c": [("one", "2020-01-12T01:00:00Z"), ("two", "2020-01-12T02:00:00Z")]}
    )  # fmt: skip
    asked = {"events": steps("one", "two"), "funnel_viz_type": "trends", **JANUARY}
    day = "2020-01-10 00:00:00"
    assert insights.names("funnel", **asked, entrance_period_start=day, drop_off="false") == ["a"]
    assert insights.names("funnel", **asked, entrance_period_start=day, drop_off="true") == ["b"]


@pytest.mark.parametrize(
    ("unit", "length", "who"),
    [("second", 60, ["a"]), ("minute", 60, ["a", "b"]), ("hour", 24, ["a", "b", "c"]), ("day", 2, ["a", "b", "c"])],
)
def test_a_window_is_counted_from_the_first_step_and_holds_its_end(
    insights: Insights, unit: str, length: int, who: list[str]
) -> None:
    ends = {"a": "2020-01-10T00:01:00Z", "b": "2020-01-10T01:00:00Z", "c": "2020-01-11T00:00:00Z"}
    insights.happen({name: [("one", "2020-01-10T00:00:00Z"), ("two", end)] for name, end in ends.items()})
    asked = {"funnel_window_interval": length, "funnel_window_interval_unit": unit, "funnel_step": 2}
    assert sorted(insights.names("funnel", events=steps("one", "two"), **JANUARY, **asked)) == who


@pytest.mark.parametrize(("days", "who"), [({}, ["a"]), ({"funnel_window_days": 16}, ["a", "b"])])
def test_a_window_is_fourteen_days_unless_told(insights: Insights, days: dict[str, int], who: list[str]) -> None:
    ends = {"a": "2020-01-16T00:00:00Z", "b": "2020-01-17T00:00:00Z"}
    insights.happen({name: [("one", "2020-01-02T00:00:00Z"), ("two", end)] for name, end in ends.items()})
    assert sorted(insights.names("funnel", events=steps("one", "two"), **JANUARY, funnel_step=2, **days)) == who


def test_one_event_is_not_two_steps(insights: Insights) -> None:
    insights.happen({"a": [("one", "2020-01-10T00:00:00Z")], "b": [("one", f"2020-01-10T0{n}:00:00Z") for n in (1, 2)]})
    assert insights.names("funnel", events=steps("one", "one"), **JANUARY, funnel_step=2) == ["b"]


@pytest.mark.parametrize(
    ("attribution", "value", "who"),
    [
        ({}, "Chrome", ["a"]),
        ({"breakdown_attribution_type": "last_touch"}, "Safari", ["a"]),
        ({"breakdown_attribution_type": "step", "breakdown_attribution_value": 1}, "Safari", ["a"]),
        ({"breakdown_attribution_type": "step", "breakdown_attribution_value": 0}, "Safari", []),
        ({"breakdown_attribution_type": "all_events"}, "Safari", []),
    ],
)
def test_a_breakdown_is_attributed_by_the_first_touch_unless_told(
    insights: Insights, attribution: dict[str, Any], value: str, who: list[str]
) -> None:
    deeds = [("one", "2020-01-10T00:00:00Z", {"b": "Chrome"}), ("two", "2020-01-10T01:00:00Z", {"b": "Safari"})]
    insights.happen({"a": deeds})
    asked = {"breakdown": ["b"], "breakdown_type": "event", "funnel_step_breakdown": [value], "funnel_step": 2}
    assert insights.names("funnel", events=steps("one", "two"), **JANUARY, **asked, **attribution) == who


# Correlations


@pytest.mark.parametrize(("converted", "who"), [("true", ["a"]), ("false", ["b"]), (None, ["a", "b"])])
def test_a_correlation_lists_whom_it_concerns(insights: Insights, converted: str | None, who: list[str]) -> None:
    one, two, far = (("one", "2020-01-10T00:00:00Z"), ("two", "2020-01-10T02:00:00Z"), "2020-01-10T03:00:00Z")
    help = ("help", "2020-01-10T01:00:00Z")
    insights.happen({"a": [one, help, two], "b": [one, help], "c": [one, two, ("help", far)], "d": [one]})
    asked: dict[str, Any] = {
        "events": steps("one", "two"),
        "funnel_correlation_person_entity": {"id": "help"},
        **JANUARY,
    }
    if converted:
        asked["funnel_correlation_person_converted"] = converted
    assert sorted(insights.names("funnel/correlation", **asked)) == who


@pytest.mark.parametrize(("converted", "who"), [("true", ["a"]), ("false", [])])
def test_a_correlation_of_properties_lists_who_has_them(insights: Insights, converted: str, who: list[str]) -> None:
    one, two = ("one", "2020-01-10T00:00:00Z"), ("two", "2020-01-10T02:00:00Z")
    insights.happen({"a": [one, two], "b": [one, two], "c": [one]})
    values = [{"key": "email", "type": "person", "value": "a@x.test", "operator": "exact"}]
    asked = {"funnel_correlation_type": "properties", "funnel_correlation_property_values": values}
    found = insights.names(
        "funnel/correlation",
        events=steps("one", "two"),
        **JANUARY,
        **asked,
        funnel_correlation_person_converted=converted,
    )
    assert found == who

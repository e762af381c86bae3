"""The persons' endpoints of funnels: who took a step or was lost, and whom a correlation concerns.

They ask by older filters. Source: recorded answers, and the parameters that PostHog's older funnels take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.funnels.actors import funnel_actors
from mockserver.analytics.insights.funnels.correlations import Correlation
from mockserver.analytics.insights.legacy_filters import Filter, Query, as_query, entity, is_true, typed, whole
from mockserver.analytics.people.finding import find_people
from mockserver.analytics.people.stretches import Found, Stretch
from mockserver.request.call import Call

CHOICES = {
    "funnel_order_type": ("funnelOrderType", ("ordered", "strict", "unordered")),
    "funnel_viz_type": ("funnelVizType", ("steps", "time_to_convert", "trends")),
    "funnel_window_interval_unit": (
        "funnelWindowIntervalUnit",
        ("second", "minute", "hour", "day", "week", "month"),
    ),
    "breakdown_attribution_type": (
        "breakdownAttributionType",
        ("first_touch", "last_touch", "all_events", "step"),
    ),
}
NUMBERS = {
    "funnel_window_interval": "funnelWindowInterval",
    "funnel_window_days": "funnelWindowInterval",
    "funnel_from_step": "funnelFromStep",
    "funnel_to_step": "funnelToStep",
    "breakdown_attribution_value": "breakdownAttributionValue",
}
EVERYONE_WHO_ENTERED = 1


def funnel(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who took a step of a funnel, or got to the one before and no further. Raises: QueryError."""
    query = funnel_query(filter)
    asked = {"source": query, **steps_asked(filter)}
    if filter.get("funnel_step_breakdown") not in (None, ""):
        value = filter["funnel_step_breakdown"]
        asked["funnelStepBreakdown"] = value if isinstance(value, (list, str)) else str(value)
    if query["funnelsFilter"].get("funnelVizType") == "trends":
        asked["funnelTrendsEntrancePeriodStart"] = filter.get("entrance_period_start")
        asked["funnelTrendsDropOff"] = is_true(filter.get("drop_off"))
    inquiry = Inquiry.of(call, query)
    if not query["series"]:
        return Found()
    return find_people(inquiry, funnel_actors(inquiry, asked), stretch)


def correlation(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return whom an event or property concerns, of those who entered a funnel. Raises: QueryError."""
    query = funnel_query(filter)
    if not query["series"]:
        return Found()
    inquiry = Inquiry.of(call, query)
    asked: Query = {"source": {"source": query, "funnelStep": EVERYONE_WHO_ENTERED}}
    asked["funnelCorrelationType"] = filter.get("funnel_correlation_type") or "events"
    given = filter.get("funnel_correlation_person_entity")
    if isinstance(given, Mapping):
        asked["funnelCorrelationPersonEntity"] = entity(given)
    asked["funnelCorrelationPropertyValues"] = persons_properties(filter.get("funnel_correlation_property_values"))
    told = filter.get("funnel_correlation_person_converted")
    converted = None if told in (None, "") else is_true(told)
    return find_people(inquiry, Correlation(inquiry, asked).people(converted=converted), stretch)


def funnel_query(filter: Filter) -> Query:
    """Return the funnel that a filter stands for."""
    told: Query = {}
    for name, (key, choices) in CHOICES.items():
        if filter.get(name) in choices:
            told[key] = filter[name]
    for name, key in NUMBERS.items():
        number = whole(filter.get(name))
        if number is not None:
            told.setdefault(key, number)
    told["exclusions"] = [
        {
            **entity(item),
            "funnelFromStep": whole(item.get("funnel_from_step")) or 0,
            "funnelToStep": whole(item.get("funnel_to_step")) or 0,
        }
        for item in listed(filter.get("exclusions"))
    ]
    if isinstance(filter.get("funnel_aggregate_by_hogql"), str):
        told["funnelAggregateByHogQL"] = filter["funnel_aggregate_by_hogql"]
    return {**as_query("FunnelsQuery", filter), "funnelsFilter": told}


def steps_asked(filter: Filter) -> dict[str, Any]:
    """Return which steps a filter asks about; step 0 is everybody who entered.

    Raises: QueryError for what is no step.
    """
    custom, step = filter.get("funnel_custom_steps"), filter.get("funnel_step")
    if isinstance(custom, list) and custom:
        return {"funnelCustomSteps": [number_of_step(each) for each in custom]}
    return {} if step in (None, "") else {"funnelStep": number_of_step(step) or EVERYONE_WHO_ENTERED}


def number_of_step(given: Any) -> int:
    """Return a step's number; below nought for those who were lost before it. Raises: QueryError."""
    text = str(given)
    number = whole(text.removeprefix("-"))
    if isinstance(given, bool) or number is None:
        raise QueryError(f"Invalid funnel step: {text[:40]}")
    return -number if text.startswith("-") else number


def persons_properties(given: Any) -> list[Query]:
    """Return filters on properties of persons."""
    return [item for item in typed(given if isinstance(given, list) else []) if item.get("key")]


def listed(given: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; nothing of what is none."""
    return [item for item in given if isinstance(item, Mapping)] if isinstance(given, list) else []

"""The persons' insight endpoints: who is behind a trend, a lifecycle, a stickiness, as an older filter asks.

Source: recorded answers. They are computed by what answers the queries of today; where the older computation differs,
the difference is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.breakdowns import Breakdown, shown_text
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.legacy_filters import Filter, as_query, entity, find_target, target_math, whole
from mockserver.analytics.insights.lifecycle import Lifecycle
from mockserver.analytics.insights.maths import ACTIVE_DAYS, FIRST, QUANTILES, Counting, of_values, value_of
from mockserver.analytics.insights.series import Series, query_conditions
from mockserver.analytics.insights.stickiness import Stickiness
from mockserver.analytics.insights.trend_actors import read_day
from mockserver.analytics.insights.trends import CUMULATIVE, TOTALS
from mockserver.analytics.people.finding import find_people
from mockserver.analytics.people.funnels import correlation, funnel
from mockserver.analytics.people.paths import path, retention
from mockserver.analytics.people.stretches import Found, Order, Stretch
from mockserver.request.call import Call

People = Callable[[Call, Filter, Stretch], Found]

PROPERTY_MATHS = {"sum", "avg", "min", "max", *QUANTILES}
HOLDERS = {"event": "properties", "person": "person.properties"}


def trends(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who did the event of a trend, those who did it most first."""
    query = as_query("TrendsQuery", filter)
    node = target(filter)
    if node is None:
        return Found()
    inquiry = Inquiry.of(call, query)
    series, days = Series.of(node), one_interval(inquiry, query, filter)
    conditions = [*query_conditions(inquiry, query), *series.own_conditions(inquiry)]
    if "breakdown_value" in filter and filter.get("breakdown"):
        conditions += broken_down(inquiry, filter)
    dates = days.aligned().conditions()
    if series.math in ACTIVE_DAYS:
        since = constant(days.start - timedelta(days=ACTIVE_DAYS[series.math]))
        dates = [compare(field("timestamp"), ">=", since), dates[1]]
    name = "group_key" if series.of_groups else "actor_id"
    if series.math in FIRST:
        counting = Counting(inquiry, series, days, tuple(conditions))
        actors = select(
            f"SELECT actor AS {name}, 1 AS value FROM {{firsts}} WHERE first_at >= {{start}} AND meets = 1",
            firsts=counting.firsts(series.math == FIRST[0]),
            start=constant(days.aligned().start),
        )
    else:
        actors = select(
            f"SELECT {{actor}} AS {name}, {{value}} AS value FROM events WHERE {{where}} GROUP BY {name}",
            actor=series.actor,
            value=value(series),
            where=conjunction([*dates, *series.named(), *conditions]),
        )
    return find_people(inquiry, actors, stretch, Order.BY_VALUE)


def lifecycle(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who had a status on a day; weeks begin on Monday here, whatever a project says."""
    query = as_query("LifecycleQuery", filter)
    inquiry = Inquiry.of(call, query)
    day = read_day(inquiry, filter.get("target_date"))
    if day is None or not query["series"]:
        return Found()
    found = Lifecycle.of(inquiry, query)
    found = replace(found, days=replace(found.days, first_weekday=1))
    return find_people(inquiry, found.actors(day, str(filter.get("lifecycle_type"))), stretch, Order.UNTOLD)


def stickiness(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who did the event in exactly so many intervals."""
    query = as_query("StickinessQuery", filter)
    intervals, node = whole(filter.get("stickiness_days")), target(filter)
    if not intervals or node is None:
        return Found()
    inquiry = Inquiry.of(call, query)
    days = DateRange.of(inquiry, query["dateRange"], query["interval"])
    actors = Stickiness(inquiry, query, Series.of(node), days).actors(intervals)
    return find_people(inquiry, actors, stretch, Order.UNTOLD)


PEOPLE: Mapping[str, People] = {
    "funnel": funnel,
    "funnel_correlation": correlation,
    "trends": trends,
    "lifecycle": lifecycle,
    "path": path,
    "retention": retention,
    "stickiness": stickiness,
}


# What they have in common


def target(filter: Filter) -> dict[str, Any] | None:
    """Return the event or action that a filter is about, among its own or not; any event, where it names none."""
    found = find_target(filter)
    id, kind, math = filter.get("entity_id") or None, filter.get("entity_type"), target_math(filter)
    if found is not None or (id is None and kind != "events"):
        return found
    return entity({"id": id, "type": kind or "events", **({"math": math} if math else {})})


def one_interval(inquiry: Inquiry, query: Mapping[str, Any], filter: Filter) -> DateRange:
    """Return the days of a filter; of a time series about one moment, the interval that it begins."""
    days = DateRange.of(inquiry, query["dateRange"], query["interval"])
    same = filter.get("date_from") and filter.get("date_from") == filter.get("date_to")
    if not same or filter.get("display") in {*TOTALS, CUMULATIVE} or days.interval == "day":
        return days
    return replace(days, end=days.following(days.floor(days.start)) - timedelta(microseconds=1))


def value(series: Series) -> Node:
    """Return HogQL for what an actor adds to a trend: the property's sum or average, or how often it happened."""
    if series.math in PROPERTY_MATHS and series.math_property:
        return of_values(str(series.math), value_of(series))
    return call("count")


def broken_down(inquiry: Inquiry, filter: Filter) -> list[Node]:
    """Return what holds of events with the value that a filter wants.

    Values are compared as they stand in the JSON, without quotes: so the empty text stands for a property that an
    event does not have, not for one that is null.
    """
    given, breakdown = filter["breakdown_value"], Breakdown.of(as_query("TrendsQuery", filter)["breakdownFilter"])
    dimension = breakdown.dimensions[0] if breakdown.dimensions else None
    if dimension is None or dimension.bins is not None or dimension.kind not in HOLDERS:
        return breakdown.holds(inquiry, given)
    raw = expression(
        f"replaceRegexpAll(JSONExtractRaw({HOLDERS[dimension.kind]}, {{name}}), '^\"|\"$', '')",
        name=constant(dimension.name),
    )
    return [compare(raw, "==", constant(shown_text(given)))]

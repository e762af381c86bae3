"""The persons' endpoints of paths and retention: who walked an edge, and who came back, as older filters ask.

Source: the parameters that PostHog's older insights take, and its own tests of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import constant
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.legacy_filters import Filter, Query, as_query, is_true, whole
from mockserver.analytics.insights.paths import AFTER, BEFORE, BETWEEN, CUSTOM, Paths
from mockserver.analytics.insights.retention.cells import Retention
from mockserver.analytics.people.finding import find_people, find_record, mentioning
from mockserver.analytics.people.funnels import funnel_query
from mockserver.analytics.people.stretches import Actor, Found, Stretch
from mockserver.request.call import Call

PATHS = {
    "start_point": "startPoint",
    "end_point": "endPoint",
    "path_start_key": "pathStartKey",
    "path_end_key": "pathEndKey",
    "path_dropoff_key": "pathDropoffKey",
    "paths_hogql_expression": "pathsHogQLExpression",
}
PATH_NUMBERS = {
    "step_limit": "stepLimit",
    "edge_limit": "edgeLimit",
    "min_edge_weight": "minEdgeWeight",
    "max_edge_weight": "maxEdgeWeight",
}
PATH_LISTS = {"exclude_events": "excludeEvents", "path_groupings": "pathGroupings"}
PERIODS = ("Hour", "Day", "Week", "Month")
DEFAULT_INTERVALS = 11


def path(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who walked an edge of a path, or any where none is said. Raises: QueryError."""
    query = paths_query_of(filter)
    inquiry = Inquiry.of(call, query)
    return find_people(inquiry, Paths(inquiry, query).actors(), stretch)


def paths_query_of(filter: Filter) -> Query:
    """Return the paths that a filter stands for."""
    told: Query = {key: str(filter[name]) for name, key in PATHS.items() if filter.get(name)}
    for name, key in PATH_NUMBERS.items():
        number = whole(filter.get(name))
        if number is not None:
            told[key] = number
    for name, key in PATH_LISTS.items():
        told[key] = texts(filter.get(name))
    kinds = texts(filter.get("include_event_types"))
    custom = texts(filter.get("include_custom_events"))
    if not kinds and filter.get("path_type"):
        kinds = [str(filter["path_type"])]
    told["includeEventTypes"] = [*kinds, *([CUSTOM] if custom and CUSTOM not in kinds else [])]
    told["includeCustomEvents"] = custom
    told["pathReplacements"] = is_true(filter.get("path_replacements"))
    query = {**as_query("PathsQuery", filter), "pathsFilter": told}
    if filter.get("funnel_paths") in (BEFORE, BETWEEN, AFTER):
        query["funnelPathsFilter"] = funnel_of_paths(filter)
    return query


def funnel_of_paths(filter: Filter) -> Query:
    """Return the funnel that paths lead to, or from; its steps are told in `funnel_filter`."""
    given = filter.get("funnel_filter")
    asked: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    days = {name: filter[name] for name in ("date_from", "date_to") if filter.get(name)}
    step = str(asked.get("funnel_step", filter.get("funnel_step")) or "")
    number = whole(step.removeprefix("-"))
    return {
        "funnelPathType": filter["funnel_paths"],
        "funnelSource": funnel_query({**days, **asked}),
        **({"funnelStep": -number if step.startswith("-") else number} if number else {}),
    }


def retention(call: Call, filter: Filter, stretch: Stretch) -> Found:
    """Return who belongs to a row, those who came back most often first, and when they did. Raises: QueryError."""
    query = retention_query_of(filter)
    inquiry = Inquiry.of(call, query)
    found, row = Retention(inquiry, query), whole(filter.get("selected_interval")) or 0
    if row >= found.width:
        raise QueryError(f"There is no interval {row}")
    is_group = found.group is not None
    id = "group_key" if is_group else "actor_id"
    where = mentioning(stretch.search, id, is_group) if stretch.search else constant(True)
    asked = select(
        f"SELECT {id}, appearances FROM {{actors}} WHERE {{where}} ORDER BY length(appearances) DESC, {id}"
        " LIMIT {limit} OFFSET {offset}",
        actors=found.actors(row),
        where=where,
        limit=constant(stretch.limit),
        offset=constant(stretch.offset),
    )
    rows = inquiry.run(asked).rows
    actors = [
        Actor(record, None, is_group, tuple(int(number in seen) for number in range(found.width - row)))
        for key, seen in rows
        if (record := find_record(inquiry, key, is_group)) is not None
    ]
    return Found(actors, len(rows), len(rows) - len(actors))


def retention_query_of(filter: Filter) -> Query:
    """Return the retention that a filter stands for: so many intervals, the last one that of its last day."""
    query, intervals = as_query("RetentionQuery", filter), whole(filter.get("total_intervals"))
    query["dateRange"].pop("date_from", None)
    period = str(filter.get("period") or "").capitalize()
    told: Query = {
        "period": period if period in PERIODS else "Day",
        "totalIntervals": intervals or DEFAULT_INTERVALS,
        "retentionType": filter.get("retention_type"),
    }
    for name, key in (("target_entity", "targetEntity"), ("returning_entity", "returningEntity")):
        if isinstance(filter.get(name), Mapping):
            told[key] = filter[name]
    return {**query, "retentionFilter": told}


def texts(given: Any) -> list[str]:
    """Return the texts of a list, or a text by itself as one."""
    if isinstance(given, str) and given:
        return [given]
    return [str(item) for item in given if item is not None] if isinstance(given, list) else []

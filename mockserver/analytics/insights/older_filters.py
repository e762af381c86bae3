"""A whole insight in the words of PostHog's older filters as the query of today that it stands for.

Source: the filters that insights of before 2024 were kept as; recorded answers of the endpoints that still take them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.analytics.insights.legacy_filters import Filter, Query, as_query, is_true, typed, whole

KINDS: Mapping[str, str] = {
    "TRENDS": "TrendsQuery", "FUNNELS": "FunnelsQuery", "RETENTION": "RetentionQuery", "PATHS": "PathsQuery",
    "STICKINESS": "StickinessQuery", "LIFECYCLE": "LifecycleQuery",
}  # fmt: skip
SHOWN_AS = {"Stickiness": "STICKINESS", "Lifecycle": "LIFECYCLE", "Volume": "TRENDS"}
LISTS = (
    "events", "actions", "properties", "breakdowns", "formulas", "exclusions", "exclude_events", "include_event_types",
    "path_groupings", "local_path_cleaning_filters", "toggledLifecycles",
)  # fmt: skip
OBJECTS = ("target_entity", "returning_entity", "funnel_paths", "funnel_filter")


def kind_of(filter: Filter) -> str:
    """Return what an older filter asks for, as it calls it."""
    shown = SHOWN_AS.get(str(filter.get("shown_as")))
    if shown and shown != "TRENDS":
        return shown
    named = str(filter.get("insight") or "TRENDS").upper()
    return named if named in KINDS else "TRENDS"


def as_insight_query(filter: Filter, kind: str | None = None) -> Query:
    """Return the query that an older filter stands for, in the wrapper of an insight."""
    return {"kind": "InsightVizNode", "source": as_source(filter, kind)}


def as_source(filter: Filter, kind: str | None = None) -> Query:
    """Return the query that an older filter stands for; what is of another shape than it should be is left out."""
    filter = {name: _read(name, value) for name, value in filter.items() if value is not None}
    kind = kind or kind_of(filter)
    query = as_query(KINDS[kind], filter)
    if filter.get("interval") == "minute":
        query["interval"] = "hour"
    return BUILDERS[kind](filter, query)


def _read(name: str, value: Any) -> Any:
    """Return a value that may have come as JSON text, as it does in a query string."""
    if isinstance(value, str) and (name in LISTS or name in OBJECTS) and value[:1] in "[{":
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value


def _named(filter: Filter, names: Mapping[str, str]) -> Query:
    """Return fields of a filter under the names that they have in a query."""
    return {new: filter[old] for old, new in names.items() if filter.get(old) not in (None, "")}


def _flags(filter: Filter, names: Mapping[str, str]) -> Query:
    return {new: is_true(filter[old]) for old, new in names.items() if filter.get(old) is not None}


def _numbers(filter: Filter, names: Mapping[str, str]) -> Query:
    found = {new: whole(filter.get(old)) for old, new in names.items()}
    return {new: number for new, number in found.items() if number is not None}


def _trends(filter: Filter, query: Query) -> Query:
    told = {
        "display": filter.get("display") or "ActionsLineGraph",
        **_named(filter, {
            "formula": "formula", "formulas": "formulas", "aggregation_axis_format": "aggregationAxisFormat",
            "aggregation_axis_prefix": "aggregationAxisPrefix", "aggregation_axis_postfix": "aggregationAxisPostfix",
            "y_axis_scale_type": "yAxisScaleType",
        }),
        **_flags(filter, {
            "show_legend": "showLegend", "show_values_on_series": "showValuesOnSeries",
            "show_percent_stack_view": "showPercentStackView", "show_multiple_y_axes": "showMultipleYAxes",
        }),
        **_numbers(filter, {"smoothing_intervals": "smoothingIntervals", "decimal_places": "decimalPlaces"}),
    }  # fmt: skip
    return {**query, "trendsFilter": told, "breakdownFilter": _breakdown(filter, query), **_comparison(filter)}


def _breakdown(filter: Filter, query: Query) -> Query:
    """Return the breakdown of a trend or a funnel; servers give those that break down by nothing one, too."""
    kept = {name: value for name, value in query.get("breakdownFilter", {}).items() if value is not None}
    several = filter.get("breakdowns")
    return {
        "breakdown_normalize_url": is_true(filter.get("breakdown_normalize_url")),
        "breakdown_type": "event",
        **kept,
        **({"breakdowns": several} if isinstance(several, list) and several else {}),
        **_numbers(filter, {"breakdown_limit": "breakdown_limit"}),
        **_flags(filter, {"breakdown_hide_other_aggregation": "breakdown_hide_other_aggregation"}),
    }


def _comparison(filter: Filter) -> Query:
    if not is_true(filter.get("compare")):
        return {}
    return {"compareFilter": {"compare": True, **_named(filter, {"compare_to": "compare_to"})}}


def _funnels(filter: Filter, query: Query) -> Query:
    told = {
        **_named(filter, {
            "funnel_viz_type": "funnelVizType", "funnel_order_type": "funnelOrderType", "layout": "layout",
            "funnel_window_interval_unit": "funnelWindowIntervalUnit", "funnel_step_reference": "funnelStepReference",
            "breakdown_attribution_type": "breakdownAttributionType",
            "funnel_aggregate_by_hogql": "funnelAggregateByHogQL",
        }),
        **_numbers(filter, {
            "funnel_window_interval": "funnelWindowInterval", "funnel_window_days": "funnelWindowInterval",
            "funnel_from_step": "funnelFromStep", "funnel_to_step": "funnelToStep", "bin_count": "binCount",
            "breakdown_attribution_value": "breakdownAttributionValue",
        }),
    }  # fmt: skip
    excluded = filter.get("exclusions")
    if isinstance(excluded, list) and excluded:
        told["exclusions"] = [_exclusion(item) for item in excluded if isinstance(item, Mapping)]
    return {**query, "funnelsFilter": told, "breakdownFilter": _breakdown(filter, query)}


def _exclusion(item: Mapping[str, Any]) -> Query:
    is_action = item.get("type") == "actions"
    named = (
        {"kind": "ActionsNode", "id": item.get("id")} if is_action else {"kind": "EventsNode", "event": item.get("id")}
    )
    steps = _numbers(item, {"funnel_from_step": "funnelFromStep", "funnel_to_step": "funnelToStep"})
    return {**named, "funnelFromStep": 0, "funnelToStep": 1, **steps}


def _without_series(query: Query) -> Query:
    return {name: value for name, value in query.items() if name not in ("series", "interval", "breakdownFilter")}


def _retention(filter: Filter, query: Query) -> Query:
    told = {
        "period": filter.get("period") or "Day",
        "totalIntervals": whole(filter.get("total_intervals")) or 11,
        **_named(filter, {"retention_type": "retentionType", "retention_reference": "retentionReference"}),
        **{
            new: _target(filter.get(old))
            for old, new in (("target_entity", "targetEntity"), ("returning_entity", "returningEntity"))
        },
    }
    return {**_without_series(query), "retentionFilter": told}


def _target(entity: Any) -> Query:
    """Return an event or action that a retention is about; page views where none is named."""
    given = entity if isinstance(entity, Mapping) and entity.get("id") is not None else {}
    fields = ("id", "type", "name", "custom_name", "order", "properties", "uuid")
    named = {name: given[name] for name in fields if given.get(name) is not None}
    if "properties" in named:
        named["properties"] = typed(named["properties"])
    return {"id": "$pageview", "type": "events", **named}


def _paths(filter: Filter, query: Query) -> Query:
    told = {
        **_named(filter, {
            "start_point": "startPoint", "end_point": "endPoint", "include_event_types": "includeEventTypes",
            "exclude_events": "excludeEvents", "path_groupings": "pathGroupings", "funnel_paths": "funnelPaths",
            "paths_hogql_expression": "pathsHogQLExpression",
            "local_path_cleaning_filters": "localPathCleaningFilters",
        }),
        **_numbers(filter, {
            "step_limit": "stepLimit", "edge_limit": "edgeLimit", "min_edge_weight": "minEdgeWeight",
            "max_edge_weight": "maxEdgeWeight",
        }),
        **_flags(filter, {"path_replacements": "pathReplacements"}),
    }  # fmt: skip
    return {**_without_series(query), "pathsFilter": told}


def _stickiness(filter: Filter, query: Query) -> Query:
    told = {
        **_named(filter, {"display": "display"}),
        **_flags(filter, {"show_legend": "showLegend", "show_values_on_series": "showValuesOnSeries"}),
    }
    query.pop("breakdownFilter", None)
    query.pop("aggregation_group_type_index", None)
    return {**query, **({"stickinessFilter": told} if told else {}), **_comparison(filter)}


def _lifecycle(filter: Filter, query: Query) -> Query:
    told = {
        **_named(filter, {"toggledLifecycles": "toggledLifecycles"}),
        **_flags(filter, {"show_values_on_series": "showValuesOnSeries", "show_legend": "showLegend"}),
    }
    query.pop("breakdownFilter", None)
    return {**query, **({"lifecycleFilter": told} if told else {})}


BUILDERS: Mapping[str, Callable[[Filter, Query], Query]] = {
    "TRENDS": _trends, "FUNNELS": _funnels, "RETENTION": _retention, "PATHS": _paths, "STICKINESS": _stickiness,
    "LIFECYCLE": _lifecycle,
}  # fmt: skip

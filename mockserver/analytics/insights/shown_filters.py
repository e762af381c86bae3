"""How a trend's results repeat the query that they answer, in the words of PostHog's older filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.analytics.insights.date_ranges import DateRange, show

TRENDS_DEFAULTS: Mapping[str, Any] = {
    "aggregationAxisFormat": "numeric",
    "display": "ActionsLineGraph",
    "resultCustomizationBy": "value",
    "showAlertThresholdLines": False,
    "showLegend": False,
    "showMultipleYAxes": False,
    "showPercentStackView": False,
    "showValuesOnSeries": False,
    "smoothingIntervals": 1,
    "yAxisScaleType": "linear",
}
BREAKDOWN_FIELDS = ("group_type_index", "histogram_bin_count", "normalize_url", "property", "type")
OPERATORS = {"cohort": "in"}
WITHOUT_OPERATOR = ("hogql",)


def shown_filter(query: Mapping[str, Any], days: DateRange) -> dict[str, Any]:
    """Return the `filter` of a result; fields stand in the servers' order, those of each part by name."""
    shown = {
        "insight": "TRENDS",
        "properties": shown_properties(query.get("properties") or []),
        "filter_test_accounts": bool(query.get("filterTestAccounts")),
        "date_to": show(days.end),
        "date_from": show(days.start),
        "entity_type": "events",
    }
    if query.get("samplingFactor") is not None:
        shown["sampling_factor"] = float(query["samplingFactor"])
    if query.get("aggregation_group_type_index") is not None:
        shown["aggregation_group_type_index"] = query["aggregation_group_type_index"]
    shown["interval"] = query.get("interval") or "day"
    if query.get("trendsFilter") is not None:
        shown |= _trends(query["trendsFilter"])
    if query.get("breakdownFilter") is not None:
        shown |= _breakdown(query["breakdownFilter"])
    return shown


def shown_properties(given: Any) -> Any:
    """Return property filters with every field that one of their kind has."""
    if isinstance(given, Mapping) and "values" in given and "key" not in given:
        return {**given, "values": [shown_properties(item) for item in given["values"] or []]}
    if isinstance(given, Mapping):
        return _property(given)
    return [shown_properties(item) for item in given]


def _property(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(item.get("type"))
    if "key" not in item:
        return dict(item)
    operator = {} if kind in WITHOUT_OPERATOR else {"operator": OPERATORS.get(kind, "exact")}
    named = {"cohort_name": None} if kind == "cohort" else {}
    return {**named, **operator, "label": None, "value": None, **item}


def _trends(given: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in given.items() if value is not None}
    nodes = told.pop("formulaNodes", None) or [{"formula": text} for text in told.get("formulas") or []]
    if not nodes and told.get("formula"):
        nodes = [{"formula": told["formula"]}]
    for name in ("formula", "formulas"):
        told.pop(name, None)
    if nodes:
        told["formulaNodes"] = [{"custom_name": None, **node} for node in nodes]
    return dict(sorted({**TRENDS_DEFAULTS, **told}.items()))


def _breakdown(given: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in given.items() if value is not None}
    if told.get("breakdowns"):
        told["breakdowns"] = [{name: item.get(name) for name in BREAKDOWN_FIELDS} for item in told["breakdowns"]]
    return dict(sorted({"breakdown_type": "event", **told}.items()))

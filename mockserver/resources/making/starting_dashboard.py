"""The dashboard that a new project has, and the six insights on it.

Source: what PostHog makes with every project; recorded dashboards of fresh ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.resources import tiles
from mockserver.resources.making.insights import add_insight
from mockserver.store import Record

DASHBOARD = "My App Dashboard"
PLAIN: Mapping[str, Any] = {"layouts": {}, "color": None}
"""How the tile of an insight looks of which nothing is said."""

Query = dict[str, Any]
_VIEWS = {"kind": "EventsNode", "name": "$pageview", "event": "$pageview"}
_VIEWERS = {"kind": "EventsNode", "math": "dau", "name": "$pageview", "event": "$pageview"}
_TARGET = {"id": "$pageview", "type": "events"}


def _days(since: str) -> Query:
    return {"dateRange": {"date_from": since, "explicitDate": False}, "properties": [], "filterTestAccounts": False}


def _trend(since: str, interval: str, display: str = "ActionsLineGraph", **breakdown: str) -> Query:
    return {
        "kind": "TrendsQuery", "series": [_VIEWERS], "interval": interval, **_days(since),
        "trendsFilter": {
            "display": display, "showLegend": False, "yAxisScaleType": "linear", "showValuesOnSeries": False,
            "smoothingIntervals": 1, "showPercentStackView": False, "aggregationAxisFormat": "numeric",
            "showAlertThresholdLines": False,
        },
        "breakdownFilter": {"breakdown_type": "event", **breakdown},
    }  # fmt: skip


def _starter(description: str, query: Query) -> dict[str, Any]:
    return {
        "description": description, "query": {"kind": "InsightVizNode", "source": query}, "is_sample": True,
        "created_by": None, "last_modified_by": None,
    }  # fmt: skip


STARTERS: Mapping[str, Mapping[str, Any]] = {
    "Daily active users (DAUs)": _starter(
        "Shows the number of unique users that use your app every day.", _trend("-30d", "day")
    ),
    "Weekly active users (WAUs)": _starter(
        "Shows the number of unique users that use your app every week.", _trend("-90d", "week")
    ),
    "Retention": _starter("Weekly retention of your users.", {
        "kind": "RetentionQuery", **_days("-7d"),
        "retentionFilter": {
            "period": "Week", "targetEntity": _TARGET, "retentionType": "retention_first_time", "totalIntervals": 11,
            "returningEntity": _TARGET,
        },
    }),
    "Growth accounting": _starter("How many of your users are new, returning, resurrecting, or dormant each week.", {
        "kind": "LifecycleQuery", "series": [_VIEWS], "interval": "week", **_days("-30d"),
        "lifecycleFilter": {"showLegend": False},
    }),
    "Referring domain (last 14 days)": _starter(
        "Shows the most common referring domains for your users over the past 14 days.",
        _trend("-14d", "day", "ActionsBarValue", breakdown="$referring_domain"),
    ),
    "Pageview funnel, by browser": _starter(
        "This example funnel shows how many of your users have completed 3 page views, broken down by browser.", {
            "kind": "FunnelsQuery", "interval": "day", **_days("-7d"),
            "series": [{**_VIEWS, "custom_name": f"{which} page view"} for which in ("First", "Second", "Third")],
            "funnelsFilter": {
                "layout": "horizontal", "exclusions": [], "funnelVizType": "steps", "funnelOrderType": "ordered",
                "funnelStepReference": "total", "funnelWindowInterval": 14,
                "breakdownAttributionType": "first_touch", "funnelWindowIntervalUnit": "day",
            },
            "breakdownFilter": {"breakdown": "$browser", "breakdown_type": "event"},
        },
    ),
}  # fmt: skip
"""The insights by name, in the order in which they are made."""


def _look(x: int, y: int, narrow_y: int, color: str) -> dict[str, Any]:
    size = {"h": 5, "minH": 5, "minW": 3}
    layouts = {"sm": {**size, "w": 6, "x": x, "y": y}, "xs": {**size, "w": 1, "x": 0, "y": narrow_y}}
    return {"layouts": layouts, "color": color}


LOOKS: Mapping[str, Mapping[str, Any]] = {
    "Daily active users (DAUs)": _look(0, 0, 0, "blue"),
    "Weekly active users (WAUs)": _look(6, 0, 5, "green"),
    "Retention": _look(6, 5, 10, "blue"),
    "Growth accounting": _look(0, 5, 15, "purple"),
    "Referring domain (last 14 days)": _look(0, 10, 20, "black"),
    "Pageview funnel, by browser": _look(6, 10, 25, "green"),
}
"""Where the tile of each stands, and its color."""


def fill(call: Call, dashboard: Record) -> None:
    """Put the insights that a new project has on its dashboard."""
    for name, given in STARTERS.items():
        project_id = dashboard["project_id"]
        insight = add_insight(call, {"name": name, **given}, project_id=project_id)
        tiles.add(call, dashboard["id"], insight=insight["id"], project_id=project_id, **LOOKS[name])

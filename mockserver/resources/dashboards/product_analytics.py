"""The template that every server brings: how much a product is used.

Its insights are those of a new project's dashboard, spelled as the list of templates spells them.
Source: recorded answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.listing.jsonb import as_kept
from mockserver.resources.making.starting_dashboard import LOOKS, STARTERS

NAME = "Product analytics"
DESCRIPTION = (
    "High-level overview of your product including daily active users, weekly active users, retention, and growth "
    "accounting."
)
SINCE = "2023-03-02T00:00:00Z"
"""When it was made, as far as anybody can see."""


def template() -> dict[str, Any]:
    """Return it as a template."""
    tiles = [
        {
            "name": name, "type": "INSIGHT", "color": LOOKS[name]["color"],
            "query": as_kept({**starter["query"], "source": _as_listed(starter["query"]["source"])}),
            "layouts": as_kept(LOOKS[name]["layouts"]), "description": starter["description"],
        }
        for name, starter in STARTERS.items()
    ]  # fmt: skip
    return {
        "template_name": NAME, "dashboard_description": DESCRIPTION, "dashboard_filters": {}, "tags": [],
        "tiles": tiles, "variables": None,
    }  # fmt: skip


def _as_listed(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the source of a starting insight as the template has it."""
    match source["kind"]:
        case "TrendsQuery":
            shown = {**source["trendsFilter"], "showMultipleYAxes": False, "resultCustomizationBy": "value"}
            return {**source, "trendsFilter": shown, "compareFilter": {"compare": False}}
        case "RetentionQuery":
            asked = {**source["retentionFilter"], "totalIntervals": 8, "meanRetentionCalculation": "simple"}
            kept = {name: value for name, value in source.items() if name != "version"}
            return {**kept, "dateRange": {"explicitDate": False}, "retentionFilter": asked}
        case "FunnelsQuery":
            return {**source, "dateRange": {"explicitDate": False}}
    return dict(source)

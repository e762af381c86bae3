"""Web vitals: how fast a page was in the last week."""

from __future__ import annotations

from typing import Any

from mockserver.queries import answers
from mockserver.queries.running import run
from mockserver.request.call import Call
from mockserver.resources.behaviours import OnlyAsked

METRICS = ("INP", "LCP", "CLS", "FCP")


class WebVitals(OnlyAsked):
    """A trend of a page's metrics, each at its 90th percentile. Source: PostHog's sources."""

    family = "web_vitals"
    component = "WebVitals"
    title = "Web Vitals"

    def list(self, call: Call) -> Any:
        """Return the trend of the page that `pathname` tells."""
        query = vitals_of(call.query.get("pathname"))
        key = answers.cache_key(call, query)
        age, kept = answers.find_answer(call, key)
        return kept if age is answers.Age.FRESH else answers.complete_answer(call, key, query, run(call, query))


def vitals_of(path: str | None) -> dict[str, Any]:
    """Return the trend that servers ask for."""
    of_page = {"type": "event", "key": "$pathname", "operator": "is_cleaned_path_exact", "value": [path]}
    return {
        "kind": "TrendsQuery",
        "dateRange": {"date_from": "-7d", "explicitDate": False},
        "filterTestAccounts": False,
        "interval": "week",
        "properties": [of_page],
        "series": [
            {"kind": "EventsNode", "event": "$web_vitals", "name": name, "custom_name": name, "math": "p90",
             "math_property": f"$web_vitals_{name}_value"}
            for name in METRICS
        ],
        "trendsFilter": {"display": "ActionsLineGraph"},
    }  # fmt: skip

"""The funnel matcher: what PostHog's servers add to ClickHouse as a compiled program, and the engine calls here.

Two functions of one text each: JSON of what they are asked, a list, to JSON of the rows that they find. How they are
called is HogQL's affair (`aggregate_funnel`, `aggregate_funnel_trends` and their variants).
Source: the recorded `hogql` of funnels, which calls them, and the recorded numbers, which they must give.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.analytics.clickhouse.matcher.charts import match_steps, match_trends

FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "match_funnel_steps": match_steps,
    "match_funnel_trends": match_trends,
}
"""What the engine calls, by the names that its SQL has."""

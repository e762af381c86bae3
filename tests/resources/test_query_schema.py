"""What PostHog's schema of November 2025 lets a query say: nothing of it is a mistake here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

QUERY = "/api/environments/1/query/"
KINDS = [
    "DocumentSimilarityQuery", "UsageMetricsQuery", "ErrorTrackingSimilarIssuesQuery", "ErrorTrackingBreakdownsQuery",
    "ErrorTrackingIssueCorrelationQuery", "RevenueAnalyticsGrossRevenueQuery", "RevenueAnalyticsMRRQuery",
    "MarketingAnalyticsAggregatedQuery",
]  # fmt: skip
SEEN = {"kind": "EventsNode", "event": "seen"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrapper", [None, "DataTableNode"])
def test_kind_that_is_not_computed_says_so(observed: Client, kind: str, wrapper: str | None) -> None:
    query: Any = {"kind": kind}
    response = observed.post(QUERY, {"query": {"kind": wrapper, "source": query} if wrapper else query})
    assert response.status_code == 400
    assert (response.json["code"], response.json["detail"]) == ("invalid_input", f"Unsupported query kind: {kind}")


@pytest.mark.parametrize(
    "fields",
    [
        {"trendsFilter": {"display": "ActionsUnstackedBar"}},
        {"trendsFilter": {"display": "CalendarHeatmap"}},
        {"interval": "second", "dateRange": {"date_from": "-1h"}},
        {"properties": [{"key": "$current_url", "type": "event", "operator": "is_cleaned_path_exact", "value": "/a"}]},
        {"properties": [{"key": "7", "type": "flag", "operator": "flag_evaluates_to", "value": True}]},
        {"modifiers": {"optimizeProjections": True, "timings": True, "usePreaggregatedTableTransforms": False}},
        {"modifiers": {"sessionTableVersion": "v3"}},
    ],
)
def test_value_that_the_schema_allows_is_taken(observed: Client, fields: dict[str, Any]) -> None:
    response = observed.post(QUERY, {"query": {"kind": "TrendsQuery", "series": [SEEN], **fields}})
    assert response.status_code == 200, response.json


@pytest.mark.parametrize("breakdown", [
    {"breakdown": "x", "breakdown_type": "revenue_analytics"},
    {"breakdowns": [{"property": "x", "type": "revenue_analytics"}]},
])  # fmt: skip
def test_breakdown_that_is_not_computed_says_so(observed: Client, breakdown: dict[str, Any]) -> None:
    response = observed.post(QUERY, {"query": {"kind": "TrendsQuery", "series": [SEEN], "breakdownFilter": breakdown}})
    assert (response.status_code, response.json["code"]) == (400, "invalid_input")


@pytest.mark.parametrize("profile, known", [("documented", True), ("observed", True), ("observed@2025-08", False)])
def test_values_that_came_later_are_unknown_before(apps: Any, profile: str, known: bool) -> None:
    """Source: a refusal recorded in August 2025, the documents of that month and of November."""
    client = Client(apps(profile).test_client())
    query = {"kind": "WebStatsTableQuery", "properties": [], "breakdownBy": "Nothing"}
    detail = client.post("/api/environments/1/query/", {"query": query}).json["detail"]
    assert ("'PreviousPage'" in detail, "'ExitClick'" in detail) == (known, True)
    kinds = client.post("/api/environments/1/query/", {"query": {"kind": "Nothing"}}).json["detail"]
    assert ("'UsageMetricsQuery'" in kinds, "'TrendsQuery'" in kinds) == (known, True)

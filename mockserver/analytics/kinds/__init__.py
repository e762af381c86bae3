"""The kinds of query, and what answers each. Another kind is one more entry: a function of the call and the query.

A kind is imported when it is asked for the first time: all of them together cost as much as starting the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from mockserver.analytics import modifiers
from mockserver.analytics.errors import unsupported
from mockserver.request.call import Call

Answer = dict[str, Any]
Kind = Callable[[Call, Mapping[str, Any]], Answer]


def source(call: Call, query: Mapping[str, Any]) -> Answer:
    """Answer what a node shows: the query that is its source."""
    inner = query.get("source")
    if not isinstance(inner, Mapping):
        raise unsupported(query)
    return run(call, inner)


KINDS: Mapping[str, str] = {
    "HogQLQuery": "kinds.hogql.hogql_query",
    "HogQLMetadata": "kinds.metadata.hogql_metadata",
    "HogQLAutocomplete": "kinds.autocomplete.hogql_autocomplete",
    "DatabaseSchemaQuery": "kinds.database_schema.database_schema_query",
    "HogQuery": "kinds.hog.hog_query",
    "EventsQuery": "kinds.events.events_query",
    "ActorsQuery": "kinds.actors.actors_query",
    "GroupsQuery": "kinds.groups.groups_query",
    "ErrorTrackingQuery": "kinds.errors.error_tracking_query",
    "TracesQuery": "kinds.traces.traces_query",
    "TraceQuery": "kinds.traces.trace_query",
    "SessionsQuery": "kinds.sessions.sessions_query",
    "TeamTaxonomyQuery": "kinds.taxonomies.team_taxonomy_query",
    "EventTaxonomyQuery": "kinds.taxonomies.event_taxonomy_query",
    "ActorsPropertyTaxonomyQuery": "kinds.taxonomies.actors_property_taxonomy_query",
    "SessionsTimelineQuery": "kinds.sessions_timeline.sessions_timeline_query",
    "TrendsQuery": "insights.trends.trends_query",
    "FunnelsQuery": "insights.funnels.charts.funnels_query",
    "FunnelCorrelationQuery": "insights.funnels.correlations.correlation_query",
    "LifecycleQuery": "insights.lifecycle.lifecycle_query",
    "PathsQuery": "insights.paths.paths_query",
    "RetentionQuery": "insights.retention.retention_query",
    "CalendarHeatmapQuery": "insights.calendar_heatmap.calendar_heatmap_query",
    "StickinessQuery": "insights.stickiness.stickiness_query",
    "WebOverviewQuery": "web.overview.web_overview_query",
    "WebStatsTableQuery": "web.stats.web_stats_table_query",
    "WebExternalClicksTableQuery": "web.external_clicks.web_external_clicks_table_query",
    "WebGoalsQuery": "web.goals.web_goals_query",
    "WebVitalsPathBreakdownQuery": "web.vitals.web_vitals_path_breakdown_query",
    "WebPageURLSearchQuery": "web.page_urls.web_page_url_search_query",
    "MarketingAnalyticsTableQuery": "web.marketing.marketing_analytics_table_query",
    "SessionAttributionExplorerQuery": "web.attribution.session_attribution_explorer_query",
    "WebVitalsQuery": "kinds.source",
    "InsightActorsQuery": "insights.actors.insight_actors_query",
    "InsightActorsQueryOptions": "insights.actors.insight_actors_options",
    "DataTableNode": "kinds.source",
    "DataVisualizationNode": "kinds.source",
    "InsightVizNode": "kinds.source",
}
"""What answers each kind: a function of a module of `analytics`."""


@cache
def answering(kind: str) -> Kind:
    """Return what answers a kind of query. Raises: KeyError for one that is not here."""
    module, _, function = KINDS[kind].rpartition(".")
    answers: Kind = getattr(import_module(f"mockserver.analytics.{module}"), function)
    return answers


def run(call: Call, query: Mapping[str, Any]) -> Answer:
    """Return the answer to a query. Raises: ValidationError, for a kind that is not here too."""
    kind = str(query.get("kind"))
    if kind not in KINDS:
        raise unsupported(query)
    project = call.tenant.project
    asked = query if project is None else {**query, "modifiers": modifiers.asked(project, query)}
    return answering(kind)(call, asked)

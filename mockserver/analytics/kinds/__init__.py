"""The kinds of query, and what answers each. Another kind is one more entry: a function of the call and the query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.analytics import modifiers
from mockserver.analytics.errors import unsupported
from mockserver.analytics.insights.actors import insight_actors_options, insight_actors_query
from mockserver.analytics.insights.calendar_heatmap import calendar_heatmap_query
from mockserver.analytics.insights.funnels.charts import funnels_query
from mockserver.analytics.insights.funnels.correlations import correlation_query
from mockserver.analytics.insights.lifecycle import lifecycle_query
from mockserver.analytics.insights.paths import paths_query
from mockserver.analytics.insights.retention import retention_query
from mockserver.analytics.insights.stickiness import stickiness_query
from mockserver.analytics.insights.trends import trends_query
from mockserver.analytics.kinds.actors import actors_query
from mockserver.analytics.kinds.autocomplete import hogql_autocomplete
from mockserver.analytics.kinds.database_schema import database_schema_query
from mockserver.analytics.kinds.errors import error_tracking_query
from mockserver.analytics.kinds.events import events_query
from mockserver.analytics.kinds.groups import groups_query
from mockserver.analytics.kinds.hog import hog_query
from mockserver.analytics.kinds.hogql import hogql_query
from mockserver.analytics.kinds.metadata import hogql_metadata
from mockserver.analytics.kinds.sessions import sessions_query
from mockserver.analytics.kinds.sessions_timeline import sessions_timeline_query
from mockserver.analytics.kinds.taxonomies import (
    actors_property_taxonomy_query,
    event_taxonomy_query,
    team_taxonomy_query,
)  # fmt: skip
from mockserver.analytics.kinds.traces import trace_query, traces_query
from mockserver.analytics.web.attribution import session_attribution_explorer_query
from mockserver.analytics.web.external_clicks import web_external_clicks_table_query
from mockserver.analytics.web.goals import web_goals_query
from mockserver.analytics.web.marketing import marketing_analytics_table_query
from mockserver.analytics.web.overview import web_overview_query
from mockserver.analytics.web.page_urls import web_page_url_search_query
from mockserver.analytics.web.stats import web_stats_table_query
from mockserver.analytics.web.vitals import web_vitals_path_breakdown_query
from mockserver.request.call import Call

Answer = dict[str, Any]
Kind = Callable[[Call, Mapping[str, Any]], Answer]


def source(call: Call, query: Mapping[str, Any]) -> Answer:
    """Answer what a node shows: the query that is its source."""
    inner = query.get("source")
    if not isinstance(inner, Mapping):
        raise unsupported(query)
    return run(call, inner)


KINDS: dict[str, Kind] = {
    "HogQLQuery": hogql_query,
    "HogQLMetadata": hogql_metadata,
    "HogQLAutocomplete": hogql_autocomplete,
    "DatabaseSchemaQuery": database_schema_query,
    "HogQuery": hog_query,
    "EventsQuery": events_query,
    "ActorsQuery": actors_query,
    "GroupsQuery": groups_query,
    "ErrorTrackingQuery": error_tracking_query,
    "TracesQuery": traces_query,
    "TraceQuery": trace_query,
    "SessionsQuery": sessions_query,
    "TeamTaxonomyQuery": team_taxonomy_query,
    "EventTaxonomyQuery": event_taxonomy_query,
    "ActorsPropertyTaxonomyQuery": actors_property_taxonomy_query,
    "SessionsTimelineQuery": sessions_timeline_query,
    "TrendsQuery": trends_query,
    "FunnelsQuery": funnels_query,
    "FunnelCorrelationQuery": correlation_query,
    "LifecycleQuery": lifecycle_query,
    "PathsQuery": paths_query,
    "RetentionQuery": retention_query,
    "CalendarHeatmapQuery": calendar_heatmap_query,
    "StickinessQuery": stickiness_query,
    "WebOverviewQuery": web_overview_query,
    "WebStatsTableQuery": web_stats_table_query,
    "WebExternalClicksTableQuery": web_external_clicks_table_query,
    "WebGoalsQuery": web_goals_query,
    "WebVitalsPathBreakdownQuery": web_vitals_path_breakdown_query,
    "WebPageURLSearchQuery": web_page_url_search_query,
    "MarketingAnalyticsTableQuery": marketing_analytics_table_query,
    "SessionAttributionExplorerQuery": session_attribution_explorer_query,
    "WebVitalsQuery": source,
    "InsightActorsQuery": insight_actors_query,
    "InsightActorsQueryOptions": insight_actors_options,
    "DataTableNode": source,
    "DataVisualizationNode": source,
    "InsightVizNode": source,
}


def run(call: Call, query: Mapping[str, Any]) -> Answer:
    """Return the answer to a query. Raises: ValidationError, for a kind that is not here too."""
    kind = KINDS.get(str(query.get("kind")))
    if kind is None:
        raise unsupported(query)
    project = call.tenant.project
    return kind(call, query if project is None else {**query, "modifiers": modifiers.asked(project, query)})

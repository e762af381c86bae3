"""The families, one small module each; a family's is imported when it is first asked for something.

All of them take half of a start to import, and most servers are asked for few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.resources.resource import Resource

VACANT = (
    "warehouse_tables",
    "warehouse_view_links",
    "external_data_sources",
    "web_experiments",
    "managed_migrations",
    "hog_flows",
    "messaging_templates",
    "user_interviews",
    "organization_batch_exports",
    "lineage",
    "metalytics",
    "async_migrations",
    "instance_status",
    "debug_ch_queries",
    "revenue_analytics",
    "batch_exports",
    "integrations",
    "query_tab_state",
    "app_metrics",
)
"""Families that hold nothing: all in one module."""

PLACES = {
    "projects": "projects.Projects",
    "environments": "projects.environments.Environments",
    "roles": "organizations.roles.Roles",
    "role_memberships": "organizations.role_memberships.RoleMemberships",
    "annotations": "annotations.Annotations",
    "event_definitions": "definitions.events.EventDefinitions",
    "property_definitions": "definitions.properties.PropertyDefinitions",
    "search": "finding.search.Search",
    "tags": "finding.tags.Tags",
    "cohorts": "cohorts.Cohorts",
    "comments": "comments.Comments",
    "persons": "persons.Persons",
    "pipeline_destinations": "plugins.destinations.PipelineDestinations",
    "pipeline_frontend_apps": "plugins.frontend_apps.PipelineFrontendApps",
    "persisted_folders": "persisted_folders.PersistedFolders",
    "plugin_configs": "plugins.logs.PluginConfigLogs",
    "query": "query.Queries",
    "organizations": "organizations.Organizations",
    "members": "organizations.members.Members",
    "invites": "organizations.invites.Invites",
    "domains": "organizations.domains.Domains",
    "users": "organizations.users.Users",
    "personal_api_keys": "organizations.keys.PersonalApiKeys",
    "feature_flags": "feature_flags.FeatureFlags",
    "early_access_features": "early_access_features.EarlyAccessFeatures",
    "organization_feature_flags": "organizations.feature_flags.OrganizationFeatureFlags",
    "scheduled_changes": "scheduled_changes.ScheduledChanges",
    "insights": "insights.Insights",
    "insight_variables": "insights.variables.InsightVariables",
    "alerts": "insights.alerts.Alerts",
    "flag_values": "feature_flags.values.FlagValues",
    "feature_flag_role_access": "organizations.flag_access.FlagRoleAccess",
    "access_controls": "project_access.ProjectAccess",
    "sharing": "sharing.Sharing",
    "dashboards": "dashboards.Dashboards",
    "dashboard_collaborators": "dashboards.collaborators.DashboardCollaborators",
    "dashboard_templates": "dashboards.templates.DashboardTemplates",
    "data_color_themes": "reporting.themes.DataColorThemes",
    "subscriptions": "reporting.subscriptions.Subscriptions",
    "exports": "reporting.exports.Exports",
    "uploaded_media": "reporting.media.UploadedMedia",
    "web_analytics": "web_analytics.WebAnalytics",
    "sessions": "sessions.Sessions",
    "heatmaps": "heatmaps.Heatmaps",
    "web_vitals": "web_vitals.WebVitals",
    "elements": "elements.Elements",
    "file_system": "file_system.FileSystem",
    "file_system_shortcut": "file_system.shortcuts.FileSystemShortcuts",
    "events": "events.Events",
    "actions": "actions.Actions",
    "groups": "groups.Groups",
    "groups_types": "groups.types.GroupTypes",
    "group_metrics": "groups.metrics.GroupMetrics",
    "activity_log": "activity_log.ActivityLog",
    "my_notifications": "activity_log.notifications.MyNotifications",
    "data_management": "activity_log.definitions.DataManagement",
    "warehouse_saved_queries": "saved_queries.SavedQueries",
    **dict.fromkeys(VACANT, "vacant.VACANT"),
}
"""The class of each family of the contract."""


class Families(Mapping[str, "type[Resource]"]):
    """The classes of all families, by name."""

    def __getitem__(self, family: str) -> type[Resource]:
        module, _, name = PLACES[family].rpartition(".")
        found: Any = getattr(import_module(f"{__name__}.{module}"), name)
        resource: type[Resource] = found[family] if isinstance(found, Mapping) else found
        return resource

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


RESOURCES = Families()

"""The families, one small module each."""

from __future__ import annotations

from mockserver.resources.actions import Actions
from mockserver.resources.activity_log import ActivityLog
from mockserver.resources.activity_log.definitions import DataManagement
from mockserver.resources.activity_log.notifications import MyNotifications
from mockserver.resources.annotations import Annotations
from mockserver.resources.cohorts import Cohorts
from mockserver.resources.comments import Comments
from mockserver.resources.dashboards import Dashboards
from mockserver.resources.dashboards.collaborators import DashboardCollaborators
from mockserver.resources.dashboards.templates import DashboardTemplates
from mockserver.resources.definitions.events import EventDefinitions
from mockserver.resources.definitions.properties import PropertyDefinitions
from mockserver.resources.early_access_features import EarlyAccessFeatures
from mockserver.resources.elements import Elements
from mockserver.resources.events import Events
from mockserver.resources.feature_flags import FeatureFlags
from mockserver.resources.feature_flags.values import FlagValues
from mockserver.resources.file_system import FileSystem
from mockserver.resources.file_system.shortcuts import FileSystemShortcuts
from mockserver.resources.finding.search import Search
from mockserver.resources.finding.tags import Tags
from mockserver.resources.groups import Groups
from mockserver.resources.groups.metrics import GroupMetrics
from mockserver.resources.groups.types import GroupTypes
from mockserver.resources.heatmaps import Heatmaps
from mockserver.resources.insights import Insights
from mockserver.resources.insights.alerts import Alerts
from mockserver.resources.insights.variables import InsightVariables
from mockserver.resources.organizations import Organizations
from mockserver.resources.organizations.domains import Domains
from mockserver.resources.organizations.feature_flags import OrganizationFeatureFlags
from mockserver.resources.organizations.flag_access import FlagRoleAccess
from mockserver.resources.organizations.invites import Invites
from mockserver.resources.organizations.keys import PersonalApiKeys
from mockserver.resources.organizations.members import Members
from mockserver.resources.organizations.role_memberships import RoleMemberships
from mockserver.resources.organizations.roles import Roles
from mockserver.resources.organizations.users import Users
from mockserver.resources.persisted_folders import PersistedFolders
from mockserver.resources.persons import Persons
from mockserver.resources.plugins.destinations import PipelineDestinations
from mockserver.resources.plugins.frontend_apps import PipelineFrontendApps
from mockserver.resources.plugins.logs import PluginConfigLogs
from mockserver.resources.project_access import ProjectAccess
from mockserver.resources.projects import Projects
from mockserver.resources.projects.environments import Environments
from mockserver.resources.query import Queries
from mockserver.resources.reporting.exports import Exports
from mockserver.resources.reporting.media import UploadedMedia
from mockserver.resources.reporting.subscriptions import Subscriptions
from mockserver.resources.reporting.themes import DataColorThemes
from mockserver.resources.resource import Resource
from mockserver.resources.saved_queries import SavedQueries
from mockserver.resources.scheduled_changes import ScheduledChanges
from mockserver.resources.sessions import Sessions
from mockserver.resources.sharing import Sharing
from mockserver.resources.vacant import VACANT
from mockserver.resources.web_analytics import WebAnalytics
from mockserver.resources.web_vitals import WebVitals

RESOURCES: tuple[type[Resource], ...] = (
    Projects,
    Environments,
    Roles,
    RoleMemberships,
    Annotations,
    EventDefinitions,
    PropertyDefinitions,
    Search,
    Tags,
    Cohorts,
    Comments,
    Persons,
    PipelineDestinations,
    PipelineFrontendApps,
    PersistedFolders,
    PluginConfigLogs,
    Queries,
    Organizations,
    Members,
    Invites,
    Domains,
    Users,
    PersonalApiKeys,
    FeatureFlags,
    EarlyAccessFeatures,
    OrganizationFeatureFlags,
    ScheduledChanges,
    Insights,
    InsightVariables,
    Alerts,
    FlagValues,
    FlagRoleAccess,
    ProjectAccess,
    Sharing,
    Dashboards,
    DashboardCollaborators,
    DashboardTemplates,
    DataColorThemes,
    Subscriptions,
    Exports,
    UploadedMedia,
    WebAnalytics,
    Sessions,
    Heatmaps,
    WebVitals,
    Elements,
    FileSystem,
    FileSystemShortcuts,
    Events,
    Actions,
    Groups,
    GroupTypes,
    GroupMetrics,
    ActivityLog,
    MyNotifications,
    DataManagement,
    SavedQueries,
    *VACANT,
)

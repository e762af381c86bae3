"""The families, one small module each."""

from __future__ import annotations

from mockserver.resource import Resource
from mockserver.resources.annotations import Annotations
from mockserver.resources.cohorts import Cohorts
from mockserver.resources.comments import Comments
from mockserver.resources.organizations import Organizations
from mockserver.resources.persisted_folders import PersistedFolders
from mockserver.resources.personal_api_keys import PersonalApiKeys
from mockserver.resources.persons import Persons
from mockserver.resources.pipeline_destinations import PipelineDestinations
from mockserver.resources.pipeline_frontend_apps import PipelineFrontendApps
from mockserver.resources.plugin_configs import PluginConfigLogs
from mockserver.resources.projects import Projects
from mockserver.resources.query import Queries
from mockserver.resources.role_memberships import RoleMemberships
from mockserver.resources.roles import Roles
from mockserver.resources.users import Users

RESOURCES: tuple[type[Resource], ...] = (
    Projects,
    Roles,
    RoleMemberships,
    Annotations,
    Cohorts,
    Comments,
    Persons,
    PipelineDestinations,
    PipelineFrontendApps,
    PersistedFolders,
    PluginConfigLogs,
    Queries,
    Organizations,
    Users,
    PersonalApiKeys,
)

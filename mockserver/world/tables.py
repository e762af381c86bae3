"""The tables of a world: what each holds, how its records are identified, found and kept in order.

`load` and scenario files fill the ones marked so; a field that is left out is completed (see `seeding`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mockserver.store import Layout, Order


class Identity(StrEnum):
    """How a record without an identifier is given one."""

    INTEGER = "integer"
    UUID = "uuid"
    GIVEN = "given"


class Owner(StrEnum):
    """The tenant a record belongs to."""

    PROJECT = "project_id"
    ORGANIZATION = "organization_id"
    NOBODY = ""


@dataclass(frozen=True)
class Table:
    """One table; `component` names the contract's shape of its records, `fields` what `load` takes beside it."""

    name: str
    owner: Owner = Owner.PROJECT
    identity: Identity = Identity.INTEGER
    key: str = "id"
    component: str | None = None
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    merges: bool = False
    """Whether a record that is loaded may be one that is there, by what is unique of it, and is then completed."""
    repeats: bool = False
    """Whether records may share a key: events do, of which a client makes up the UUID."""
    unique: tuple[tuple[str, ...], ...] = ()
    """Fields that no two records share together; of a list, no item."""
    indexes: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    loadable: bool = True

    @property
    def layout(self) -> Layout:
        """What the store must know of it; the tenant is always an index."""
        owner = (self.owner.value,) if self.owner else ()
        return Layout(self.name, self.key, (*owner, *self.indexes), self.orders, self.repeats)


BY_PROJECT = ("project_id",)
ALIVE = ("project_id", "deleted")

LATEST_ANNOTATIONS = Order(ALIVE, "date_marker", descending=True, steady=True)
NEWEST_COHORTS = Order(ALIVE, "created_at", descending=True)
NEWEST_MEMBERS = Order(("cohort_id",), "seniority", descending=True)
NEWEST_COMMENTS = Order(BY_PROJECT, "created_at", descending=True)
NEWEST_PERSONS = Order(BY_PROJECT, "created_at", descending=True)
NEWEST_LOGS = Order(("plugin_config_id",), "timestamp", descending=True)
NEWEST_ACTIVITY = Order(("project_id", "scope"), "created_at", descending=True)
NEWEST_OF_ALL_ACTIVITY = Order(BY_PROJECT, "created_at", descending=True)
FILED = Order(BY_PROJECT, "place")
NEWEST_SAVED_QUERIES = Order(ALIVE, "created_at", descending=True)
OLDEST_FEATURES = Order(BY_PROJECT, "created_at")
OLDEST_FLAG_ROLES = Order(("project_id", "feature_flag"), "added_at")
NEWEST_FLAGS = Order(ALIVE, "created_at", descending=True)
OLDEST_ROLES = Order(("organization_id",), "created_at")
NEWEST_MEMBERSHIPS = Order(("organization_id",), "joined_at", descending=True)
DOMAINS_BY_NAME = Order(("organization_id",), "domain")
NEWEST_INVITES = Order(("organization_id",), "created_at", descending=True)
OLDEST_ROLE_MEMBERS = Order(("organization_id", "role_id"), "joined_at")

NEXT_SUBSCRIPTIONS = Order(("deleted",), "next_delivery_date")

_CREATED_BY = {"created_by": "users"}
_SAID = ("description", "tags", "verified", "verified_at", "verified_by", "hidden")
"""What people say of a definition."""

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("organizations", Owner.NOBODY, Identity.UUID, component="Organization", fields=("name", "slug")),
        Table(
            "users", Owner.NOBODY, component="UserBasic",
            fields=(
                "current_organization_id", "current_project_id", "is_active", "is_staff", "date_joined", "last_login",
                "pending_email", "notification_settings", "anonymize_data", "toolbar_mode", "events_column_config",
                "has_seen_product_intro_for", "scene_personalisation", "theme_mode", "has_social_auth", "password",
                "two_factor",
            ),
            required=("email",),
            references={"current_organization_id": "organizations", "current_project_id": "projects"},
            indexes=("uuid", "email", "distinct_id"), unique=(("uuid",), ("email",), ("distinct_id",)),
        ),
        Table(
            "organization_memberships", Owner.ORGANIZATION, Identity.UUID,
            fields=("id", "user_id", "level", "joined_at", "updated_at"), required=("user_id",),
            references={"user_id": "users"}, indexes=("user_id",), unique=(("organization_id", "user_id"),),
            orders=(NEWEST_MEMBERSHIPS,),
        ),
        Table(
            "invites", Owner.ORGANIZATION, Identity.UUID, component="OrganizationInvite", references=_CREATED_BY,
            required=("target_email",), orders=(NEWEST_INVITES,),
        ),
        Table(
            "domains", Owner.ORGANIZATION, Identity.UUID, component="OrganizationDomain", required=("domain",),
            indexes=("domain",), unique=(("domain",),), orders=(DOMAINS_BY_NAME,),
        ),
        Table(
            "projects", Owner.ORGANIZATION, component="Project", fields=("is_generating_demo_data", "quota_limited"),
            indexes=("uuid", "api_token", "secret_api_token", "secret_api_token_backup"),
            unique=(("uuid",), ("api_token",)),
        ),
        Table(
            "api_keys", Owner.NOBODY, Identity.GIVEN, key="value",
            fields=(
                "value", "id", "label", "user_id", "scopes", "scoped_projects", "scoped_organizations", "created_at",
                "last_used_at", "last_rolled_at", "is_session",
            ),
            required=("user_id",), references={"user_id": "users"}, indexes=("user_id",),
        ),
        Table(
            "persons", component="Person", fields=("is_identified",), required=("distinct_ids",),
            indexes=("uuid", "distinct_ids", "properties.email"), orders=(NEWEST_PERSONS,),
            unique=(("project_id", "distinct_ids"), ("uuid",)),
        ),
        Table("groups", identity=Identity.INTEGER, indexes=("group_key",),
              fields=("id", "group_type_index", "group_key", "group_properties", "created_at"),
              required=("group_type_index", "group_key"),
              unique=(("project_id", "group_type_index", "group_key"),)),
        Table("group_types",
              fields=("id", "group_type", "group_type_index", "name_singular", "name_plural", "detail_dashboard",
                      "default_columns"),
              required=("group_type", "group_type_index"),
              unique=(("project_id", "group_type_index"), ("project_id", "group_type"))),
        Table("group_usage_metrics", identity=Identity.UUID, component="GroupUsageMetric", fields=("group_type_index",),
              required=("name", "group_type_index")),
        Table("event_definitions", identity=Identity.UUID,
              fields=("id", "name", "created_at", "last_seen_at", "owner", "default_columns", "primary_property",
                      *_SAID), required=("name",), indexes=("name",), merges=True, unique=(("project_id", "name"),),
              references={"owner": "users", "verified_by": "users"}),
        Table("property_definitions", identity=Identity.UUID,
              fields=("id", "name", "type", "property_type", "is_numerical", "group_type_index", *_SAID),
              required=("name",), indexes=("name",), merges=True,
              unique=(("project_id", "type", "group_type_index", "name"),), references={"verified_by": "users"}),
        Table("event_properties", fields=("id", "event", "property"), required=("event", "property"),
              indexes=("event", "property"), merges=True,
              unique=(("project_id", "event", "property"),)),
        Table(
            "annotations", component="Annotation",
            references={**_CREATED_BY, "dashboard_item": "insights", "dashboard_id": "dashboards"},
            indexes=("organization_id", "scope", "dashboard_item", "dashboard_id"), orders=(LATEST_ANNOTATIONS,),
        ),
        Table(
            "cohorts", component="Cohort", references=_CREATED_BY, fields=("members",),
            indexes=("created_by", "is_due"), orders=(NEWEST_COHORTS,),
        ),
        Table(
            "cohort_members", indexes=("cohort_id", "person_uuid"), orders=(NEWEST_MEMBERS,), loadable=False,
        ),
        Table("cohort_calculations", identity=Identity.UUID, indexes=("cohort_id",), loadable=False),
        Table(
            "comments", identity=Identity.UUID, component="Comment",
            references={**_CREATED_BY, "source_comment": "comments"},
            indexes=("item_id", "source_comment"), orders=(NEWEST_COMMENTS,),
        ),
        Table(
            "roles", Owner.ORGANIZATION, Identity.UUID, component="Role", references=_CREATED_BY,
            orders=(OLDEST_ROLES,),
        ),
        Table(
            "role_memberships", Owner.ORGANIZATION, Identity.UUID,
            fields=("id", "role_id", "user_id", "user_uuid", "joined_at", "updated_at"),
            references={"role_id": "roles", "user_id": "users"},
            indexes=("role_id", "user_id"), orders=(OLDEST_ROLE_MEMBERS,),
        ),
        Table(
            "feature_flags", component="FeatureFlag", fields=("evaluation_tags",), required=("key",),
            references={**_CREATED_BY, "last_modified_by": "users", "usage_dashboard": "dashboards"},
            indexes=("key",), orders=(NEWEST_FLAGS,), unique=(("project_id", "key"),),
        ),
        Table(
            "access_controls", identity=Identity.UUID, component="AccessControl",
            references={**_CREATED_BY, "organization_member": "organization_memberships", "role": "roles"},
            indexes=("resource",),
        ),
        Table(
            "early_access_features", identity=Identity.UUID, component="EarlyAccessFeature",
            references={"feature_flag": "feature_flags"},
            required=("feature_flag", "name"), indexes=("feature_flag",), orders=(OLDEST_FEATURES,),
        ),
        Table("scheduled_changes", component="ScheduledChange", references=_CREATED_BY, indexes=("executed_at",)),
        Table(
            "feature_flag_role_access", fields=("id", "feature_flag", "role_id", "added_at", "updated_at"),
            required=("feature_flag", "role_id"), references={"feature_flag": "feature_flags", "role_id": "roles"},
            indexes=("feature_flag", "role_id"), orders=(OLDEST_FLAG_ROLES,), unique=(("feature_flag", "role_id"),),
        ),
        Table("flag_hash_keys", indexes=("person_uuid",), loadable=False),
        Table("flag_calls", indexes=("flag_id",), loadable=False),
        Table("actions", component="Action", required=("name",), references=_CREATED_BY, indexes=("name",)),
        Table(
            "dashboards", component="Dashboard", fields=("filters", "variables"), references=_CREATED_BY,
            indexes=("deleted",),
        ),
        Table("dashboard_templates", identity=Identity.UUID, component="DashboardTemplate", indexes=("template_name",)),
        Table(
            "insights", component="Insight", references={**_CREATED_BY, "last_modified_by": "users"},
            indexes=("short_id", "deleted"), unique=(("short_id",),),
        ),
        Table(
            "insight_variables", identity=Identity.UUID, component="InsightVariable", references=_CREATED_BY,
            required=("name", "type"), indexes=("code_name",), unique=(("project_id", "code_name"),),
        ),
        Table(
            "alerts", identity=Identity.UUID, component="Alert", fields=("marked_at",),
            references={**_CREATED_BY, "insight": "insights"}, required=("insight",), indexes=("insight", "enabled"),
        ),
        Table("alert_checks", identity=Identity.UUID, indexes=("alert",), loadable=False),
        Table("insight_views", indexes=("insight", "user_id"), loadable=False),
        Table(
            "dashboard_tiles", fields=("id", "dashboard", "insight", "text", "layouts", "color", "deleted"),
            required=("dashboard",), indexes=("dashboard", "insight"),
            references={"dashboard": "dashboards", "insight": "insights", "text": "texts"},
        ),
        Table(
            "texts", fields=("id", "body", "created_by", "last_modified_by", "last_modified_at"), required=("body",),
            references={**_CREATED_BY, "last_modified_by": "users"},
        ),
        Table(
            "sharing_configurations", component="SharingConfiguration",
            fields=("dashboard", "insight", "recording", "access_token", "expires_at"),
            references={"dashboard": "dashboards", "insight": "insights"},
            indexes=("access_token", "dashboard", "insight", "recording"), unique=(("access_token",),),
        ),
        Table(
            "dashboard_privileges", identity=Identity.UUID,
            fields=("id", "dashboard", "user_id", "level", "added_at", "updated_at"), required=("dashboard", "user_id"),
            references={"dashboard": "dashboards", "user_id": "users"}, indexes=("dashboard", "user_id"),
        ),
        Table("data_color_themes", component="DataColorTheme", references=_CREATED_BY),
        Table(
            "subscriptions", component="Subscription", indexes=("dashboard", "insight"),
            references={**_CREATED_BY, "dashboard": "dashboards", "insight": "insights"}, orders=(NEXT_SUBSCRIPTIONS,),
        ),
        Table("deliveries", indexes=("subscription",), loadable=False),
        Table("exported_assets", loadable=False),
        Table("uploaded_media", identity=Identity.UUID, loadable=False),
        Table("share_passwords", indexes=("sharing_configuration",), loadable=False),
        Table(
            "persisted_folders", identity=Identity.UUID, component="PersistedFolder",
            fields=("user_id",), references={"user_id": "users"}, indexes=("user_id",),
        ),
        Table(
            "file_system", identity=Identity.UUID, component="FileSystem", fields=("created_by", "place"),
            required=("path",), references=_CREATED_BY, indexes=("path", "ref", "type"), orders=(FILED,),
        ),
        Table("file_system_shortcuts", identity=Identity.UUID, component="FileSystemShortcut",
              fields=("user_id",), required=("path", "user_id"), references={"user_id": "users"}, indexes=("user_id",)),
        Table(
            "warehouse_saved_queries", identity=Identity.UUID, component="SavedQuery", references=_CREATED_BY,
            required=("name", "query"), indexes=("name",), orders=(NEWEST_SAVED_QUERIES,),
        ),
        Table("vacant", Owner.NOBODY, loadable=False),
        Table("inferred", identity=Identity.GIVEN, key="key", indexes=("place",), loadable=False),
        Table("notification_bookmarks", indexes=("user_id",), loadable=False),
        Table("file_system_views", Owner.PROJECT, indexes=("user_id",), loadable=False),
        Table(
            "plugins", Owner.ORGANIZATION,
            fields=(
                "id", "name", "description", "url", "icon", "config_schema", "tag", "latest_tag", "plugin_type",
                "is_global", "organization_id", "capabilities", "metrics", "public_jobs", "source",
                "hog_function_migration_available", "created_at", "updated_at",
            ),
        ),
        Table("plugin_configs", component="PluginConfig", references={"plugin": "plugins"}, indexes=("plugin",)),
        Table(
            "plugin_log_entries", identity=Identity.UUID, component="PluginLogEntry",
            references={"plugin_id": "plugins", "plugin_config_id": "plugin_configs"},
            indexes=("plugin_config_id",), orders=(NEWEST_LOGS,),
        ),
        Table(
            "events", identity=Identity.UUID, key="uuid",
            fields=(
                "uuid", "event", "distinct_id", "timestamp", "created_at", "properties", "person_id",
                "person_properties",
            ),
            required=("event", "distinct_id"),
            repeats=True,
            indexes=("distinct_id",),
        ),
        Table("event_deletions", indexes=("person_uuid",), loadable=False),
        Table("queries", identity=Identity.GIVEN, indexes=("cache_key",), loadable=False),
        Table("query_answers", Owner.NOBODY, Identity.GIVEN, loadable=False),
        Table("query_runs", indexes=("query_id",), loadable=False),
        Table(
            "activity_log", identity=Identity.UUID, indexes=("item_id", "scope"),
            orders=(NEWEST_ACTIVITY, NEWEST_OF_ALL_ACTIVITY),
            loadable=False,
        ),
    )
}  # fmt: skip

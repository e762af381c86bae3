"""Projects: what an organization's data is kept apart by, and all of their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from mockserver.contract import ByProfile, Contract, Operation
from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.request import access, tenancy
from mockserver.request.call import ADMIN, OWNER, Call, Principal, Tenant
from mockserver.resources.behaviours import log_activity
from mockserver.resources.projects import settings, shapes
from mockserver.resources.projects.furnishing import furnish
from mockserver.resources.projects.onboarding import ProductOnboarding
from mockserver.resources.projects.removal import remove_project
from mockserver.resources.projects.tokens import TokenActions
from mockserver.resources.resource import Record, Resource, Shape
from mockserver.store import View
from mockserver.validation.fields import Lookup
from mockserver.world import plans

# Of what a client may write, what is no mere setting.
OF_THE_PROJECT = ("name", "product_description")
NOT_SETTINGS = frozenset({*OF_THE_PROJECT, "access_control"})
NO_ROOM = (
    "You have reached the maximum limit of allowed projects for your current plan. "
    "Upgrade your plan to be able to create and manage more projects."
)
TOO_LOW_TO_CREATE = "Your organization access level is insufficient."
# Under another name than the API's, as the servers' own column is called.
LOGGED_AS = {"primary_dashboard": "primary_dashboard_id"}


class Projects(ProductOnboarding, TokenActions):
    """An organization's projects; under `/api/projects`, those of every organization that the asker belongs to."""

    family = "projects"
    table = "projects"
    component = "Project"
    title = "Project"
    search_fields = ("name",)
    depends_on = None
    field_overrides = settings.FIELDS
    level_refusal = "You don't have sufficient permissions in the project."
    activity_scope = "Team"
    changes_on_create = None

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._team = ByProfile(partial(shapes.team_fields, contract))
        self._modifiers = ByProfile(partial(shapes.modifiers_known, contract))

    @cached_property
    def settings(self) -> frozenset[str]:
        """The fields that are settings of a project."""
        return frozenset(self.schema.load_fields) - NOT_SETTINGS

    # Whose it is

    def locate(self, path: Mapping[str, str], principal: Principal, view: View) -> Tenant:
        """Return the tenant that a path is about: the project itself, where it names one that the asker may see.

        An organization that is unknown has no projects, and so has a foreign one.
        """
        limited = bool(principal.key.get("scoped_projects"))
        try:
            tenant = super().locate(path, principal, view)
        except NotFound:
            if tenancy.uuid(path["organization_id"]) is None:
                raise NotFound from None
            tenant = Tenant(None)
        if "id" not in path:
            if limited:
                raise PermissionDenied(tenancy.PROJECTS_ONLY)
            return tenant
        project = _find(path["id"], principal, view)
        organization = view.table("organizations").get(project["organization_id"]) if project else None
        level = tenancy.level(principal.user, organization, view) if organization else 0
        is_elsewhere = "organization_id" in path and organization is not tenant.organization
        if level and (not is_elsewhere or path["id"] == tenancy.CURRENT):
            return Tenant(organization, project, level)
        if limited:
            raise NotFound
        # No level is asked for what is not there: the servers look it up before they judge the asker's rank.
        return replace(tenant, level=OWNER)

    def require_membership(self, tenant: Tenant, path: Mapping[str, str]) -> None:
        """Let everybody in: what an outsider would find is left out instead. Source: a replayed server."""

    def scopes(self, operation: Operation, body: Any) -> tuple[str, ...]:
        """Return the scopes that a request needs: to read is enough for a key that changes settings alone."""
        if operation.action == "partial_update" and isinstance(body, Mapping) and set(body) <= self.settings:
            return tuple(scope.replace(":write", ":read") for scope in operation.scopes)
        return operation.scopes

    def get_record(self, call: Call, key: str) -> Record:
        """Return the project. Raises: ValidationError for an id that is no number, NotFound."""
        if call.tenant.project is not None:
            return call.tenant.project
        if key != tenancy.CURRENT and _number(key) is None:
            raise ValidationError(f"Field 'id' expected a number but got {key!r}.")
        raise NotFound

    def get_records(self, call: Call) -> Sequence[Record]:
        memberships = {
            m["organization_id"]: m for m in call.table("organization_memberships").find(user_id=call.user["id"])
        }
        if "organization_id" in call.path:
            records = super().get_records(call) if call.tenant.level else []
        else:
            visible = set(memberships) & set(call.principal.key.get("scoped_organizations") or memberships)
            records = [project for project in call.table(self.table) if project["organization_id"] in visible]
        return [project for project in records if not _is_closed(call, project, memberships)]

    # What may be written

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        if record is not None:
            settings.refuse_below_admin(call)
        data = super().load(call, record, **how)
        given = data if record is not None else {name: data[name] for name in data if name in call.body}
        settings.judge_together(call, given, record)
        return settings.settle(call, data, record or {})

    def lookup(self, call: Call) -> Lookup:
        """Return a test of whether a dashboard exists, whoever's it is: whose it is has a message of its own."""

        def exists(table: str, key: Any) -> bool:
            found = call.table(table).get(key)
            return found is not None and not found.get("deleted")

        return exists

    def update(self, call: Call, record: Record) -> Any:
        """Change what the body names. Servers ask of the plan what they ask before another project is made."""
        self._require_room(call)
        return super().update(call, record)

    # What happens

    def create(self, call: Call) -> Record:
        """Store a new project and make it the asker's current one. A demo project needs no admin.

        Raises: NotFound in an organization that the asker does not belong to, PermissionDenied.
        """
        if not call.tenant.level:
            raise NotFound("Organization not found.")
        self._require_room(call)
        if call.tenant.level < ADMIN and not _asks_for_demo(call):
            raise PermissionDenied(TOO_LOW_TO_CREATE)
        return self.perform_create(call, self.load(call))

    def _require_room(self, call: Call) -> None:
        """Refuse a project beyond what the organization's plan allows; a demo is beside the plan, and there is one."""
        organization = call.table("organizations").get(call.tenant.organization_id)
        limit = plans.most_projects(organization) if organization else None
        if limit is None:
            return
        projects = call.table(self.table).find(organization_id=call.tenant.organization_id)
        demos = [project for project in projects if project["is_demo"]]
        is_full = bool(demos) if _asks_for_demo(call) else len(projects) - len(demos) >= limit
        if is_full:
            raise PermissionDenied(NO_ROOM)

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        record = furnish(call, Resource.perform_create(self, call, data))
        call.tenant = replace(call.tenant, project=record)
        call.table("users").update(call.user, {"current_project_id": record["id"]})
        for scope in ("Project", self.activity_scope):
            self.log(call, record, "created", None, name=record["name"], scope=scope)
        return record

    def activity_name(self, record: Record) -> str | None:
        return shapes.team_name(record)

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {
            "uuid": call.new_uuid(), "api_token": call.world.new_project_token(call.transaction),
            "created_at": now, "updated_at": now, "ingested_event": False, "product_intents": [],
            "secret_api_token": None, "secret_api_token_backup": None, "is_generating_demo_data": False,
        }  # fmt: skip

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        if not data:
            return record
        # A project's team keeps the name that both were given. Source: a replayed server's activity.
        kept = {"team_name": shapes.team_name(record), "updated_at": call.now()}
        updated = call.table(self.table).update(record, {**data, **kept})
        self._log_surveys(call, record, data)
        team = [
            self.change(LOGGED_AS.get(name, name), record.get(name), updated.get(name))
            for name in data
            # The servers forget what the surveys' configuration was before they log that it is cleared.
            if record.get(name) != updated.get(name)
            and name not in OF_THE_PROJECT
            and not (name == "survey_config" and data[name] is None)
        ]
        own = [
            {**self.change(name, record.get(name), data[name]), "type": "Project"}
            for name in OF_THE_PROJECT
            if name in data and record.get(name) != data[name]
        ]
        if team:
            self.log(call, updated, "updated", team, name=self.activity_name(updated))
        if own:
            self.log(call, updated, "updated", own, name=updated["name"], scope="Project")
        return updated

    def _log_surveys(self, call: Call, record: Record, data: Mapping[str, Any]) -> None:
        """Write an entry of how surveys look anywhere, when that changed."""
        if data.get("survey_config") is None:
            return
        before, after = record.get("survey_config") or {}, data["survey_config"]
        changes = [
            {**self.change(name, before.get(name), value), "type": "Survey"}
            for name, value in after.items()
            if before.get(name) != value
        ]
        if changes:
            detail = {"changes": changes, "trigger": None, "name": "global survey appearance"}
            log_activity(call, "Survey", "#", "updated", {**detail, "short_id": None, "type": None})

    def perform_destroy(self, call: Call, record: Record) -> None:
        """Remove a project and every record of it; whoever last used it goes on to another of the organization."""
        self.log(call, record, "deleted", None, name=self.activity_name(record))
        self.log(call, record, "deleted", None, name=record["name"], scope="Project")
        remove_project(call, record)
        next_project = call.table(self.table).first(organization_id=record["organization_id"])
        for user in call.table("users").find(current_project_id=record["id"]):
            call.table("users").update(user, {"current_project_id": next_project["id"] if next_project else None})

    def is_generating_demo_data(self, call: Call, record: Record) -> Record:
        """Return whether demo data is being made; the pages show the project instead."""
        return record

    # How it looks

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {**shapes.worked_out(record, call), "default_modifiers": self._modifiers[call.profile]}

    def shapes(self) -> Mapping[str, Shape]:
        return {
            "ProjectBasic": shapes.project_basic,
            "Team": self._show_team,
            "DemoDataGeneration": lambda record, call: {
                "is_generating_demo_data": bool(record.get("is_generating_demo_data"))
            },
        }

    def _show_team(self, record: Record, call: Call) -> dict[str, Any]:
        own = {**record, **self.represent(record, call), **shapes.of_team(record)}
        return {name: own.get(name, default) for name, default in self._team[call.profile].items()}


def _find(wanted: str, principal: Principal, view: View) -> Record | None:
    number = principal.user.get("current_project_id") if wanted == tenancy.CURRENT else _number(wanted)
    return view.table("projects").get(number)


def _is_closed(call: Call, project: Record, memberships: Mapping[str, Record]) -> bool:
    """Return whether a project's rules keep out the asker, whose memberships these are."""
    membership = memberships.get(project["organization_id"])
    return membership is not None and access.is_shut_out(
        call.state, project, call.user, membership, membership["level"]
    )


def _asks_for_demo(call: Call) -> bool:
    return isinstance(call.body, Mapping) and bool(call.body.get("is_demo"))


def _number(text: str) -> int | None:
    """Return the number that a path segment spells, as Python reads one."""
    try:
        return int(text)
    except ValueError:
        return None

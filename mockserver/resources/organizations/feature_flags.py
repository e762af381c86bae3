"""Flags of one key across the projects of an organization, and copies of a flag from one project into others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract import Contract
from mockserver.errors import APIError, NotFound
from mockserver.request.call import Answer, Call
from mockserver.request.tenancy import level
from mockserver.resources.feature_flags import FeatureFlags
from mockserver.resources.feature_flags.copying import CohortCopies
from mockserver.resources.feature_flags.fields import defaults
from mockserver.resources.resource import Record, Resource, user_basic

COPIED = ("name", "filters", "active", "ensure_experience_continuity")


class OrganizationFeatureFlags(Resource):
    """The flags of an organization; only a session asks for them."""

    family = "organization_feature_flags"
    table = "feature_flags"
    component = "FeatureFlag"

    def __init__(self, contract: Contract) -> None:
        super().__init__(contract)
        self._flags = FeatureFlags(contract)

    def retrieve(self, call: Call) -> Any:  # type: ignore[override]
        """Return the living flags of a key, one for each project that the asker may see."""
        found = [
            flag
            for project in self._projects(call)
            for flag in call.table(self.table).find(
                key=call.path["feature_flag_key"], project_id=project["id"], deleted=False
            )
        ]
        if not found:
            raise NotFound
        return [
            {
                "flag_id": flag["id"], "team_id": flag["project_id"],
                "created_by": user_basic(call, flag["created_by"]), "filters": flag["filters"],
                "created_at": flag["created_at"], "active": flag["active"],
            }
            for flag in found
        ]  # fmt: skip

    def copy_flags(self, call: Call) -> Any:
        """Copy a flag into other projects; one that has its key there becomes like it."""
        body = call.body if isinstance(call.body, Mapping) else {}
        key, source, targets = (body.get(name) for name in ("feature_flag_key", "from_project", "target_project_ids"))
        if not key or not source or not targets:
            return Answer({"error": "Missing required fields"}, 400)
        projects = {project["id"]: project for project in self._projects(call)}
        flag = call.table(self.table).first(key=key, project_id=source, deleted=False) if source in projects else None
        if flag is None:
            return Answer({"error": "Feature flag to copy does not exist."}, 400)
        success, failed = [], []
        for target in targets if isinstance(targets, list) else [targets]:
            project = projects.get(target) if isinstance(target, int) else None
            if project is None:
                failed.append({"project_id": target, "errors": "Target project does not exist."})
                continue
            try:
                success.append(self._copy(call, flag, project))
            except APIError as error:
                failed.append({"project_id": target, "errors": error.detail})
        return {"success": success, "failed": failed}

    def _copy(self, call: Call, flag: Record, project: Record) -> Any:
        """Write a flag into another project, the cohorts that it names before it, and return it as it is there."""
        there = replace(call, tenant=replace(call.tenant, project=project))
        filters = CohortCopies(there, flag["project_id"]).renamed(flag["filters"])
        data = {**{name: flag[name] for name in COPIED}, "filters": filters, "performed_rollback": False}
        known = there.table(self.table).first(key=flag["key"], project_id=project["id"], deleted=False)
        if known is None:
            made = self._flags.perform_create(there, {**defaults(self.contract), **data, "key": flag["key"]})
        else:
            made = self._flags.perform_update(there, known, data)
        return self._flags.show(made, there)

    def _projects(self, call: Call) -> list[Record]:
        """Return the projects of the organization that the asker may enter."""
        projects = call.table("projects").find(organization_id=call.tenant.organization_id)
        organization = call.tenant.organization or {}
        return [project for project in projects if level(call.user, organization, call.state, project)]

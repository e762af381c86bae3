"""Dashboards: insights and texts on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.errors import NotFound, PermissionDenied, ValidationError
from mockserver.request.call import Answer, Call
from mockserver.resources import tiles
from mockserver.resources.access_controlled import SAFE
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.dashboards import making, placing
from mockserver.resources.dashboards.arranging import Arranging
from mockserver.resources.dashboards.lists import Listed
from mockserver.resources.dashboards.placing import is_of_2026
from mockserver.resources.dashboards.template_schema import problem_with
from mockserver.resources.filing import Filed
from mockserver.resources.resource import Record
from mockserver.resources.restrictions import NOT_OWNER, may_restrict, require_editor
from mockserver.resources.tagged import Tagged, Tags, refusal_of, texts_of

SOURCES = ("use_template", "use_dashboard")
PASSING = (*SOURCES, "delete_insights", "last_viewed_at")
NO_FILTERS = "Filters must be a dictionary"
ONE_SOURCE = "`use_dashboard` and `use_template` cannot be used together"
UNLISTED = {"llm-analytics": "LLM Analytics Default"}
"""Products that show a dashboard on a page of their own, by tag, and what it is called."""


class Dashboards(Filed, Tagged, SoftDelete, Listed, Arranging):
    """The dashboards of a project; deleted ones are found by who restores them alone."""

    family = "dashboards"
    table = "dashboards"
    component = "Dashboard"
    title = "Dashboards"
    relations = {"created_by": "users"}
    depends_on = None
    tags_follow = "data_color_theme_id"
    access_resource = "dashboard"
    field_overrides = {"tags": Tags()}

    # Finding

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        if record["deleted"] and not self._restores(call):
            raise NotFound
        if call.operation.method not in SAFE:
            require_editor(call, record)
        return record

    def _restores(self, call: Call) -> bool:
        """Return whether a request may find a deleted dashboard: to restore it, and until 2026 for nothing else."""
        body = call.body if isinstance(call.body, Mapping) else {}
        if call.operation.action != "partial_update" or body.get("deleted") is not False:
            return False
        return is_of_2026(call) or len(body) == 1

    # Making

    def create(self, call: Call) -> Any:
        """Store a dashboard, and put on it what its template or another dashboard holds. Raises: ValidationError.

        Servers until 2026 find out that there is no such source, and that a tag is no text, when they have stored it,
        and leave it behind.
        """
        data = self.load(call)
        sources = {name: data.get(name) for name in SOURCES}
        if all(sources.values()):
            raise ValidationError(ONE_SOURCE)
        filters = self._filters(call)
        problem = self._problem_with_source(call, sources) or refusal_of(data["tags"])
        if problem is not None and (not call.is_observed or is_of_2026(call)):
            raise problem
        mode = "template" if sources["use_template"] else "duplicate" if sources["use_dashboard"] else "default"
        kept = {name: value for name, value in data.items() if name not in PASSING}
        variables = call.body.get("variables") if isinstance(call.body, Mapping) else None
        made = self.perform_create(
            call,
            {
                **tiles.DASHBOARD,
                **kept,
                "tags": texts_of(data["tags"]),
                "filters": filters or {},
                "variables": variables if isinstance(variables, Mapping) else {},
                "creation_mode": mode,
            },
        )
        if problem is not None:
            return Answer(problem.body, problem.status)
        return self._fill(call, made, sources)

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_by": call.user["id"], "created_at": call.now()}

    def _problem_with_source(self, call: Call, sources: Mapping[str, Any]) -> ValidationError | None:
        name, number = sources["use_template"], sources["use_dashboard"]
        if name and not making.knows(call, name):
            return ValidationError(f"Invalid template provided: {name}", attr="use_template")
        if number and self._source(call, number) is None:
            return ValidationError("Invalid value provided", attr="use_dashboard")
        return None

    def _source(self, call: Call, number: int) -> Record | None:
        found = call.table(self.table).get(number)
        return found if found is not None and found["project_id"] == call.tenant.project_id else None

    def _fill(self, call: Call, made: Record, sources: Mapping[str, Any]) -> Record:
        if sources["use_template"]:
            return making.fill_from(call, made, sources["use_template"])
        if not sources["use_dashboard"]:
            return made
        source = self._source(call, sources["use_dashboard"])
        assert source is not None
        making.copy(call, source, made, with_content=bool(call.body.get("duplicate_tiles")))
        if not is_of_2026(call):
            return made
        kept = ("filters", "variables", "breakdown_colors", "data_color_theme_id")
        inherited = {name: source[name] for name in kept if source.get(name) and not made.get(name)}
        return call.table(self.table).update(made, inherited)

    def create_from_template_json(self, call: Call) -> Any:
        """Store a dashboard as a template in the body describes it. Raises: ValidationError."""
        body = call.body if isinstance(call.body, Mapping) else {}
        template: Any = body.get("template")
        problem = problem_with(template) if template is not None else "A template is required."
        if problem is not None:
            raise ValidationError(problem)
        made = self.perform_create(call, {**tiles.DASHBOARD, "_create_in_folder": body.get("_create_in_folder")})
        return making.fill(call, made, template)

    def create_unlisted_dashboard(self, call: Call) -> Any:
        """Store the one dashboard that a product shows on a page of its own."""
        tag = call.body.get("tag") if isinstance(call.body, Mapping) else None
        if not tag or not isinstance(tag, str):
            return Answer({"error": "tag is required"}, 400)
        if tag not in UNLISTED:
            return Answer({"error": f"Unknown template tag: {tag}"}, 400)
        known = call.table(self.table).find(project_id=call.tenant.project_id, deleted=False, creation_mode="unlisted")
        if any(tag in dashboard["tags"] for dashboard in known):
            return Answer({"error": f"Unlisted dashboard with tag '{tag}' already exists"}, 409)
        given = {"name": UNLISTED[tag], "creation_mode": "unlisted", "tags": [tag]}
        return self.perform_create(call, {**tiles.DASHBOARD, **given})

    # Changing

    def update(self, call: Call, record: Record) -> Any:
        """Change a dashboard; whatever the body leaves out stays as it is."""
        return self.partial_update(call, record)

    def partial_update(self, call: Call, record: Record) -> Any:
        """Change a dashboard, and the tiles that the body lists. Raises: ValidationError, PermissionDenied."""
        data = self.load(call, record, partial=True)
        if "restriction_level" in data and not may_restrict(call, record):
            raise PermissionDenied(NOT_OWNER)
        body = call.body
        filters, variables = self._filters(call), body.get("variables") or None
        if variables is not None and not isinstance(variables, Mapping):
            raise ValidationError(NO_FILTERS)
        changes = {name: value for name, value in data.items() if name not in PASSING}
        if filters:
            changes["filters"] = filters
        if variables:
            changes["variables"] = dict(variables)
        if data.get("deleted"):
            self._take_down(call, record, with_insights=bool(data.get("delete_insights")))
        elif record["deleted"]:
            for tile in tiles.tiles_of(call.state, record["id"], deleted=True):
                call.table(tiles.TABLE).update(tile, {"deleted": False})
        updated = self.perform_update(call, record, changes)
        if "tiles" in body:
            placing.change_tiles(call, updated, body["tiles"])
        if body.get("duplicate_tiles"):
            self._duplicate(call, updated, body["duplicate_tiles"])
        return updated

    def _take_down(self, call: Call, dashboard: Record, *, with_insights: bool) -> None:
        """Take all tiles off a dashboard that goes, and with them, if it is wanted, insights that are on no other."""
        found = tiles.tiles_of(call.state, dashboard["id"], deleted=True)
        for tile in found if with_insights else ():
            insight = call.table("insights").get(tile["insight"]) if tile["insight"] is not None else None
            if insight is None or tile["deleted"]:
                continue
            if len(tiles.tiles_with(call.state, insight["id"])) == 1:
                call.table("insights").update(insight, {"deleted": True})
        for tile in found:
            tiles.take_off(call, tile)
        project = call.table("projects").get(dashboard["project_id"])
        if project is not None and project.get("primary_dashboard") == dashboard["id"]:
            call.table("projects").update(project, {"primary_dashboard": None})
        for group in call.table("group_types").find(project_id=dashboard["project_id"]):
            if group.get("detail_dashboard") == dashboard["id"]:
                call.table("group_types").update(group, {"detail_dashboard": None})

    def _duplicate(self, call: Call, dashboard: Record, given: Any) -> None:
        if not isinstance(given, list):
            raise ValidationError("Tiles must be a list.", attr="duplicate_tiles")
        for tile in given:
            number = tile.get("id") if isinstance(tile, Mapping) else None
            found = placing.require_tile(call, dashboard, number, "duplicate_tiles")
            layouts = tile.get("layouts") if is_of_2026(call) else None
            making.duplicate(call, found, dashboard, layouts if isinstance(layouts, Mapping) else {})

    def _filters(self, call: Call) -> dict[str, Any] | None:
        """Return the filters that a body gives, if it gives any. Raises: ValidationError."""
        body = call.body if isinstance(call.body, Mapping) else {}
        given = body.get("filters") or None
        if given is not None and not isinstance(given, Mapping):
            raise ValidationError(NO_FILTERS)
        return dict(given) if given is not None else None

"""Templates: what dashboards are made of. One that every server brings, and those that staff made for a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.errors import NotFound, PermissionDenied
from mockserver.request.call import Call
from mockserver.request.tenancy import uuid
from mockserver.resources.behaviours import SoftDelete
from mockserver.resources.dashboards import product_analytics
from mockserver.resources.dashboards.making import TEMPLATES
from mockserver.resources.dashboards.template_schema import TEMPLATE
from mockserver.resources.resource import Record

BUILT_IN = "01890000-0000-7000-8000-00000000da5b"
STAFF_ONLY = "You don't have edit permissions for this dashboard template."
GLOBAL, OF_FLAGS = "global", "feature_flag"


class DashboardTemplates(SoftDelete):
    """The templates that a project may use; only PostHog's own staff writes them."""

    family = "dashboard_templates"
    table = TEMPLATES
    component = "DashboardTemplate"
    title = "Dashboard Template"
    depends_on = None

    def get_records(self, call: Call) -> Sequence[Record]:
        own = [record for record in super().get_records(call) if not record["deleted"]]
        return [*own, _built_in()]

    def filter_records(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        scope, text = call.query.get("scope"), call.query.get("search", "").lower()
        if scope in (GLOBAL, OF_FLAGS):
            records = [record for record in records if record["scope"] == scope]
        return [record for record in records if _rank(record, text)]

    def search(self, call: Call, records: Sequence[Record]) -> Sequence[Record]:
        """Return the records that a text is found in, those that are called so first."""
        text = call.query.get("search", "").lower()
        return sorted(records, key=lambda record: -_rank(record, text)) if text else records

    def get_record(self, call: Call, key: str) -> Record:
        if call.operation.method != "get":
            self._require_staff(call)
        if uuid(key) == BUILT_IN:
            if call.operation.method != "get":
                raise NotFound
            return _built_in()
        return super().get_record(call, key)

    def create(self, call: Call) -> Any:
        """Store a template. Raises: PermissionDenied for anybody but staff."""
        self._require_staff(call)
        return super().create(call)

    def destroy(self, call: Call) -> Any:  # type: ignore[override]
        """Refuse: to whom may not write, and to whom may."""
        self._require_staff(call)
        return super().destroy(call)

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_at": call.now(), "created_by": call.user["id"]}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"team_id": record["project_id"]}

    def json_schema(self, call: Call) -> Any:
        """Return what a template must look like, as JSON Schema."""
        return TEMPLATE

    def _require_staff(self, call: Call) -> None:
        if not call.user.get("is_staff"):
            raise PermissionDenied(STAFF_ONLY)


def _built_in() -> dict[str, Any]:
    """Return the template that every server brings, as it is shown."""
    given = product_analytics.template()
    return {
        "id": BUILT_IN, **given, "deleted": None, "created_at": product_analytics.SINCE, "created_by": None,
        "image_url": None, "team_id": None, "scope": GLOBAL, "availability_contexts": None,
    }  # fmt: skip


def _rank(record: Mapping[str, Any], text: str) -> int:
    """Return how well a template fits a search: by its name best, by its tags, by its description; 0 not at all."""
    tags = " ".join(str(tag) for tag in record["tags"] or ())
    held = {3: record["template_name"], 2: tags, 1: record["dashboard_description"]}
    return max((weight for weight, value in held.items() if text in str(value or "").lower()), default=0)

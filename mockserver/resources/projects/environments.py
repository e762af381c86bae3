"""Environments: projects as their teams, which have a name of their own and some settings more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.projects import Projects, shapes
from mockserver.resources.resource import Record, Shape
from mockserver.validation.fields import TimeOfDay


class Environments(Projects):
    """The environments of every organization that the asker belongs to: one for each project."""

    family = "environments"
    component = "Team"
    title = "Team"
    field_overrides = {
        **Projects.field_overrides, "experiment_recalculation_time": TimeOfDay(allow_none=True, load_default=None),
    }  # fmt: skip

    def load(self, call: Call, record: Record | None = None, **how: bool) -> dict[str, Any]:
        data = super().load(call, record, **how)
        data.pop("product_description", None)
        return data

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Change what the body names; a new name is the environment's alone, and the project keeps its own."""
        name, before = data.pop("name", None), shapes.team_name(record)
        updated = super().perform_update(call, record, data)
        if name is None or name == before:
            return updated
        updated = call.table(self.table).update(updated, {"team_name": name, "updated_at": call.now()})
        self.log(call, updated, "updated", [self.change("name", before, name)], name=name)
        return updated

    def shapes(self) -> Mapping[str, Shape]:
        return {**super().shapes(), "TeamBasic": shapes.team_basic}

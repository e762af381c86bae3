"""Colour themes: one that every project has, and those of a project's own."""

from __future__ import annotations

from typing import Any

from mockserver.errors import PermissionDenied
from mockserver.request.call import Call
from mockserver.resources.behaviours import Unsorted
from mockserver.resources.resource import Record, user_basic
from mockserver.store import View

TABLE = "data_color_themes"
STAFF_ONLY = "Only staff users can edit global themes."
GLOBAL: dict[str, Any] = {
    "id": 1,
    "name": "Default Theme",
    "colors": [
        "#1d4aff", "#621da6", "#42827e", "#ce0e74", "#f14f58", "#7c440e", "#529a0a", "#0476fb", "#fe729e", "#35416b",
        "#41cbc4", "#b64b02", "#e4a604", "#a56eff", "#30d5c8",
    ],
    "is_global": True,
    "created_at": "2024-11-06T00:00:00Z",
    "created_by": None,
}  # fmt: skip
"""The theme that comes with every server. Source: recorded answers."""


class DataColorThemes(Unsorted):
    """The themes of a project, after the one that every project has."""

    family = "data_color_themes"
    table = TABLE
    component = "DataColorTheme"
    title = "Data Color Theme"
    depends_on = None
    relations = {"created_by": "users"}

    def list(self, call: Call) -> Any:
        """Return all of them, not paged."""
        return themes_of(call.state, call.tenant.project_id, call)

    def retrieve(self, call: Call, record: Record) -> Any:
        """Return one of them."""
        return dict(GLOBAL) if record["id"] == GLOBAL["id"] else record

    def get_record(self, call: Call, key: str) -> Record:
        if self.read_key(key) != GLOBAL["id"]:
            return super().get_record(call, key)
        if call.operation.method != "get":
            raise PermissionDenied(STAFF_ONLY)
        return GLOBAL

    def identify(self, call: Call) -> dict[str, Any]:
        made = super().identify(call)
        return made if made["id"] != GLOBAL["id"] else super().identify(call)

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_at": call.now(), "created_by": call.user["id"]}

    def represent(self, record: Record, call: Call) -> dict[str, Any]:
        return {"is_global": False}


def themes_of(view: View, project_id: int, call: Call) -> Any:
    """Return the themes that a project may use, as they are shown."""
    own = view.table(TABLE).find(project_id=project_id)
    return [
        dict(GLOBAL),
        *(
            {**{name: theme[name] for name in ("id", "name", "colors")}, "is_global": False,
             "created_at": theme["created_at"], "created_by": user_basic(call, theme["created_by"])}
            for theme in own
        ),
    ]  # fmt: skip

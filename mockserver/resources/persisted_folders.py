"""Persisted folders: a place in the project's tree that a user keeps at hand, one of each type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.resources.behaviours import Personal
from mockserver.resources.resource import Record

TYPE_TAKEN = "A persisted folder of this type already exists."


class PersistedFolders(Personal):
    """Folders of the one who asks."""

    family = "persisted_folders"
    table = "persisted_folders"
    component = "PersistedFolder"
    title = "Persisted Folder"

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the user's folders of this project, by type in lower case."""
        return sorted(super().get_records(call), key=lambda record: record["type"].lower())

    def perform_create(self, call: Call, data: dict[str, Any]) -> Record:
        """Store a folder in place of the user's one of the same type, whose id it keeps; nothing else of it stays."""
        kept = self._of_type(call, data["type"])
        return self.perform_update(call, kept, data) if kept else super().perform_create(call, data)

    def perform_update(self, call: Call, record: Record, data: dict[str, Any]) -> Record:
        """Change a folder. Raises: ValidationError for the type of another one, where servers fail with a 500."""
        other = self._of_type(call, data.get("type", record["type"]))
        if other and other["id"] != record["id"]:
            raise ValidationError(TYPE_TAKEN, code="unique", attr="type")
        return super().perform_update(call, record, {**data, "updated_at": call.now()})

    def server_fields(self, call: Call) -> dict[str, Any]:
        now = call.now()
        return {"created_at": now, "updated_at": now}

    def _of_type(self, call: Call, type: Any) -> Record | None:
        return call.table(self.table).first(**self.tenant_key(call), type=type)

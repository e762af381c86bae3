"""Shortcuts: things of the tree that a user keeps at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.errors import NotFound
from mockserver.request.call import Call
from mockserver.resources.resource import Record, Resource


class FileSystemShortcuts(Resource):
    """Shortcuts of the one who asks; those of other users are not there."""

    family = "file_system_shortcut"
    table = "file_system_shortcuts"
    component = "FileSystemShortcut"
    title = "File System Shortcut"

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the user's shortcuts in this project, by path."""
        mine = call.table(self.table).find(user_id=call.user["id"], **self.tenant_key(call))
        return sorted(mine, key=lambda record: str(record["path"]).lower())

    def get_record(self, call: Call, key: str) -> Record:
        record = super().get_record(call, key)
        if record["user_id"] != call.user["id"]:
            raise NotFound
        return record

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"user_id": call.user["id"], "created_at": call.now()}

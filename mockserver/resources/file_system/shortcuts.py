"""Shortcuts: things of the tree that a user keeps at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.request.call import Call
from mockserver.resources.behaviours import Personal
from mockserver.resources.resource import Record


class FileSystemShortcuts(Personal):
    """Shortcuts of the one who asks."""

    family = "file_system_shortcut"
    table = "file_system_shortcuts"
    component = "FileSystemShortcut"
    title = "File System Shortcut"

    def get_records(self, call: Call) -> Sequence[Record]:
        """Return the user's shortcuts in this project, by path."""
        return sorted(super().get_records(call), key=lambda record: str(record["path"]).lower())

    def server_fields(self, call: Call) -> dict[str, Any]:
        return {"created_at": call.now()}

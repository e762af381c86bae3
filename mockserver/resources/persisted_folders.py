"""PersistedFolders."""

from __future__ import annotations

from mockserver.resource import Resource


class PersistedFolders(Resource):
    """PersistedFolders."""

    family = "persisted_folders"
    table = "persisted_folders"
    component = "PersistedFolder"

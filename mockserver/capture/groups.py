"""Groups that events belong to or describe: at most five types in a project, each known by its index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.store import Transaction

MOST_TYPES = 5


class Groups:
    """The group types and groups of one project, as a batch of events tells of them."""

    def __init__(self, transaction: Transaction, project_id: int) -> None:
        self.transaction = transaction
        self.project_id = project_id
        self._indexes: dict[str, int | None] | None = None

    def index_of(self, group_type: str) -> int | None:
        """Return the index of a type, new ones taking the next; nothing once there are five."""
        table = self.transaction.table("group_types")
        if self._indexes is None:
            known = table.find(project_id=self.project_id)
            self._indexes = {record["group_type"]: record["group_type_index"] for record in known}
        if group_type not in self._indexes:
            taken = {index for index in self._indexes.values() if index is not None}
            index = next((number for number in range(MOST_TYPES) if number not in taken), None)
            self._indexes[group_type] = index
            if index is not None:
                table.insert({
                    "id": self.transaction.next("ids.group_types"), "project_id": self.project_id,
                    "group_type": group_type, "group_type_index": index,
                })  # fmt: skip
        return self._indexes[group_type]

    def attach(self, properties: dict[str, Any]) -> None:
        """Let an event say which group of each type it belongs to, under the type's index."""
        groups = properties.get("$groups")
        if not isinstance(groups, Mapping):
            return
        for group_type, key in groups.items():
            index = self.index_of(group_type)
            if index is not None:
                properties[f"$group_{index}"] = key

    def identify(self, properties: Mapping[str, Any], timestamp: str) -> int | None:
        """Create or update the group that a `$groupidentify` describes, and return the index of its type."""
        group_type, key = properties.get("$group_type"), properties.get("$group_key")
        if not isinstance(group_type, str) or not group_type or key is None:
            return None
        index = self.index_of(group_type)
        if index is None:
            return None
        told = properties.get("$group_set")
        told = told if isinstance(told, Mapping) else {}
        table = self.transaction.table("groups")
        found = table.find(group_key=str(key), project_id=self.project_id)
        known = next((group for group in found if group["group_type_index"] == index), None)
        if known is not None:
            table.update(known, {"group_properties": {**(known.get("group_properties") or {}), **told}})
            return index
        table.insert({
            "id": self.transaction.next("ids.groups"), "project_id": self.project_id, "group_type_index": index,
            "group_key": str(key), "group_properties": dict(told), "created_at": timestamp,
        })  # fmt: skip
        return index

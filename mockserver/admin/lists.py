"""Lists that a world's store keeps beside its tables: its faults, its stubs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.errors import NotFound
from mockserver.world.worlds import World

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """One such list: the name of the store's value, and what an item of it is called."""

    value: str
    kind: str

    def all(self, world: World) -> list[Item]:
        """Return every item, oldest first."""
        return world.view().value(self.value) or []

    def get(self, world: World, id: str) -> Item:
        """Return one item. Raises: NotFound."""
        for item in self.all(world):
            if item["id"] == id:
                return item
        raise NotFound(f"{self.kind} {id!r} not found.")

    def add(self, world: World, item: Item) -> Item:
        """Add an item and return it, with an id."""
        with world.store.transaction() as transaction:
            kept = {"id": f"{self.kind.lower()}-{transaction.next(f'ids.{self.value}')}", **item}
            transaction.put(self.value, [*(transaction.value(self.value) or []), kept])
        return kept

    def remove(self, world: World, id: str) -> None:
        """Remove one item. Raises: NotFound."""
        with world.store.transaction() as transaction:
            self.get(world, id)
            items = transaction.value(self.value) or []
            transaction.put(self.value, [item for item in items if item["id"] != id])

    def clear(self, world: World) -> None:
        """Remove every item."""
        with world.store.transaction() as transaction:
            transaction.put(self.value, [])

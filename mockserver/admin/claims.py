"""Names by which requests reach a world, its keys and project tokens: no two worlds may claim one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mockserver.admin.plane import Plane
from mockserver.store import Transaction
from mockserver.world.worlds import World

NAMES = {"api_keys": "value", "projects": "api_token"}
NEW: Mapping[str, Callable[[World, Transaction], str]] = {
    "api_keys": World.new_key, "projects": World.new_project_token,
}  # fmt: skip


def refuse_claims(plane: Plane, world: World, tables: Mapping[str, Any]) -> None:
    """Refuse records that would name a world as another one is named. Raises: Conflict, naming the field."""
    for table, field in NAMES.items():
        given = tables.get(table)
        for number, record in enumerate(given if isinstance(given, list) else []):
            if isinstance(record, dict) and isinstance(record.get(field), str):
                plane.worlds.refuse_claim(world, record[field], f"{table}__{number}__{field}")


@contextmanager
def keeping_names(plane: Plane, world: World) -> Iterator[None]:
    """Let a world be filled with what may be another's; what names another is then replaced by names of its own."""
    own = {table: [record[field] for record in world.view().table(table)] for table, field in NAMES.items()}
    yield
    with world.store.transaction() as transaction:
        for table, field in NAMES.items():
            _rename(plane, world, transaction, table, field, own[table])
    plane.worlds.register(world)


def _rename(plane: Plane, world: World, transaction: Transaction, table: str, field: str, own: list[str]) -> None:
    """Replace the names by which another world is reached by those this one had, in their order, then by new ones."""
    records = list(transaction.table(table))
    kept = {record[field] for record in records}
    free = [name for name in own if name not in kept]
    for record in records:
        owner = plane.worlds.owner(record[field])
        if owner is None or owner is world:
            continue
        name = free.pop(0) if free else NEW[table](world, transaction)
        transaction.table(table).update(record, {field: name})

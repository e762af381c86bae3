"""Records put into a world, and its whole state taken out and put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.admin.plane import Plane
from mockserver.errors import Conflict, ValidationError
from mockserver.seeding import LoadError, load
from mockserver.seeding.states import export_state, import_state
from mockserver.store import Transaction
from mockserver.world.worlds import World

NAMES = {"api_keys": "value", "projects": "api_token"}
NEW: Mapping[str, Callable[[World, Transaction], str]] = {
    "api_keys": World.new_key, "projects": World.new_project_token,
}  # fmt: skip


def load_records(plane: Plane, body: dict[str, Any], world: World) -> dict[str, Any]:
    """Store records of any tables, completed and checked, all or none."""
    keys = body.get("api_keys", [])
    for number, key in enumerate(keys if isinstance(keys, list) else []):
        owner = plane.worlds.owner(str(key.get("value"))) if isinstance(key, dict) else None
        if owner is not None and owner is not world:
            raise Conflict(f"The key is in use in world {owner.id!r}.", attr=f"api_keys__{number}__value")
    try:
        loaded = load(plane.contract, world, body)
    except LoadError as error:
        raise _refused(error) from None
    plane.worlds.register(world)
    return {"loaded": loaded}


def get_state(plane: Plane, body: Any, world: World) -> dict[str, Any]:
    """Return a world's whole state."""
    return export_state(world)


def put_state(plane: Plane, body: dict[str, Any], world: World) -> None:
    """Put a whole state in the place of a world's; keys and tokens that name another world become the world's own."""
    own = {table: [record[field] for record in world.view().table(table)] for table, field in NAMES.items()}
    try:
        import_state(world, body)
    except LoadError as error:
        raise _refused(error) from None
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


def _refused(error: LoadError) -> ValidationError:
    return ValidationError(error.message, attr="__".join(str(part) for part in error.place) or None)

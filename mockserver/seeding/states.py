"""A world's whole state, taken out as JSON and put back: every table, and every value kept beside them.

What was worked out when it was read (see `store.Block`) is written out like all else, so a state stands by itself and
means the same to a later version. The journal is no part of it, nor are snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.contract import Profile
from mockserver.seeding import kinds
from mockserver.seeding.kinds import LoadError, expected
from mockserver.store import Record, Transaction
from mockserver.world import clockwork, entropy
from mockserver.world.tables import TABLES, Identity, Table
from mockserver.world.worlds import World

FORMAT = 1
PARTS = ("format", "seed", "profile", "tables", "values")
OUTER: Mapping[str, kinds.Kind] = {
    "seed": kinds.whole, "profile": kinds.profile, "tables": kinds.structure, "values": kinds.structure,
}  # fmt: skip
COUNTERS = ("ids.", "drawn.")
LISTS = ("faults", "stubs")
# Without these nobody can be let in; other references may dangle, since what they name can be removed.
FIRM = {"organization_memberships": ("organization_id", "user_id"), "projects": ("organization_id",),
        "api_keys": ("user_id",)}  # fmt: skip
OWNERS = {"organization_id": "organizations", "project_id": "projects", "user_id": "users"}


def export_state(world: World) -> dict[str, Any]:
    """Return all that a world holds, as JSON."""
    view = clockwork.settled(world)
    tables = {name: [dict(record) for record in view.table(name)] for name in TABLES}
    return {
        "format": FORMAT,
        "seed": world.seed,
        "profile": world.profile.value,
        "tables": {name: records for name, records in tables.items() if records},
        "values": view.values(),
    }


def import_state(world: World, state: Any) -> None:
    """Let a world hold what a state says, and nothing else; what it is reset to stays.

    Raises: LoadError for a state that does not fit; nothing has changed then.
    """
    checked = _check(state)
    with world.store.transaction() as transaction:
        transaction.clear()
        for name in TABLES:
            records = checked["tables"].get(name, [])
            if records:
                _put_table(transaction, TABLES[name], records)
        for name, value in checked["values"].items():
            transaction.put(name, _check_value(name, value))
        _check_counters(transaction)
        _check_references(transaction)
    world.seed = checked["seed"]
    world.profile = Profile(checked["profile"])


def _check(state: Any) -> Mapping[str, Any]:
    """Return a state of which the outer shape is right. Raises: LoadError."""
    if not isinstance(state, Mapping):
        raise expected("an object", state)
    for name in state:
        if name not in PARTS:
            raise LoadError(f"there is no part {name!r}; known: {', '.join(PARTS)}", name)
    for name in PARTS:
        if name not in state:
            raise LoadError(f"{name} is required", name)
    if state["format"] != FORMAT or isinstance(state["format"], bool):
        raise LoadError(f"expected format {FORMAT}, got {state['format']!r}", "format")
    for name, kind in OUTER.items():
        try:
            kind(state[name])
        except LoadError as error:
            raise error.within(name) from None
    for name, records in state["tables"].items():
        if name not in TABLES:
            raise LoadError(f"there is no table {name!r}; known: {', '.join(sorted(TABLES))}", "tables", name)
        if not isinstance(records, list):
            raise LoadError("expected a list of records", "tables", name)
    return state


def _put_table(transaction: Transaction, table: Table, records: list[Any]) -> None:
    key = kinds.id_number if table.identity is Identity.INTEGER else kinds.given_text
    judged = {name: kinds.FIELDS[name] for name in _relied_on(table) if name in kinds.FIELDS}
    seen: set[Any] = set()
    for number, record in enumerate(records):
        try:
            kinds.structure(record)
            _judge(record, table.key, key)
            for name, kind in judged.items():
                if name in table.required or record.get(name) is not None:
                    _judge(record, name, kind)
            _judge_orders(record, table)
            kinds.storable(record)
            if record[table.key] in seen:
                raise LoadError(f"{record[table.key]!r} is given twice", table.key)
        except LoadError as error:
            raise error.within("tables", table.name, number) from None
        seen.add(record[table.key])
    transaction.table(table.name).insert_many(records)


def _relied_on(table: Table) -> list[str]:
    """Return the fields that records are found, joined and told apart by."""
    unique = [name for names in table.unique for name in names]
    found = [name.partition(".")[0] for name in table.indexes]
    return list(dict.fromkeys([*table.required, *unique, *found, "properties"]))


def _judge(record: Record, name: str, kind: kinds.Kind) -> None:
    try:
        kind(record.get(name))
    except LoadError as error:
        raise error.within(name) from None


def _judge_orders(record: Record, table: Table) -> None:
    """Refuse what no list can be kept in order by. Raises: LoadError."""
    for order in table.orders:
        if not isinstance(record.get(order.by), (str, type(None))):
            raise LoadError("expected text or null", order.by)
        for name in order.group:
            if isinstance(record.get(name), (list, Mapping)):
                raise LoadError("expected a single value", name)


def _check_value(name: str, value: Any) -> Any:
    """Return a value kept beside the tables. Raises: LoadError."""
    if name == entropy.CLOCK:
        _check_clock(value)
    elif name in LISTS:
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise expected("a list of objects", value).within("values", name)
    elif (name.startswith(COUNTERS) or not isinstance(value, (list, Mapping))) and not _is_count(value):
        raise expected("a count", value).within("values", name)
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise LoadError(f"cannot be written as JSON: {error}", "values", name) from None
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= kinds.LARGEST_ID


def _check_clock(clock: Any) -> None:
    place = ("values", entropy.CLOCK)
    if not isinstance(clock, Mapping):
        raise expected("an object", clock).within(*place)
    offset, frozen = clock.get("offset_seconds", 0), clock.get("frozen")
    if isinstance(offset, bool) or not isinstance(offset, (int, float)) or not abs(offset) < 1e10:
        raise expected("a number of seconds", offset).within(*place, "offset_seconds")
    if frozen is not None:
        try:
            entropy.read_clock(frozen)
        except (ValueError, TypeError, OverflowError):
            raise expected("a time (ISO 8601)", frozen).within(*place, "frozen") from None


def _check_counters(transaction: Transaction) -> None:
    """Let no sequence give an id that is taken."""
    for table in TABLES.values():
        if table.identity is Identity.INTEGER:
            counter = f"ids.{table.name}"
            greatest = max((record[table.key] for record in transaction.table(table.name)), default=0)
            if greatest > (transaction.value(counter) or 0):
                transaction.put(counter, greatest)


def _check_references(transaction: Transaction) -> None:
    for name, fields in FIRM.items():
        for number, record in enumerate(transaction.table(name)):
            for field in fields:
                value = record.get(field)
                if value is None and name == "api_keys":
                    continue  # a session whose user is gone
                if transaction.table(OWNERS[field]).get(value) is None:
                    place = ("tables", name, number, field)
                    raise LoadError(f"there is no record {value!r} in {OWNERS[field]}", *place)

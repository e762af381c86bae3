"""Lists that are kept in order, one for each group of records that is paged together.

None is changed in place: each function returns the lists as they are afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from immutables import Map

from mockserver.store.model import Order, Record
from mockserver.store.ordered import SortedRows

Lists = Map[tuple[Any, ...], SortedRows]
Orders = Map[Order, Lists]
NOTHING = SortedRows()


def reordered(orders: Orders, kept: tuple[Order, ...], old: Record | None, new: Record | None, row: int) -> Orders:
    """Return the lists kept in order after a record took the place of another, of nothing, or went."""
    for order in kept:
        place = -row if order.turned else row
        before = (_group(old, order), (sort_key(old.get(order.by)), place)) if old is not None else None
        after = (_group(new, order), (sort_key(new.get(order.by)), place)) if new is not None else None
        if before == after:
            continue
        lists = orders.get(order, Map())
        if before:
            rest = lists[before[0]].discard(before[1])
            lists = lists.set(before[0], rest) if rest else lists.delete(before[0])
        if after:
            lists = lists.set(after[0], lists.get(after[0], NOTHING).add(after[1]))
        orders = orders.set(order, lists)
    return orders


def refilled(lists: Lists, order: Order, added: Mapping[int, Record]) -> Lists:
    """Return the lists of an order with many records more, each sorted once."""
    entries: dict[tuple[Any, ...], list[tuple[Any, int]]] = {}
    for row, version in added.items():
        place = -row if order.turned else row
        entries.setdefault(_group(version, order), []).append((sort_key(version.get(order.by)), place))
    for group, more in entries.items():
        lists = lists.set(group, lists.get(group, NOTHING).merged(more))
    return lists


def sort_key(value: Any) -> tuple[int, Any]:
    """Return what a value is sorted by: null after everything, times by their instant whatever their precision."""
    if value is None:
        return (1, "")
    if isinstance(value, str) and len(value) == 20 and value[10] == "T" and value[19] == "Z":
        return (0, value[:19] + ".000000Z")
    return (0, value)


def _group(record: Record, order: Order) -> tuple[Any, ...]:
    return tuple([record.get(field) for field in order.group])

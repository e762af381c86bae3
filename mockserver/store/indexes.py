"""Indexes: the rows of the records whose field has a value, or is a list that holds it.

None is changed in place: each function returns the index as it is afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from immutables import Map

from mockserver.store.model import DuplicateKey, Layout, Record, StoreError
from mockserver.store.ordered import Sorted

Bucket = Any  # one row, or a `Sorted` of several where records share a value
Index = Map[Any, Bucket]
Indexes = Map[str, Index]
NO_INDEX: Index = Map()
PLAIN = frozenset((str, int, float, bool, type(None)))
"""What stands for itself in an index."""
MISSING = object()


def reindexed(indexes: Indexes, fields: tuple[str, ...], old: Record | None, new: Record | None, row: int) -> Indexes:
    """Return the indexes of some fields after a record took the place of another, of nothing, or went."""
    changed: dict[str, Index] = {}
    for field in fields:
        before, after = values_of(old, field), values_of(new, field)
        if before == after:
            continue
        index = indexes.get(field, NO_INDEX)
        for value in before:
            index = _without(index, value, row)
        for value in after:
            index = index.set(value, _with(index.get(value), row))
        changed[field] = index
    return indexes.update(changed)


def filled(index: Index, layout: Layout, field: str, added: Mapping[int, Record]) -> Index:
    """Return an index with many records more, edited in bulk. Raises: DuplicateKey."""
    found: dict[Any, list[int]] = {}
    for row, version in added.items():
        value = version.get(field, MISSING)
        if value.__class__ in PLAIN:  # as nearly all are
            values: tuple[Any, ...] = (value,)
        else:
            values = values_of(version, field)
            if not values and field == layout.key:
                raise StoreError(f"{layout.name}: a record without {field}")
        for each in values:
            rows = found.get(each)
            if rows is None:
                found[each] = [row]
            else:
                rows.append(row)
    is_unique = field == layout.key and not layout.repeats
    buckets: dict[Any, Bucket] = {}
    for value, rows in found.items():
        if is_unique and (len(rows) > 1 or value in index):
            raise DuplicateKey(layout.name, field, value)
        bucket = index.get(value)
        if bucket is None:
            buckets[value] = rows[0] if len(rows) == 1 else Sorted.of(rows)
        else:
            buckets[value] = (Sorted.of((bucket,)) if isinstance(bucket, int) else bucket).merged(rows)
    return index.update(buckets)


def has(record: Record, field: str, value: Any) -> bool:
    """Return whether a field of a record equals a value, or is a list that holds it."""
    return hashable(value) in values_of(record, field)


def values_of(record: Record | None, field: str) -> tuple[Any, ...]:
    """Return the values that a record is found by in the index of a field, `properties.email` included."""
    if record is None:
        return ()
    value: Any = record.get(field, MISSING)
    if value.__class__ in PLAIN:  # as nearly all are
        return (value,)
    value = record
    for part in field.split(".") if "." in field else (field,):
        if not isinstance(value, dict) or part not in value:
            return ()
        value = value[part]
    if isinstance(value, (list, tuple)):
        return tuple(dict.fromkeys(hashable(item) for item in value))
    return (hashable(value),)


def hashable(value: Any) -> Any:
    """Return what stands for a value in an index."""
    return value if value.__class__ in PLAIN or isinstance(value, (str, int, float)) else repr(value)


def rows_of(bucket: Bucket) -> Iterable[int]:
    """Return the rows of a bucket, in order."""
    if bucket is None:
        return ()
    return (bucket,) if isinstance(bucket, int) else bucket.entries()


def _with(bucket: Bucket, row: int) -> Bucket:
    if bucket is None or bucket == row:
        return row
    return (Sorted.of((bucket,)) if isinstance(bucket, int) else bucket).add(row)


def _without(index: Index, value: Any, row: int) -> Index:
    bucket = index.get(value)
    if bucket is None or bucket == row:
        return index.delete(value) if bucket is not None else index
    rest = bucket.discard(row)
    return index.set(value, next(rest.entries()) if len(rest) == 1 else rest)

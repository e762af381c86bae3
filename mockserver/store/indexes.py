"""Indexes: the rows of the records whose field has a value, or is a list that holds it.

None is changed in place: each function returns the index as it is afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from immutables import Map

from mockserver.store.model import DuplicateKey, Layout, Record, StoreError

Bucket = Any  # one row, or a map of rows where several records share a value
Index = Map[Any, Bucket]
Indexes = Map[str, Index]
NO_INDEX: Index = Map()


def reindexed(indexes: Indexes, fields: tuple[str, ...], old: Record | None, new: Record | None, row: int) -> Indexes:
    """Return the indexes of some fields after a record took the place of another, of nothing, or went."""
    for field in fields:
        before = values_of(old, field) if old is not None else ()
        after = values_of(new, field) if new is not None else ()
        if before == after:
            continue
        index = indexes.get(field, NO_INDEX)
        for value in before:
            index = _without(index, value, row)
        for value in after:
            index = index.set(value, _with(index.get(value), row))
        indexes = indexes.set(field, index)
    return indexes


def filled(index: Index, layout: Layout, field: str, added: Mapping[int, Record]) -> Index:
    """Return an index with many records more, edited in bulk. Raises: DuplicateKey."""
    is_key = field == layout.key
    shared: dict[Any, list[int]] = {}
    edited: Any = index.mutate()
    with edited:
        for row, version in added.items():
            values = values_of(version, field)
            if is_key and not values:
                raise StoreError(f"{layout.name}: a record without {field}")
            for value in values:
                if value not in edited:
                    edited[value] = row
                elif is_key and not layout.repeats:
                    raise DuplicateKey(layout.name, field, value)
                else:
                    shared.setdefault(value, []).append(row)
        for value, rows in shared.items():
            bucket = edited[value]
            whole = Map({bucket: None}) if isinstance(bucket, int) else bucket
            edited[value] = whole.update(dict.fromkeys(rows))
    finished: Index = edited.finish()
    return finished


def has(record: Record, field: str, value: Any) -> bool:
    """Return whether a field of a record equals a value, or is a list that holds it."""
    return hashable(value) in values_of(record, field)


def values_of(record: Record | None, field: str) -> tuple[Any, ...]:
    """Return the values that a record is found by in the index of a field, `properties.email` included."""
    value: Any = record
    for part in field.split(".") if "." in field else (field,):
        if not isinstance(value, dict) or part not in value:
            return ()
        value = value[part]
    if isinstance(value, (list, tuple)):
        return tuple(dict.fromkeys(hashable(item) for item in value))
    return (hashable(value),)


def hashable(value: Any) -> Any:
    """Return what stands for a value in an index."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


def rows_of(bucket: Bucket) -> list[int]:
    """Return the rows of a bucket, in order."""
    if bucket is None:
        return []
    return [bucket] if isinstance(bucket, int) else sorted(bucket)


def _with(bucket: Bucket, row: int) -> Bucket:
    if bucket is None or bucket == row:
        return row
    return (Map({bucket: None}) if isinstance(bucket, int) else bucket).set(row, None)


def _without(index: Index, value: Any, row: int) -> Index:
    bucket = index.get(value)
    if bucket is None or bucket == row:
        return index.delete(value) if bucket is not None else index
    rest = bucket.delete(row)
    return index.set(value, next(iter(rest)) if len(rest) == 1 else rest)

"""JSON as PostgreSQL keeps it: the keys of an object by length, then by their bytes. Source: recorded answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def as_kept(value: Any) -> Any:
    """Return a value as it comes back from the database."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (len(str(key).encode("utf-8", "replace")), str(key)))
        return {key: as_kept(value[key]) for key in keys}
    return [as_kept(item) for item in value] if isinstance(value, list) else value


def as_shown(record: Mapping[str, Any], names: Iterable[str], sent: Any) -> dict[str, Any]:
    """Return fields of a record as an answer shows them: those that its request sent as sent, the others as kept."""
    sent = sent if isinstance(sent, Mapping) else {}
    return {name: record[name] if name in sent else as_kept(record[name]) for name in names}

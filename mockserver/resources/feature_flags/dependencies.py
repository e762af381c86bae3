"""Flags that ask what other flags are: found, kept free of circles, and in the way of deleting those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.errors import ValidationError
from mockserver.store import Record, View
from mockserver.validation.fields import refuse

MOST_NAMED = 5


def refuse_cycles(view: View, project_id: int, flag: Record, sets: Sequence[Mapping[str, Any]]) -> None:
    """Refuse conditions by which a flag would ask, over others or at once, what it is itself.

    Raises: marshmallow's ValidationError, for a flag that is not there too.
    """
    for other in _asked(view, project_id, sets, strict=True):
        if other["id"] == flag.get("id"):
            refuse(f"Feature flag '{flag['key']}' cannot depend on itself")
        path = _path(view, other, flag.get("id"), [other])
        if path:
            refuse(f"Circular dependency detected: {' → '.join(one['key'] for one in [flag, *path])}")


def dependents(view: View, flag: Record) -> list[Record]:
    """Return the living, active flags of the project that ask what a flag is, by their keys."""
    found = view.table("feature_flags").find(project_id=flag["project_id"], deleted=False)
    asking = (other for other in found if other["active"] and flag["id"] in _asked_ids(other))
    return sorted(asking, key=lambda other: str(other["key"]))


def refuse_deletion(view: View, flag: Record) -> None:
    """Refuse to delete a flag that others ask for. Raises: ValidationError, naming some of them."""
    others = dependents(view, flag)
    if others:
        named = ", ".join(f"{other['key']} (ID: {other['id']})" for other in others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        raise ValidationError(
            f"Cannot delete this feature flag because other flags depend on it: {named}{more}. "
            "Please update or delete the dependent flags first."
        )


def _asked_ids(flag: Record) -> set[int]:
    sets = (flag["filters"] or {}).get("groups") or []
    return {number for one in sets if isinstance(one, Mapping) for number in _ids(one)}


def _ids(one: Mapping[str, Any]) -> Iterator[int]:
    for item in one.get("properties") or []:
        if isinstance(item, Mapping) and item.get("type") == "flag" and str(item.get("key")).isdecimal():
            yield int(item["key"])


def _asked(
    view: View, project_id: int, sets: Sequence[Mapping[str, Any]], *, strict: bool = False
) -> Iterator[Record]:  # fmt: skip
    table = view.table("feature_flags")
    for one in sets:
        for item in one.get("properties") or []:
            if not isinstance(item, Mapping) or item.get("type") != "flag":
                continue
            key = str(item.get("key"))
            found = table.get(int(key)) if key.isdecimal() and len(key) < 16 else None
            if found is not None and found["project_id"] == project_id and not found["deleted"]:
                yield found
            elif strict:
                refuse(f"Flag dependency references non-existent flag with ID {key}")


def _path(view: View, flag: Record, goal: int | None, walked: list[Record]) -> list[Record] | None:
    """Return the flags over which one asks for another, that one last; nothing when it does not."""
    for other in _asked(view, flag["project_id"], (flag["filters"] or {}).get("groups") or []):
        if other["id"] == goal:
            return [*walked, other]
        if all(other["id"] != one["id"] for one in walked):
            path = _path(view, other, goal, [*walked, other])
            if path:
                return path
    return None

"""What a cohort's definition says: its filters, or the groups by which cohorts were defined of old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mockserver.errors import ValidationError
from mockserver.listing.filtering import is_negated
from mockserver.store import Record

GROUP_KEYS = (
    "days", "count", "label", "end_date", "event_id", "action_id", "properties", "start_date", "count_operator",
)  # fmt: skip
DEEPEST_GROUP = 200


def conditions(filters: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the conditions of filters or of a group, however deep they stand."""
    if not isinstance(filters, Mapping):
        return
    if "properties" in filters:
        yield from conditions(filters["properties"])
    elif isinstance(filters.get("values"), list):
        for value in filters["values"]:
            yield from conditions(value)
    elif "key" in filters:
        yield filters


class Pairing(NamedTuple):
    """Whether a negated condition of a group still stands alone, and whether the group has a positive one."""

    has_negation: bool
    has_positive: bool


def pairing(group: Any, depth: int = 0) -> Pairing:
    """Return which of a group's negated conditions have no positive one beside them, under AND.

    Source: PostHog calculates no cohort of which a negated condition stands alone or under OR.
    """
    if not isinstance(group, Mapping) or depth > DEEPEST_GROUP:
        return Pairing(False, False)
    if not isinstance(group.get("values"), list):
        is_alone = "key" in group and is_negated(group)
        return Pairing(is_alone, "key" in group and not is_alone)
    inner = [pairing(value, depth + 1) for value in group["values"]]
    found = Pairing(any(each.has_negation for each in inner), any(each.has_positive for each in inner))
    return Pairing(False, True) if group.get("type") != "OR" and all(found) else found


def definition(cohort: Record) -> Mapping[str, Any]:
    """Return the filters of a cohort: its own, or what its older definition by groups means; never null."""
    filters = cohort.get("filters")
    if filters:
        return filters if isinstance(filters, Mapping) else {"properties": {}}
    groups = cohort.get("groups")
    values = [_group(group) for group in groups if isinstance(group, Mapping)] if isinstance(groups, list) else []
    if not values or any(value is None for value in values):
        return {"properties": {}}
    return {"properties": {"type": "OR", "values": values}}


def _group(group: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what one of the groups of old means: properties, or an event so many times in so many days."""
    if group.get("properties"):
        return {"type": "AND", "values": listed(group["properties"])}
    key, is_action = group.get("action_id") or group.get("event_id"), bool(group.get("action_id"))
    if not key:
        return None
    count = group.get("count")
    times = int(count) if isinstance(count, int) or (isinstance(count, str) and count.isdecimal()) else 0
    condition = {
        "key": key, "type": "behavioral", "value": "performed_event_multiple" if times > 0 else "performed_event",
        "event_type": "actions" if is_action else "events", "time_interval": "day",
        "time_value": group.get("days") or 365, "operator": group.get("count_operator"),
        "operator_value": max(times, 0),
    }  # fmt: skip
    return {"type": "AND", "values": [{name: value for name, value in condition.items() if value is not None}]}


def listed(properties: Any) -> list[dict[str, Any]]:
    """Return properties as a list of conditions; of old they were an object, `{"name__operator": value}`."""
    if isinstance(properties, list):
        return [item for item in properties if isinstance(item, dict)]
    found = []
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        key, _, operator = name.partition("__")
        found.append({"key": key, "value": value, **({"operator": operator} if operator else {}), "type": "person"})
    return found


def read_groups(groups: Sequence[Any]) -> list[dict[str, Any]]:
    """Return a definition by groups as it is stored: every key there, properties as a list. Raises: ValidationError."""
    stored = []
    for number, group in enumerate(groups):
        attr = f"groups__{number}"
        if not isinstance(group, Mapping):
            message = f'Expected a dictionary of items but got type "{type(group).__name__}".'
            raise ValidationError(message, code="not_a_dict", attr=attr)
        unknown = [name for name in group if name not in GROUP_KEYS]
        if unknown:
            raise ValidationError(f"A cohort group has no {unknown[0]!r}", attr=attr)
        if not any(group.get(name) for name in ("properties", "action_id", "event_id")):
            raise ValidationError("Cohort group needs properties or action_id or event_id", attr=attr)
        properties = group.get("properties")
        if properties is not None and not isinstance(properties, (list, Mapping)):
            raise ValidationError("The properties of a cohort group must be a list", attr=attr)
        whole_group = {name: group.get(name) for name in GROUP_KEYS}
        stored.append({**whole_group, "properties": listed(properties) if properties else None})
    return stored

"""A flag's filters as they are stored, read once into what can be evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.flags.matching.errors import Unreadable
from mockserver.flags.matching.service import Filter
from mockserver.flags.matching.texts import double

AGGREGATION = "aggregation_group_type_index"


@dataclass(frozen=True)
class ConditionSet:
    """Properties that must all match, the share of those who match, and the variant that they get if it names one."""

    properties: tuple[Filter, ...]
    rollout: float | None
    variant: str | None
    group_index: int | None


@dataclass(frozen=True)
class Holdout:
    """Who is kept out of an experiment: a share of all, and the variant that they are given."""

    share: float | None
    variant: str | None


@dataclass(frozen=True)
class Filters:
    """Whom a flag is on for."""

    sets: tuple[ConditionSet, ...] = ()
    variants: tuple[tuple[str, float], ...] = ()
    payloads: Mapping[str, Any] | None = None
    group_index: int | None = None
    super_set: ConditionSet | None = None
    holdout: Holdout | None = None
    enrollment: bool = False


def read_filters(filters: Any, *, mixed: bool) -> Filters:
    """Return what stored filters say; `mixed` where each condition set may be of another kind of group.

    Raises: Unreadable.
    """
    given = _object(filters, "filters")
    index = _index(given.get(AGGREGATION))
    multivariate = given.get("multivariate")
    payloads = given.get("payloads")
    supers = _sets(given.get("super_groups"), index)
    return Filters(
        _sets(given.get("groups"), index, mixed=mixed),
        _variants(_object(multivariate, "multivariate").get("variants")) if multivariate else (),
        payloads if isinstance(payloads, Mapping) else None,
        index,
        supers[0] if supers else None,
        _holdout(given),
        given.get("feature_enrollment") is True,
    )


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable(f"{what}: expected an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(f"{what}: expected a list")
    return value


def _number(value: Any, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unreadable(f"{what}: expected a number")
    return double(value)


def _index(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable("aggregation_group_type_index: expected a whole number")
    return value


def _sets(value: Any, index: int | None, *, mixed: bool = False) -> tuple[ConditionSet, ...]:
    return tuple(_set(one, index, mixed) for one in _list(value, "groups"))


def _set(value: Any, index: int | None, mixed: bool) -> ConditionSet:
    given = _object(value, "group")
    variant = given.get("variant")
    own = _index(given[AGGREGATION]) if mixed and AGGREGATION in given else index
    return ConditionSet(
        tuple(_filter(one) for one in _list(given.get("properties"), "properties")),
        _number(given.get("rollout_percentage"), "rollout_percentage"),
        variant if isinstance(variant, str) else None,
        own,
    )


def _filter(value: Any) -> Filter:
    given = _object(value, "property")
    if not isinstance(given.get("key"), str) and given.get("type") != "flag":
        raise Unreadable("property: expected a key")
    return given


def _variants(value: Any) -> tuple[tuple[str, float], ...]:
    found = []
    for one in _list(value, "variants"):
        given = _object(one, "variant")
        if not isinstance(given.get("key"), str):
            raise Unreadable("variant: expected a key")
        found.append((given["key"], _number(given.get("rollout_percentage"), "rollout_percentage") or 0.0))
    return tuple(found)


def _holdout(given: Mapping[str, Any]) -> Holdout | None:
    """Return the holdout of a flag, in either of the forms that it has had; one with properties is none."""
    new = given.get("holdout")
    if isinstance(new, Mapping) and new.get("id") is not None and new.get("exclusion_percentage") is not None:
        share = _number(new["exclusion_percentage"], "exclusion_percentage") or 0.0
        return Holdout(None if share >= 100 else max(share, 0.0), f"holdout-{new['id']}")
    groups = _sets(given.get("holdout_groups"), None)
    if not groups or groups[0].properties:
        return None
    return Holdout(groups[0].rollout, groups[0].variant)

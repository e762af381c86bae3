"""What follows from a flag and is not stored with it: how it stands, how simple it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mockserver.store import Record
from mockserver.world import entropy

STALE_AFTER = timedelta(days=30)


def derived(flag: Record, now: datetime) -> dict[str, Any]:
    """Return the fields of a flag that are worked out when it is shown."""
    sets = condition_sets(flag)
    simple = len(sets) == 1 and not sets[0].get("properties") and not _is_of_groups(flag)
    return {
        "is_simple_flag": simple,
        "rollout_percentage": sets[0].get("rollout_percentage") if simple else None,
        "experiment_set": [],
        "surveys": [],
        "status": status(flag, now),
    }


def reason(flag: Record, now: datetime) -> tuple[str, str]:
    """Return how a flag stands and why, as its page of status says it."""
    match status(flag, now):
        case "DELETED":
            return "deleted", "Flag has been deleted"
        case "STALE":
            key = whole_variant(flag)
            what = f'always use the variant "{key}"' if key else 'always evaluate to "true"'
            return "stale", f"This flag will {what}"
    return "active", "Flag is not fully rolled out and may still be active"


def whole_variant(flag: Record) -> str | None:
    """Return the variant that everybody gets, if a flag has variants."""
    for one in condition_sets(flag):
        if _is_open(one) and one.get("variant"):
            return str(one["variant"])
    variants = (flag["filters"].get("multivariate") or {}).get("variants") or []
    return next((variant["key"] for variant in variants if variant.get("rollout_percentage") == 100), None)


def is_in_state(flag: Record, wanted: str, now: datetime) -> bool:
    """Return whether a flag is in the state that a list asks for: `true`, `STALE`, and anything else for not active."""
    if wanted == "STALE":
        return status(flag, now) == "STALE"
    return bool(flag["active"]) == (wanted == "true")


def _has_variants(flag: Record) -> bool:
    return bool((flag["filters"].get("multivariate") or {}).get("variants"))


KINDS: Mapping[str, Callable[[Record], bool]] = {
    "boolean": lambda flag: not _has_variants(flag),
    "multivariant": _has_variants,
    "experiment": lambda flag: False,
    "remote_config": lambda flag: bool(flag.get("is_remote_configuration")),
}
"""Types that a list asks for; flags of experiments are known once there are experiments."""


def condition_sets(flag: Record) -> list[Mapping[str, Any]]:
    """Return the condition sets of a flag, as far as they are any."""
    sets = (flag["filters"] or {}).get("groups")
    return [one for one in sets if isinstance(one, Mapping)] if isinstance(sets, list) else []


def _is_of_groups(flag: Record) -> bool:
    return flag["filters"].get("aggregation_group_type_index") is not None


def status(flag: Record, now: datetime) -> str:
    """Return how a flag stands: one that has been on for everybody, for a month or more, is stale."""
    if flag["deleted"]:
        return "DELETED"
    old = entropy.read_timestamp(flag["created_at"]) <= now - STALE_AFTER
    return "STALE" if flag["active"] and old and is_for_all(flag) else "ACTIVE"


def is_for_all(flag: Record) -> bool:
    """Return whether a flag is on for everybody; of several variants, with the same one."""
    open_sets = [one for one in condition_sets(flag) if _is_open(one)]
    variants = (flag["filters"].get("multivariate") or {}).get("variants") or []
    if not variants:
        return bool(open_sets)
    whole = any(variant.get("rollout_percentage") == 100 for variant in variants)
    return any(one.get("variant") or whole for one in open_sets)


def _is_open(one: Mapping[str, Any]) -> bool:
    return not one.get("properties") and one.get("rollout_percentage") in (100, None)

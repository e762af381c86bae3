"""Changes of flags that are planned for a moment: switched on or off, let in more people, given other variants.

Source: the operations that PostHog's model of a flag knows; what a payload does not fit is a failure, kept with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mockserver.store import Record, Transaction, View
from mockserver.world import entropy

TABLE = "scheduled_changes"
FLAGS = "feature_flags"
Change = Callable[[Record, Any], dict[str, Any]]


def earliest(view: View) -> datetime | None:
    """Return when the first change is made, if one waits."""
    return min((_moment(change) for change in view.table(TABLE).find(executed_at=None)), default=None)


def due(view: View) -> list[Record]:
    """Return the changes whose moment has come and that nobody has made yet, the earliest first."""
    now = entropy.now(view)
    found = [change for change in view.table(TABLE).find(executed_at=None) if _moment(change) <= now]
    return sorted(found, key=lambda change: (change["scheduled_at"], change["id"]))


def _moment(change: Record) -> datetime:
    return entropy.read_timestamp(change["scheduled_at"])


def run(transaction: Transaction, change: Record) -> None:
    """Make a change, and note when, or why it could not be made."""
    now = entropy.timestamp(entropy.now(transaction))
    record_id = str(change["record_id"])
    flag = transaction.table(FLAGS).get(int(record_id)) if record_id.isdecimal() and len(record_id) < 16 else None
    try:
        if flag is None or flag["project_id"] != change["project_id"]:
            raise ValueError("FeatureFlag matching query does not exist.")
        payload = change["payload"] if isinstance(change["payload"], Mapping) else {}
        operation = OPERATIONS.get(str(payload.get("operation")))
        if operation is None or "value" not in payload:
            raise ValueError("Invalid payload")
        changed = operation(flag, payload["value"])
        stamps = {
            "version": (flag.get("version") or 0) + 1,
            "updated_at": now,
            "last_modified_by": change["created_by"],
        }
        transaction.table(FLAGS).update(flag, {**changed, **stamps})
        failure = None
    except ValueError as error:
        failure = str(error)
    transaction.table(TABLE).update(change, {"executed_at": now, "failure_reason": failure, "updated_at": now})


def _switch(flag: Record, value: Any) -> dict[str, Any]:
    if not isinstance(value, bool):
        raise ValueError("Invalid payload")
    return {"active": value}


def _let_in(flag: Record, value: Any) -> dict[str, Any]:
    groups = value.get("groups") if isinstance(value, Mapping) else None
    if not isinstance(groups, list):
        raise ValueError("Invalid payload")
    filters = flag["filters"] or {}
    payloads = {**(filters.get("payloads") or {}), **(value.get("payloads") or {})}
    several = value.get("multivariate")
    return {
        "filters": {
            **filters,
            "groups": [*(filters.get("groups") or []), *groups],
            **({"payloads": payloads} if payloads else {}),
            **({"multivariate": several} if several else {}),
        }
    }


def _vary(flag: Record, value: Any) -> dict[str, Any]:
    variants = value.get("variants") if isinstance(value, Mapping) else None
    if not isinstance(variants, list):
        raise ValueError("Invalid payload")
    filters = flag["filters"] or {}
    return {
        "filters": {**filters, "multivariate": {"variants": variants}, "payloads": dict(value.get("payloads") or {})}
    }


OPERATIONS: Mapping[str, Change] = {
    "update_status": _switch, "add_release_condition": _let_in, "update_variants": _vary,
}  # fmt: skip

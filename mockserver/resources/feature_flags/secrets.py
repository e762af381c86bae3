"""Payloads that are kept encrypted: who may read them, and what everybody else sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.flags.secrets import REDACTED, encrypted
from mockserver.request.call import Call
from mockserver.store import Record


def shown_filters(record: Record, call: Call) -> Any:
    """Return a flag's filters as the asker may see them.

    The answer to making a flag shows what is stored, as servers do. Source: recorded answers.
    """
    filters = record["filters"]
    if not record.get("has_encrypted_payloads") or not isinstance(filters, Mapping) or not filters.get("payloads"):
        return filters
    if call.operation.action == "create":
        return encrypted(record, filters, call.world.seed)
    return filters if call.principal.is_scoped else _redacted(filters)


def kept_payloads(record: Record, filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return new filters with the payloads that came back as everybody sees them put right."""
    payloads, stored = filters.get("payloads"), (record["filters"] or {}).get("payloads") or {}
    if not isinstance(payloads, Mapping) or REDACTED not in payloads.values():
        return filters
    kept = {key: stored.get(key, value) if value == REDACTED else value for key, value in payloads.items()}
    return {**filters, "payloads": kept}


def logged(call: Call, record: Record, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the changes of an entry as they are written down: payloads that are kept encrypted stay so."""

    def hidden(filters: Any) -> Any:
        return encrypted(record, filters, call.world.seed)

    return [
        {**change, "before": hidden(change["before"]), "after": hidden(change["after"])}
        if change["field"] == "filters" else change
        for change in changes
    ]  # fmt: skip


def _redacted(filters: Mapping[str, Any]) -> dict[str, Any]:
    payloads = filters["payloads"]
    return {**filters, "payloads": {key: REDACTED if payloads[key] else payloads[key] for key in payloads}}

"""Payloads that are kept encrypted: who may read them, and what everybody else sees."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from mockserver.request.call import Call
from mockserver.store import Record
from mockserver.world import entropy

REDACTED = '"********* (encrypted)"'
VERSION_OF_FERNET = b"\x80"


def shown_filters(record: Record, call: Call) -> Any:
    """Return a flag's filters as the asker may see them.

    The answer to making a flag shows what is stored, as servers do. Source: recorded answers.
    """
    filters = record["filters"]
    if not record.get("has_encrypted_payloads") or not isinstance(filters, Mapping) or not filters.get("payloads"):
        return filters
    if call.operation.action == "create":
        return _with(filters, lambda key: ciphertext(call, record["id"], key, filters["payloads"][key]))
    return filters if call.principal.is_scoped else _with(filters, lambda key: REDACTED)


def kept_payloads(record: Record, filters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return new filters with the payloads that came back as everybody sees them put right."""
    payloads, stored = filters.get("payloads"), (record["filters"] or {}).get("payloads") or {}
    if not isinstance(payloads, Mapping) or REDACTED not in payloads.values():
        return filters
    kept = {key: stored.get(key, value) if value == REDACTED else value for key, value in payloads.items()}
    return {**filters, "payloads": kept}


def logged(call: Call, record: Record, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the changes of an entry as they are written down: payloads that are kept encrypted stay so."""
    if not record.get("has_encrypted_payloads"):
        return changes

    def hidden(filters: Any) -> Any:
        if not isinstance(filters, Mapping) or not filters.get("payloads"):
            return filters
        return _with(filters, lambda key: ciphertext(call, record["id"], key, filters["payloads"][key]))

    return [
        {**change, "before": hidden(change["before"]), "after": hidden(change["after"])}
        if change["field"] == "filters" else change
        for change in changes
    ]  # fmt: skip


def ciphertext(call: Call, flag_id: int, key: str, clear: Any) -> str:
    """Return what an encrypted payload looks like; the same payload of the same flag always alike."""
    size = 1 + 8 + 16 + 16 * (len(str(clear).encode()) // 16 + 1) + 32
    purpose = f"payload:{flag_id}:{key}:{clear}"
    drawn = b"".join(entropy.draw(call.world.seed, purpose, number, 64) for number in range(size // 64 + 1))
    return urlsafe_b64encode(VERSION_OF_FERNET + b"\0\0\0\0" + drawn[: size - 5]).decode()


def _with(filters: Mapping[str, Any], show: Any) -> dict[str, Any]:
    payloads = filters["payloads"]
    return {**filters, "payloads": {key: show(key) if payloads[key] else payloads[key] for key in payloads}}

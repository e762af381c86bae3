"""Payloads that are kept encrypted: what they look like where they are kept, and to who may not read them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from mockserver.store import Record
from mockserver.world import entropy

REDACTED = '"********* (encrypted)"'
VERSION_OF_FERNET = b"\x80"


def ciphertext(seed: int, flag_id: int, key: str, clear: Any) -> str:
    """Return what an encrypted payload looks like; the same payload of the same flag always alike."""
    size = 1 + 8 + 16 + 16 * (len(str(clear).encode("utf-8", "surrogatepass")) // 16 + 1) + 32
    purpose = f"payload:{flag_id}:{key}:{clear}"
    drawn = b"".join(entropy.draw(seed, purpose, number, 64) for number in range(size // 64 + 1))
    return urlsafe_b64encode(VERSION_OF_FERNET + b"\0\0\0\0" + drawn[: size - 5]).decode()


def encrypted(flag: Record, filters: Any, seed: int) -> Any:
    """Return a flag's filters as they are kept: with payloads that nobody can read, if the flag's are encrypted."""
    payloads = filters.get("payloads") if isinstance(filters, Mapping) else None
    if not flag.get("has_encrypted_payloads") or not isinstance(payloads, Mapping):
        return filters
    kept = {key: ciphertext(seed, flag["id"], key, clear) if clear else clear for key, clear in payloads.items()}
    return {**filters, "payloads": kept}

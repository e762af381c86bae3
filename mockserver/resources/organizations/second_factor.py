"""A second factor: codes of six digits that follow from a secret and the time, and spare ones for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any

from mockserver.errors import ValidationError
from mockserver.request.call import Call
from mockserver.store import Record
from mockserver.world import entropy

STEP_SECONDS = 30
GOOD_FOR = timedelta(minutes=10)
SPARE_CODES = 5
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
NOT_STARTED = "2FA setup session expired. Please start setup again."


def status(user: Record) -> dict[str, Any]:
    """Return whether a user has a second factor, as the API shows it."""
    kept = user.get("two_factor") or {}
    enabled = bool(kept.get("enabled"))
    codes = list(kept.get("backup_codes") or ()) if enabled else []
    return {"is_enabled": enabled, "backup_codes": codes, "method": "TOTP" if enabled else None}


def start(call: Call, user: Record) -> str:
    """Draw a secret for a user to prove, and return it."""
    secret = call.new_token(length=32, alphabet=BASE32)
    kept = {**(user.get("two_factor") or {}), "drawn": secret, "drawn_at": call.now()}
    call.table("users").update(user, {"two_factor": kept})
    return secret


def prove(call: Call, user: Record, code: Any) -> None:
    """Take a secret that was drawn into use. Raises: ValidationError for a wrong code, and where none was drawn."""
    kept = dict(user.get("two_factor") or {})
    drawn, now = kept.pop("drawn", None), entropy.now(call.state)
    drawn_at = kept.pop("drawn_at", None)
    if not drawn or not drawn_at or entropy.read_timestamp(drawn_at) + GOOD_FOR < now:
        raise ValidationError(NOT_STARTED, code="setup_expired")
    step = int(now.timestamp()) // STEP_SECONDS
    text = str(code)
    if not re.fullmatch(r"\d{6}", text) or text not in {code_of(drawn, step + near) for near in (-1, 0, 1)}:
        raise ValidationError("Token is not valid", code="token_invalid")
    call.table("users").update(user, {"two_factor": {**kept, "enabled": True, "secret": drawn}})


def draw_spare_codes(call: Call, user: Record) -> list[str]:
    """Draw codes for when the second factor is lost, and return them. Raises: ValidationError without one."""
    kept = user.get("two_factor") or {}
    if not kept.get("enabled"):
        raise ValidationError("2FA must be enabled first", code="2fa_not_enabled")
    codes = [call.new_token(length=8, alphabet=BASE32.lower()) for _ in range(SPARE_CODES)]
    call.table("users").update(user, {"two_factor": {**kept, "backup_codes": codes}})
    return codes


def code_of(secret: str, step: int) -> str:
    """Return the code of a secret in one step of half a minute (RFC 6238)."""
    drawn = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    offset = drawn[-1] & 15
    number = int.from_bytes(drawn[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"

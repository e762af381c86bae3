"""Passwords of users: kept as no more than a digest, and asked for where a user signs in or changes one."""

from __future__ import annotations

import hashlib
import hmac

from mockserver.errors import ValidationError
from mockserver.store import Record

SHORTEST = 8
PREFIX = "blake2b$"
TOO_SHORT = f"This password is too short. It must contain at least {SHORTEST} characters."


def digest(password: str) -> str:
    """Return what is kept of a password; of what is kept already, that."""
    if password.startswith(PREFIX):
        return password
    return PREFIX + hashlib.blake2b(password.encode("utf-8", "replace"), digest_size=32).hexdigest()


def fits(user: Record, password: str) -> bool:
    """Return whether a password is a user's; of a user who was never given one, any is that could be one."""
    kept = user.get("password")
    if not kept:
        return len(password) >= SHORTEST
    return hmac.compare_digest(kept, digest(password))


def require_good(password: str, code: str | None = None) -> None:
    """Refuse what servers take for no password. Raises: ValidationError."""
    if len(password) < SHORTEST:
        raise ValidationError(TOO_SHORT, code=code, attr="password")

"""The number between 0 and 1 that decides who is inside a percentage, always the same for the same identifier."""

from __future__ import annotations

from hashlib import sha1

SCALE = float(0xFFFFFFFFFFFFFFF)
VARIANT = "variant"


def share(prefix: str, identifier: str, salt: str = "") -> float:
    """Return where an identifier falls: `prefix` is `KEY.` for a flag's rollout, and `holdout-` for holdouts.

    Source: recorded hashes; SHA-1, the first fifteen hexadecimal digits over the greatest that these can be.
    """
    digest = sha1(f"{prefix}{identifier}{salt}".encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return int(digest[:15], 16) / SCALE

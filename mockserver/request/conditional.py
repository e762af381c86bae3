"""Answers that a client may have already: it names the tag that they bore, and is told so."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from mockserver.request.call import Answer


def tagged(told: Any, known: str | None) -> Answer:
    """Return an answer with an `ETag`; 304 and nothing to who says that they know it."""
    spelled = orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    tag = f'"{hashlib.blake2b(spelled, digest_size=16).hexdigest()}"'
    names = [name.strip().removeprefix("W/") for name in (known or "").split(",")]
    headers = {"ETag": tag, "Cache-Control": "private, must-revalidate"}
    return Answer(None, 304, headers) if tag in names or "*" in names else Answer(told, 200, headers)

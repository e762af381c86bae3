"""Regular expressions as Rust's crates read them, by Python's spelling."""

from __future__ import annotations

import re
from functools import lru_cache

from mockserver import patterns
from mockserver.patterns import Pattern

LOOK_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")
PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?<(?=[A-Za-z_])|\$|.", re.DOTALL)
MULTILINE = re.compile(r"\(\?[a-ln-z]*m")
SPELLED = {"$": r"\Z", r"\z": r"\Z", "(?<": "(?P<"}
"""Signs that Python spells otherwise: there `$` stands before a last line break, too."""


@lru_cache(maxsize=1024)
def compiled(text: str, *, looks_around: bool) -> Pattern | None:
    """Return a pattern, or nothing for a broken one; looking around and back is broken where the engine cannot."""
    if not looks_around and LOOK_AROUND.search(text):
        return None
    spelled = {**SPELLED, "$": "$"} if MULTILINE.search(text) else SPELLED
    return patterns.compiled("".join(spelled.get(part, part) for part in PARTS.findall(text)))

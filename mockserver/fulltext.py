"""Full-text search as PostgreSQL does it with `plainto_tsquery`: all the words, whole, in whatever case and order.

Words too common to tell texts apart count for nothing, as in its English configuration; its stemming is left out.
"""

from __future__ import annotations

import re

WORD = re.compile(r"\w+")
STOP_WORDS = """
i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
itself they them their theirs themselves what which who whom this that these those am is are was were be been being
have has had having do does did doing a an the and but if or because as until while of at by for with about against
between into through during before after above below to from up down in out on off over under again further then once
here there when where why how all any both each few more most other some such no nor not only own same so than too
very s t can will just don should now
"""
COMMON = frozenset(STOP_WORDS.split())
"""The stop words of PostgreSQL's English dictionary."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text that a search looks for or in."""
    return frozenset(WORD.findall(text.lower())) - COMMON


def matches(text: str | None, sought: frozenset[str]) -> bool:
    """Return whether a text holds every word sought; nothing matches a search for no words."""
    return bool(text and sought) and sought <= words(text or "")

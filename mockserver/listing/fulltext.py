"""Full-text search as PostgreSQL does it with `plainto_tsquery`: all the words, whole, in whatever case and form.

What a text is searched by are its lexemes: words without their endings, so that "deploys" finds "deployed"; words too
common to tell texts apart count for nothing. Addresses, paths and numbers are lexemes as they stand.
Source: Django's `search` lookup, which leaves the configuration to the database, English where none is set; PostgreSQL
15's own parser and English dictionary, asked what they make of such texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

MARKUP = re.compile(r"</?[a-z!?][^<>]*>|&(?:[a-z]+|#\d+|#x[0-9a-f]+);")
TOKEN = re.compile(
    r"""
      (?P<protocol> [a-z][a-z0-9+.-]*:// )
    | (?P<address> [^\W_][\w.-]*@(?:[^\W_][\w-]*\.)+[^\W\d_][^\W_]+ )
    | (?P<host> (?:[^\W_][\w-]*\.)+[^\W\d_][^\W_]+(?::\d+)? ) (?P<path> /[^"]* )
    | (?P<file> /?(?:[^\W_][\w.-]*/)+[\w.-]*[^\W_] | /[^\W_](?:[\w.-]*[^\W_])? )
    | (?P<number> [-+]?\d+(?:\.\d+)*(?:e[-+]?\d+)?(?!\.?[^\W_]) )
    | (?P<dotted> (?:[^\W_][\w-]*\.)+[^\W_]+ )
    | (?P<word> [^\W_]+(?:-[^\W\d_][^\W_]*)* )
    """,
    re.VERBOSE,
)
WORD = re.compile(r"[^\W_]+")
LONGEST = 250
"""Characters without a blank that are looked into for more than words, lest a text be made to take for ever."""
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
LONGEST_WORD = 2047  # what PostgreSQL indexes


def words(text: str) -> frozenset[str]:
    """Return the lexemes of a text that a search looks for or in."""
    return frozenset(lexeme for lexeme in _lexemes(text.lower()) if lexeme)


def matches(text: str | None, sought: frozenset[str]) -> bool:
    """Return whether a text holds every lexeme sought; nothing matches a search for none."""
    return bool(text and sought) and sought <= words(text or "")


def tokens(text: str) -> list[str]:
    """Return the words of a text as they are, in lower case and in order, as the simple configuration takes them."""
    return list(_lexemes(text.lower(), str))


def _lexemes(text: str, end: Callable[[str], str] | None = None) -> Iterator[str]:
    """Yield the lexemes of a text; of a hyphenated word itself and its parts, of an address its host and path too."""
    end = end or stem
    for stretch in MARKUP.sub(" ", text).split():
        for found in (TOKEN if len(stretch) <= LONGEST else WORD).finditer(stretch):
            kind, token = found.lastgroup, found.group()
            if kind == "path":
                yield from (token, found["host"], found["path"])
            elif kind == "word" or kind is None:
                yield from map(end, (token, *token.split("-")) if "-" in token or end is stem else (token,))
            elif kind != "protocol":
                yield token


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a word without its ending, one with digits as it is, and nothing for one too common or too long."""
    if word in COMMON or len(word) > LONGEST_WORD:
        return ""
    return word if any(map(str.isdigit, word)) else str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    import snowballstemmer  # imported late: it brings thirty languages, and only a search of comments needs one

    return snowballstemmer.stemmer("english")

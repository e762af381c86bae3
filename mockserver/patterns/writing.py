"""Text in which a regular expression is found."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from typing import Any

from mockserver.patterns import compiled
from mockserver.patterns.reading import Ahead, Atomic, Choice, InOrder, Node, One, Repeat, Unreadable, read

SIGNS = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_ .:/@#+,;!?%&=*()[]{}<>'\"|\\~^$`\té"
MORE = (7, 3, 1, 0, 15, 31, 63, 127, 255)
"""How often a part is repeated beyond what it must be, tried in this order: a word first, then less, then more."""

Pick = Callable[[Sequence[Any]], Any]


def written(pattern: str, pick: Pick, *, shortest: int = 0, longest: int = 10_000) -> str | None:
    """Return a text of a length in which a pattern is found, `pick` choosing among signs and ways.

    Nothing where the pattern is broken, or asks for what cannot be written from left to right.
    """
    judge = compiled(pattern)
    if judge is None:
        return None
    try:
        tree = read(pattern, re.compile(pattern).flags)
    except Unreadable:
        return None
    for more in MORE:
        text = _spelled(tree, pick, more)
        if shortest <= len(text) <= longest and judge.finds(text):
            return text
    return None


def _spelled(node: Node, pick: Pick, more: int) -> str:
    match node:
        case One(test, is_place):
            signs = [] if is_place else [sign for sign in SIGNS if test.fullmatch(sign)]
            return pick(signs) if signs else ""
        case InOrder(items):
            return "".join(_spelled(item, pick, more) for item in items)
        case Choice(items):
            return _spelled(pick(items), pick, more)
        case Repeat(item, least, most):
            times = least + more if most is None else min(least + more, most)
            return "".join(_spelled(item, pick, more) for _ in range(times))
        case Atomic(item):
            return _spelled(item, pick, more)
        case Ahead():
            return ""
    return ""

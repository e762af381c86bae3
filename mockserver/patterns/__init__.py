"""Regular expressions of users, matched in bounded time.

PostHog matches them with engines that take time in proportion to pattern and text, or give up after so many steps.
Python's own tries every way, which a pattern like `(a+)+$` makes more than there is time for. So Python's engine is
asked where it cannot take long, `running` anywhere else; `reading` tells which it is.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from mockserver.patterns.reading import Node, Unreadable, cost_of, read
from mockserver.patterns.running import Program

MOST_WAYS = 1_000_000
"""How many ways to match Python's engine may have to try: some milliseconds."""


class Pattern:
    """A regular expression that finds or does not find, and soon.

    What refers back to a group finds nothing in a text over which it may last.
    """

    def __init__(self, plain: re.Pattern[str]) -> None:
        self._plain = plain
        try:
            self._tree: Node | None = read(plain.pattern, plain.flags)
        except Unreadable:
            self._tree = None
        cost = cost_of(self._tree)
        self._longest = int((MOST_WAYS / cost.ways) ** (1 / (cost.degree + 1))) if cost.is_known else -1

    def finds(self, text: str) -> bool:
        """Return whether the pattern is somewhere in a text."""
        if len(text) <= self._longest:
            return self._plain.search(text) is not None
        return self._program is not None and self._program.finds(text)

    @cached_property
    def _program(self) -> Program | None:
        return None if self._tree is None else Program.of(self._tree)


@lru_cache(maxsize=1024)
def compiled(text: str, flags: int = 0) -> Pattern | None:
    """Return a pattern; nothing for one that is broken."""
    try:
        return Pattern(re.compile(text, flags))
    except (re.error, RecursionError, OverflowError):
        return None

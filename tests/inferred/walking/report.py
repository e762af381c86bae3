"""What a walk finds: what held, and what did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Report:
    """What held, and what did not."""

    operations: int = 0
    answered: int = 0
    sources: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    """Collections that offer all of create, get, list, change and delete."""
    parts: int = 0
    """Collections that offer some of them beside create."""
    held: int = 0
    """Collections of both kinds of which all that they offer held."""
    differing: set[str] = field(default_factory=set)
    """Modelled operations that answer otherwise than the document describes."""
    exceptions: list[str] = field(default_factory=list)
    life_exceptions: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the report, a line each."""
        yield from sorted(f"operation  {line}" for line in self.exceptions)
        yield from sorted(f"collection {line}" for line in self.life_exceptions)
        yield from sorted(f"differs    {line}" for line in self.differing)
        sources = ", ".join(f"{count} {source}" for source, count in sorted(self.sources.items()))
        yield f"{self.answered} of {self.operations} operations answer with their documented success ({sources})"
        yield (
            f"{self.held} of {self.lives + self.parts} collections keep what is written; {self.lives} of them offer "
            "create, get, list, change and delete"
        )


class Stuck(Exception):
    """What was answered is not what had to be; the message says what."""

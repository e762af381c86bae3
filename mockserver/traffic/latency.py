"""How long every answer takes, so that a front end can be seen waiting: a time, or a range drawn from by the seed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mockserver.world import entropy
from mockserver.world.worlds import World

RANGE = re.compile(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?(?:\s*ms)?", re.ASCII)
MOST_MS = 60_000


@dataclass(frozen=True)
class Latency:
    """The least and the most that is waited before an answer."""

    least_ms: int
    most_ms: int

    @classmethod
    def read(cls, text: str) -> Latency:
        """Return what an option says: `200`, or `100-300`, in milliseconds. Raises: ValueError."""
        found = RANGE.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"not a latency: {text!r}; write milliseconds, as 200, or a range of them, as 100-300")
        least = int(found[1])
        most = int(found[2] or found[1])
        if not least <= most <= MOST_MS:
            raise ValueError(f"not a latency: {text!r}; it may grow from the first to the second, up to {MOST_MS}")
        return cls(least, most)

    def seconds(self, world: World) -> float:
        """Return how long the next answer of a world waits: by its seed and the requests that it saw."""
        if self.least_ms == self.most_ms:
            return self.least_ms / 1000
        drawn = int.from_bytes(entropy.draw(world.seed, "latency", world.store.log.latest, 7), "big") / 2**56
        return (self.least_ms + drawn * (self.most_ms - self.least_ms)) / 1000

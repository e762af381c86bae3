"""How answers to recorded exchanges went, a tally a recording."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """How a target answered the exchanges of one recording."""

    recording: str
    server: str
    """Which server was recorded, and of what date."""
    same: int = 0
    explained: dict[int, str] = field(default_factory=dict)
    """Lines that differ for a reason, with it."""
    unexplained: dict[int, str] = field(default_factory=dict)
    """Lines that differ for none, with the first difference."""
    failed: int = 0
    """Lines that the recorded server failed on, which are not asked."""
    put_back: int = 0
    """Requests that the recording leaves out and later lines show, which were sent and not compared."""

    @property
    def asked(self) -> int:
        """How many lines were asked."""
        return self.same + len(self.explained) + len(self.unexplained)

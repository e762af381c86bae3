"""What reads, judges and draws values by the schemas of one document."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.inferred.drawing import Drawer
from mockserver.inferred.judging import Judge
from mockserver.inferred.shapes import Shapes
from mockserver.request.call import Call
from mockserver.world import entropy

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


class Tools:
    """What reads, judges and draws values of one document."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.judge = Judge(shapes)

    def drawer(self, seed: int = 0, moment: datetime = LONG_AGO) -> Drawer:
        """Return what draws values, as of a moment."""
        return Drawer(self.shapes, seed, moment)

    def drawer_now(self, call: Call) -> Drawer:
        """Return what draws values of what is written now."""
        return self.drawer(call.world.seed, entropy.now(call.state))

    def drawer_at_start(self, call: Call) -> Drawer:
        """Return what draws values that are there from the start: as of when the tenant was made."""
        made = call.tenant.project or call.tenant.organization or next(iter(call.table("organizations")), None) or {}
        told = made.get("created_at")
        return self.drawer(call.world.seed, entropy.read_timestamp(told) if told else LONG_AGO)

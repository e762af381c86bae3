"""What happens by itself when a world's clock gets there; done by the first look at the world after that moment."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from mockserver.store import View
from mockserver.world import deletions, deliveries, schedules

if TYPE_CHECKING:
    from mockserver.world.worlds import World

DUTIES: tuple[ModuleType, ...] = (deletions, schedules, deliveries)
"""Each has `due(view)`, what is to be done by now, and `run(transaction, item)`, which does one of it."""


def settled(world: World) -> View:
    """Return a world's state after everything that is due by its clock."""
    view = world.view()
    if not any(duty.due(view) for duty in DUTIES):
        return view
    with world.store.transaction() as transaction:
        for duty in DUTIES:
            for item in duty.due(transaction):
                duty.run(transaction, item)
    return world.view()

"""What happens by itself when a world's clock gets there; done by the first look at the world after that moment."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from mockserver.store import View
from mockserver.store.remembering import Remembered
from mockserver.world import deletions, deliveries, entropy, schedules

if TYPE_CHECKING:
    from mockserver.world.worlds import World

DUTIES: tuple[ModuleType, ...] = (deletions, schedules, deliveries)
"""Each has `earliest(view)`, when there is something to do; `due(view)`, what is to be done by now; and
`run(transaction, item)`, which does one of it."""
TABLES = (deletions.TABLE, schedules.TABLE, deliveries.SUBSCRIPTIONS)
"""What those moments are read of."""
MOST_REMEMBERED = 1000

_earliest = Remembered[datetime | None](TABLES, MOST_REMEMBERED)
"""When there is something to do: every request asks, and few change these tables."""


def settled(world: World) -> View:
    """Return a world's state after everything that is due by its clock."""
    view = world.view()
    earliest = _earliest.find(view, partial(_when, view))
    if earliest is None or earliest > entropy.now(view):
        return view
    with world.store.transaction() as transaction:
        for duty in DUTIES:
            for item in duty.due(transaction):
                duty.run(transaction, item)
    return world.view()


def _when(view: View) -> datetime | None:
    """Return when there is something to do, if ever."""
    return min((moment for duty in DUTIES if (moment := duty.earliest(view)) is not None), default=None)

"""A world's clock: stopped, moved on, let run."""

from __future__ import annotations

from typing import Any

from mockserver.admin.moments import read_clock
from mockserver.admin.plane import Plane
from mockserver.errors import ValidationError
from mockserver.world import entropy
from mockserver.world.worlds import World


def get_clock(plane: Plane, given: Any, world: World) -> dict[str, Any]:
    """Say what time it is in a world."""
    view = world.view()
    frozen = (view.value(entropy.CLOCK) or {}).get("frozen")
    return {"now": entropy.timestamp(entropy.now(view)), "frozen": bool(frozen)}


def set_clock(plane: Plane, given: dict[str, Any], world: World) -> dict[str, Any]:
    """Freeze the clock at a moment, advance it by seconds, or let it run."""
    moment = read_clock(given, "freeze")
    try:
        with world.store.transaction() as transaction:
            if moment is not None:
                entropy.freeze(transaction, entropy.read_timestamp(moment))
            elif "advance" in given:
                entropy.advance(transaction, given["advance"])
            else:
                entropy.run(transaction)
            entropy.now(transaction)
    except OverflowError:
        raise ValidationError("The clock does not go that far.", attr="advance") from None
    return get_clock(plane, {}, world)

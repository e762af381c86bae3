"""A world's clock: stopped, moved on, let run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver import entropy
from mockserver.admin.bodies import moment, refuse_unknown
from mockserver.errors import ValidationError
from mockserver.world import World

if TYPE_CHECKING:
    from mockserver.admin import Plane

LONGEST_SECONDS = 100 * 365 * 86_400


def get_clock(plane: Plane, body: Any, world: World) -> dict[str, Any]:
    """Say what time it is in a world."""
    view = world.view()
    frozen = (view.value(entropy.CLOCK) or {}).get("frozen")
    return {"now": entropy.timestamp(entropy.now(view)), "frozen": bool(frozen)}


def set_clock(plane: Plane, body: dict[str, Any], world: World) -> dict[str, Any]:
    """Freeze the clock at a moment, advance it by seconds, or let it run."""
    refuse_unknown(body, "freeze", "advance", "run")
    if len(body) != 1:
        raise ValidationError("Give exactly one of freeze, advance, run.")
    frozen, seconds = moment(body, "freeze"), body.get("advance")
    with world.store.transaction() as transaction:
        if frozen is not None:
            entropy.freeze(transaction, frozen)
        elif isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 <= seconds <= LONGEST_SECONDS:
            entropy.advance(transaction, seconds)
        elif body.get("run") is True:
            entropy.run(transaction)
        else:
            raise ValidationError("Expected a time, a number of seconds, or true.", attr=next(iter(body)))
    return get_clock(plane, {}, world)

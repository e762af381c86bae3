"""Fill a world: from a scenario, with records given in part, from a state."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.seeding.kinds import LoadError
    from mockserver.seeding.loading import Loader, Progress, load
    from mockserver.seeding.scenarios import build_world

__all__ = ["LoadError", "Loader", "Progress", "build_world", "load"]

PLACES = {
    "LoadError": "kinds",
    "Loader": "loading",
    "Progress": "loading",
    "build_world": "scenarios",
    "load": "loading",
}


def __getattr__(name: str) -> Any:
    """Import what is public when it is first used: a start that finds its world kept seeds nothing."""
    if name in PLACES:
        return getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
    raise AttributeError(name)

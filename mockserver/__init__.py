"""A stateful fake of PostHog's HTTP API for contract testing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.collecting import paused
from mockserver.version import __version__

__all__ = ["World", "__version__", "create_app"]

if TYPE_CHECKING:
    from mockserver.serving.app import create_app
    from mockserver.world.worlds import World


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that importing the package costs nothing."""
    if name == "create_app":
        with paused():
            from mockserver.serving.app import create_app

        return create_app
    if name == "World":
        from mockserver.world.worlds import World

        return World
    raise AttributeError(name)

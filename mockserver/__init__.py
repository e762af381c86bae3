"""A stateful fake of PostHog's HTTP API for contract testing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["World", "create_app"]

if TYPE_CHECKING:
    from mockserver.app import create_app
    from mockserver.world import World


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that importing the package costs nothing."""
    if name == "create_app":
        from mockserver.app import create_app

        return create_app
    if name == "World":
        from mockserver.world import World

        return World
    raise AttributeError(name)

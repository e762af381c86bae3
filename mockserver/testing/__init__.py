"""What a test imports: the pytest plugin, a client of the control plane, and the patching of HTTP libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "ControlError",
    "ControlPlane",
    "PostHog",
    "PostHogServer",
    "World",
    "in_process",
    "patch_httpx",
    "patch_requests",
]

if TYPE_CHECKING:
    from mockserver.testing.client import ControlError, ControlPlane, World, in_process
    from mockserver.testing.patching import patch_httpx, patch_requests
    from mockserver.testing.worlds import PostHog, PostHogServer

ROOMS = {"PostHog": "worlds", "PostHogServer": "worlds", "patch_httpx": "patching", "patch_requests": "patching"}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: the plugin is loaded with every run of pytest."""
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"mockserver.testing.{ROOMS.get(name, 'client')}"), name)

"""The server as a whole: whether it is up, what it offers, what was called."""

from __future__ import annotations

import time
from typing import Any

from mockserver.admin.contract import read_document
from mockserver.admin.plane import Plane
from mockserver.store.archive import MEMORY
from mockserver.version import __version__


def health(plane: Plane, given: Any) -> dict[str, Any]:
    """Say that the server is up, and what it serves."""
    contract = plane.contract
    return {
        "status": "ok",
        "version": __version__,
        "contract": {"title": contract.title, "version": contract.version, "operations": len(contract.promised)},
        "worlds": len(plane.worlds),
        "store": {"url": MEMORY} if plane.worlds.archive is None else plane.worlds.archive.facts(),
        "uptime_s": round(time.monotonic() - plane.started, 3),
    }


def schema(plane: Plane, given: Any) -> dict[str, Any]:
    """Return the control plane's own contract."""
    return read_document()


def coverage(plane: Plane, given: dict[str, Any]) -> dict[str, Any]:
    """Say which operations were called, by one world's clients or by all of them."""
    world = plane.worlds.get(given["world"]) if "world" in given else None
    profile = (world or plane.worlds.default).profile
    return plane.coverage.report(profile, world.id if world else None)

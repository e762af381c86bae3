"""The server as a whole: whether it is up, what it offers, the documents that it answers from, what was called."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mockserver.admin.contract import read_document
from mockserver.admin.plane import Plane
from mockserver.diff.errors import UnreadableDocument
from mockserver.errors import Conflict, NotFound, ValidationError
from mockserver.inferred.errors import Clash, OverrideError
from mockserver.inferred.registry import read_given
from mockserver.store.archive import MEMORY
from mockserver.version import __version__

if TYPE_CHECKING:
    from mockserver.inferred.published import Published


def health(plane: Plane, given: Any) -> dict[str, Any]:
    """Say that the server is up, and what it serves."""
    title, version, promises, _ = plane.contract.summary
    return {
        "status": "ok",
        "version": __version__,
        "contract": {"title": title, "version": version, "operations": promises},
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


# Documents beside the contract


def list_contracts(plane: Plane, given: Any) -> dict[str, Any]:
    """List the documents, in the order in which they are asked."""
    return {"contracts": [_told(document) for document in plane.registry.documents]}


def add_contract(plane: Plane, body: Mapping[str, Any]) -> dict[str, Any]:
    """Answer from one document more; where it cannot be answered from, nothing changes."""
    archive = plane.worlds.archive
    if archive is not None and archive.is_shared:
        raise Conflict("Several processes serve here, and each has documents of its own: give them with --openapi.")
    try:
        return _shown(plane.registry.add(read_given(body)))
    except (UnreadableDocument, OverrideError) as error:
        raise ValidationError(str(error)) from None
    except Clash as error:
        raise Conflict(str(error)) from None


def get_contract(plane: Plane, given: Any, name: str) -> dict[str, Any]:
    """Return what was inferred of a document, and what in it is odd."""
    document = plane.registry.get(name)
    if document is None:
        raise NotFound(f"Contract {name!r} not found.")
    return _shown(document)


def remove_contract(plane: Plane, given: Any, name: str) -> None:
    """Answer no more from a document; what its operations wrote stays in the worlds."""
    if not plane.registry.remove(name):
        raise NotFound(f"Contract {name!r} not found.")


def _told(document: Published) -> dict[str, Any]:
    compiled = document.compiled
    return {
        "name": document.name,
        "title": compiled.title,
        "version": compiled.version,
        "source": compiled.name,
        "operations": len(compiled.operations),
        "inferred": len(document.answered),
    }


def _shown(document: Published) -> dict[str, Any]:
    oddities = [{"place": oddity.place, "text": oddity.text} for oddity in document.compiled.oddities]
    return {**_told(document), "collections": document.outline(), "oddities": oddities}

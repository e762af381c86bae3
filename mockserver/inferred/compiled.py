"""Documents compiled: read, tidied and inferred once, and kept in the user's cache folder by what they say.

What is kept is JSON under the digest of the document and of this release; a file that is not what was written is made
again. A folder that cannot be written to only costs time.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mockserver.inferred.reading import Components, Oddity, Source
from mockserver.version import __version__

FORMAT = 2
FOLDER = "MOCKSERVER_CACHE"
"""The environment variable that names another folder."""


@dataclass(frozen=True)
class Compiled:
    """A document, ready to be answered from."""

    name: str
    digest: str
    title: str
    version: str
    base: str
    schemas: Mapping[str, Any]
    schemes: Mapping[str, Any]
    operations: Mapping[str, Mapping[str, Any]]
    """By operationId, in the document's order."""
    collections: Mapping[str, Mapping[str, Any]]
    """By path."""
    roles: Mapping[str, Mapping[str, Any]]
    """By operationId."""
    corrections: Any
    """What the document itself says of how to read it, under `x-mockserver`."""
    oddities: tuple[Oddity, ...]

    @property
    def components(self) -> Components:
        """The schemas, found by reference."""
        return Components({"components": {"schemas": self.schemas}})


def compile_document(source: Source, *, cache: Path | None = None) -> Compiled:
    """Return a document compiled, from the cache where it lies there. Raises: UnreadableDocument."""
    folder = cache or cache_folder()
    place = folder / f"{source.digest}-{__version__}-{FORMAT}.json"
    kept = _kept(place)
    if kept is None:
        kept = _compile(source)
        _keep(place, kept)
    oddities = tuple(Oddity(place, text) for place, text in kept.pop("oddities"))
    return Compiled(name=source.name, digest=source.digest, oddities=oddities, **kept)


def _compile(source: Source) -> dict[str, Any]:
    # Late: where a compiled one lies in the cache, nothing of this is needed.
    from mockserver.inferred.inference import infer
    from mockserver.inferred.tidying import tidy

    document = source.parse()
    tidied = tidy(document)
    components = Components({"components": {"schemas": tidied.schemas}})
    collections, roles = infer(tidied.operations, components)
    return {
        "title": tidied.title, "version": tidied.version, "base": tidied.base, "schemas": tidied.schemas,
        "schemes": tidied.schemes,
        "operations": {operation["operationId"]: operation for operation in tidied.operations},
        "collections": {each.path: each.as_json() for each in collections},
        "roles": {role.operation: role.as_json() for role in roles},
        "corrections": document.get("x-mockserver"),
        "oddities": [(oddity.place, oddity.text) for oddity in tidied.oddities],
    }  # fmt: skip


def cache_folder() -> Path:
    """Return where compiled documents are kept: where the system keeps what can be made again."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home())
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "mockserver" / "openapi"


def _kept(place: Path) -> dict[str, Any] | None:
    """Return what was kept; nothing where nothing is, or where it is not what was written."""
    try:
        told, _, content = place.read_bytes().partition(b"\n")
    except OSError:
        return None
    if told != _digest(content):
        return None
    kept: dict[str, Any] = orjson.loads(content)
    return kept


def _keep(place: Path, compiled: Mapping[str, Any]) -> None:
    content = orjson.dumps(compiled, option=orjson.OPT_NON_STR_KEYS)
    beside = place.with_suffix(f".{os.getpid()}.tmp")
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(_digest(content) + b"\n" + content)
        beside.replace(place)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=20).hexdigest().encode()

"""Documents compiled: read, tidied and inferred once, and kept in the user's cache by what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.caching import cached
from mockserver.diff.errors import UnreadableDocument
from mockserver.inferred.reading import Components, Oddity, Source

MAKERS = sorted(Path(__file__).parent.rglob("*.py"))
"""What a compiled document is made by: of another state of it, another one is."""


@dataclass(frozen=True)
class Compiled:
    """A document, ready to be answered from."""

    name: str
    digest: str
    openapi: str
    """The version of OpenAPI that it is written in."""
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


def compile_document(source: Source) -> Compiled:
    """Return a document compiled, from the cache where it lies there. Raises: UnreadableDocument."""
    called = re.sub(r"\W+", "-", source.name.rpartition("/")[2])[:40]  # few of the same name are kept
    kept = dict(cached(f"openapi-{called}", MAKERS, lambda: _compile(source), by=source.digest))
    oddities = tuple(Oddity(place, text) for place, text in kept.pop("oddities"))
    return Compiled(name=source.name, digest=source.digest, oddities=oddities, **kept)


def _compile(source: Source) -> dict[str, Any]:
    # Late: where a compiled one lies in the cache, nothing of this is needed.
    from mockserver.inferred.inference import infer
    from mockserver.inferred.tidying import tidy

    document = source.parse()
    try:
        tidied = tidy(document)
        components = Components({"components": {"schemas": tidied.schemas}})
        collections, roles = infer(tidied.operations, components)
    except RecursionError:
        raise UnreadableDocument(f"{source.name}: it is nested too deep") from None
    return {
        "openapi": str(document["openapi"]),
        "title": tidied.title, "version": tidied.version, "base": tidied.base, "schemas": tidied.schemas,
        "schemes": tidied.schemes,
        "operations": {operation["operationId"]: operation for operation in tidied.operations},
        "collections": {each.path: each.as_json() for each in collections},
        "roles": {role.operation: role.as_json() for role in roles},
        "corrections": document.get("x-mockserver"),
        "oddities": [[oddity.place, oddity.text] for oddity in tidied.oddities],
    }  # fmt: skip

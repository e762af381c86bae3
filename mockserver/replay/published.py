"""OpenAPI documents as a contract to hold servers against, in the place of ours: their operations, and nothing beside.

Documents tell of successes mostly. What refuses a request is allowed everywhere: nobody writes it down, and every
server does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mockserver.contract import Contract, Document, Family
from mockserver.contract.joining import BEYOND
from mockserver.inferred.compiled import Compiled
from mockserver.inferred.drawing import Drawer
from mockserver.inferred.shapes import Shapes
from mockserver.inferred.templates import Template

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429")


def contract_of(documents: Sequence[Compiled]) -> Contract:
    """Return documents as a contract, whose families are the collections that were inferred of them."""
    paths: dict[str, Document] = {}
    schemas: dict[str, Any] = {}
    schemes: dict[str, Any] = {}
    mounts: dict[str, dict[str, None]] = {}
    for compiled in documents:
        schemas = {**compiled.schemas, **schemas}
        schemes = {**compiled.schemes, **schemes}
        keys = {Template.of(where).shape: str(found["key"]) for where, found in compiled.collections.items()}
        drawer = Drawer(Shapes(compiled.components.resolve), 0, NOON)
        for id, operation in compiled.operations.items():
            path = f"{compiled.base}{operation['path']}"
            family, mount = _family(compiled, id, operation["path"])
            mounts.setdefault(family, {})[f"{compiled.base}{mount}"] = None
            described = _described(operation, family, drawer)
            described["x-keys"] = _keys(keys, operation["path"])
            paths.setdefault(path, {})[operation["method"]] = described
    first = documents[0]
    document: Document = {
        "openapi": first.openapi,
        "info": {"title": " and ".join(each.title or each.name for each in documents), "version": first.version},
        "paths": paths,
        "components": {"schemas": schemas, **({"securitySchemes": schemes} if schemes else {})},
        BEYOND: {},
    }
    return Contract.of(document, {}, {name: Family(name, tuple(where)) for name, where in mounts.items()})


def _family(compiled: Compiled, id: str, path: str) -> tuple[str, str]:
    """Return the family of an operation and where it is mounted: its collection's, or its own path's."""
    collection = compiled.roles[id]["collection"]
    template = Template.of(path)
    if not collection:
        return template.table, template.path
    depth = len(Template.of(collection).parts)
    return Template.of(collection).table, "/" + "/".join(template.parts[:depth])


def _keys(keys: Mapping[str, str], path: str) -> dict[str, str]:
    """Return the field that each parameter of a path holds of the record that it names, where that is known."""
    found: dict[str, str] = {}
    parts = Template.of(path).parts
    for number, part in enumerate(parts):
        collection = Template("/" + "/".join(parts[:number])).shape
        if part.startswith("{") and keys.get(collection):
            found[part.strip("{}")] = keys[collection]
    return found


def _described(operation: Mapping[str, Any], family: str, drawer: Drawer) -> Document:
    refusals = {status: {"description": "refused"} for status in REFUSALS}
    responses = {status: {"description": "told", **told} for status, told in operation["responses"].items()}
    described: Document = {
        "operationId": operation["operationId"],
        "tags": [family],
        "parameters": list(operation["parameters"]),
        "responses": {**refusals, **responses},
        "security": operation.get("security") or [],
    }
    if operation["requestBody"]:
        content = {kind: dict(media) for kind, media in operation["requestBody"]["content"].items()}
        for media in content.values():  # of which records are made to ask about
            media["example"] = drawer.draw(media["schema"], operation["operationId"], for_request=True)
        described["requestBody"] = {**operation["requestBody"], "content": content}
    return described

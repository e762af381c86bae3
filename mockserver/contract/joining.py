"""Join the root and the families' documents into one.

The families' documents are plain OpenAPI with a few words of our own (`contracts/openapi.yaml` explains them). Joining
does four things: it rewrites references between files to references inside one, tags every operation with its family,
derives a `Patched…` component for the body of each PATCH (the same fields, none required), and keeps the operations
that no documentation page shows apart, since they are no part of what is promised: those of families that are modelled
whole stay in the document under a word of our own, those that only stand beside promised ones do not.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

from mockserver.caching import cached
from mockserver.contract.document import METHODS, ContractError, Document, component_name
from mockserver.contract.locations import CONTRACTS, contract_files
from mockserver.contract.operations import Family

CODE = (Path(__file__), Path(__file__).with_name("document.py"))
"""What decides, beside the files, what they make together."""
UNDOCUMENTED = "x-undocumented-paths"
BEYOND = "x-modelled-beyond-pages"


Joined = tuple[Document, Document, dict[str, Family]]
"""A document, the paths that no page shows, and the families."""


def read_joined(folder: Path) -> Joined:
    """Return what `join` does, as it is kept of the contract's own folder. Raises: ContractError."""
    if folder != CONTRACTS:
        return join(folder)
    document, undocumented, mounts = cached("contract", [*CODE, *contract_files()], lambda: _told(join(folder)))
    return document, undocumented, {name: Family(name, tuple(paths)) for name, paths in mounts.items()}


def _told(joined: Joined) -> list[Any]:
    document, undocumented, families = joined
    return [document, undocumented, {family.name: list(family.mounts) for family in families.values()}]


def join(folder: Path) -> Joined:
    """Return the promised document, the paths that no page shows, and the families. Raises: ContractError."""
    root = _load(folder / "openapi.yaml")
    families: dict[str, Family] = {}
    undocumented: Document = {}
    document = {key: value for key, value in root.items() if key != "x-families"}
    document["paths"] = {}
    document[BEYOND] = {}
    apart = {BEYOND: document[BEYOND], UNDOCUMENTED: undocumented}
    for name in root["x-families"]:
        source = _load(folder / name)
        try:
            family = Family(source["x-family"], tuple(source["x-mounts"]))
        except KeyError as missing:
            raise ContractError(f"{folder / name}: {missing} is missing") from None
        families[family.name] = family
        for kind, members in source.get("components", {}).items():
            target = document["components"].setdefault(kind, {})
            for member, value in members.items():
                if member in target:
                    raise ContractError(f"{folder / name}: component {kind}/{member} is named twice")
                target[member] = value
        for path, item in source.get("paths", {}).items():
            document["paths"][path] = _tagged(item, family.name)
        for word, paths in apart.items():
            for path, item in source.get(word, {}).items():
                shared = _parameters_of(path, source)
                if shared and "parameters" not in item:
                    item = {"parameters": shared, **item}
                paths.setdefault(path, {}).update(_tagged(item, family.name))
    for paths in (document["paths"], *apart.values()):
        _derive_patched(document, paths)
    return document, undocumented, families


def _parameters_of(path: str, source: Document) -> list[Document]:
    """Return the parameters that a family gives a path where it shows other methods of it."""
    shown = (source.get(word, {}).get(path, {}).get("parameters") for word in ("paths", BEYOND))
    return next((parameters for parameters in shown if parameters), [])


def _load(path: Path) -> Document:
    import yaml  # late: what was joined before is kept

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = path.read_text(encoding="utf-8")
        loaded = yaml.load(text, loader)
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not YAML: {error}") from None
    if not isinstance(loaded, dict):
        raise ContractError(f"{path}: expected a mapping")
    return _local(loaded)  # type: ignore[no-any-return]


def _local(node: Any) -> Any:
    """Return a copy whose references point into the joined document; YAML's shared nodes become separate ones."""
    if isinstance(node, dict):
        return {
            key: re.sub(r"^[^#]*#", "#", value) if key == "$ref" and isinstance(value, str) else _local(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_local(value) for value in node]
    return node


def _tagged(item: Document, family: str) -> Document:
    return {key: {**value, "tags": [family]} if key in METHODS else value for key, value in item.items()}


def _derive_patched(document: Document, paths: Document) -> None:
    """Point the body of each PATCH at a component with nothing required, made from the one it names."""
    bodies = document["components"].setdefault("requestBodies", {})
    for item in paths.values():
        body = item.get("patch", {}).get("requestBody")
        if not body:
            continue
        name = component_name(body)
        if name is None:
            item["patch"]["requestBody"] = _patched_body(document, body)
        elif not name.startswith("Patched"):
            bodies.setdefault(f"Patched{name}", _patched_body(document, bodies[name]))
            item["patch"]["requestBody"] = {"$ref": f"#/components/requestBodies/Patched{name}"}


def _patched_body(document: Document, body: Document) -> Document:
    body = copy.deepcopy(body)
    schemas = document["components"]["schemas"]
    for variant in (body, body.get("x-observed", {})):
        for media in variant.get("content", {}).values():
            name = component_name(media.get("schema"))
            if name and not name.startswith("Patched"):
                schemas.setdefault(f"Patched{name}", _patched(schemas[name]))
                media["schema"] = {"$ref": f"#/components/schemas/Patched{name}"}
    return body


def _patched(schema: Document) -> Document:
    """Return a component of which nothing is required, and no field has a default that a PATCH would fill in."""
    patched: Document = {key: value for key, value in schema.items() if key != "required"}
    properties = schema.get("properties", {})
    patched["properties"] = {name: _without_default(prop) for name, prop in properties.items()}
    return patched


def _without_default(prop: Any) -> Any:
    if not isinstance(prop, dict):  # a property that a profile has not: `x-observed: false`
        return prop
    return {
        key: _without_default(value) if key == "x-observed" else value
        for key, value in prop.items()
        if key != "default"
    }

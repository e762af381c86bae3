"""Read the contract: a root, a document a family, joined into one; and the operations it declares.

The families' documents are plain OpenAPI with a few words of our own (`contracts/openapi.yaml` explains them). Joining
does four things: it rewrites references between files to references inside one, tags every operation with its family,
derives a `Patched…` component for the body of each PATCH (the same fields, none required), and keeps the operations
that no documentation page shows apart, since they are served but not part of what is promised.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from mockserver.locations import CONTRACTS

Document = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
UNDOCUMENTED = "x-undocumented-paths"


class ContractError(Exception):
    """The contract cannot be read, or contradicts itself; the message names file and place."""


class Profile(StrEnum):
    """Which of the contract's answers a world gives."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Success:
    """What an operation answers when all goes well: a status, and the schema of its body if it has one."""

    status: int
    schema: Document | None
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def component(self) -> str | None:
        """Name of the component that the body is, when it is one."""
        return component_name(self.schema) if self.schema else None


@dataclass(frozen=True)
class Operation:
    """One method of one path, under the mount that a request came by."""

    id: str
    method: str
    path: str
    family: str
    mount: str
    documented: bool
    spec: Document = field(repr=False, compare=False)
    successes: dict[Profile, Success] = field(repr=False, compare=False)

    @property
    def relative(self) -> str:
        """What follows the collection's path: `""`, `{id}`, `{id}/activity`, `funnel/correlation`."""
        return self.path[len(self.mount) :].lstrip("/")

    @property
    def is_item(self) -> bool:
        """Whether the path names one record of the collection."""
        return self.relative.startswith("{")

    @property
    def action(self) -> str:
        """Name of the method that answers it: a standard action, or the words that follow the record's id."""
        words = [part for part in self.relative.split("/") if part and not part.startswith("{")]
        if words:
            return "_".join(words)
        names = ITEM_ACTIONS if self.is_item else COLLECTION_ACTIONS
        return names[self.method]

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """Scopes that a key needs, all of them; none means that servers refuse every scoped key."""
        requirements = self.spec.get("security", [{}])
        return tuple(scope for requirement in requirements for scopes in requirement.values() for scope in scopes)

    @cached_property
    def writes(self) -> bool:
        """Whether it changes anything: a GET that asks for a scope of writing does, too."""
        return self.method != "get" or any(scope.endswith(":write") for scope in self.scopes)

    @cached_property
    def refuses_keys(self) -> bool:
        """Whether servers refuse every scoped key, since no scope was declared that one could have."""
        return not self.scopes and not self.spec.get("x-any-key")

    @cached_property
    def membership_level(self) -> int:
        """Level in the organization that is asked for."""
        return int(self.spec.get("x-membership-level", 1))

    def exists_in(self, profile: Profile) -> bool:
        """Return whether the servers of a profile have it."""
        return bool(self.spec.get("x-profile", profile) == profile)

    @property
    def pages(self) -> list[str]:
        """Documentation pages that show it."""
        return list(self.spec.get("x-source", []))

    @cached_property
    def body_schema(self) -> Document | None:
        """Schema of the JSON body, if the operation takes one."""
        content = self.spec.get("requestBody", {}).get("content", {})
        media = content.get("application/json")
        return media.get("schema") if media else None

    @cached_property
    def body_media_types(self) -> tuple[str, ...]:
        """Media types that the contract lists for the body."""
        return tuple(self.spec.get("requestBody", {}).get("content", {}))


COLLECTION_ACTIONS = {
    "get": "list", "post": "create", "put": "update", "patch": "partial_update", "delete": "destroy",
}  # fmt: skip
ITEM_ACTIONS = {
    "get": "retrieve", "post": "create", "put": "update", "patch": "partial_update", "delete": "destroy",
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    """A group of operations around one collection, and every path the servers mount it under."""

    name: str
    mounts: tuple[str, ...]


class Contract:
    """The joined contract. `document` holds the promised operations, `operations` every one that is served."""

    def __init__(self, document: Document, undocumented: Document, families: dict[str, Family]) -> None:
        self.document = document
        self.undocumented = undocumented
        self.families = families

    @classmethod
    def read(cls, folder: Path = CONTRACTS) -> Contract:
        """Join the root and the families of `folder`.

        Raises: ContractError when a file is missing, is not YAML, or names a component twice.
        """
        return cls(*_join(folder))

    @property
    def title(self) -> str:
        """The contract's name."""
        return str(self.document["info"]["title"])

    @property
    def version(self) -> str:
        """The contract's own version."""
        return str(self.document["info"]["version"])

    @property
    def components(self) -> dict[str, Document]:
        """The schemas, by name."""
        return dict(self.document["components"]["schemas"])

    def resolve(self, node: Any) -> Any:
        """Follow `$ref` until there is none."""
        while isinstance(node, dict) and "$ref" in node:
            node = follow(self.document, node["$ref"])
        return node

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation under the path the contract gives it, promised ones first."""
        promised = self._operations_of(self.document["paths"], documented=True)
        return (*promised, *self._operations_of(self.undocumented, documented=False))

    @cached_property
    def promised(self) -> tuple[Operation, ...]:
        """The operations that the documentation pages show."""
        return tuple(operation for operation in self.operations if operation.documented)

    def _operations_of(self, paths: Document, *, documented: bool) -> Iterator[Operation]:
        for path, item in paths.items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, item, method, documented)

    def _operation(self, path: str, item: Document, method: str, documented: bool) -> Operation:
        spec = dict(item[method])
        family = self.families[spec["tags"][0]]
        mounts = [mount for mount in family.mounts if path == mount or path.startswith(mount + "/")]
        if not mounts:
            raise ContractError(f"{family.name}: {path} lies under none of its mounts: {', '.join(family.mounts)}")
        spec["parameters"] = [self.resolve(p) for p in (*item.get("parameters", []), *spec.get("parameters", []))]
        spec["responses"] = {status: self.resolve(response) for status, response in spec["responses"].items()}
        spec["requestBody"] = self.resolve(spec.get("requestBody", {}))
        return Operation(
            id=spec["operationId"],
            method=method,
            path=path,
            family=family.name,
            mount=max(mounts, key=len),
            documented=documented,
            spec=spec,
            successes={profile: self._success(spec, profile) for profile in Profile},
        )

    def _success(self, spec: Document, profile: Profile) -> Success:
        """Return the success response that the profile chooses.

        A response marked `x-profile: observed` takes the place of every ordinary one in that profile; of several left,
        the lowest status is the usual one (an action may raise the others itself).
        """
        responses = {int(status): response for status, response in spec["responses"].items() if status < "4"}
        observed = {s: r for s, r in responses.items() if r.get("x-profile") == Profile.OBSERVED}
        ordinary = {s: r for s, r in responses.items() if s not in observed}
        chosen = observed if profile is Profile.OBSERVED and observed else ordinary
        if not chosen:  # e.g. a record that is never removed: its only answer is the refusal
            return Success(405, None, ())
        status = min(chosen)
        response = for_profile(chosen[status], profile)
        content = self.resolve(response).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return Success(status, schema, tuple(content))


def component_name(schema: Document | None) -> str | None:
    """Return the name of the component that a schema refers to, if it is a reference."""
    reference = (schema or {}).get("$ref", "")
    return reference.rsplit("/", 1)[-1] if reference else None


def follow(document: Document, reference: str) -> Any:
    """Return what a reference inside the document points at."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def for_profile(node: Any, profile: Profile) -> Any:
    """Return the node as one profile sees it: `x-observed` variants taken, or dropped.

    A property that the profile does not have (`x-observed: false`) is not required either.
    """
    if isinstance(node, dict):
        if "x-observed" in node:
            if profile is Profile.OBSERVED:
                return for_profile(node["x-observed"], profile)
            node = {key: value for key, value in node.items() if key != "x-observed"}
        seen = {key: for_profile(value, profile) for key, value in node.items()}
        properties, required = seen.get("properties"), seen.get("required")
        if isinstance(properties, dict) and isinstance(required, list):
            seen["required"] = [name for name in required if properties.get(name) is not False]
        return seen
    if isinstance(node, list):
        return [for_profile(value, profile) for value in node]
    return node


def view(document: Document, profile: Profile) -> Document:
    """Return the whole document as one profile sees it: its variants, and its success responses only.

    In `observed`, a response marked so takes the place of the ordinary successes of its operation; in `documented` the
    marked ones are left out. Operations that the profile's servers do not have are left out too. Tools that judge one
    server of one profile are given this.
    """
    seen: Document = for_profile(document, profile)
    for item in seen["paths"].values():
        for method in METHODS:
            if method in item and item[method].get("x-profile", profile) != profile:
                del item[method]
            elif method in item:
                item[method]["responses"] = _responses_seen(seen, item[method]["responses"], profile)
    seen["paths"] = {path: item for path, item in seen["paths"].items() if any(method in item for method in METHODS)}
    return seen


def _responses_seen(document: Document, responses: Document, profile: Profile) -> Document:
    resolved = {s: follow(document, r["$ref"]) if "$ref" in r else r for s, r in responses.items()}
    marked = {s for s, r in resolved.items() if r.get("x-profile") == Profile.OBSERVED}
    if profile is Profile.DOCUMENTED:
        return {s: r for s, r in responses.items() if s not in marked}
    replaced = {s for s in responses if s < "3" and s not in marked} if any(s < "3" for s in marked) else set()
    return {s: r for s, r in responses.items() if s not in replaced}


# Joining ------------------------------------------------------------------------------------------------------------


def _join(folder: Path) -> tuple[Document, Document, dict[str, Family]]:
    root = _load(folder / "openapi.yaml")
    families: dict[str, Family] = {}
    undocumented: Document = {}
    document = {key: value for key, value in root.items() if key != "x-families"}
    document["paths"] = {}
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
        for path, item in source.get(UNDOCUMENTED, {}).items():
            if "parameters" not in item and path in source.get("paths", {}):
                item = {"parameters": source["paths"][path].get("parameters", []), **item}
            undocumented.setdefault(path, {}).update(_tagged(item, family.name))
    for paths in (document["paths"], undocumented):
        _derive_patched(document, paths)
    return document, undocumented, families


def _load(path: Path) -> Document:
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

"""The contract: what is promised and what is served, read from `contracts/`, and the operations it declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from mockserver.contract.document import METHODS, ContractError, Document, component_name, follow, resolve
from mockserver.contract.joining import BEYOND, read_joined
from mockserver.contract.locations import CONTRACTS
from mockserver.contract.operations import Family, Operation, Standing, Success, Unread
from mockserver.contract.profiles import ByProfile, Profile, enum_values, for_profile, read_month, view

__all__ = [
    "METHODS",
    "ByProfile",
    "Contract",
    "ContractError",
    "Document",
    "Family",
    "Operation",
    "Profile",
    "Standing",
    "Success",
    "component_name",
    "enum_values",
    "follow",
    "for_profile",
    "read_month",
    "view",
]


class Contract:
    """The joined contract.

    `document` is what is bundled: the promised operations, and under a word of our own those modelled beyond them.
    `operations` holds every one that is served.
    """

    def __init__(self, document: Document, undocumented: Document, families: dict[str, Family]) -> None:
        self.document = document
        self.undocumented = undocumented
        self.families = families

    @classmethod
    def read(cls, folder: Path = CONTRACTS) -> Contract:
        """Join the root and the families of `folder`.

        Raises: ContractError when a file is missing, is not YAML, or names a component twice.
        """
        return cls(*read_joined(folder))

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
        return resolve(self.document, node)

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation under the path the contract gives it, promised ones first."""
        paths = {
            Standing.PROMISED: self.document["paths"],
            Standing.MODELLED: self.document[BEYOND],
            Standing.SERVED: self.undocumented,
        }
        return tuple(operation for standing in paths for operation in self._operations_of(paths[standing], standing))

    def unmodelled(self, path: str) -> Mapping[str, Sequence[str]]:
        """Return the methods that servers answer under a path and we do not, each with the scopes that it asks for."""
        found: Document = self.document[BEYOND].get(path) or self.undocumented.get(path) or {}
        methods: Mapping[str, Sequence[str]] = found.get("x-unmodelled", {})
        return methods

    @cached_property
    def promised(self) -> tuple[Operation, ...]:
        """The operations that the documentation pages show."""
        return tuple(operation for operation in self.operations if operation.documented)

    @cached_property
    def described(self) -> tuple[Operation, ...]:
        """The operations that servers are held against: the promised ones, and those modelled beyond them."""
        return tuple(operation for operation in self.operations if operation.described)

    @cached_property
    def whole(self) -> Document:
        """The document of all that is described, as plain OpenAPI: what tools that judge a server are given."""
        whole = {name: value for name, value in self.document.items() if name != BEYOND}
        paths = {path: dict(item) for path, item in self.document["paths"].items()}
        for path, item in self.document[BEYOND].items():
            paths.setdefault(path, {}).update(item)
        return {**whole, "paths": paths}

    def _operations_of(self, paths: Document, standing: Standing) -> Iterator[Operation]:
        for path, item in paths.items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, item, method, standing)

    def _operation(self, path: str, item: Document, method: str, standing: Standing) -> Operation:
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
            standing=standing,
            spec=spec,
            successes=ByProfile(partial(self._success, spec)),
            unread=ByProfile(partial(self._unread, spec)),
            components=self.document["components"]["schemas"],
        )

    def _unread(self, spec: Document, profile: Profile) -> Unread:
        """Return the query parameters and the fields of the body that a profile's servers do not read."""
        asked = {p["name"]: p for p in spec["parameters"] if p["in"] == "query"}
        media: Document = next(iter(spec["requestBody"].get("content", {}).values()), {})
        told = self.resolve(media.get("schema", {})).get("properties", {})
        parameters, fields = (
            frozenset(name for name, part in parts.items() if not profile.has(part)) for parts in (asked, told)
        )
        return Unread(parameters, fields)

    def _success(self, spec: Document, profile: Profile) -> Success:
        """Return the success response that the profile chooses.

        A response marked `x-profile: observed` takes the place of every ordinary one in that profile; of several left,
        the lowest status is the usual one (an action may raise the others itself).
        """
        responses = {
            int(status): response
            for status, response in spec["responses"].items()
            if status < "4" and profile.is_dated_within(response)
        }
        observed = {s: r for s, r in responses.items() if r.get("x-profile") == Profile.OBSERVED}
        ordinary = {s: r for s, r in responses.items() if s not in observed}
        chosen = observed if profile.is_observed and observed else ordinary
        if not chosen:  # e.g. a record that is never removed: its only answer is the refusal
            return Success(405, None, ())
        status = min(chosen)
        response = for_profile(chosen[status], profile)
        content = self.resolve(response).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return Success(status, schema, tuple(content))

"""The contract: what is promised and what is served, read from `contracts/`, and the operations it declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.caching import find_made, keep_made
from mockserver.collecting import paused
from mockserver.contract.document import METHODS, ContractError, Document, component_name, follow, resolve
from mockserver.contract.joining import BEYOND, Joined, read_joined
from mockserver.contract.locations import CONTRACTS, contract_files
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

SUMMARY = "summary"


class Place(NamedTuple):
    """Where an operation stands in the contract, of which it is made once somebody asks for it."""

    path: str
    method: str
    standing: Standing
    item: Document
    family: str
    mount: str

    @property
    def relative(self) -> str:
        """What follows the mount in its path."""
        return self.path[len(self.mount) :].lstrip("/")


class Summary(NamedTuple):
    """What a start asks of a contract."""

    title: str
    version: str
    promises: int
    """How many operations the documentation pages show."""
    routes: dict[str, str]
    """The family of each path that is served, under each mount."""


class Contract:
    """The joined contract.

    `document` is what is bundled: the promised operations, and under a word of our own those modelled beyond them.
    `operations` holds every one that is served.
    """

    def __init__(self, read: Callable[[], Joined], summary: Summary | None = None) -> None:
        """`read` is called once something is asked that `summary` does not tell."""
        self._read = read
        self._summary = summary
        self._made: dict[tuple[str, str], Operation] = {}

    @classmethod
    def of(cls, document: Document, undocumented: Document, families: dict[str, Family]) -> Contract:
        """Return the contract of a document, of paths that no page shows, and of families."""
        joined = (document, undocumented, families)
        return cls(lambda: joined)

    @classmethod
    def read(cls, folder: Path = CONTRACTS) -> Contract:
        """Join the root and the families of `folder`.

        Raises: ContractError when a file is missing, is not YAML, or names a component twice.
        """
        return cls.of(*read_joined(folder))

    @classmethod
    def shipped(cls) -> Contract:
        """Return the contract that is shipped; where an earlier process read it and kept what a start asks of it, it is
        read when more is asked. Raises: ContractError.
        """
        kept = find_made(SUMMARY, "")
        if kept is not None:
            return cls(partial(read_joined, CONTRACTS), Summary(*kept))
        contract = cls.read()
        keep_made(SUMMARY, "", list(contract.summary), contract_files())
        return contract

    @cached_property
    def _joined(self) -> Joined:
        with paused():
            return self._read()

    @property
    def document(self) -> Document:
        """What is bundled, and under words of our own what is modelled beyond it."""
        return self._joined[0]

    @property
    def undocumented(self) -> Document:
        """The paths that no page shows and that only stand beside others."""
        return self._joined[1]

    @property
    def families(self) -> dict[str, Family]:
        """The families, by name."""
        return self._joined[2]

    @cached_property
    def summary(self) -> Summary:
        """What a start asks of it."""
        if self._summary is not None:
            return self._summary
        info = self.document["info"]
        promises = sum(place.standing is Standing.PROMISED for place in self._places)
        return Summary(str(info["title"]), str(info["version"]), promises, self._routes())

    @property
    def title(self) -> str:
        """The contract's name."""
        return self.summary.title

    @property
    def version(self) -> str:
        """The contract's own version."""
        return self.summary.version

    def _routes(self) -> dict[str, str]:
        return {
            f"{mount}/{relative}" if relative else mount: family.name
            for family in self.families.values()
            for mount in family.mounts
            for relative in dict.fromkeys(place.relative for place in self._of_family.get(family.name, ()))
        }

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
        return tuple(map(self._operation, self._places))

    def operations_of(self, family: str) -> tuple[Operation, ...]:
        """Return the operations of a family, promised ones first; nothing is made of the others'."""
        return tuple(map(self._operation, self._of_family.get(family, ())))

    def unmodelled(self, path: str) -> Mapping[str, Sequence[str]]:
        """Return the methods that servers answer under a path and we do not, each with the scopes that it asks for."""
        found: Document = self.document[BEYOND].get(path) or self.undocumented.get(path) or {}
        methods: Mapping[str, Sequence[str]] = found.get("x-unmodelled", {})
        return methods

    @cached_property
    def promised(self) -> tuple[Operation, ...]:
        """The operations that the documentation pages show."""
        return tuple(self._operation(place) for place in self._places if place.standing is Standing.PROMISED)

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

    @cached_property
    def _places(self) -> tuple[Place, ...]:
        """Where the operations stand, promised ones first."""
        paths = {
            Standing.PROMISED: self.document["paths"],
            Standing.MODELLED: self.document[BEYOND],
            Standing.SERVED: self.undocumented,
        }
        return tuple(
            Place(path, method, standing, item, *self._mounted(path, item[method]["tags"][0]))
            for standing, items in paths.items()
            for path, item in items.items()
            for method in METHODS
            if method in item
        )

    @cached_property
    def _of_family(self) -> Mapping[str, Sequence[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self._places:
            found.setdefault(place.family, []).append(place)
        return found

    def _mounted(self, path: str, family: str) -> tuple[str, str]:
        """Return a path's family and the longest of its mounts that it lies under. Raises: ContractError."""
        known = self.families[family].mounts
        mounts = [mount for mount in known if path == mount or path.startswith(mount + "/")]
        if not mounts:
            raise ContractError(f"{family}: {path} lies under none of its mounts: {', '.join(known)}")
        return family, max(mounts, key=len)

    def _operation(self, place: Place) -> Operation:
        """Return the operation that stands in a place: one and the same, however often it is asked for."""
        key = (place.path, place.method)
        if key not in self._made:
            self._made[key] = self._make(place)
        return self._made[key]

    def _make(self, place: Place) -> Operation:
        item, method = place.item, place.method
        spec = dict(item[method])
        spec["parameters"] = [self.resolve(p) for p in (*item.get("parameters", []), *spec.get("parameters", []))]
        spec["responses"] = {status: self.resolve(response) for status, response in spec["responses"].items()}
        spec["requestBody"] = self.resolve(spec.get("requestBody", {}))
        return Operation(
            id=spec["operationId"],
            method=method,
            path=place.path,
            family=place.family,
            mount=place.mount,
            standing=place.standing,
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

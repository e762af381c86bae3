"""Operations: one method of one path each, what it takes, what it answers, and which action answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from mockserver.contract.document import Document, component_name
from mockserver.contract.profiles import ByProfile, Profile

COLLECTION_ACTIONS = {
    "get": "list", "post": "create", "put": "update", "patch": "partial_update", "delete": "destroy",
}  # fmt: skip
ITEM_ACTIONS = {
    "get": "retrieve", "post": "create", "put": "update", "patch": "partial_update", "delete": "destroy",
}  # fmt: skip


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


class Standing(StrEnum):
    """What the contract says of an operation."""

    PROMISED = "promised"
    """The documentation pages show it."""
    MODELLED = "modelled"
    """No page shows it; it is described and answered as fully as if one did."""
    SERVED = "served"
    """It stands beside others of its family, and is served because servers have it."""
    INFERRED = "inferred"
    """A document that the server was given describes it, and it is answered from that document alone."""


@dataclass(frozen=True)
class Unread:
    """Parts of a request that count as not sent."""

    parameters: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True)
class Operation:
    """One method of one path, under the mount that a request came by."""

    id: str
    method: str
    path: str
    family: str
    mount: str
    standing: Standing
    spec: Document = field(repr=False, compare=False)
    successes: ByProfile[Success] = field(repr=False, compare=False)
    """What it answers when all goes well, by profile."""
    unread: ByProfile[Unread] = field(repr=False, compare=False)
    """What of a request a profile's servers pass over, since it is of another date."""
    components: Mapping[str, Document] = field(default_factory=dict, repr=False, compare=False)
    """The shapes of the contract that it is part of."""

    @property
    def relative(self) -> str:
        """What follows the collection's path: `""`, `{id}`, `{id}/activity`, `funnel/correlation`."""
        return self.path[len(self.mount) :].lstrip("/")

    @property
    def documented(self) -> bool:
        """Whether the documentation pages show it."""
        return self.standing is Standing.PROMISED

    @property
    def described(self) -> bool:
        """Whether the contract says all that it may answer, so that servers can be held against it."""
        return self.standing is not Standing.SERVED

    @property
    def is_item(self) -> bool:
        """Whether the path names one record of the collection."""
        return self.relative.startswith("{")

    @property
    def action(self) -> str:
        """Name of the method that answers it: a standard action, or the words that follow the record's id."""
        words = [part for part in self.relative.split("/") if part and not part.startswith("{")]
        if words:
            return "_".join(words).replace("-", "_")
        names = ITEM_ACTIONS if self.is_item else COLLECTION_ACTIONS
        return names[self.method]

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """Scopes that a key needs, all of them; none means that servers refuse every scoped key."""
        requirements = self.spec.get("security", [{}])
        return tuple(scope for requirement in requirements for scopes in requirement.values() for scope in scopes)

    @cached_property
    def writes(self) -> bool:
        """Whether it changes anything: a GET that asks for a scope of writing does, or that says so."""
        asks_to_write = any(scope.endswith(":write") for scope in self.scopes)
        return self.method != "get" or asks_to_write or bool(self.spec.get("x-writes"))

    @cached_property
    def refuses_keys(self) -> bool:
        """Whether servers refuse every scoped key, since no scope was declared that one could have."""
        return not self.scopes and not self.spec.get("x-any-key")

    @cached_property
    def stranger_status(self) -> int:
        """Status for who bears no key or an unknown one: 401, or 403 where the contract tells of no 401."""
        return 401 if "401" in self.spec["responses"] else 403

    @cached_property
    def scoped_by_name(self) -> bool:
        """Whether servers know its scope by the action's name alone, so that a wrong method has none."""
        return bool(self.spec.get("x-scoped-by-name"))

    @cached_property
    def takes_secrets(self) -> bool:
        """Whether a project's secret token is let in as a key is."""
        return bool(self.spec.get("x-secret-token"))

    @cached_property
    def takes_sharing_tokens(self) -> bool:
        """Whether who bears a sharing token is let in, to see what it shares."""
        return bool(self.spec.get("x-sharing-token"))

    @cached_property
    def takes_nobody(self) -> bool:
        """Whether who bears no key is let in, as nobody."""
        return bool(self.spec.get("x-open"))

    @cached_property
    def membership_level(self) -> int:
        """Level in the organization that is asked for."""
        return int(self.spec.get("x-membership-level", 1))

    def refuses_keys_in(self, profile: Profile) -> bool:
        """Return whether a profile's servers refuse every scoped key; some operations took keys only later."""
        date = profile.date
        return date is not None and (self.refuses_keys or date < self.spec.get("x-keys-since", ""))

    def exists_in(self, profile: Profile) -> bool:
        """Return whether the servers of a profile have it."""
        return profile.has(self.spec)

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


@dataclass(frozen=True)
class Family:
    """A group of operations around one collection, and every path the servers mount it under."""

    name: str
    mounts: tuple[str, ...]

"""What an action may know of one request: who asks, for which tenant, with what, in which world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from werkzeug.datastructures import FileStorage, Headers, MultiDict

from mockserver.contract import Operation, Profile
from mockserver.errors import NotFound
from mockserver.store import Record, Repository, Transaction, View
from mockserver.world import entropy

if TYPE_CHECKING:
    from mockserver.world.worlds import World

MEMBER, ADMIN, OWNER = 1, 8, 15
EVERYTHING = "*"


@dataclass(frozen=True)
class Principal:
    """Who asks: a user, by one of their keys. A key without scopes stands for a session and may do all of it.

    A server that bears a project's secret token asks as nobody, and for that project alone; so does who bears a sharing
    token, and sees no more than `sharing` shows.
    """

    user: Record
    key: Record
    project: Record | None = None
    sharing: Record | None = None

    @classmethod
    def nobody(
        cls, around: Mapping[str, Any], value: str = "", *, project: Record | None = None, sharing: Record | None = None
    ) -> Principal:  # fmt: skip
        """Return who asks as no user at all, with the project around them that is meant where a path names none."""
        organization_id = around.get("organization_id")
        user = {"id": None, "current_project_id": around.get("id"), "current_organization_id": organization_id}
        return cls(user, {"value": value, "scopes": []}, project, sharing)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The key's scopes; none when it is unscoped."""
        return tuple(self.key.get("scopes") or ())

    @property
    def is_scoped(self) -> bool:
        """Whether scopes apply at all."""
        return bool(self.key.get("scopes"))

    def allows(self, scope: str) -> bool:
        """Return whether the key has a scope; `x:write` holds `x:read`, never the reverse."""
        if not self.is_scoped or EVERYTHING in self.scopes or scope in self.scopes:
            return True
        subject, _, access = scope.partition(":")
        return access == "read" and f"{subject}:write" in self.scopes


@dataclass(frozen=True)
class Tenant:
    """The organization, and project if the path names one, that a request is about; and the asker's level there."""

    organization: Record | None
    project: Record | None = None
    level: int = 0

    @property
    def organization_id(self) -> str:
        """Id of the organization."""
        if self.organization is None:
            raise NotFound("Organization not found.")
        return cast(str, self.organization["id"])

    @property
    def project_id(self) -> int:
        """Id of the project."""
        if self.project is None:
            raise NotFound("Project not found.")
        return cast(int, self.project["id"])


@dataclass
class Call:
    """One request, after everything that could refuse it has let it pass."""

    operation: Operation
    principal: Principal
    tenant: Tenant
    world: World
    state: View
    path: Mapping[str, str]
    query: MultiDict[str, str]
    body: Any = None
    is_form: bool = False
    files: Mapping[str, FileStorage] = field(default_factory=dict)
    make_url: Callable[[], str] = str
    format: str = "json"
    headers: dict[str, str] = field(default_factory=dict)
    asked: Headers = field(default_factory=Headers)
    """The headers that the request came with."""
    memo: dict[str, Any] = field(default_factory=dict)
    """What was worked out for this request once, and may be asked for again."""

    @cached_property
    def url(self) -> str:
        """The address as it was asked for: scheme, host, path and query."""
        return self.make_url()

    @property
    def profile(self) -> Profile:
        """Which of the contract's answers the world gives."""
        return self.world.profile

    @property
    def is_observed(self) -> bool:
        """Whether the world answers as PostHog's servers do, where the pages say otherwise."""
        return self.world.profile.is_observed

    @property
    def user(self) -> Record:
        """The user who asks."""
        return self.principal.user

    def table(self, name: str) -> Repository:
        """Return the guard of a table, as it stands for this request."""
        return self.state.table(name)

    @property
    def transaction(self) -> Transaction:
        """The state, to be written; only unsafe methods have one, and `writing`."""
        return cast(Transaction, self.state)

    @contextmanager
    def writing(self) -> Iterator[Call]:
        """Open a transaction for an action that computed first; yield this call as one that writes in it."""
        with self.world.store.transaction() as transaction:
            yield replace(self, state=transaction)

    def see_anew(self) -> None:
        """See the state as it stands now, with what was written while this was answered."""
        self.state.read_outside()
        self.state = self.world.view()

    def last_use(self, key: str) -> entropy.Reading | None:
        """Return when a key was last used since the world was made or reset, if it was."""
        self.state.read_outside()
        return self.world.uses.get(key)

    def now(self) -> str:
        """Return the world's time."""
        return entropy.timestamp(entropy.now(self.state))

    def next_id(self, table: str) -> int:
        """Return the next integer id of a table."""
        return self.transaction.next(f"ids.{table}")

    def new_uuid(self) -> str:
        """Return a new UUID."""
        return entropy.uuid7(self.world.seed, self.transaction)

    def new_token(self, prefix: str = "", length: int = 43, alphabet: str = entropy.BASE62) -> str:
        """Return a new token."""
        return entropy.token(self.world.seed, self.transaction, prefix, length, alphabet)


@dataclass(frozen=True)
class Answer:
    """A result that says its own status, for an action whose answer is not its usual one."""

    result: Any
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"

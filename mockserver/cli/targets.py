"""The servers that `replay` and `record` are pointed at: how they are named, opened, and left."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli import UsageFailure

if TYPE_CHECKING:
    from mockserver.contract import Contract, Operation
    from mockserver.replay.targets import Target
    from mockserver.replay.wire import Limits

FILE = click.Path(dir_okay=False, path_type=Path)
CERTIFICATES = click.Path(exists=True, dir_okay=False, path_type=Path)
UNREACHABLE = 3
POLITE_PER_SECOND = 8.0
"""Requests a second to a server that is not ours: PostHog allows a key 480 a minute."""
RECORDINGS = "recordings"
KEYS = (
    "Environment variable that holds the key for the address. TARGET=NAME where two addresses need one each; ROLE=NAME "
    "or TARGET.ROLE=NAME for another key that scripts use."
)
ROLES = ("all_access", "session", "admin", "member", "outsider", "read_only", "limited")


@dataclass(frozen=True)
class Named:
    """A target as it was asked for: its name, and what it is."""

    name: str
    what: str

    @property
    def recordings(self) -> str | None:
        """Where the recordings lie that it is, the contract's own where empty; None for a server."""
        kind, _, path = self.what.partition(":")
        return path if kind == RECORDINGS else None

    @property
    def is_address(self) -> bool:
        """Whether it is a server that somebody else started."""
        return self.recordings is None and self.what.partition(":")[0] != "mock"


@dataclass(frozen=True)
class Keys:
    """The keys that were named, by target (empty for any) and role."""

    values: dict[tuple[str, str], str]

    def of(self, target: str) -> dict[str, str]:
        """Return the keys for a target, by role: its own, else those for any."""
        return {role: key for name in ("", target) for (owner, role), key in self.values.items() if owner == name}

    def are_for(self, target: str) -> bool:
        """Return whether keys were named for this target alone."""
        return any(owner == target for owner, _ in self.values)


@dataclass(frozen=True)
class Opening:
    """What is needed to open a target."""

    contract: Contract
    keys: Keys
    limits: Limits
    project: str | None = None
    organization: str | None = None
    profile: str | None = None
    date: str | None = None
    """The month whose servers a mock that answers as they do answers as."""
    ca_file: Path | None = None
    allow_writes: bool = False
    follows_recordings: bool = False
    """Whether the profile is that of recordings, which a mock need not have."""
    cleans: bool = False
    """Whether all that is written is the removal of what the journal names."""
    borrowed: list[str] = field(default_factory=list)
    """Targets that were given the keys for any."""
    served: Contract | None = None
    """The contract that a mock serves, where another document is what it is held against."""
    openapi: tuple[str, ...] = ()
    """Documents that a mock answers from beside it."""


def require_extra() -> None:
    """Refuse to go on where what a replay needs is not installed."""
    if not (find_spec("requests") and find_spec("schemathesis")):
        raise UsageFailure("a replay needs schemathesis: pip install 'posthog-mockserver[replay]'")


def parse_targets(given: Sequence[str]) -> list[Named]:
    """Return the targets that were asked for. Raises: UsageFailure."""
    targets = [_parse(text) for text in given]
    if len(targets) > 2:
        raise UsageFailure("at most two targets can be compared")
    if len({target.name for target in targets}) < len(targets):
        targets = [Named(text if target.name == text.partition(":")[0] else target.name, target.what)
                   for target, text in zip(targets, given, strict=True)]  # fmt: skip
    if len({target.name for target in targets}) < len(targets):
        raise UsageFailure(f"both targets are called {targets[0].name!r}: write NAME= before one of them")
    for target in targets:
        if target.is_address:
            _check_address(target)
    if targets and all(target.recordings is not None for target in targets):
        raise UsageFailure("recordings are compared with a server: add --target mock")
    return targets


def _check_address(target: Named) -> None:
    from mockserver.replay.targets import read_address

    try:
        read_address(target.what)
    except ValueError as error:
        raise UsageFailure(f"--target: {error}, or mock, or recordings") from None


def _parse(text: str) -> Named:
    name, separator, what = text.partition("=")
    if not separator or "/" in name or ":" in name:
        what, name = text, text.partition(":")[0] if not text.lower().startswith("http") else "real"
    elif name == RECORDINGS and what.partition(":")[0] != RECORDINGS:
        what = f"{RECORDINGS}:{what}"
    if not name or not what:
        raise UsageFailure(f"--target {text!r}: write mock, an address, recordings, or NAME= before one of them")
    return Named(name, what)


def read_keys(given: Sequence[str], targets: Sequence[Named]) -> Keys:
    """Return the keys that the environment holds. Raises: UsageFailure."""
    addresses = [target.name for target in targets if target.is_address]
    if given and not addresses:
        raise UsageFailure("--api-key-env is for an address; the mock has keys of its own")
    values = {}
    for text in given:
        owner, role, variable = _named_key(text, addresses)
        if not os.environ.get(variable):
            raise UsageFailure(f"--api-key-env {text}: the environment has no {variable}")
        values[owner, role] = os.environ[variable]
    return Keys(values)


def _named_key(text: str, addresses: Sequence[str]) -> tuple[str, str, str]:
    """Return whose key is meant, which role's, and the variable that holds it."""
    label, separator, variable = text.rpartition("=")
    if not separator:
        return "", "all_access", text
    if label in addresses:
        return label, "all_access", variable
    owner, _, role = label.rpartition(".")
    if role not in ROLES or (owner and owner not in addresses):
        raise UsageFailure(f"--api-key-env {text}: {label!r} is no address among the targets, nor one of: "
                           f"{', '.join(ROLES)}")  # fmt: skip
    return owner, role, variable


def open_target(named: Named, opening: Opening) -> Target:
    """Return a target: a mock that is started, or what listens at an address. Raises: UsageFailure, Unreachable."""
    from dataclasses import replace

    from mockserver.contract import Profile
    from mockserver.replay.targets import open_url, start_mock

    limits = opening.limits
    if not named.is_address:
        said = named.what.partition(":")[2]
        try:
            profile = Profile(said or opening.profile or Profile.DOCUMENTED)
        except ValueError as error:
            raise UsageFailure(f"--target {named.what}: {error}") from None
        if said and opening.profile not in (None, said) and not opening.follows_recordings:
            raise UsageFailure(f"--target {named.what} and --profile {opening.profile} contradict each other")
        if profile is Profile.OBSERVED and opening.date:
            profile = Profile.at(opening.date)
        return start_mock(
            named.name, opening.served or opening.contract, profile=profile, limits=replace(limits, per_second=None),
            openapi=opening.openapi,
        )  # fmt: skip
    target = open_url(
        named.name, named.what, opening.keys.of(named.name), project=opening.project,
        organization=opening.organization, limits=replace(limits, per_second=None),
        verify=str(opening.ca_file) if opening.ca_file else True, is_foreign=opening.keys.are_for(named.name),
    )  # fmt: skip
    if not target.is_ours:
        _guard(target, opening)
    return target


def _guard(target: Target, opening: Opening) -> None:
    """Take care of a server that is not ours. Raises: UsageFailure."""
    from dataclasses import replace

    from mockserver.replay.care.guard import Care
    from mockserver.replay.care.journal import Journal
    from mockserver.replay.care.project import NoProject, make_project

    if not opening.keys.are_for(target.name):
        opening.borrowed.append(target.name)
    if len(opening.borrowed) > 1:
        raise UsageFailure(f"one key would go to two servers: write --api-key-env {target.name}=NAME")
    try:
        journal = Journal.of(target.url)
    except (OSError, ValueError, KeyError) as error:
        raise UsageFailure(f"the journal of what was made on {target.url} cannot be read: {error}") from None
    own: str | None = None
    if opening.allow_writes and not (opening.project or opening.cleans):
        try:
            own = make_project(target, journal)
        except NoProject as said:
            raise UsageFailure(
                f"--allow-writes: the key may not make a project to work in ({said}); name one with --project"
            ) from None
    tenants = {k: v for k, v in target.ids.items() if k != "organization_id" or opening.organization}
    target.adapter.guard = Care(
        opening.contract, tenants, journal, allow_writes=opening.allow_writes, own_project=own
    )  # fmt: skip
    target.adapter.limits = replace(opening.limits, per_second=opening.limits.per_second or POLITE_PER_SECOND)


def leave(targets: Sequence[Target]) -> None:
    """Leave every target as it was found, even after Ctrl-C, and tell what could not be removed."""
    from mockserver.replay.wire import Unreachable

    for target in targets:
        try:
            clean([target])
        except Unreachable as error:
            click.echo(f"Error: {error}; run mockserver replay --clean later", err=True)
        finally:
            target.close()


def clean(targets: Sequence[Target], *, earlier: bool = False) -> None:
    """Remove what this run made on servers that are not ours; what earlier ones made, too, when asked for."""
    from mockserver.replay.care.guard import Care
    from mockserver.replay.care.removal import clean as remove

    for target in targets:
        guard = target.adapter.guard
        if not isinstance(guard, Care):
            continue
        journal = guard.journal
        removed = remove(guard, target.ask, earlier=earlier)
        if removed.number:
            gone = removed.number - len(removed.left)
            click.echo(f"{target.name}: removed {gone} of the {removed.number} records that a replay made")
        elif earlier:
            click.echo(f"{target.name}: nothing that a replay made is left")
        for line in removed.left:
            click.echo(f"  left: {line}; try again with --clean", err=True)
        others = len(journal.earlier) + len(journal.doubtful)
        if others and not earlier:
            click.echo(
                f"{target.name}: {others} records of an earlier replay, or of one that runs beside this, are left "
                f"({journal.file}); --clean removes them", err=True,
            )  # fmt: skip


def check_some(contract: Contract, only: str | None) -> None:
    """Refuse a pattern that finds no operation: nothing would be asked, and all would seem well.

    Raises: UsageFailure.
    """
    operations = contract.operations
    if only and not any(find_operation(only, operation) for operation in operations):
        raise UsageFailure(f"--only {only!r} finds none of {len(operations)} operations; see mockserver routes --all")


def find_operation(only: str, operation: Operation) -> bool:
    """Return whether a pattern finds an operation's id, or its method and path."""
    return any(re.search(only, text) for text in (operation.id, f"{operation.method.upper()} {operation.path}"))


def check_pattern(only: str | None) -> None:
    """Refuse what is no regular expression. Raises: UsageFailure."""
    try:
        re.compile(only or "")
    except re.error as error:
        raise UsageFailure(f"--only {only!r}: {error}") from None


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM end what runs as Ctrl-C does, so that it is cleaned up after."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

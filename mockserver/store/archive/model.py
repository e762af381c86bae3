"""What an archive is, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from mockserver.errors import Unavailable
from mockserver.store.model import Snapshot, Store, StoreError


class StoreUnavailable(Unavailable):
    """The database is gone for now: nothing was written, and asking again later may do."""

    code = "store_unavailable"
    detail = "The store cannot be written at the moment."


class StoreFull(StoreUnavailable):
    """There is no room for what was to be written: nothing of it was."""

    status = 507
    code = "store_full"
    detail = "The store is full: there is no space left where it is kept."


class WorldTaken(StoreError):
    """Another process made a world of the same id."""


@dataclass
class About:
    """What a world is, beside what it holds; `origin` is the state that a reset returns to."""

    seed: int
    profile: str
    scenario: str
    arrivals: int = 0
    origin: Snapshot | None = None
    snapshots: dict[str, Snapshot] = field(default_factory=dict)


class Kept(NamedTuple):
    """A world as the archive has it."""

    id: str
    store: Store
    about: About


class Damage(NamedTuple):
    """What could not be read, and was left out: entries of a world's log from one on."""

    world: str
    version: int
    entries: int


class News(NamedTuple):
    """What other processes did: worlds that they made, changed and removed."""

    made: list[Kept]
    changed: list[Kept]
    gone: list[str]


class Archive(Protocol):
    """Where worlds are kept."""

    url: str
    is_shared: bool
    """Whether other processes may write to it."""
    damages: list[Damage]
    tail_seconds: float
    """How often what was added to the logs of requests should be handed in."""

    def worlds(self) -> Iterable[Kept]:
        """Return every world that is kept, in order of creation."""

    def pulse(self) -> object:
        """Return what changes whenever what another process wrote comes to be seen; None where none can write."""

    def news(self) -> News:
        """Take in what other processes did, and return what it was."""

    def adopt(self, id: str, store: Store, about: About) -> Kept:
        """Keep a world that starts as a store stands, and return it with the store that it has from then on."""

    def describe(self, id: str, about: About) -> About:
        """Keep what a world is now, where that changed; return it with its states as the archive has them."""

    def forget(self, id: str) -> None:
        """Keep a world no longer."""

    def tail(self, id: str) -> list[tuple[int, bytes]]:
        """Return what was kept of a world's log of requests, by number, the oldest first."""

    def keep_tail(self, id: str, items: list[tuple[int, bytes]], oldest: int, after: int) -> None:
        """Keep items of a world's log of requests; forget those before the oldest, and those after a number."""

    def add_tail(self, id: str, bodies: list[bytes], *, most: int) -> None:
        """Add items to a world's log of requests, whoever else adds some; forget all but the last `most`."""

    def asked(self) -> int:
        """Return how often a process asked for what the others have to hand in."""

    def hear(self, asking: int) -> None:
        """Say that whatever this process had to hand in when that was asked is handed in."""

    def gather(self) -> None:
        """Ask the other processes to hand in what they have, and return when all that live have done so."""

    def number(self) -> int:
        """Return the next number for a world, greater than every one before."""

    def facts(self) -> dict[str, Any]:
        """Return what the control plane tells: the URL, how many bytes it takes, how far this process is behind."""

    def compact(self) -> None:
        """Make a state of each world's log, and drop what nothing refers to any more."""

    def check(self) -> Iterator[str]:
        """Yield what is wrong with the archive, a line each."""

    def close(self) -> None:
        """Write what is left, and let go of the database."""

"""Worlds: each a PostHog of its own, and the registry that finds the one a request belongs to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from mockserver.contract import Profile
from mockserver.errors import Conflict, NotFound
from mockserver.store import Snapshot, Store, Transaction, View, memory_store
from mockserver.store.archive import About, Archive, Kept, News, WorldTaken
from mockserver.world import entropy
from mockserver.world.bell import Bell
from mockserver.world.tables import TABLES

DEFAULT = "default"


@dataclass
class World:
    """One PostHog: a store, a seed, a profile. Everything that changes is in the store."""

    id: str
    store: Store
    seed: int = 0
    profile: Profile = Profile.DOCUMENTED
    scenario: str = "demo"
    origin: Snapshot | None = None
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    arrivals: int = 0
    """The mark in the table of events after which come those that arrived since the world was made."""
    bell: Bell = field(default_factory=Bell, repr=False)
    uses: dict[str, entropy.Reading] = field(default_factory=dict, repr=False)
    """When each key was last used. It stands beside the store, since a request that reads writes nothing there: a fork
    begins without it, and a state does not hold it."""

    @classmethod
    def new(
        cls, id: str = DEFAULT, *, seed: int = 0, profile: Profile = Profile.DOCUMENTED, scenario: str = "blank",
    ) -> World:  # fmt: skip
        """Return a world with nothing in it."""
        store = memory_store([table.layout for table in TABLES.values()])
        return cls(id, store, seed, profile, scenario)

    @classmethod
    def of(cls, kept: Kept) -> World:
        """Return a world as an archive has it."""
        about = kept.about
        return cls(
            kept.id, kept.store, about.seed, Profile(about.profile), about.scenario, about.origin, about.snapshots,
            about.arrivals,
        )  # fmt: skip

    def be(self, about: About) -> None:
        """Be what an archive tells, beside what it holds."""
        self.seed, self.profile, self.scenario = about.seed, Profile(about.profile), about.scenario
        self.origin, self.snapshots, self.arrivals = about.origin, about.snapshots, about.arrivals

    @property
    def about(self) -> About:
        """What it is beside what it holds, for an archive."""
        return About(
            self.seed, self.profile.value, self.scenario, self.arrivals, self.origin, dict(self.snapshots)
        )  # fmt: skip

    def settle(self) -> World:
        """Make what the world holds now what it returns to on reset."""
        self.origin = self.store.snapshot()
        self.arrivals = self.view().table("events").mark()
        return self

    def reset(self) -> None:
        """Return to what the world was when it was created."""
        self.uses.clear()
        if self.origin is not None:
            self.store.restore(self.origin)

    def fork(self, id: str) -> World:
        """Return a world of its own that starts as this one stands; at the same cost however much it holds."""
        twin = World(id, self.store.fork(), self.seed, self.profile, self.scenario, snapshots=dict(self.snapshots))
        return twin.settle()

    def keep(self, name: str | None = None) -> str:
        """Take a snapshot under a name, or under the next free number, and return the name."""
        if name is None:
            name = next(str(number) for number in count(1) if str(number) not in self.snapshots)
        self.snapshots[name] = self.store.snapshot()
        return name

    def view(self) -> View:
        """Return the world's state as it stands."""
        return self.store.view()

    def names(self) -> Iterator[str]:
        """Yield what requests name this world by: personal API keys, tokens and secrets of projects, sharing tokens."""
        return _names(self.view())

    def first_names(self) -> Iterator[str]:
        """Yield those by which requests named it when it was created."""
        return iter(()) if self.origin is None else _names(self.beginning())

    def beginning(self) -> View:
        """Return the world's state as it was when it was created; as it stands, where it returns to nothing."""
        twin = self.store.fork()
        if self.origin is not None:
            twin.restore(self.origin)
        return twin.view()

    def new_key(self, transaction: Transaction) -> str:
        """Return a personal API key that no other world has, as long as servers make one (of 35 bytes)."""
        number = transaction.next("drawn.key")
        return "phx_" + entropy.spell(entropy.draw(self.seed, f"key:{self.id}", number, 64), 47)

    def new_session(self, transaction: Transaction) -> str:
        """Return what the cookie of a new session holds, which no other world has."""
        number = transaction.next("drawn.key")
        return entropy.spell(entropy.draw(self.seed, f"session:{self.id}", number, 64), 32)

    def new_project_token(self, transaction: Transaction) -> str:
        """Return a project token that no other world has."""
        number = transaction.next("drawn.key")
        return "phc_" + entropy.spell(entropy.draw(self.seed, f"project:{self.id}", number, 64), 43)

    def new_secret_token(self, transaction: Transaction) -> str:
        """Return a project's secret token that no other world has."""
        number = transaction.next("drawn.key")
        return "phs_" + entropy.spell(entropy.draw(self.seed, f"secret:{self.id}", number, 64), 43)

    def new_sharing_token(self, transaction: Transaction) -> str:
        """Return a token that shares something, which no other world has."""
        number = transaction.next("drawn.sharing")
        return entropy.spell(entropy.draw(self.seed, f"sharing:{self.id}", number, 64), 30, entropy.URL_SAFE)


def _names(view: View) -> Iterator[str]:
    yield from (key["value"] for key in view.table("api_keys"))
    for project in view.table("projects"):
        secrets = (project.get("secret_api_token"), project.get("secret_api_token_backup"))
        yield from (project["api_token"], *(secret for secret in secrets if secret))
    yield from (sharing["access_token"] for sharing in view.table("sharing_configurations"))


class Worlds:
    """The worlds of one server, and which world each key and project token belongs to.

    Where there is an archive, every one of them is kept in it.
    """

    def __init__(self, default: World, archive: Archive | None = None) -> None:
        self.default = default
        self.archive = archive
        self._worlds: dict[str, World] = {}
        self._by_key: dict[str, World] = {}
        self._registered: dict[str, tuple[object, list[str]]] = {}
        self._lock = threading.RLock()
        self._catching_up = threading.Lock()
        self._pulse: object = None
        """The archive's, when everything that others had written by then was taken in."""
        self._created = 0
        self._take_in(DEFAULT, default)

    @classmethod
    def opened(cls, default: World, archive: Archive | None) -> Worlds:
        """Return the worlds of a server that starts; those of the archive, where another process was quicker."""
        try:
            return cls(default, archive)
        except WorldTaken:
            assert archive is not None
            archive.news()
            found = cls.kept(archive)
            assert found is not None
            return found

    @classmethod
    def kept(cls, archive: Archive) -> Worlds | None:
        """Return the worlds of an archive; nothing where it has none yet."""
        found = [World.of(kept) for kept in archive.worlds()]
        default = next((world for world in found if world.id == DEFAULT), None)
        if default is None:
            return None
        worlds = cls(default)
        for world in found:
            worlds.add(world)
        worlds.archive = archive  # which has all of them
        return worlds

    def __len__(self) -> int:
        return len(self._worlds)

    def __iter__(self) -> Iterator[World]:
        return iter(list(self._worlds.values()))

    def get(self, id: str) -> World:
        """Return a world by its id. Raises: NotFound."""
        try:
            return self._worlds[id]
        except KeyError:
            raise NotFound(f"World {id!r} not found.") from None

    def new_id(self) -> str:
        """Return an id for the next world."""
        with self._lock:
            self._created = self._created + 1 if self.archive is None else self.archive.number()
            return f"world-{self._created}"

    def add(self, world: World) -> None:
        """Take a world in."""
        with self._lock:
            self._take_in(world.id, world)

    def _take_in(self, id: str, world: World) -> None:
        if self.archive is not None:
            kept = self.archive.adopt(id, world.store, world.about)
            world.store, world.origin, world.snapshots = kept.store, kept.about.origin, kept.about.snapshots
        self._worlds[id] = world
        self.register(world)

    def note(self, world: World) -> None:
        """Keep what a world is now, if that is not what it was; of what it holds, its store takes care."""
        if self.archive is not None:
            about = self.archive.describe(world.id, world.about)
            world.origin, world.snapshots = about.origin, about.snapshots

    def catch_up(self) -> None:
        """Take in what other processes did to the worlds of a shared archive. Raises: StoreUnavailable."""
        if self.archive is None:
            return
        pulse = self.archive.pulse()
        if pulse == self._pulse:
            return
        with self._catching_up:  # whoever felt the same goes on when the worlds are what it told, and not before
            if pulse != self._pulse:
                self._take_in_news(self.archive.news())
                self._pulse = pulse  # felt before the news were read, so nothing is missed

    def _take_in_news(self, news: News) -> None:
        with self._lock:
            for kept in news.made:
                self._worlds[kept.id] = World.of(kept)
            for kept in news.changed:
                self._worlds[kept.id].be(kept.about)
            for id in news.gone:
                world = self._worlds.pop(id, None)
                if world is not None:
                    self._forget_keys(world)
            for kept in (*news.made, *news.changed):
                self.register(self._worlds[kept.id])
                self._worlds[kept.id].bell.ring()

    def close(self) -> None:
        """Let go of the archive, if there is one."""
        if self.archive is not None:
            self.archive.close()

    def remove(self, id: str) -> None:
        """Forget a world and its keys. Raises: NotFound, and Conflict for the default one."""
        with self._lock:
            world = self.get(id)
            if world is self.default:
                raise Conflict("The default world cannot be deleted; reset it instead.")
            if self.archive is not None:
                self.archive.forget(id)
            del self._worlds[id]
            self._forget_keys(world)

    def register(self, world: World) -> None:
        """Let exactly the keys and tokens that a world holds now name it, unless they name another already.

        Every request that may have made, changed or removed one ends with this, so it looks no further where none of
        their tables has changed.
        """
        view = world.view()
        stamp = tuple(view.version(table) for table in ("api_keys", "projects", "sharing_configurations"))
        if self._registered.get(world.id, (None,))[0] == stamp:
            return
        with self._lock:
            if world is not self.default and self._worlds.get(world.id) is not world:
                return  # removed while it answered
            self._forget_keys(world)
            names = list(world.names())
            for name in names:
                self._by_key.setdefault(name, world)
            self._registered[world.id] = (stamp, names)

    def _forget_keys(self, world: World) -> None:
        for name in self._registered.pop(world.id, (None, []))[1]:
            if self._by_key.get(name) is world:
                del self._by_key[name]

    def refuse_claim(self, world: World, name: str, attr: str | None = None) -> None:
        """Refuse a key or token that names another world already. Raises: Conflict."""
        owner = self.owner(name)
        if owner is not None and owner is not world:
            kind = "project token" if name.startswith("phc_") else "key"
            raise Conflict(f"The {kind} is in use in world {owner.id!r}.", attr=attr)

    def reset(self, world: World) -> None:
        """Return a world to what it was when it was created.

        Raises: Conflict when another world has taken one of the keys or tokens that it had then.
        """
        with self._lock:
            for name in world.first_names():
                self.refuse_claim(world, name)
            world.reset()
            self.register(world)

    def owner(self, key: str) -> World | None:
        """Return the world that a key or project token belongs to."""
        return self._by_key.get(key)

    def of_key(self, key: str | None) -> World:
        """Return the world that a key belongs to; the default one for no key or an unknown one."""
        return self._by_key.get(key, self.default) if key else self.default

    def describe(self, world: World) -> dict[str, Any]:
        """Return what a test needs to know of a world; what a blank one lacks is null."""
        view = world.view()
        project = next(iter(view.table("projects")), None)
        organization = next(iter(view.table("organizations")), None)
        key = next((k for k in view.table("api_keys") if self.owner(k["value"]) is world), None)
        user = view.table("users").get(key["user_id"]) if key else None
        return {
            "id": world.id,
            "api_key": key["value"] if key else None,
            "project_token": project["api_token"] if project else None,
            "organization_id": organization["id"] if organization else None,
            "project_id": project["id"] if project else None,
            "user": {name: user[name] for name in ("id", "uuid", "email")} if user else None,
            "profile": world.profile.value,
            "seed": world.seed,
        }

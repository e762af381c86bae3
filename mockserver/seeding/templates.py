"""Worlds that new ones are forked from, since to seed a scenario takes a thousand times as long as to fork it."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from mockserver.contract import Contract, Profile
from mockserver.request.call import EVERYTHING
from mockserver.seeding.finding import find
from mockserver.seeding.keeping import Scenario, find_world, keep_world
from mockserver.store import Transaction
from mockserver.world import entropy
from mockserver.world.worlds import DEFAULT, World

if TYPE_CHECKING:
    from mockserver.seeding import Progress

MOST_KEPT = 8
STALE_SECONDS = 300.0
"""A scenario's times are relative to now; a world whose clock runs should not start further behind than this, unless
its scenario takes so long to seed that a new one would be hardly better."""
SEEDINGS = 100


@dataclass
class Template:
    """A world as its scenario left it, which nobody asks anything; and until when it will do."""

    world: World
    stale: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Templates:
    """The latest scenarios that were seeded, by file, seed and time."""

    def __init__(self, contract: Contract, freeze_time: str | None = None, *, keeps: bool = False) -> None:
        """`keeps` lets worlds be kept for the next process, too: of the contract that is shipped."""
        self.contract = contract
        self._to_keep = MOST_KEPT if keeps else 0
        self.freeze_time = None if freeze_time is None else _normal(freeze_time)
        self._kept: dict[Hashable, Template] = {}
        self._lock = threading.Lock()

    def build_default(
        self, scenario: str, seed: int, profile: Profile, progress: Progress | None = None
    ) -> World:  # fmt: skip
        """Return the default world: the one that keeps the keys that its scenario gives."""
        world = self._template(scenario, seed, self.freeze_time, progress).fork(DEFAULT)
        world.profile = profile
        return world

    def build(
        self, id: str, scenario: str, seed: int, *, profile: Profile, freeze_time: str | None = None
    ) -> World:  # fmt: skip
        """Return a world of a scenario, with keys and tokens of its own; its clock stopped if the server's are.

        Raises: ScenarioError.
        """
        moment = self.freeze_time if freeze_time is None else _normal(freeze_time)
        world = self._template(scenario, seed, moment).fork(id)
        world.profile = profile
        return rekey(world)

    def _template(
        self, scenario: str, seed: int, moment: str | None, progress: Progress | None = None
    ) -> World:  # fmt: skip
        file = find(scenario)
        key = (str(file), file.stat().st_mtime_ns, seed, moment)
        with self._lock:
            template = self._kept.pop(key, None)
            if template is None:
                template = Template(World.new("template"))
            self._kept[key] = template  # the latest used stands last
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        with template.lock:
            began = time.monotonic()
            if template.world.origin is None or (moment is None and began > template.stale):
                template.world = self._filled(Scenario(scenario, file, seed), moment, progress)
                ended = time.monotonic()
                template.stale = ended + max(STALE_SECONDS, SEEDINGS * (ended - began))
            return template.world

    def _filled(self, scenario: Scenario, moment: str | None, progress: Progress | None) -> World:
        """Return a world of a scenario, made of what was kept of it, or filled."""
        keeps = self._to_keep > 0
        found = find_world(scenario, moment) if keeps else None
        if found is not None:
            return found
        from mockserver.seeding.scenarios import build_world  # late: it takes a third of a start

        build = partial(build_world, self.contract, scenario=scenario.name, seed=scenario.seed)
        world = build(freeze_time=moment, progress=progress)
        if keeps:
            self._to_keep -= 1
            keep_world(scenario, world, lambda moment: build(freeze_time=entropy.timestamp(moment)))
        return world


def _normal(moment: str) -> str:
    return entropy.timestamp(entropy.read_clock(moment))


def fork(origin: World, id: str, *, profile: Profile | None = None, seed: int | None = None) -> World:
    """Return a world that starts as another stands, with keys and tokens of its own."""
    world = origin.fork(id)
    world.profile = profile or origin.profile
    world.seed = origin.seed if seed is None else seed
    return rekey(world)


def rekey(world: World) -> World:
    """Give a world keys and project tokens of its own: those it was forked with name another one."""
    with world.store.transaction() as transaction:
        keys, projects = transaction.table("api_keys"), transaction.table("projects")
        for key in list(keys):
            keys.update(key, {"value": world.new_key(transaction)})
        for project in list(projects):
            secrets = [name for name in ("secret_api_token", "secret_api_token_backup") if project.get(name)]
            fresh = {name: world.new_secret_token(transaction) for name in secrets}
            projects.update(project, {"api_token": world.new_project_token(transaction), **fresh})
        if not len(keys):
            _let_in(world, transaction)
    return world.settle()


def _let_in(world: World, transaction: Transaction) -> None:
    """Give the first user a key for everything, where the scenario gives none."""
    user = next(iter(transaction.table("users")), None)
    if user is not None:
        transaction.table("api_keys").insert({
            "value": world.new_key(transaction), "label": "all access", "user_id": user["id"], "scopes": [EVERYTHING],
            "scoped_projects": [], "scoped_organizations": [],
            "created_at": entropy.timestamp(entropy.now(transaction)),
        })  # fmt: skip

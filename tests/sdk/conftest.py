"""A world whose flags a test says, asked as SDKs ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from mockserver.contract import Contract
from mockserver.seeding import load
from mockserver.serving.app import create_app
from mockserver.world.worlds import World
from tests.conftest import NOON, Client

TOKEN, SECRET = "phc_mock_project_token", "phs_secret"
VARIANTS = [{"key": "a", "rollout_percentage": 0}, {"key": "b", "rollout_percentage": 100}]
FLAGS = [
    {"id": 1, "key": "on", "filters": {"groups": [{"properties": [], "rollout_percentage": 100}],
                                       "payloads": {"true": '{"a": 1}'}}},
    {"id": 2, "key": "off", "filters": {"groups": [{"properties": [], "rollout_percentage": 0}]}},
    {"id": 3, "key": "which", "filters": {"groups": [{"properties": []}], "payloads": {"b": '"beta"'},
                                          "multivariate": {"variants": VARIANTS}}},
    {"id": 4, "key": "idle", "active": False},
]  # fmt: skip


class Asker(Client):
    """A client of one world that asks for flags, and loads more records into it."""

    contract: Contract
    world: World

    def load(self, **tables: list[dict[str, Any]]) -> None:
        load(self.contract, self.world, tables)

    def flags(self, path: str = "/flags/?v=2", distinct_id: Any = "u", **told: Any) -> Any:
        return self.flask.post(path, json={"token": TOKEN, "distinct_id": distinct_id, **told})


@pytest.fixture(scope="session")
def made(contract: Contract) -> dict[str, Flask]:
    """Applications over worlds that hold these flags, one a profile."""
    apps = {}
    for profile in ("documented", "observed"):
        app = apps[profile] = create_app(
            scenario="empty", profile=profile, freeze_time=NOON, strict=True, contract=contract
        )
        world: World = app.extensions["mockserver"].default
        load(contract, world, {"feature_flags": FLAGS})
        with world.store.transaction() as transaction:
            projects = transaction.table("projects")
            projects.update(projects.get(1), {"secret_api_token": SECRET})
        world.settle()
        app.extensions["mockserver"].register(world)
    return apps


@pytest.fixture
def asker(made: dict[str, Flask], contract: Contract) -> Iterator[Callable[[str], Asker]]:
    """Gives a client in a profile; the worlds are reset afterwards."""

    def get(profile: str = "documented") -> Asker:
        client = Asker(made[profile].test_client())
        client.contract, client.world = contract, made[profile].extensions["mockserver"].default
        return client

    yield get
    for app in made.values():
        app.extensions["mockserver"].default.reset()

"""What most tests need: a world, a client with its key, and both profiles."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockserver.contract import Contract
from mockserver.serving.app import create_app
from mockserver.world.worlds import World, Worlds
from tests.browsers import browser as browser
from tests.store.postgres import Cluster, cluster, programs

NOON = "2026-01-15T12:00:00Z"
ALL_ACCESS = "phx_mock_all_access"
READ_ONLY = "phx_mock_read_only"
MEMORY = "memory"
KIND = os.environ.get("TEST_STORE", MEMORY)
"""Which store the applications of the tests keep their worlds in: `memory`, `sqlite`, `shared` or `postgresql`."""

LONG = ("test_properties", "test_blocks", "test_drift", "test_hogql", "test_safety", "test_insights", "test_deployment")
"""Modules that take longest, the longest first."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker begins it last, with the others done.

    Where TEST_STORE names a store, tests that do not meet it are left out: they would do what they always do.
    """
    if KIND != MEMORY:
        others = [item for item in items if "store_of" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if "store_of" in getattr(item, "fixturenames", ())]
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


def pytest_collection_finish() -> None:
    """Keep the collector from going through what all tests share, a tenth of their time, each time that it runs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.read()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own; in CI it is never missing."""
    if programs() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: see .ci/postgresql")
        pytest.skip("PostgreSQL is not installed")
    with cluster() as made:
        yield made


@pytest.fixture(scope="session")
def store_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, Any]]:
    """Where an application keeps its worlds, by its name: in memory, or as TEST_STORE says.

    `sqlite` runs the tests over files, `shared` over files that others may have open, `postgresql` over a database.
    """
    if KIND == MEMORY:
        return lambda name: {}
    if KIND == "postgresql":
        url = request.getfixturevalue("postgres").url()
        return lambda name: {"store": f"{url}&schema=tests_{re.sub(r'[^a-z0-9]', '_', name)}"}
    folder = tmp_path_factory.mktemp("stores")
    return lambda name: {"store": f"sqlite:///{folder}/{name}.db", "shared": KIND == "shared"}


@pytest.fixture(scope="session")
def apps(contract: Contract, store_of: Callable[[str], dict[str, Any]]) -> Callable[[str], Flask]:
    """The application of a profile, over the demo world, its clock stopped and every answer checked."""
    made: dict[str, Flask] = {}

    def get(profile: str) -> Flask:
        if profile not in made:
            made[profile] = create_app(
                profile=profile, freeze_time=NOON, strict=True, contract=contract, **store_of(profile)
            )  # fmt: skip
        return made[profile]

    return get


class Client:
    """A test client that sends a key and reads JSON."""

    def __init__(self, client: FlaskClient, key: str | None = ALL_ACCESS) -> None:
        self.flask = client
        self.key = key

    def as_key(self, key: str | None) -> Client:
        return Client(self.flask, key)

    def __call__(self, method: str, path: str, json: Any = None, **kwargs: Any) -> Any:
        headers = dict(kwargs.pop("headers", None) or {})
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        if json is not None:
            kwargs["json"] = json
        response = self.flask.open(path, method=method, headers=headers, **kwargs)
        assert response.status_code not in (500,), response.get_data(as_text=True)
        return response

    def get(self, path: str, **kwargs: Any) -> Any:
        return self("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self("POST", path, json, **kwargs)

    def put(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self("PUT", path, json, **kwargs)

    def patch(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self("PATCH", path, json, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Any:
        return self("DELETE", path, **kwargs)


def _client(app: Flask) -> Iterator[Client]:
    worlds: Worlds = app.extensions["mockserver"]
    yield Client(app.test_client())
    worlds.default.reset()
    worlds.register(worlds.default)  # tokens that came or went


@pytest.fixture
def client(apps: Callable[[str], Flask]) -> Iterator[Client]:
    """A client of the demo world in profile `documented`; the world is reset afterwards."""
    yield from _client(apps("documented"))


@pytest.fixture
def observed(apps: Callable[[str], Flask]) -> Iterator[Client]:
    """A client of the demo world in profile `observed`."""
    yield from _client(apps("observed"))


@pytest.fixture(params=["documented", "observed"])
def either(request: pytest.FixtureRequest, apps: Callable[[str], Flask]) -> Iterator[Client]:
    """A client of the demo world, once in each profile."""
    yield from _client(apps(request.param))


@pytest.fixture
def world(apps: Callable[[str], Flask]) -> World:
    """The world that `client` talks to."""
    return apps("documented").extensions["mockserver"].default  # type: ignore[no-any-return]

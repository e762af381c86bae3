"""What tests of the control plane need: an application of their own, and a quick way to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mockserver.contract import Contract
from mockserver.serving.app import create_app

ANNOTATIONS = "/api/projects/1/annotations/"
Call = Callable[..., Any]


@pytest.fixture(scope="session")
def app(contract: Contract) -> Flask:
    return create_app(scenario="empty", contract=contract)


@pytest.fixture
def flask_client(app: Flask) -> Iterator[FlaskClient]:
    """A client of the application, whose default world is reset afterwards and whose others are gone."""
    yield app.test_client()
    worlds = app.extensions["mockserver"]
    for world in worlds:
        if world is worlds.default:
            world.reset()
            world.snapshots.clear()
        else:
            worlds.remove(world.id)


@pytest.fixture
def admin(flask_client: FlaskClient) -> Call:
    """Call the control plane: method, path below `/__admin`, body."""

    def call(method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        sent = {} if body is None else {"json": body}
        response = flask_client.open(f"/__admin{path}", method=method, **sent, **kwargs)
        assert response.status_code < 500, response.get_data(as_text=True)
        return response

    return call


@pytest.fixture
def ask(flask_client: FlaskClient, admin: Call) -> Call:
    """Ask PostHog's own API with the default world's key, or another: method, path, body."""
    default = admin("GET", "/worlds/default").json["api_key"]

    def call(method: str, path: str, body: Any = None, key: str | None = default, **kwargs: Any) -> Any:
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **kwargs.pop("headers", {})}
        sent = {} if body is None else {"json": body}
        return flask_client.open(path, method=method, headers=headers, **sent, **kwargs)

    return call

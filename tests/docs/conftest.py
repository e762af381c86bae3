from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import ControlPlane


@pytest.fixture(scope="session")
def documented_server(contract) -> Iterator[str]:
    """The server that all pages talk to; its URL."""
    server = Server(create_app(contract=contract), free_address("127.0.0.1", 0)).start()
    yield server.address.url
    server.stop()


@pytest.fixture
def url(documented_server) -> Iterator[str]:
    yield documented_server
    ControlPlane(documented_server).world().reset()

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.resources.test_persons import make


@pytest.fixture
def team(either: Client) -> Client:
    """Three persons: two of the red team, the younger of whom is on the blue list; one of none."""
    make(either, "ann", timestamp="2026-01-02T00:00:00Z", team="red", age=20)
    make(either, "bob", timestamp="2026-01-03T00:00:00Z", team="red", age=40)
    make(either, "cat", timestamp="2026-01-04T00:00:00Z", squad="blue")
    return either

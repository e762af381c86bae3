from __future__ import annotations

import time

import pytest

from mockserver.serving.app import create_app
from mockserver.traffic.latency import Latency

KEY = {"Authorization": "Bearer phx_mock_all_access"}
NOTES = "/api/projects/1/annotations/"


@pytest.mark.parametrize(
    ("text", "least", "most"), [("200", 200, 200), ("100-300", 100, 300), ("5 - 9 ms", 5, 9), ("0", 0, 0)]
)
def test_latency_is_read(text, least, most) -> None:
    assert Latency.read(text) == Latency(least, most)


@pytest.mark.parametrize("text", ["", "fast", "-5", "300-100", "60001", "999999", "1.5", "10-", "٣"])
def test_what_is_no_latency_is_refused(text) -> None:
    with pytest.raises(ValueError, match="not a latency"):
        Latency.read(text)


def test_every_answer_waits_but_those_of_the_control_plane(contract) -> None:
    client = create_app(scenario="empty", latency="60", contract=contract).test_client()
    began = time.perf_counter()
    client.get("/__admin/health")
    asked = time.perf_counter()
    client.get(NOTES, headers=KEY)
    ended = time.perf_counter()
    assert ended - asked >= 0.06
    assert ended - began < 1


def test_range_is_drawn_from_by_the_seed(contract) -> None:
    def drawn(seed: int) -> list[float]:
        app = create_app(scenario="empty", seed=seed, contract=contract)
        world, client, latency = app.extensions["mockserver"].default, app.test_client(), Latency(100, 300)
        waits = []
        for _ in range(4):
            waits.append(latency.seconds(world))
            client.get(NOTES, headers=KEY)
        return waits

    first = drawn(1)
    assert len(set(first)) == 4
    assert all(0.1 <= wait <= 0.3 for wait in first)
    assert drawn(1) == first != drawn(2)

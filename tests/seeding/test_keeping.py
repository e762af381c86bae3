from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver.seeding import build_world, keeping
from mockserver.seeding.finding import find
from mockserver.seeding.keeping import Scenario, find_world, keep_world
from mockserver.seeding.states import export_state
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"
NOW = 1_768_478_400.0
Keep = Callable[..., Scenario]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "posthog-mockserver"


@pytest.fixture(scope="module")
def demo(contract) -> World:
    return build_world(contract, scenario="demo", seed=7, freeze_time=NOON)


@pytest.fixture
def keep(demo) -> Keep:
    def kept(moment: str | None = NOON, world: World = demo) -> Scenario:
        scenario = Scenario("demo", find("demo"), 7, moment)
        keep_world(scenario, world, NOW)
        return scenario

    return kept


def found(scenario: Scenario, now: float = NOW) -> World | None:
    world = find_world(scenario, now, 300.0)
    return world[0] if world else None


def test_kept_world_is_the_one_that_was_filled(demo: World, keep: Keep) -> None:
    world = found(keep())
    assert world is not None
    assert json.dumps(export_state(world)) == json.dumps(export_state(demo))
    assert (world.seed, world.scenario, world.arrivals) == (demo.seed, "demo", demo.arrivals)
    events, seeded = world.view().table("events"), demo.view().table("events")
    some = list(seeded)[17]
    assert events.find(distinct_id=some["distinct_id"]) == seeded.find(distinct_id=some["distinct_id"])
    with world.store.transaction() as transaction, demo.fork("twin").store.transaction() as other:
        assert transaction.table("annotations").insert({"id": 999}).doc_id == (
            other.table("annotations").insert({"id": 999}).doc_id
        )


def test_world_of_another_seed_time_or_file_is_not_it(keep: Keep, tmp_path: Path) -> None:
    scenario = keep()
    own = tmp_path / "demo.yaml"
    own.write_text("description: Another.")
    others = (scenario._replace(seed=8), scenario._replace(moment=None), scenario._replace(file=own))
    assert [found(other) for other in others] == [None, None, None]
    assert found(scenario._replace(file=tmp_path / "gone.yaml")) is None


def test_world_whose_clock_runs_is_found_for_a_while(keep: Keep) -> None:
    scenario = keep(None)
    assert find_world(scenario, NOW + 200, 300.0) is not None
    assert find_world(scenario, NOW + 200, 300.0)[1] == 200.0  # type: ignore[index]
    assert found(scenario, NOW + 301) is None
    assert found(scenario, NOW - 1) is None


def test_world_is_filled_again_once_what_made_it_has_changed(demo: World, tmp_path: Path) -> None:
    own = Path(shutil.copy(find("demo"), tmp_path))
    scenario = Scenario(str(own), own, 7, NOON)
    keep_world(scenario, demo, NOW)
    assert found(scenario) is not None
    os.utime(own, (NOW, NOW))
    assert found(scenario) is None


def test_damaged_world_is_filled_again(keep: Keep, cache: Path) -> None:
    scenario = keep()
    (file,) = cache.glob("world-demo-*")
    file.write_bytes(file.read_bytes()[:-1])
    assert found(scenario) is None


def test_world_of_many_records_is_not_kept(keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_RECORDS", 100)
    assert found(keep()) is None


def test_world_that_json_cannot_tell_is_not_kept(keep: Keep, demo: World) -> None:
    for odd in ((1, 2), 2**70):
        world = demo.fork("odd")
        with world.store.transaction() as transaction:
            transaction.put("odd", odd)
        assert found(keep(world=world)) is None

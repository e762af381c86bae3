from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from mockserver.seeding import build_world, keeping
from mockserver.seeding.finding import find
from mockserver.seeding.keeping import Scenario, find_world, keep_world
from mockserver.seeding.states import export_state
from mockserver.world import entropy
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"
MOMENT = "2024-02-29T23:17:05.000250Z"
DEMO = Scenario("demo", find("demo"), 7)
Filled = Callable[[Scenario], Callable[[datetime], World]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "posthog-mockserver"


@pytest.fixture(scope="module")
def filled(contract) -> Filled:
    """How a scenario is filled at a moment; each moment's world is filled once."""
    known: dict[tuple[Scenario, datetime], World] = {}

    def of(scenario: Scenario) -> Callable[[datetime], World]:
        def fill(moment: datetime) -> World:
            key = (scenario._replace(name=""), moment)
            if key not in known:
                known[key] = build_world(
                    contract, scenario=scenario.name, seed=scenario.seed, freeze_time=entropy.timestamp(moment)
                )
            return known[key]

        return fill

    return of


def keep(scenario: Scenario, filled: Filled, times: int = 2) -> None:
    for _ in range(times):
        keep_world(scenario, filled(scenario)(keeping.MOMENTS[0]), filled(scenario))


@pytest.mark.parametrize("name", ["demo", "empty", "blank"])
def test_kept_world_is_the_one_that_is_filled_at_any_moment(filled: Filled, name: str) -> None:
    scenario = Scenario(name, find(name), 7)
    keep(scenario, filled)
    for moment in (NOON, MOMENT):
        world, fresh = find_world(scenario, moment), filled(scenario)(entropy.read_timestamp(moment))
        assert world is not None
        assert json.dumps(export_state(world)) == json.dumps(export_state(fresh))
        assert (world.seed, world.scenario, world.arrivals) == (7, name, fresh.arrivals)


def test_events_of_a_kept_world_are_found(filled: Filled) -> None:
    keep(DEMO, filled)
    world = find_world(DEMO, NOON)
    assert world is not None
    kept, fresh = (each.view().table("events") for each in (world, filled(DEMO)(entropy.read_timestamp(NOON))))
    some = list(fresh)[17]
    assert kept.find(distinct_id=some["distinct_id"]) == fresh.find(distinct_id=some["distinct_id"])
    assert kept.first(uuid=some["uuid"]) == some


def test_kept_world_whose_clock_runs_begins_now(filled: Filled) -> None:
    keep(DEMO, filled)
    world = find_world(DEMO, None)
    assert world is not None
    view = world.view()
    assert view.value(entropy.CLOCK) is None
    invited = entropy.read_timestamp(view.table("invites").first(target_email="grace@hedgebox.test")["created_at"])
    assert 27 * 3600 < (entropy.now(view) - invited).total_seconds() < 29 * 3600


def test_world_is_kept_when_it_is_filled_again(filled: Filled) -> None:
    keep(DEMO, filled, times=1)
    assert find_world(DEMO, NOON) is None
    keep(DEMO, filled, times=1)
    assert find_world(DEMO, NOON) is not None
    assert find_world(DEMO._replace(seed=8), NOON) is None
    assert find_world(DEMO._replace(file=Path("gone.yaml")), NOON) is None


def test_world_is_filled_again_once_what_made_it_has_changed(filled: Filled, tmp_path: Path) -> None:
    own = Path(shutil.copy(find("empty"), tmp_path))
    scenario = Scenario(str(own), own, 7)
    keep(scenario, filled)
    assert find_world(scenario, NOON) is not None
    os.utime(own, (1, 1))
    assert find_world(scenario, NOON) is None
    own.write_text("description: Another.")
    assert find_world(scenario, NOON) is None


def test_damaged_world_is_filled_again(filled: Filled, cache: Path) -> None:
    keep(DEMO, filled)
    (file,) = cache.glob("world-demo-*")
    file.write_bytes(file.read_bytes()[:-1])
    assert find_world(DEMO, NOON) is None


def test_world_of_many_records_is_not_kept(filled: Filled, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    monkeypatch.setattr(keeping, "MOST_RECORDS", 100)
    keep(DEMO, filled)
    assert not list(cache.glob("world-*"))


@pytest.mark.parametrize(
    "odd",
    [
        lambda moment: {"number": moment.timestamp()},
        lambda moment: {"text": moment.strftime("%A")},
        lambda moment: {"pair": (1, 2)},
        lambda moment: {f"at {moment}": 1},
        lambda moment: {"list": [1] * moment.month},
        lambda moment: {"twice": "twice" if moment.year == 2025 else "once"},
    ],
)
def test_world_that_cannot_be_told_is_not_kept(filled: Filled, odd: Callable[[datetime], dict[str, object]]) -> None:
    scenario = Scenario("empty", find("empty"), 7)

    def fill(moment: datetime) -> World:
        world = filled(scenario)(moment).fork("odd")
        with world.store.transaction() as transaction:
            transaction.table("annotations").insert({"id": 1, "project_id": 1, "deleted": False, **odd(moment)})
        return world

    for _ in range(3):
        keep_world(scenario, fill(keeping.MOMENTS[0]), fill)
    assert find_world(scenario, NOON) is None

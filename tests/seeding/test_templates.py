from __future__ import annotations

import pytest

from mockserver.contract import Contract, Profile
from mockserver.seeding import scenarios, templates
from mockserver.seeding.templates import Templates
from mockserver.serving.app import create_app
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"


@pytest.fixture
def made(contract) -> Templates:
    return Templates(contract)


def _build(made: Templates, id: str, **options) -> World:
    return made.build(id, "empty", options.pop("seed", 0), profile=Profile.DOCUMENTED, **options)


def _project(world: World) -> object:
    return world.view().table("projects").get(1)["uuid"]


def test_worlds_of_one_scenario_share_what_they_start_with(made) -> None:
    one, two = _build(made, "one"), _build(made, "two")
    assert one.view().table("users").get(1) is two.view().table("users").get(1)
    assert set(one.names()).isdisjoint(two.names())


def test_scenario_is_seeded_for_each_seed_and_time(made) -> None:
    projects = [_project(_build(made, "w", **options)) for options in ({}, {"seed": 1}, {"freeze_time": NOON})]
    assert len(set(projects)) == 3
    assert _project(_build(made, "w", freeze_time=NOON)) == projects[2]


def test_scenario_is_seeded_again_when_it_is_stale(made, monkeypatch) -> None:
    monkeypatch.setattr(templates, "STALE_SECONDS", -1.0)
    monkeypatch.setattr(templates, "SEEDINGS", -1)
    one, two = _build(made, "one"), _build(made, "two")
    assert one.view().table("users").get(1) is not two.view().table("users").get(1)
    frozen = [_build(made, "w", freeze_time=NOON).view().table("users").get(1) for _ in range(2)]
    assert frozen[0] is frozen[1]


def test_only_the_latest_scenarios_are_kept(made) -> None:
    for seed in range(templates.MOST_KEPT + 2):
        _build(made, "w", seed=seed)
    assert len(made._kept) == templates.MOST_KEPT


def test_worlds_clocks_stop_when_the_servers_does(contract) -> None:
    client = create_app(scenario="empty", freeze_time="2026-01-15T13:00:00+01:00", contract=contract).test_client()
    for body in ({}, {"from": "default"}):
        world = client.post("/__admin/worlds", json=body).json["id"]
        assert client.get(f"/__admin/worlds/{world}/clock").json == {"now": NOON, "frozen": True}


def test_given_world_of_any_name_is_the_default_one(contract) -> None:
    world = _build(Templates(contract), "mine")
    about = create_app(world, contract=contract).test_client().get("/__admin/worlds/default").json
    assert about["api_key"] in set(world.names())


def test_template_is_kept_for_the_next_process(contract: Contract, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    filled = [_build(Templates(contract, keeps=True), "w", freeze_time=NOON) for _ in range(2)]
    monkeypatch.setattr(scenarios, "build_world", None)
    kept = _build(Templates(contract, keeps=True), "w", freeze_time=NOON)
    assert [_project(world) for world in filled] == [_project(kept)] * 2
    with pytest.raises(TypeError):
        _build(Templates(contract), "w", freeze_time=NOON)

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from mockserver.testing.client import ControlError, ControlPlane, World, in_process

ANNOTATIONS = "/api/projects/1/annotations/"


@pytest.fixture(scope="module")
def server(contract) -> Iterator[Server]:
    app = create_app(scenario="empty", admin_token="s3cret", contract=contract)
    server = Server(app, free_address("127.0.0.1", 0)).start()
    yield server
    server.stop()


@pytest.fixture
def plane(server) -> ControlPlane:
    return ControlPlane(server.address.url, "s3cret")


@pytest.fixture
def made(plane) -> Iterator[World]:
    world = plane.create_world(freeze_time="2026-01-01T00:00:00Z", seed=2, profile="observed")
    yield world
    world.delete()


def test_world_is_described(plane, made) -> None:
    assert (made.seed, made.profile, made.now) == (2, "observed", "2026-01-01T00:00:00Z")
    assert made.id in [world.id for world in plane.worlds()]
    assert plane.world(made.id).api_key == made.api_key
    assert plane.health()["worlds"] == 2


def test_values_are_values_for_clients_of_the_default_profile(plane) -> None:
    world = plane.create_world(scenario="demo")
    ask = httpx.Client(base_url=world.url, headers={"Authorization": f"Bearer {world.api_key}"})
    with ask:
        roles = ask.get(f"/api/organizations/{world.organization_id}/roles/").json()["results"]
        path = f"/api/projects/{world.project_id}/pipeline_destination_configs/"
        config = ask.get(f"{path}{ask.get(path).json()['results'][0]['id']}/").json()
    world.delete()
    assert "@" in roles[0]["members"][0]["user"]["email"] and roles[0]["is_default"] is False
    assert dict(config["config"]) and config["plugin_info"]["id"] == config["plugin"]


def test_refusal_says_why(plane, server) -> None:
    with pytest.raises(ControlError, match=r"404: World 'none' not found\."):
        plane.world("none")
    with pytest.raises(ControlError, match="401"):
        ControlPlane(server.address.url).worlds()
    with pytest.raises(ControlError) as refused:
        plane.create_world(scenario="atlantis")
    assert (refused.value.status, refused.value.attr) == (400, "scenario")


def test_clock_is_set(made) -> None:
    made.advance(60)
    assert made.now == "2026-01-01T00:01:00Z"
    made.freeze("2026-05-01T00:00:00Z")
    assert made.now == "2026-05-01T00:00:00Z"
    made.run_clock()
    assert made.now != made.now


def test_world_is_filled_kept_and_returned_to(made) -> None:
    assert made.load(annotations=[{"content": "a"}]) == {"annotations": 1}
    name = made.snapshot()
    fork = made.fork()
    made.reset()
    made.restore(name)
    assert fork.state()["tables"]["annotations"] == made.state()["tables"]["annotations"]
    made.put_state(fork.state())
    fork.delete()


def test_misbehaviour_is_planned(made) -> None:
    made.fail()
    made.fail("annotations_list", delay_ms=5, times=1)
    assert [fault.get("status") for fault in made.faults()] == [500, None]
    made.clear_faults()
    body = {"count": 0, "next": None, "previous": None, "results": []}
    made.stub("annotations_list", body=body, match={"query": {"limit": 1}}, times=2)
    assert made.stubs()[0]["match"] == {"operation": "annotations_list", "query": {"limit": 1}}
    made.clear_stubs()
    assert made.faults() == made.stubs() == []


def test_requests_are_seen(contract) -> None:
    app = create_app(scenario="empty", contract=contract)
    plane = ControlPlane(transport=in_process(app))
    world = plane.create_world()
    key = world.create_api_key("annotation:read")
    app.test_client().get(ANNOTATIONS, headers={"Authorization": f"Bearer {key}"})
    assert [request["operation"] for request in world.requests] == ["annotations_list"]
    assert world.find_requests(status=404) == []
    assert world.verify({"operation": "annotations_list"}, count=1)["ok"]
    assert plane.coverage(world.id)["covered"] == 1
    world.clear_requests()
    assert world.requests == []

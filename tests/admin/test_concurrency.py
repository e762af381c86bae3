"""Sixteen threads at once, proved by counting: no write is lost, none is seen in another world."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from tests.admin.conftest import ANNOTATIONS

THREADS, WRITES = 16, 12


def together(work: Callable[[int], object]) -> list:
    """Do the same in every thread, all starting at once."""
    barrier = Barrier(THREADS)

    def start(number: int) -> object:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def write(app: Flask, key: str, content: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return app.test_client().post(ANNOTATIONS, json={"content": content}, headers=headers).json["id"]


def contents(app: Flask, key: str) -> list[str]:
    answer = app.test_client().get(ANNOTATIONS, headers={"Authorization": f"Bearer {key}"}).json
    return sorted(annotation["content"] for annotation in answer["results"])


def test_one_world_loses_no_write(app, admin) -> None:
    world = admin("POST", "/worlds", {}).json
    key = world["api_key"]
    ids = together(lambda number: [write(app, key, f"{number}-{n}") for n in range(WRITES)])
    made = [id for each in ids for id in each]
    assert len(set(made)) == THREADS * WRITES
    assert contents(app, key) == sorted(f"{number}-{n}" for number in range(THREADS) for n in range(WRITES))
    verified = {"match": {"operation": "annotations_create", "status": 201}, "count": THREADS * WRITES}
    assert admin("POST", f"/worlds/{world['id']}/requests/verify", verified).json["ok"]
    rows = admin("GET", f"/coverage?world={world['id']}").json["operations"]
    assert next(r["calls"] for r in rows if r["operation"] == "annotations_create") == THREADS * WRITES


def test_worlds_made_and_written_at_once_keep_to_themselves(app) -> None:
    def work(number: int) -> tuple[int, str, str]:
        client = app.test_client()
        world = client.post("/__admin/worlds", json={}).json
        for n in range(WRITES):
            write(app, world["api_key"], f"{number}-{n}")
        return number, world["id"], world["api_key"]

    made = together(work)
    assert len({id for _, id, _ in made}) == len({key for _, _, key in made}) == THREADS
    for number, id, key in made:
        assert contents(app, key) == sorted(f"{number}-{n}" for n in range(WRITES))
        requests = app.test_client().get(f"/__admin/worlds/{id}/requests?method=POST").json
        assert requests["count"] == WRITES


def test_fault_that_hits_so_often_hits_no_more(app, admin) -> None:
    world = admin("POST", "/worlds", {}).json
    admin("POST", f"/worlds/{world['id']}/faults", {"status": 503, "times": 40})
    headers = {"Authorization": f"Bearer {world['api_key']}"}

    def work(number: int) -> list[int]:
        client = app.test_client()
        return [client.get(ANNOTATIONS, headers=headers).status_code for _ in range(5)]

    statuses = [status for each in together(work) for status in each]
    assert (statuses.count(503), statuses.count(200)) == (40, THREADS * 5 - 40)


def test_profiles_of_two_forks_do_not_mix(app, admin) -> None:
    origin = admin("POST", "/worlds", {}).json
    write(app, origin["api_key"], "shared")
    forks = [
        admin("POST", "/worlds", {"from": origin["id"], "profile": profile}).json["api_key"]
        for profile in ("documented", "observed")
    ]
    client = app.test_client()
    expected = [client.get(ANNOTATIONS, headers={"Authorization": f"Bearer {key}"}).get_data() for key in forks]

    def work(number: int) -> bool:
        client, which = app.test_client(), number % 2
        headers = {"Authorization": f"Bearer {forks[which]}"}
        return all(client.get(ANNOTATIONS, headers=headers).get_data() == expected[which] for _ in range(20))

    assert all(together(work))


def test_project_keeps_what_each_of_many_changed(app, admin) -> None:
    world = admin("POST", "/worlds", {}).json
    path = f"/api/organizations/{world['organization_id']}/projects/{world['project_id']}/"
    headers = {"Authorization": f"Bearer {world['api_key']}"}

    def work(number: int) -> list[int]:
        client, config = app.test_client(), {"survey_config": {f"field_{number}": number}}
        return [client.patch(path, json=config, headers=headers).status_code for _ in range(WRITES)]

    assert {status for statuses in together(work) for status in statuses} == {200}
    kept = app.test_client().get(path, headers=headers).json["survey_config"]
    assert {name: kept.get(name) for name in (f"field_{number}" for number in range(THREADS))} == {
        f"field_{number}": number for number in range(THREADS)
    }


def test_project_is_deleted_once(app, admin) -> None:
    world = admin("POST", "/worlds", {}).json
    path = f"/api/organizations/{world['organization_id']}/projects/{world['project_id']}/"
    headers = {"Authorization": f"Bearer {world['api_key']}"}
    statuses = together(lambda number: app.test_client().delete(path, headers=headers).status_code)
    assert sorted(statuses) == [204, *[404] * (THREADS - 1)]

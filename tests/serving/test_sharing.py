"""Worlds that many processes share: each reads what the others wrote, whatever becomes of the database."""

from __future__ import annotations

import threading

import pytest

from mockserver.serving.app import close, create_app
from tests.serving.killing import KEY, call, serving
from tests.serving.killing import run as run_kills
from tests.serving.linearizing import Done, Wrong, judge_counter, judge_register, run

MOMENT = "2026-01-15T12:00:00Z"
NOTES = "/api/projects/1/annotations/"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/worlds.db"
    return f"{request.getfixturevalue('postgres').url()}&schema=sharing_{abs(hash(request.node.name)) % 10**9}"


@pytest.fixture
def two(store, contract):
    """Two applications over one store, as two processes have them."""
    made = [create_app(store=store, shared=True, freeze_time=MOMENT, contract=contract) for _ in range(2)]
    yield [app.test_client() for app in made]
    for app in made:
        close(app)


def test_each_process_reads_what_the_other_wrote(two):
    first, second = two
    note = first.post(NOTES, headers=KEY, json={"content": "one", "date_marker": MOMENT}).json
    assert second.get(f"{NOTES}{note['id']}/", headers=KEY).json == note
    assert second.patch(f"{NOTES}{note['id']}/", headers=KEY, json={"content": "two"}).status_code == 200
    assert first.get(f"{NOTES}{note['id']}/", headers=KEY).json["content"] == "two"
    ids = [client.post(NOTES, headers=KEY, json={"date_marker": MOMENT}).json["id"] for client in (*two, *two)]
    assert len(set(ids)) == 4


def test_worlds_made_in_one_process_are_in_all(two):
    first, second = two
    world = first.post("/__admin/worlds", json={"profile": "observed"}).json
    mine = {"Authorization": f"Bearer {world['api_key']}"}
    assert second.get(NOTES, headers=mine).status_code == 200
    assert second.get(f"/__admin/worlds/{world['id']}").json == world
    assert second.post("/__admin/worlds", json={}).json["id"] != world["id"]
    first.post(f"/__admin/worlds/{world['id']}/snapshots", json={"name": "early"})
    second.post(f"/__admin/worlds/{world['id']}/load", json={"annotations": [{"id": 900, "content": "late"}]})
    assert first.get(f"{NOTES}900/", headers=mine).status_code == 200
    assert second.post(f"/__admin/worlds/{world['id']}/snapshots/early/restore").status_code == 204
    assert first.get(f"{NOTES}900/", headers=mine).status_code == 404
    key = second.post(f"/__admin/worlds/{world['id']}/api_keys", json={"label": "k", "scopes": ["*"]}).json
    assert first.get(NOTES, headers={"Authorization": f"Bearer {key['api_key']}"}).status_code == 200
    assert first.delete(f"/__admin/worlds/{world['id']}").status_code == 204
    assert second.get(f"/__admin/worlds/{world['id']}").status_code == 404
    assert second.get(NOTES, headers=mine).status_code == 401


def test_what_a_write_took_in_on_its_way_is_told_as_well(two):
    first, second = two
    world = first.post("/__admin/worlds", json={}).json
    second.get("/__admin/worlds")
    here, there = (client.application.extensions["mockserver"].get(world["id"]).store for client in two)
    with there.transaction() as transaction:
        keys = transaction.table("api_keys")
        keys.insert({**keys.get(world["api_key"]), "value": "phx_new"})
    with here.transaction() as transaction:
        transaction.put("touched", True)
    assert first.get(NOTES, headers={"Authorization": "Bearer phx_new"}).status_code == 200


def test_a_request_waits_until_another_has_taken_in_what_both_must_know(two):
    first, second = two
    mine = {"Authorization": f"Bearer {second.post('/__admin/worlds', json={}).json['api_key']}"}
    archive = first.application.extensions["mockserver"].archive
    news, has_read, may_go_on = archive.news, threading.Event(), threading.Event()

    def read_and_wait():
        found, is_first = news(), not has_read.is_set()
        has_read.set()
        if is_first:
            may_go_on.wait()
        return found

    archive.news = read_and_wait
    statuses = []

    def ask():
        statuses.append(first.get(NOTES, headers=mine).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    has_read.wait()
    threads[1].start()
    threads[1].join(0.05)
    may_go_on.set()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]


def test_requests_are_counted_wherever_they_were_answered(two):
    first, second = two
    for client in (first, second, second):
        client.get(NOTES, headers=KEY)
    expected = {"match": {"operation": "annotations_list"}, "count": 3}
    for client in two:
        assert client.post("/__admin/worlds/default/requests/verify", json=expected).json["ok"]
        assert client.get("/__admin/worlds/default/requests").json["count"] == 3
    first.delete("/__admin/worlds/default/requests")
    assert second.get("/__admin/worlds/default/requests").json["count"] == 0


def test_a_fault_hits_once_in_all_processes_together(two):
    first, second = two
    first.post(
        "/__admin/worlds/default/faults", json={"match": {"operation": "annotations_list"}, "status": 503, "times": 1}
    )
    answers = [client.get(NOTES, headers=KEY).status_code for client in (second, first, second)]
    assert answers == [503, 200, 200]


def test_losing_the_database_is_told_and_nothing_is_half_done(postgres, contract):
    app = create_app(store=f"{postgres.url()}&schema=losing", freeze_time=MOMENT, contract=contract)
    client = app.test_client()
    made = client.post(NOTES, headers=KEY, json={"content": "kept", "date_marker": MOMENT}).json
    postgres.stop("immediate")
    try:
        for answer in (client.post(NOTES, headers=KEY, json={"date_marker": MOMENT}), client.get(NOTES, headers=KEY)):
            assert (answer.status_code, answer.json["type"]) == (503, "server_error")
            assert answer.headers["Retry-After"] == "5"
        assert client.post("/__admin/worlds", json={}).status_code == 503
    finally:
        postgres.start()
    count = client.get(NOTES, headers=KEY).json["count"]
    assert client.get(f"{NOTES}{made['id']}/", headers=KEY).json["content"] == "kept"
    client.post(NOTES, headers=KEY, json={"date_marker": MOMENT})
    assert client.get(NOTES, headers=KEY).json["count"] == count + 1
    close(app)


def test_workers_serve_one_address_over_one_store(tmp_path):
    with serving(f"sqlite:///{tmp_path}/worlds.db", tmp_path, "--workers", "2", "--freeze-time", MOMENT) as (
        process,
        url,
    ):
        made = [call(url, NOTES, {"content": "x", "date_marker": MOMENT}) for _ in range(20)]
        assert {status for status, _ in made} == {201}
        assert all(call(url, f"{NOTES}{answer['id']}/")[0] == 200 for _, answer in made)
        process.terminate()
        assert process.wait(20) == 0


def test_what_was_acknowledged_is_in_postgresql_after_a_kill(postgres):
    assert run_kills(1, f"{postgres.url()}&schema=kills", "--freeze-time", MOMENT) > 0


def test_many_clients_of_many_processes_read_what_was_written(postgres):
    done, refused = run(2.0, postgres, f"{postgres.url()}&schema=linear", workers=2, stops=1)
    assert done > 100
    assert refused < done * 20


def test_the_judge_finds_stale_reads_and_lost_updates():
    first, second = Done("write", "a", 0, 1), Done("write", "b", 2, 3)
    judge_register([first, second, Done("read", "b", 4, 5), Done("read", "a", 2.5, 2.6)])
    with pytest.raises(Wrong, match="had overwritten"):
        judge_register([first, second, Done("read", "a", 4, 5)])
    with pytest.raises(Wrong, match="nobody had written"):
        judge_register([first, Done("read", "c", 4, 5)])
    with pytest.raises(Wrong, match="an update is lost"):
        judge_counter([2, 3, 3])

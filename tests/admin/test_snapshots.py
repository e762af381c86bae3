from __future__ import annotations

from tests.admin.conftest import ANNOTATIONS


def test_snapshot_is_returned_to(admin, ask) -> None:
    ask("POST", ANNOTATIONS, {"content": "one"})
    taken = admin("POST", "/worlds/default/snapshots", {"name": "one"})
    assert (taken.status_code, taken.json) == (201, {"name": "one"})
    ask("POST", ANNOTATIONS, {"content": "two"})
    assert admin("POST", "/worlds/default/snapshots/one/restore").status_code == 204
    assert ask("GET", ANNOTATIONS).json["count"] == 1


def test_snapshot_without_a_name_is_given_one(admin) -> None:
    names = [admin("POST", "/worlds/default/snapshots", body).json["name"] for body in (None, {}, {"name": "x"})]
    assert len(set(names)) == 3
    assert admin("GET", "/worlds/default/snapshots").json == {"snapshots": [{"name": name} for name in names]}


def test_snapshot_of_the_same_name_takes_its_place(admin, ask) -> None:
    admin("POST", "/worlds/default/snapshots", {"name": "here"})
    ask("POST", ANNOTATIONS, {"content": "one"})
    admin("POST", "/worlds/default/snapshots", {"name": "here"})
    admin("POST", "/worlds/default/snapshots/here/restore")
    assert ask("GET", ANNOTATIONS).json["count"] == 1


def test_snapshot_outlives_a_reset_and_goes_with_a_fork(admin, ask) -> None:
    ask("POST", ANNOTATIONS, {"content": "one"})
    admin("POST", "/worlds/default/snapshots", {"name": "kept"})
    fork = admin("POST", "/worlds", {"from": "default"}).json
    for id in ("default", fork["id"]):
        admin("POST", f"/worlds/{id}/reset")
        assert admin("POST", f"/worlds/{id}/snapshots/kept/restore").status_code == 204
    assert ask("GET", ANNOTATIONS).json["count"] == 1
    assert ask("GET", ANNOTATIONS, key=fork["api_key"]).json["count"] == 1


def test_restored_world_has_the_faults_and_requests_of_then(admin, ask) -> None:
    ask("GET", ANNOTATIONS)
    admin("POST", "/worlds/default/snapshots", {"name": "calm"})
    admin("POST", "/worlds/default/faults", {"status": 503})
    assert ask("GET", ANNOTATIONS).status_code == 503
    admin("POST", "/worlds/default/snapshots/calm/restore")
    assert admin("GET", "/worlds/default/requests").json["count"] == 1
    assert ask("GET", ANNOTATIONS).status_code == 200

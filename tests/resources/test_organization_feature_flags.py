"""Flags across projects, and copies of them. Source: recorded answers."""

from __future__ import annotations

import pytest

ORGANIZATION = "01890000-0000-7000-8000-000000000001"
SHARED = f"/api/organizations/{ORGANIZATION}/feature_flags/"
FLAGS = "/api/projects/{}/feature_flags/"
SESSION = "phx_session"


@pytest.fixture
def session(observed):
    tables = {"api_keys": [{"value": SESSION, "user_id": 1}], "projects": [{"id": 77, "name": "Second"}]}
    assert observed.flask.post("/__admin/worlds/default/load", json=tables).status_code == 201
    return observed.as_key(SESSION)


def copy(session, *targets: int, key: str = "shared") -> dict:
    body = {"feature_flag_key": key, "from_project": 1, "target_project_ids": list(targets)}
    answer = session.post(f"{SHARED}copy_flags/", body)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_flag_is_copied_and_then_kept_alike(session) -> None:
    made = session.post(FLAGS.format(1), {"key": "shared", "name": "One"}).json
    (first,) = copy(session, 77)["success"]
    assert (first["key"], first["name"], first["version"]) == ("shared", "One", 1)
    session.patch(f"{FLAGS.format(1)}{made['id']}/", {"name": "Two", "active": False})
    (second,) = copy(session, 77)["success"]
    assert (second["id"], second["name"], second["active"], second["version"]) == (first["id"], "Two", False, 2)
    assert [flag["team_id"] for flag in session.get(f"{SHARED}shared/").json] == [1, 77]


def test_its_cohorts_are_copied_by_name(session) -> None:
    person = {"type": "person", "key": "plan", "operator": "exact", "value": ["pro"]}
    group = {"properties": {"type": "AND", "values": [{"type": "AND", "values": [person]}]}}
    cohort = session.post("/api/projects/1/cohorts/", {"name": "Pros", "filters": group}).json
    condition = {"key": "id", "type": "cohort", "value": cohort["id"], "operator": "in"}
    session.post(FLAGS.format(1), {"key": "shared", "filters": {"groups": [{"properties": [condition]}]}})
    (made,) = copy(session, 77)["success"]
    there = made["filters"]["groups"][0]["properties"][0]["value"]
    assert there != cohort["id"]
    assert session.get(f"/api/projects/77/cohorts/{there}/").json["name"] == "Pros"
    (again,) = copy(session, 77)["success"]
    assert again["filters"] == made["filters"]


def test_where_it_cannot_be_copied_is_told(session) -> None:
    session.post(FLAGS.format(1), {"key": "shared"})
    assert copy(session, 98765)["failed"] == [{"project_id": 98765, "errors": "Target project does not exist."}]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "Missing required fields"),
        (
            {"feature_flag_key": "no", "from_project": 1, "target_project_ids": [1]},
            "Feature flag to copy does not exist.",
        ),
    ],
)
def test_bad_wishes_are_refused(session, body, error) -> None:
    answer = session.post(f"{SHARED}copy_flags/", body)
    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_a_key_of_nothing_is_not_found(session) -> None:
    assert session.get(f"{SHARED}nowhere/").status_code == 404

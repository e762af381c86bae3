from __future__ import annotations

import re

import pytest

from tests.admin.conftest import ANNOTATIONS


def test_world_has_all_that_a_test_needs(admin) -> None:
    made = admin("POST", "/worlds", {"seed": 7, "profile": "observed"})
    assert made.status_code == 201
    world = made.json
    assert set(world) == {
        "id", "api_key", "project_token", "organization_id", "project_id", "user", "profile", "seed",
    }  # fmt: skip
    assert (world["profile"], world["seed"], world["project_id"]) == ("observed", 7, 1)
    assert world["organization_id"] == "01890000-0000-7000-8000-000000000001"
    assert admin("GET", f"/worlds/{world['id']}").json == world
    assert world in admin("GET", "/worlds").json["worlds"]


def test_blank_world_has_nothing(admin) -> None:
    world = admin("POST", "/worlds", {"scenario": "blank"}).json
    assert [world[name] for name in ("api_key", "project_token", "organization_id", "project_id", "user")] == [None] * 5


def test_keys_of_every_world_are_its_own(admin) -> None:
    worlds = [admin("POST", "/worlds", body).json for body in ({}, {}, {"seed": 0}, {"from": "default"})]
    names = [world[name] for world in worlds for name in ("api_key", "project_token")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"phx_[0-9A-Za-z]{47}|phc_[0-9A-Za-z]{43}", name) for name in names)


def test_worlds_share_nothing(admin, ask) -> None:
    one, two = (admin("POST", "/worlds", {}).json["api_key"] for _ in range(2))
    ask("POST", ANNOTATIONS, {"content": "only here"}, key=one)
    assert [ask("GET", ANNOTATIONS, key=key).json["count"] for key in (one, two)] == [1, 0]
    assert ask("GET", ANNOTATIONS).json["count"] == 0


def test_fork_starts_where_its_origin_stands(admin, ask) -> None:
    origin = admin("POST", "/worlds", {}).json
    ask("POST", ANNOTATIONS, {"content": "before"}, key=origin["api_key"])
    fork = admin("POST", "/worlds", {"from": origin["id"]}).json
    ask("POST", ANNOTATIONS, {"content": "after"}, key=origin["api_key"])
    found = ask("GET", ANNOTATIONS, key=fork["api_key"]).json["results"]
    assert [annotation["content"] for annotation in found] == ["before"]


def test_reset_returns_to_the_start(admin, ask) -> None:
    world = admin("POST", "/worlds", {}).json
    path, key = f"/worlds/{world['id']}", world["api_key"]
    ask("POST", ANNOTATIONS, {"content": "gone soon"}, key=key)
    extra = admin("POST", f"{path}/api_keys", {"scopes": ["*"]}).json["api_key"]
    admin("POST", f"{path}/faults", {"status": 503})
    assert admin("POST", f"{path}/reset").status_code == 204
    assert ask("GET", ANNOTATIONS, key=key).json["count"] == 0
    assert ask("GET", ANNOTATIONS, key=extra).status_code == 401
    assert admin("GET", f"{path}/faults").json == {"faults": []}


def test_fork_is_reset_to_its_own_start(admin, ask) -> None:
    ask("POST", ANNOTATIONS, {"content": "kept"})
    fork = admin("POST", "/worlds", {"from": "default", "freeze_time": "2026-03-01T00:00:00Z"}).json
    admin("POST", f"/worlds/{fork['id']}/reset")
    assert ask("GET", ANNOTATIONS, key=fork["api_key"]).json["count"] == 1
    assert admin("GET", f"/worlds/{fork['id']}/clock").json == {"now": "2026-03-01T00:00:00Z", "frozen": True}


def test_deleted_world_is_gone_with_its_keys(admin, ask) -> None:
    world = admin("POST", "/worlds", {}).json
    assert admin("DELETE", f"/worlds/{world['id']}").status_code == 204
    assert admin("GET", f"/worlds/{world['id']}").status_code == 404
    assert ask("GET", ANNOTATIONS, key=world["api_key"]).status_code == 401


def test_same_seed_gives_the_same_bytes(admin, ask) -> None:
    def answer() -> bytes:
        world = admin("POST", "/worlds", {"seed": 3, "freeze_time": "2026-01-01T00:00:00+01:00"}).json
        ask("POST", ANNOTATIONS, {"content": "a"}, key=world["api_key"])
        return ask("GET", ANNOTATIONS, key=world["api_key"]).get_data()

    assert answer() == answer()


def test_own_file_is_read_again_when_it_changed(admin, tmp_path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("organizations: [{name: One}]\n")
    first = admin("POST", "/worlds", {"scenario": str(file)}).json
    file.write_text("organizations: [{name: One}]\nprojects: [{id: 9}]\n")
    second = admin("POST", "/worlds", {"scenario": str(file)}).json
    assert (first["project_id"], second["project_id"]) == (None, 9)


@pytest.mark.parametrize(
    ("body", "now", "frozen"),
    [
        ({"freeze": "2026-02-03T04:05:06Z"}, "2026-02-03T04:05:06Z", True),
        ({"advance": 86400}, "2026-01-02T00:00:00Z", True),
        ({"advance": 0.5}, "2026-01-01T00:00:00.500000Z", True),
    ],
)
def test_clock_is_set(admin, body, now, frozen) -> None:
    world = admin("POST", "/worlds", {"freeze_time": "2026-01-01T00:00:00Z"}).json
    assert admin("PUT", f"/worlds/{world['id']}/clock", body).json == {"now": now, "frozen": frozen}
    assert admin("PUT", f"/worlds/{world['id']}/clock", {"run": True}).json["frozen"] is False


def test_clock_stays_within_the_calendar(admin) -> None:
    admin("PUT", "/worlds/default/clock", {"freeze": "9998-12-31T00:00:00Z"})
    assert admin("PUT", "/worlds/default/clock", {"advance": 3_000_000}).status_code == 400
    assert admin("GET", "/worlds/default/clock").json["now"] == "9998-12-31T00:00:00Z"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
def test_clock_shows_no_time_that_answers_cannot_tell(admin, moment) -> None:
    expected = "Expected a time in ISO 8601, from 1970 to 9998."
    refused = admin("PUT", "/worlds/default/clock", {"freeze": moment})
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, expected, "freeze")
    refused = admin("POST", "/worlds", {"freeze_time": moment})
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, expected, "freeze_time")


@pytest.mark.parametrize("moment", ["1970-01-02T00:00:00Z", "9998-12-31T00:00:00Z"])
def test_ends_of_the_calendar_can_be_written_at(admin, ask, moment) -> None:
    admin("PUT", "/worlds/default/clock", {"freeze": moment})
    assert ask("POST", ANNOTATIONS, {"content": "end"}).status_code == 201
    assert ask("GET", "/api/projects/1/cohorts/").status_code == 200


def test_key_has_the_scopes_it_was_made_with(admin, ask) -> None:
    made = admin("POST", "/worlds/default/api_keys", {"scopes": ["annotation:read"], "label": "reader"})
    assert made.status_code == 201
    assert {k: made.json[k] for k in ("scopes", "label")} == {"scopes": ["annotation:read"], "label": "reader"}
    key = made.json["api_key"]
    assert ask("GET", ANNOTATIONS, key=key).status_code == 200
    assert ask("POST", ANNOTATIONS, {"content": "no"}, key=key).status_code == 403


def test_loaded_key_names_its_world_and_no_other(admin, ask) -> None:
    world = admin("POST", "/worlds", {}).json
    keys = {"api_keys": [{"value": "phx_chosen", "user_id": 1, "scopes": ["*"]}]}
    assert admin("POST", f"/worlds/{world['id']}/load", keys).json == {"loaded": {"api_keys": 1}}
    assert ask("GET", ANNOTATIONS, key="phx_chosen").status_code == 200
    assert admin("POST", "/worlds/default/load", keys).status_code == 409


def test_two_worlds_cannot_claim_one_project_token(admin) -> None:
    first, second = (admin("POST", "/worlds", {"scenario": "empty"}).json for _ in range(2))
    answer = admin("POST", f"/worlds/{second['id']}/load", {"projects": [{"api_token": first["project_token"]}]})
    assert (answer.status_code, answer.json["attr"]) == (409, "projects__0__api_token")
    assert first["id"] in answer.json["detail"]


def test_world_does_not_return_to_a_token_that_another_has_taken(admin) -> None:
    first, second = (admin("POST", "/worlds", {"scenario": "empty"}).json for _ in range(2))
    state = admin("GET", f"/worlds/{first['id']}/state").json
    state["tables"]["projects"][0]["api_token"] = "phc_moved_on"
    assert admin("PUT", f"/worlds/{first['id']}/state", state).status_code == 204
    taken = admin("POST", f"/worlds/{second['id']}/load", {"projects": [{"api_token": first["project_token"]}]})
    assert taken.status_code == 201
    answer = admin("POST", f"/worlds/{first['id']}/reset")
    assert (answer.status_code, second["id"] in answer.json["detail"]) == (409, True)
    assert admin("GET", f"/worlds/{first['id']}").json["project_token"] == "phc_moved_on"


def test_world_is_made_of_a_date(admin):
    made = admin("POST", "/worlds", {"profile": "observed@2025-08"})
    assert (made.status_code, made.json["profile"]) == (201, "observed@2025-08")
    state = admin("GET", f"/worlds/{made.json['id']}/state").json
    assert state["profile"] == "observed@2025-08"
    assert admin("PUT", f"/worlds/{made.json['id']}/state", state).status_code == 204


@pytest.mark.parametrize("profile", ["observed@2023-10", "observed@soon", "seen"])
def test_world_of_no_profile_is_refused(profile, admin):
    answer = admin("POST", "/worlds", {"profile": profile})
    assert (answer.status_code, answer.json["attr"], answer.json["code"]) == (400, "profile", "invalid_choice")
    assert profile.partition("@")[2] in answer.json["detail"]

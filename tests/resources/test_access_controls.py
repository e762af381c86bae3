"""Levels of access, of single flags, of all flags, of a project. Source: recorded answers."""

from __future__ import annotations

import pytest

FLAGS = "/api/projects/1/feature_flags/"
MEMBER = "phx_member"


@pytest.fixture
def member(observed):
    """A client of a member of the organization, who is no admin."""
    tables = {
        "users": [{"id": 901, "email": "member@hedgebox.test"}],
        "organization_memberships": [{"id": "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a90", "user_id": 901, "level": 1}],
        "api_keys": [{"value": MEMBER, "user_id": 901, "scopes": ["*"]}],
    }
    assert observed.flask.post("/__admin/worlds/default/load", json=tables).status_code == 201
    return observed.as_key(MEMBER)


@pytest.fixture
def flag(observed) -> str:
    return f"{FLAGS}{observed.post(FLAGS, {'key': 'guarded'}).json['id']}/"


def test_nobody_is_kept_from_anything_at_first(member, flag) -> None:
    assert member.get(flag).json["user_access_level"] == "editor"
    assert member.get(f"{flag}access_controls/").json == {
        "access_controls": [],
        "available_access_levels": ["none", "viewer", "editor", "manager"],
        "default_access_level": "editor",
        "user_access_level": "editor",
        "user_can_edit_access_levels": False,
    }


def test_who_may_only_view_cannot_write(observed, member, flag) -> None:
    rule = observed.put(f"{flag}access_controls/", {"access_level": "viewer"}).json
    assert (rule["access_level"], rule["resource"], rule["organization_member"]) == ("viewer", "feature_flag", None)
    assert member.get(flag).json["user_access_level"] == "viewer"
    refused = member.patch(flag, {"name": "x"})
    assert (refused.status_code, refused.json["detail"]) == (403, "You do not have editor access to this resource.")
    assert observed.patch(flag, {"name": "x"}).status_code == 200


def test_what_nobody_may_see_is_not_listed(observed, member, flag) -> None:
    observed.put(f"{flag}access_controls/", {"access_level": "none"})
    refused = member.get(flag)
    assert (refused.status_code, refused.json["detail"]) == (403, "You do not have viewer access to this resource.")
    assert "guarded" not in {one["key"] for one in member.get(FLAGS).json["results"]}
    assert "guarded" in {one["key"] for one in observed.get(FLAGS).json["results"]}


def test_a_member_may_be_given_more_than_the_rest(observed, member, flag) -> None:
    observed.put(f"{flag}access_controls/", {"access_level": "none"})
    body = {"access_level": "editor", "organization_member": "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a90"}
    assert observed.put(f"{flag}access_controls/", body).status_code == 200
    assert member.patch(flag, {"name": "x"}).status_code == 200
    assert len(observed.get(f"{flag}access_controls/").json["access_controls"]) == 2
    assert observed.put(f"{flag}access_controls/", {**body, "access_level": None}).status_code == 204
    assert member.get(flag).status_code == 403


def test_who_may_view_a_flag_is_told(observed, member, flag) -> None:
    own = member.get("/api/users/@me/").json["uuid"]
    observed.put(f"{flag}access_controls/", {"access_level": "viewer"})
    told = {user["user_id"]: user for user in observed.get(f"{flag}users_with_access/").json["users"]}
    assert (told[own]["access_level"], told[own]["access_source"]) == ("viewer", "default")
    observed.put(f"{flag}access_controls/", {"access_level": "none"})
    assert own not in {user["user_id"] for user in observed.get(f"{flag}users_with_access/").json["users"]}


@pytest.mark.parametrize("name", ["global_access_controls", "resource_access_controls"])
def test_a_whole_kind_is_ruled(observed, member, flag, name) -> None:
    path = f"/api/projects/1/{name}/"
    assert observed.put(path, {"resource": "feature_flag", "access_level": "viewer"}).json["resource_id"] is None
    assert member.post(FLAGS, {"key": "more"}).status_code == 403
    observed.put(path, {"resource": "feature_flag", "access_level": "none"})
    assert member.get(FLAGS).status_code == 403
    assert observed.put(path, {"resource": "feature_flag", "access_level": None}).status_code == 204
    assert member.post(FLAGS, {"key": "more"}).status_code == 201


def test_a_project_may_be_closed_to_members(observed, member) -> None:
    path = "/api/projects/1/access_controls/"
    refused = member.put(path, {"access_level": "none"})
    assert (refused.status_code, refused.json["detail"]) == (403, "Must be admin to modify project permissions.")
    assert observed.put(path, {"access_level": "none"}).json["resource"] == "project"
    answer = member.get(FLAGS)
    assert (answer.status_code, answer.json["detail"]) == (403, "You don't have access to the project.")
    assert observed.get(FLAGS).status_code == 200
    assert 1 not in [project["id"] for project in member.get("/api/projects/").json["results"]]
    kept = observed.get("/api/projects/1/users_with_access/").json
    assert {user["access_level"] for user in kept["users"]} == {"admin"}
    observed.put(path, {"access_level": "member"})
    assert observed.get("/api/projects/1/users_with_access/").json["total_count"] > kept["total_count"]
    assert member.get(FLAGS).status_code == 200


def test_a_rule_of_ones_own_makes_a_project_admin(observed, member) -> None:
    path = "/api/projects/1/access_controls/"
    users = observed.get("/api/projects/1/users_with_access/").json["users"]
    own = member.get("/api/users/@me/").json["uuid"]
    other = next(user for user in users if user["user_id"] == own)
    assert (other["access_level"], other["access_source"]) == ("admin", "default")
    rule = {"organization_member": other["organization_membership_id"], "access_level": "admin"}
    observed.put(path, {"access_level": "none"})
    assert observed.put(path, rule).status_code == 200
    assert member.get(path).json["user_can_edit_access_levels"] is True
    assert member.put(path, {"access_level": "member"}).status_code == 200
    told = {user["user_id"]: user for user in observed.get("/api/projects/1/users_with_access/").json["users"]}
    assert told[other["user_id"]]["access_source"] == "explicit_member"


@pytest.mark.parametrize(
    ("path", "body", "attr"),
    [
        ("access_controls/", {"access_level": "lord"}, "access_level"),
        ("access_controls/", {"access_level": "none", "role": "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a99"}, "role"),
        ("global_access_controls/", {"resource": "zzz", "access_level": "viewer"}, "resource"),
    ],
)
def test_bad_rules_are_refused(either, path, body, attr) -> None:
    answer = either.put(f"/api/projects/1/{path}", body)
    assert (answer.status_code, answer.json["attr"]) == (400, attr)

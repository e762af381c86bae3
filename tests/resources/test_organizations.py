"""Organizations, users and keys: what a client reads to find its tenant."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Client

MINE, THEIRS = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"


def test_organizations_listed_are_the_askers(either: Client) -> None:
    listed = either.get("/api/organizations/").json
    assert [organization["id"] for organization in listed["results"]] == [MINE]
    assert either.get("/api/organizations/@current/").json == listed["results"][0]


def test_organization_shows_its_projects_and_the_askers_level(either: Client) -> None:
    before = either.get(f"/api/organizations/{MINE}/").json
    project = either.post("/api/projects/", {"name": "Rocket"}).json
    after = either.as_key("phx_mock_member").get(f"/api/organizations/{MINE}/").json
    assert (before["membership_level"], after["membership_level"]) == (15, 1)
    assert [shown["id"] for shown in after["projects"]] == [*(p["id"] for p in before["projects"]), project["id"]]
    assert after["projects"][-1] == {"id": project["id"], "organization_id": MINE, "name": "Rocket"}
    assert (after["teams"][-1]["project_id"], after["teams"][-1]["uuid"]) == (project["id"], project["uuid"])
    assert (after["metadata"], after["default_experiment_stats_method"]) == ({"instance_tag": "none"}, "bayesian")
    assert after["is_ai_data_processing_approved"] is None
    assert after["member_count"] >= 3


def test_slug_that_is_taken_gets_an_ending_which_is_shown_as_it_was_drawn_once(either: Client) -> None:
    made = [either.post("/api/organizations/", {"name": "Rocket"}).json for _ in range(3)]
    assert [re.fullmatch(r"rocket(-\w{4})?", one["slug"]) is not None for one in made] == [True] * 3
    read = [either.get(f"/api/organizations/{one['id']}/").json["slug"] for one in made]
    assert read == [one["slug"].lower() for one in made] != [one["slug"] for one in made]


@pytest.mark.parametrize("id", [THEIRS, "01890000-0000-7000-8000-00000000ffff", "abc", "%00"])
def test_other_organizations_are_not_there(id: str, either: Client) -> None:
    assert either.get(f"/api/organizations/{id}/").json["detail"] == "Not found."


def test_organizations_ask_for_their_scope(either: Client) -> None:
    refused = either.as_key("phx_mock_annotations")
    either.post(
        "/__admin/worlds/default/load",
        {"api_keys": [{"value": "phx_mock_annotations", "user_id": 1, "scopes": ["annotation:read"]}]},
    )
    assert refused.get("/api/organizations/").json["detail"] == "API key missing required scope 'organization:read'"
    assert refused.get("/api/users/@me/").json["detail"] == "API key missing required scope 'user:read'"
    assert refused.get("/api/personal_api_keys/@current/").json["scopes"] == ["annotation:read"]


def test_user_is_the_keys_owner(either: Client) -> None:
    me = either.get("/api/users/@me/").json
    assert me["email"] == "owner@hedgebox.test"
    profile = either.get("/__admin/worlds/default").json["profile"]
    assert ("id" in me) is (profile == "documented")  # the servers that were seen do not tell it
    assert me["organization"] == either.get("/api/organizations/@current/").json
    assert [organization["id"] for organization in me["organizations"]] == [MINE]
    assert me["team"]["project_id"] == 1
    assert either.get(f"/api/users/{me['uuid']}/").status_code == 403
    assert (me["is_impersonated"], me["is_impersonated_until"], me["has_seen_product_intro_for"]) == (False, None, None)
    assert (me["events_column_config"], me["scene_personalisation"]) == ({"active": "DEFAULT"}, [])
    assert me["sensitive_session_expires_at"] is None
    session = either.as_key("phx_mock_session").get("/api/users/@me/").json
    assert session["sensitive_session_expires_at"] == "2026-01-15T14:00:00+00:00"


def test_nobody_else_is_shown(either: Client) -> None:
    other = either.as_key("phx_mock_member").get("/api/users/@me/").json
    for id in (other["uuid"], "abc"):
        refused = either.get(f"/api/users/{id}/")
        assert refused.status_code == 403
        assert refused.json["detail"].startswith("As a non-staff user you're only allowed to access the `@me` user")


def test_user_without_an_organization_is_shown(either: Client) -> None:
    loaded = {"users": [{"id": 90, "email": "lone@mock.test"}], "api_keys": [{"value": "phx_lone", "user_id": 90}]}
    assert either.post("/__admin/worlds/default/load", loaded).status_code == 201
    lone = either.as_key("phx_lone")
    me = lone.get("/api/users/@me/").json
    assert (me["team"], me["organization"], me["organizations"]) == (None, None, [])
    for path in ("/api/organizations/", "/api/organizations/@current/", f"/api/organizations/{MINE}/"):
        assert lone.get(path).json["detail"] == "You need to belong to an organization."


def test_key_is_shown_masked(either: Client) -> None:
    key = either.get("/api/personal_api_keys/@current/").json
    assert (key["value"], key["mask_value"], key["scopes"]) == (None, "phx_...cess", ["*"])
    assert key["user_id"] == 1
    assert either.get(f"/api/personal_api_keys/{key['id']}/").json == key
    other = either.as_key("phx_mock_admin").get("/api/personal_api_keys/@current/").json
    assert either.get(f"/api/personal_api_keys/{other['id']}/").status_code == 404


NO_KEYS = (
    "Organization 'Strict' does not allow using personal API keys. "
    "Contact an admin to enable personal API keys for this organization."
)
SECURED = [{"key": "organization_security_settings"}]


@pytest.mark.parametrize(
    ("features", "allows", "level", "scopes", "status"),
    [
        (None, False, 1, ["*"], 403),
        (SECURED, False, 1, ["*"], 403),
        (SECURED, False, 1, ["cohort:read"], 403),
        (SECURED, True, 1, ["*"], 200),
        (SECURED, False, 8, ["*"], 200),
        (SECURED, False, 1, [], 200),
        ([], False, 1, ["*"], 200),
    ],
)
def test_organization_may_allow_keys_to_admins_alone(
    features: Any, allows: bool, level: int, scopes: list[str], status: int, either: Client
) -> None:
    id = "01890000-0000-7000-8000-00000000abcd"
    strict = {"id": id, "name": "Strict", "members_can_use_personal_api_keys": allows}
    loaded = {
        "organizations": [{**strict, "available_product_features": features}],
        "users": [{"id": 90, "email": "lone@mock.test"}],
        "organization_memberships": [{"organization_id": id, "user_id": 90, "level": level}],
        "projects": [{"id": 77, "organization_id": id}],
        "api_keys": [{"value": "phx_strict", "user_id": 90, "scopes": scopes}],
    }
    assert either.post("/__admin/worlds/default/load", loaded).status_code == 201
    member = either.as_key("phx_strict")
    for path in ("/api/projects/77/annotations/", f"/api/organizations/{id}/roles/"):
        answer = member.get(path)
        assert answer.status_code == status
        assert status == 200 or answer.json["detail"] == NO_KEYS


def test_key_of_a_deactivated_user_is_unknown(either: Client) -> None:
    gone = {"users": [{"id": 90, "email": "gone@mock.test", "is_active": False}],
            "api_keys": [{"value": "phx_gone", "user_id": 90, "scopes": ["*"]}]}  # fmt: skip
    assert either.post("/__admin/worlds/default/load", gone).status_code == 201
    refused = either.as_key("phx_gone").get("/api/users/@me/")
    assert (refused.status_code, refused.json["code"]) == (401, "authentication_failed")


def test_key_limited_to_projects_shows_itself_and_not_organizations(either: Client) -> None:
    key = {"value": "phx_two", "user_id": 1, "scopes": ["*"], "scoped_projects": [2]}
    either.post("/__admin/worlds/default/load", {"api_keys": [key]})
    limited = either.as_key("phx_two")
    assert limited.get("/api/personal_api_keys/@current/").json["scoped_teams"] == [2]
    assert limited.get("/api/users/@me/").status_code == 200
    assert limited.get("/api/organizations/").status_code == 403

"""Environments: projects as their teams."""

from __future__ import annotations

from tests.conftest import Client

TEAM, PROJECT = "/api/environments/1/", "/api/projects/1/"


def test_environment_is_a_project_and_more(either: Client) -> None:
    team, project = either.get(TEAM).json, either.get(PROJECT).json
    common = set(team) & set(project)
    assert {name: team[name] for name in common} == {name: project[name] for name in common}
    assert set(project) - set(team) == {"product_description"}
    assert (team["project_id"], team["user_access_level"], team["base_currency"]) == (1, "admin", "USD")
    listed = either.get("/api/environments/").json["results"]
    assert [(one["id"], one["project_id"]) for one in listed] == [(1, 1), (2, 2)]
    assert either.get("/api/environments/@current/").json == team


def test_setting_of_an_environment_is_its_projects(either: Client) -> None:
    changed = either.patch(TEAM, {"timezone": "Asia/Tokyo", "human_friendly_comparison_periods": True}).json
    assert changed["human_friendly_comparison_periods"] is True
    assert either.get(PROJECT).json["timezone"] == "Asia/Tokyo"
    assert either.patch(TEAM, {"base_currency": "XXX"}).json["code"] == "invalid_choice"
    assert either.as_key("phx_mock_member").patch(TEAM, {"project_id": 7}).json["project_id"] == 1


def test_environment_has_a_name_of_its_own(either: Client) -> None:
    before = either.get(PROJECT).json["name"]
    assert either.patch(TEAM, {"name": "Staging", "product_description": "x"}).json["name"] == "Staging"
    project = either.get(PROJECT).json
    assert (project["name"], project["product_description"] != "x") == (before, True)
    assert either.get("/api/users/@me/").json["team"]["name"] == "Staging"


def test_environment_goes_with_its_project(either: Client) -> None:
    assert either.as_key("phx_mock_member").delete("/api/environments/2/").status_code == 403
    assert either.delete("/api/environments/2/").status_code == 204
    assert either.get("/api/projects/2/").status_code == 404
    assert either.as_key("phx_mock_outsider").get(TEAM).status_code == 404


def test_token_of_an_environment_is_reset(either: Client) -> None:
    session = either.as_key("phx_mock_session")
    old = session.get(TEAM).json["api_token"]
    assert session.patch(f"{TEAM}reset_token/", {}).json["api_token"] != old
    assert session.get(f"{TEAM}activity/").json["results"][0]["activity"] == "updated"

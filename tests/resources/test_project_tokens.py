"""Tokens of a project, and what the activity log says of them and of everything else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mockserver.contract import Profile
from mockserver.world.worlds import World
from tests.conftest import Client

PROJECT = "/api/organizations/@current/projects/1/"
SESSION = "phx_mock_session"


@pytest.fixture
def session(either: Client) -> Client:
    return either.as_key(SESSION)


def rotate(session: Client) -> Any:
    return session.patch(PROJECT + "rotate_secret_token/").json


def latest(session: Client) -> Any:
    return session.get(PROJECT + "activity/").json["results"][0]


def masked(token: str) -> str:
    return f"{token[:4]}...{token[-4:]}"


def test_reset_token_is_new_and_logged_as_it_is(session: Client) -> None:
    old = session.get(PROJECT).json["api_token"]
    new = session.patch(PROJECT + "reset_token/", {"name": "not read"}).json
    assert new["api_token"] != old
    assert new["name"] != "not read"
    assert session.get(PROJECT).json["api_token"] == new["api_token"]
    entry = latest(session)
    assert (entry["activity"], entry["scope"], entry["item_id"]) == ("updated", "Team", "1")
    assert entry["detail"]["name"] == new["name"]
    assert entry["detail"]["changes"] == [
        {"type": "Team", "action": "changed", "field": "api_token", "before": old, "after": new["api_token"]}
    ]


def test_replaced_token_stops_at_once(session: Client) -> None:
    old = session.get(PROJECT).json["api_token"]
    client, event = session.as_key(None), {"event": "visited", "distinct_id": "a"}
    assert client.post("/capture/", {"api_key": old, **event}).status_code == 200
    new = session.patch(PROJECT + "reset_token/").json["api_token"]
    refused = client.post("/capture/", {"api_key": old, **event}).status_code
    profile = session.flask.application.extensions["mockserver"].default.profile
    assert refused == (401 if profile is Profile.DOCUMENTED else 200)  # there it is dropped, and nobody told
    assert client.post("/capture/", {"api_key": new, **event}).status_code == 200


def test_reset_token_names_its_world(client: Client) -> None:
    made = client.post("/__admin/worlds", {}).json
    there = client.as_key(made["api_key"])
    new = there.patch(f"/api/projects/{made['project_id']}/reset_token/").json["api_token"]
    worlds = client.flask.application.extensions["mockserver"]
    assert worlds.owner(new) is worlds.get(made["id"])


def test_secret_token_is_rotated_with_one_backup(session: Client) -> None:
    first = rotate(session)
    assert first["secret_api_token"].startswith("phs_")
    assert first["secret_api_token_backup"] is None
    second = rotate(session)
    assert second["secret_api_token_backup"] == first["secret_api_token"]
    third = rotate(session)
    assert third["secret_api_token_backup"] == second["secret_api_token"]
    assert len({shown["secret_api_token"] for shown in (first, second, third)}) == 3


def test_rotations_are_logged_masked(session: Client) -> None:
    one = rotate(session)["secret_api_token"]
    (change,) = latest(session)["detail"]["changes"]
    assert (change["action"], change["field"]) == ("created", "secret_api_token")
    assert (change["before"], change["after"]) == ({"secret_api_token": None}, {"secret_api_token": masked(one)})
    two = rotate(session)["secret_api_token"]
    (change,) = latest(session)["detail"]["changes"]
    assert change["action"] == "changed"
    assert change["before"] == {"secret_api_token": masked(one), "secret_api_token_backup": None}
    assert change["after"] == {"secret_api_token": masked(two), "secret_api_token_backup": masked(one)}


def test_backup_is_forgotten_once(session: Client) -> None:
    forget = PROJECT + "delete_secret_token_backup/"
    rotate(session)
    before = session.get(PROJECT + "activity/").json["total_count"]
    assert session.patch(forget).json["secret_api_token_backup"] is None
    assert session.get(PROJECT + "activity/").json["total_count"] == before
    backup = rotate(session)["secret_api_token_backup"]
    assert session.patch(forget).json["secret_api_token_backup"] is None
    assert latest(session)["detail"]["changes"] == [
        {
            "type": "Team", "action": "deleted", "field": "secret_api_token_backup",
            "before": masked(backup), "after": None,
        }
    ]  # fmt: skip


def test_widget_token_is_always_fresh(session: Client) -> None:
    path = PROJECT + "generate_conversations_public_token/"
    tokens = [session.post(path).json["conversations_settings"]["widget_public_token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    (change,) = latest(session)["detail"]["changes"]
    assert change["field"] == "conversations_settings.widget_public_token"
    assert (change["before"], change["after"]) == (masked(tokens[0]), masked(tokens[1]))


def test_widget_token_that_is_there_is_kept_when_conversations_begin(session: Client) -> None:
    made = session.post(PROJECT + "generate_conversations_public_token/").json["conversations_settings"]
    assert session.patch(PROJECT, {"conversations_enabled": True}).json["conversations_settings"] == made
    assert session.patch(PROJECT, {"conversations_enabled": True}).json["conversations_settings"] == made


TOKEN_ACTIONS = [
    ("PATCH", "reset_token"),
    ("PATCH", "rotate_secret_token"),
    ("PATCH", "delete_secret_token_backup"),
    ("POST", "generate_conversations_public_token"),
]


@pytest.mark.parametrize("method, action", TOKEN_ACTIONS)
def test_token_actions_ask_for_an_admin(method: str, action: str, client: Client) -> None:
    refused = client.as_key("phx_mock_member")(method, f"{PROJECT}{action}/")
    assert refused.status_code == 403
    assert refused.json["detail"] == "You don't have sufficient permissions in the project."
    assert client.as_key("phx_mock_admin")(method, f"{PROJECT}{action}/").status_code == 200
    assert client(method, f"/api/projects/999999/{action}/").status_code == 404


@pytest.mark.parametrize("method, action", [*TOKEN_ACTIONS, ("GET", "activity"), ("GET", "is_generating_demo_data")])
def test_servers_refuse_keys_where_no_scope_is_declared(method: str, action: str, observed: Client) -> None:
    refused = observed(method, f"{PROJECT}{action}/")
    assert refused.status_code == 403
    assert refused.json["detail"] == "This action does not support Personal API Key access"
    assert observed.as_key(SESSION)(method, f"{PROJECT}{action}/").status_code == 200


def test_live_events_token_is_a_pass_for_the_project(either: Client) -> None:
    project = either.get(PROJECT).json
    payload = project["live_events_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["team_id"], claims["api_token"]) == (1, project["api_token"])
    assert claims["aud"] == "posthog:livestream"
    assert either.get(PROJECT).json["live_events_token"] == project["live_events_token"]


# Activity


def test_changed_settings_are_one_entry(session: Client) -> None:
    session.patch(PROJECT, {"timezone": "Asia/Tokyo", "week_start_day": 1, "anonymize_ips": False})
    entry = latest(session)
    assert entry["user"] == {"first_name": "Olivia", "email": "owner@hedgebox.test"}
    changes = {change["field"]: change for change in entry["detail"]["changes"]}
    assert set(changes) == {"timezone", "week_start_day"}
    assert (changes["timezone"]["before"], changes["timezone"]["after"]) == ("UTC", "Asia/Tokyo")
    assert changes["week_start_day"]["action"] == "created"


@pytest.mark.parametrize("body", [{}, {"timezone": "UTC"}, {"product_description": "Rockets"}])
def test_nothing_of_the_team_changed_nothing_logged(body: Any, session: Client) -> None:
    before = session.get(PROJECT + "activity/").json["total_count"]
    assert session.patch(PROJECT, body).status_code == 200
    assert session.get(PROJECT + "activity/").json["total_count"] == before


def test_surveys_looks_are_logged_by_themselves(client: Client, world: World) -> None:
    client.patch(PROJECT, {"survey_config": {"appearance": {"color": "red"}}})
    (entry,) = [entry for entry in world.view().table("activity_log") if entry["scope"] == "Survey"]
    assert (entry["activity"], entry["detail"]["name"]) == ("updated", "global survey appearance")
    assert entry["detail"]["changes"] == [
        {
            "type": "Survey", "action": "created", "field": "appearance",
            "before": None, "after": {"color": "red"},
        }
    ]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "action"), [(None, 1, "created"), (0, 1, "changed"), (1, None, "deleted")])
def test_change_is_named_by_what_is_null(session: Client, before: Any, after: Any, action: str) -> None:
    session.patch(PROJECT, {"week_start_day": before})
    session.patch(PROJECT, {"week_start_day": after})
    assert latest(session)["detail"]["changes"] == [
        {"type": "Team", "action": action, "field": "week_start_day", "before": before, "after": after}
    ]


def test_dashboard_is_logged_by_its_column(session: Client) -> None:
    session.post("/__admin/worlds/default/load", {"dashboards": [{"id": 901, "name": "Mine"}]})
    session.patch(PROJECT, {"primary_dashboard": 901})
    (change,) = latest(session)["detail"]["changes"]
    assert (change["field"], change["after"]) == ("primary_dashboard_id", 901)


def test_creation_is_the_first_entry(session: Client) -> None:
    project = session.post("/api/projects/", {"name": "Rocket"}).json
    page = session.get(f"/api/projects/{project['id']}/activity/").json
    assert page["total_count"] == 1
    assert (page["next"], page["previous"]) == (None, None)
    assert page["results"][0]["activity"] == "created"
    assert page["results"][0]["detail"] == {
        "changes": None, "trigger": None, "name": "Rocket", "short_id": None, "type": None,
    }  # fmt: skip


def test_activity_is_paged(session: Client) -> None:
    for zone in ("Asia/Tokyo", "Asia/Seoul", "Asia/Dhaka"):
        session.patch(PROJECT, {"timezone": zone})
    page = session.get(PROJECT + "activity/", query_string={"limit": 1, "page": 2}).json
    assert page["results"][0]["detail"]["changes"][0]["after"] == "Asia/Seoul"
    assert "page=3" in page["next"]
    assert "page=1" in page["previous"]
    assert session.get(PROJECT + "activity/", query_string={"limit": 0}).status_code == 400

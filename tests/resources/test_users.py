"""Users and their keys, as a session looks after them."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.resources.organizations.second_factor import STEP_SECONDS, code_of
from tests.conftest import Client

ME, KEYS = "/api/users/@me/", "/api/personal_api_keys/"
NEW = {"label": "new", "scopes": ["annotation:read"], "scoped_teams": [], "scoped_organizations": []}


@pytest.fixture
def session(either: Client) -> Client:
    return either.as_key("phx_mock_session")


def test_what_a_user_says_of_themselves_is_seen_everywhere(session: Client) -> None:
    said = {"first_name": "Olive", "role_at_organization": "data", "hedgehog_config": {"color": "red", "party": True}}
    assert session.patch(ME, said).json["hedgehog_config"] == {"color": "red", "party": True}
    shown = session.get("/api/organizations/@current/members/?email=owner@hedgebox.test").json["results"][0]["user"]
    assert (shown["first_name"], shown["role_at_organization"]) == ("Olive", "data")
    assert shown["hedgehog_config"] == {"use_as_profile": None, "color": "red", "accessories": None, "skin": None}
    assert session.get(f"{ME}hedgehog_config/").json == {"color": "red", "party": True}


def test_notifications_are_merged(session: Client) -> None:
    session.patch(ME, {"notification_settings": {"project_weekly_digest_disabled": {"1": True}}})
    told = session.patch(
        ME, {"notification_settings": {"plugin_disabled": False, "project_weekly_digest_disabled": {"2": False}}}
    ).json["notification_settings"]
    assert told == {
        "plugin_disabled": False, "error_tracking_issue_assigned": True,
        "project_weekly_digest_disabled": {"1": True, "2": False}, "all_weekly_digest_disabled": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "attr", "detail"),
    [
        ({"first_name": None}, "first_name", "This field may not be null."),
        ({"email": "adam@hedgebox.test"}, "email", "user with this email address already exists."),
        ({"toolbar_mode": "zzz"}, "toolbar_mode", '"zzz" is not a valid choice.'),
        ({"notification_settings": []}, "notification_settings", 'Expected a dictionary of items but got type "list".'),
        (
            {"notification_settings": {"plugin_disabled": 1}},
            "notification_settings",
            "1 is not a valid type for notifi",
        ),
        ({"set_current_team": 3}, "set_current_team", "Object with id=3 does not exist."),
        ({"set_current_team": "x"}, "set_current_team", "Object with id=x does not exist."),
        ({"set_current_organization": "x"}, "set_current_organization", "“x” is not a valid UUID."),
        ({"password": "long enough"}, "current_password", "This field is required when updating your password."),
        ({"password": "long enough", "current_password": "x"}, "current_password", "Your current password is incorr"),
        ({"password": "x", "current_password": "invented pass"}, "password", "This password is too short. It must"),
        ({"role_at_organization": None}, "role_at_organization", "This field may not be null."),
    ],
)
def test_user_refuses(body: dict[str, Any], attr: str, detail: str, session: Client) -> None:
    refused = session.patch(ME, body)
    assert (refused.status_code, refused.json["attr"], refused.json["detail"][: len(detail)]) == (400, attr, detail)


def test_password_is_changed_by_who_knows_it(session: Client) -> None:
    first = {"password": "correct horse", "current_password": "whatever it was"}
    assert session.patch(ME, first).status_code == 200
    assert session.patch(ME, {**first, "password": "battery staple"}).json["code"] == "incorrect_password"
    assert session.patch(ME, {"current_password": "correct horse", "password": "battery staple"}).status_code == 200
    assert "horse" not in session.get("/__admin/worlds/default/state").get_data(as_text=True)


def test_user_goes_to_a_project_and_calls_it_current(session: Client) -> None:
    assert session.patch(ME, {"set_current_team": 2}).json["team"]["id"] == 2
    assert session.get("/api/projects/@current/").json["id"] == 2
    assert session.as_key("phx_mock_outsider").patch(ME, {"set_current_team": 2}).status_code == 400
    assert session.patch(ME, {"is_staff": True}).json["detail"].startswith("You are not a staff user")


def test_scene_shows_a_dashboard_of_the_current_project(session: Client) -> None:
    path = f"{ME}scene_personalisation/"
    assert session.post(path, {"scene": "Person", "dashboard": 3}).json["detail"].startswith("Dashboard must belong")
    session.post(path, {"scene": "Person", "dashboard": 1})
    shown = session.post(path, {"scene": "Person", "dashboard": 2}).json["scene_personalisation"]
    assert shown == [{"scene": "Person", "dashboard": 2}]


def test_second_factor_is_proved_with_a_code_of_its_secret(session: Client) -> None:
    secret = session.get(f"{ME}two_factor_start_setup/").json["secret"]
    step = 1768478400 // STEP_SECONDS  # noon of the day at which the clock stands
    assert session.post(f"{ME}two_factor_validate/", {"token": "000000"}).json["code"] == "token_invalid"
    assert session.post(f"{ME}two_factor_validate/", {"token": code_of(secret, step)}).json == {"success": True}
    codes = session.post(f"{ME}two_factor_backup_codes/").json["backup_codes"]
    assert session.get(f"{ME}two_factor_status/").json == {"is_enabled": True, "backup_codes": codes, "method": "TOTP"}
    assert session.get(ME).json["is_2fa_enabled"]
    session.post(f"{ME}two_factor_disable/")
    assert not session.get(f"{ME}two_factor_status/").json["is_enabled"]


def test_user_is_removed_once_they_belong_nowhere(session: Client) -> None:
    mia = {"value": "phx_mia", "user_id": 3, "scopes": None, "label": "session of Mia"}
    session.post("/__admin/worlds/default/load", {"api_keys": [mia]})
    leaver = session.as_key("phx_mia")
    assert session.as_key("phx_mock_member").delete(ME).status_code == 401
    assert leaver.delete(ME).status_code == 409
    leaver.delete("/api/organizations/@current/members/@me/")
    assert leaver.delete(ME).status_code == 204
    assert leaver.get(ME).json["code"] == "not_authenticated"
    assert session.as_key("phx_mock_member").get(ME).json["code"] == "authentication_failed"
    state = session.get("/__admin/worlds/default/state").json
    assert session.put("/__admin/worlds/default/state", state).status_code == 204


def test_key_that_was_made_works_until_it_is_rolled_or_removed(session: Client) -> None:
    made = session.post(KEYS, {**NEW, "scoped_teams": [2]}).json
    key = session.as_key(made["value"])
    assert key.get("/api/projects/2/annotations/").status_code == 200
    assert key.get("/api/projects/1/annotations/").status_code == 403
    assert key.get("/api/projects/2/cohorts/").json["detail"] == "API key missing required scope 'cohort:read'"
    assert key.get(f"{KEYS}@current/").json["id"] == made["id"]
    session.patch(f"{KEYS}{made['id']}/", {"scopes": ["cohort:read"]})
    assert key.get("/api/projects/2/cohorts/").status_code == 200
    rolled = session.post(f"{KEYS}{made['id']}/roll/").json
    assert (rolled["id"], rolled["value"] != made["value"]) == (made["id"], True)
    assert key.get("/api/projects/2/cohorts/").status_code == 401
    assert session.as_key(rolled["value"]).get("/api/projects/2/cohorts/").status_code == 200
    assert session.get(f"{KEYS}{made['id']}/").json["last_used_at"] == "2026-01-15T12:00:00Z"
    session.delete(f"{KEYS}{made['id']}/")
    assert session.as_key(rolled["value"]).get("/api/projects/2/cohorts/").status_code == 401


def test_key_that_was_made_is_of_its_world_alone(session: Client) -> None:
    world = session.post("/__admin/worlds", {"from": "default"}).json
    own = session.post(f"/__admin/worlds/{world['id']}/api_keys", {"scopes": [], "label": "session"}).json["api_key"]
    values = {session.as_key(key).post(KEYS, NEW).json["value"] for key in ("phx_mock_session", own)}
    assert len(values) == 2
    assert all(session.as_key(value).get("/api/projects/1/annotations/").status_code == 200 for value in values)
    session.delete(f"/__admin/worlds/{world['id']}")


@pytest.mark.parametrize(
    ("change", "attr", "detail"),
    [
        ({"label": ""}, "label", "This field may not be blank."),
        ({"label": "x" * 41}, "label", "Ensure this field has no more than 40 characters."),
        ({"scopes": ["insight"]}, "scopes", "Invalid scope: insight"),
        ({"scopes": ["zzz:read"], "scoped_teams": None}, "scopes", "Invalid scope: zzz:read"),
        ({"scoped_teams": [3]}, "scoped_teams", "You must be a member of all teams that you are scoping the key to."),
        ({"scoped_teams": "x"}, "scoped_teams", 'Expected a list of items but got type "str".'),
        ({"scoped_organizations": ["x"]}, "scoped_organizations", "Invalid organization UUID"),
        ({"scoped_organizations": ["01890000-0000-7000-8000-000000000002"]}, "scoped_organizations", "You must be a"),
    ],
)
def test_key_refuses(change: dict[str, Any], attr: str, detail: str, session: Client) -> None:
    refused = session.post(KEYS, {**NEW, **change})
    assert (refused.status_code, refused.json["attr"], refused.json["detail"][: len(detail)]) == (400, attr, detail)


def test_user_has_ten_keys_at_most_and_sessions_do_not_count(session: Client) -> None:
    known = session.get(KEYS).json
    assert "session: owner" not in [key["label"] for key in known]
    for number in range(10 - len(known)):
        assert session.post(KEYS, {**NEW, "label": f"k{number}"}).status_code == 201
    assert session.post(KEYS, NEW).json["detail"].startswith("You can only have 10 personal API keys.")
    assert session.get(KEYS).json[0]["label"] == f"k{9 - len(known)}"


def test_key_sees_itself_alone(observed: Client) -> None:
    other = observed.as_key("phx_mock_read_only").get(f"{KEYS}@current/").json["id"]
    assert observed.get(f"{KEYS}{other}/").status_code == 403
    for refused in (observed.get(KEYS), observed.post(KEYS, NEW), observed.delete(f"{KEYS}@current/")):
        assert refused.json["detail"] == "This action does not support Personal API Key access"
    assert observed.as_key("phx_mock_session").get(f"{KEYS}@current/").status_code == 404

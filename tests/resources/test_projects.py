"""Projects: their settings, their mounts, who may do what, and what goes when one is removed."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.world.worlds import World
from tests.conftest import Client

PROJECTS = "/api/organizations/@current/projects/"
ORGANIZATION, FOREIGN = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
UNKNOWN = "01890000-0000-7000-8000-00000000ffff"
SESSION = "phx_mock_session"


def new_project(client: Client, **fields: Any) -> Any:
    response = client.post(PROJECTS, {"name": "Rocket", **fields})
    assert response.status_code == 201, response.text
    return response.json


def path_of(project: Any, action: str = "") -> str:
    return f"{PROJECTS}{project['id']}/{action}"


def refusal(response: Any) -> tuple[int, str, str, str | None]:
    body = response.json
    return response.status_code, body["code"], body["detail"], body["attr"]


@pytest.fixture
def project(either: Client) -> Any:
    return new_project(either)


# What one is


def test_fresh_project_has_the_servers_defaults(either: Client, project: Any) -> None:
    assert project["organization"] == ORGANIZATION
    assert project["api_token"].startswith("phc_")
    shown = {name: project[name] for name in ("timezone", "data_attributes", "app_urls", "anonymize_ips", "is_demo")}
    assert shown == {
        "timezone": "UTC", "data_attributes": ["data-attr"], "app_urls": [], "anonymize_ips": False, "is_demo": False,
    }  # fmt: skip
    assert project["capture_console_log_opt_in"] is True
    assert project["effective_membership_level"] == 15
    assert (project["secret_api_token"], project["secret_api_token_backup"]) == (None, None)
    assert (project["correlation_config"], project["flags_persistence_default"]) == ({}, False)
    assert either.get(path_of(project)).json == project


FRESH: dict[str, Any] = {
    "name": "Default project", "product_description": None, "effective_membership_level": 15, "has_group_types": False,
    "group_types": [], "app_urls": [], "slack_incoming_webhook": None, "anonymize_ips": False,
    "completed_snippet_onboarding": False, "ingested_event": False,
    "test_account_filters": [
        {"key": "email", "type": "person", "value": "@hedgebox.test", "operator": "not_icontains"},
        {"key": "$host", "type": "event", "value": "^(localhost|127\\.0\\.0\\.1)($|:)", "operator": "not_regex"},
    ],
    "test_account_filters_default_checked": None, "path_cleaning_filters": [], "is_demo": False, "timezone": "UTC",
    "data_attributes": ["data-attr"], "person_display_name_properties": None, "correlation_config": {},
    "autocapture_opt_out": None, "autocapture_exceptions_opt_in": None, "autocapture_web_vitals_opt_in": None,
    "autocapture_web_vitals_allowed_metrics": None, "autocapture_exceptions_errors_to_ignore": None,
    "capture_console_log_opt_in": True, "capture_performance_opt_in": True, "session_recording_opt_in": False,
    "session_recording_sample_rate": None, "session_recording_minimum_duration_milliseconds": None,
    "session_recording_linked_flag": None, "session_recording_network_payload_capture_config": None,
    "session_recording_masking_config": None, "session_replay_config": None, "survey_config": None,
    "access_control": False, "week_start_day": None, "live_events_columns": None,
    "recording_domains": None, "inject_web_apps": False, "extra_settings": None, "modifiers": None,
    "has_completed_onboarding_for": None, "surveys_opt_in": None, "heatmaps_opt_in": None, "product_intents": [],
    "flags_persistence_default": False, "secret_api_token": None, "secret_api_token_backup": None,
    "receive_org_level_activity_logs": False, "business_model": None, "conversations_enabled": None,
    "conversations_settings": None, "logs_settings": None, "person_on_events_querying_enabled": False,
}  # fmt: skip
MADE = {"id", "organization", "created_at", "updated_at", "uuid", "api_token", "live_events_token", "default_modifiers",
        "primary_dashboard"}  # fmt: skip


def test_every_field_of_a_fresh_project(observed: Client) -> None:
    fresh = observed.post(PROJECTS, {}).json
    assert {name: value for name, value in fresh.items() if name not in MADE} == FRESH
    assert set(fresh) == set(FRESH) | MADE


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 77), ("organization", "01890000-0000-7000-8000-000000000002"), ("created_at", "2000-01-01T00:00:00Z"),
        ("updated_at", "2000-01-01T00:00:00Z"), ("effective_membership_level", 1), ("has_group_types", True),
        ("group_types", [{"group_type": "x"}]), ("live_events_token", "x"),
        ("uuid", "01890000-0000-7000-8000-00000000dead"), ("api_token", "phc_mine"), ("ingested_event", True),
        ("person_on_events_querying_enabled", False), ("default_modifiers", {}), ("product_intents", [1]),
        ("secret_api_token", "phs_mine"), ("secret_api_token_backup", "phs_mine"), ("unknown", 1),
    ],
)  # fmt: skip
def test_what_servers_set_is_passed_over(method: str, field: str, value: Any, either: Client, project: Any) -> None:
    assert either(method, path_of(project), {field: value}).json == project


def test_project_without_a_name_gets_the_default_one(either: Client) -> None:
    assert either.post(PROJECTS, {}).json["name"] == "Default project"


def test_both_mounts_show_the_same_project(either: Client, project: Any) -> None:
    assert either.get(f"/api/projects/{project['id']}").json == project
    assert either.get(f"/api/organizations/{ORGANIZATION}/projects/{project['id']}/").json == project


def test_created_project_becomes_the_current_one(either: Client, project: Any) -> None:
    assert either.get("/api/projects/@current/").json["id"] == project["id"]
    assert either.get("/api/users/@me/").json["team"]["id"] == project["id"]


@pytest.mark.parametrize("mount", [PROJECTS, "/api/projects/"])
def test_list_shows_the_projects_of_the_asker_in_short(mount: str, either: Client) -> None:
    before = either.get(mount).json["count"]
    project = new_project(either)
    listed = either.get(mount).json
    assert listed["count"] == before + 1
    (row,) = [row for row in listed["results"] if row["id"] == project["id"]]
    assert row == {name: project[name] for name in row}
    assert "survey_config" not in row
    assert 3 not in [row["id"] for row in listed["results"]]


def test_list_is_searched_by_name(either: Client, project: Any) -> None:
    found = either.get(PROJECTS, query_string={"search": "rOCK"}).json["results"]
    assert [row["id"] for row in found] == [project["id"]]


def test_level_shown_is_the_askers(either: Client, project: Any) -> None:
    assert either.as_key("phx_mock_member").get(path_of(project)).json["effective_membership_level"] == 1


def test_values_that_the_pages_call_text_are_values(either: Client) -> None:
    shown = either.get(PROJECTS + "1/").json
    assert (shown["product_intents"], shown["person_on_events_querying_enabled"]) == ([], False)
    assert isinstance(shown["default_modifiers"], dict)


# Which one is meant


@pytest.mark.parametrize(
    "path, expected",
    [
        (PROJECTS + "999999/", (404, "not_found", "Not found.", None)),
        (PROJECTS + "3/", (404, "not_found", "Not found.", None)),
        (PROJECTS + "-1/", (404, "not_found", "Not found.", None)),
        (PROJECTS + "9" * 40 + "/", (404, "not_found", "Not found.", None)),
        ("/api/projects/3/", (404, "not_found", "Not found.", None)),
        (PROJECTS + "abc/", (400, "invalid_input", "Field 'id' expected a number but got 'abc'.", None)),
        ("/api/projects/1x/", (400, "invalid_input", "Field 'id' expected a number but got '1x'.", None)),
        ("/api/organizations/abc/projects/1/", (404, "not_found", "Not found.", None)),
        (f"/api/organizations/{UNKNOWN}/projects/1/", (404, "not_found", "Not found.", None)),
        (f"/api/organizations/{FOREIGN}/projects/1/", (404, "not_found", "Not found.", None)),
        (f"/api/organizations/{FOREIGN}/projects/3/", (404, "not_found", "Not found.", None)),
    ],
)
def test_project_that_is_not_there(path: str, expected: tuple[Any, ...], either: Client) -> None:
    assert refusal(either.get(path)) == expected


@pytest.mark.parametrize(
    "scopes, method, body, status",
    [
        (["project:read"], "GET", None, 200),
        (["project:read"], "PATCH", {"timezone": "Asia/Tokyo"}, 200),
        (["project:read"], "PATCH", {"name": "x"}, 403),
        (["project:read"], "PATCH", {"timezone": "Asia/Tokyo", "unknown": 1}, 403),
        (["project:read"], "PUT", {"timezone": "Asia/Tokyo"}, 403),
        (["project:write"], "PATCH", {"name": "x"}, 200),
        (["organization:write"], "GET", None, 403),
    ],
)
def test_scopes_asked_for(scopes: list[str], method: str, body: Any, status: int, either: Client) -> None:
    either.post("/__admin/worlds/default/load", {"api_keys": [{"value": "phx_p", "user_id": 1, "scopes": scopes}]})
    assert either.as_key("phx_p")(method, PROJECTS + "1/", body).status_code == status


def test_project_is_not_found_under_another_organization_of_the_asker(either: Client) -> None:
    other = "01890000-0000-7000-8000-000000000002"
    joined = {"organization_memberships": [{"organization_id": other, "user_id": 1}]}
    assert either.post("/__admin/worlds/default/load", joined).status_code == 201
    assert either.get(f"/api/organizations/{other}/projects/3/").status_code == 200
    assert refusal(either.get(f"/api/organizations/{other}/projects/1/")) == (404, "not_found", "Not found.", None)
    assert refusal(either.patch(f"{PROJECTS}3/", {}))[0] == 404


ACTIONS = [
    ("GET", "activity"), ("GET", "is_generating_demo_data"), ("PATCH", "reset_token"), ("PATCH", "rotate_secret_token"),
    ("PATCH", "delete_secret_token_backup"), ("POST", "generate_conversations_public_token"),
    ("PATCH", "complete_product_onboarding"),
]  # fmt: skip


@pytest.mark.parametrize("method, action", ACTIONS)
def test_actions_of_a_project_that_is_not_there(method: str, action: str, either: Client) -> None:
    session = either.as_key(SESSION)
    wrong = (400, "invalid_input", "Field 'id' expected a number but got 'abc'.", None)
    assert refusal(session(method, f"{PROJECTS}abc/{action}/")) == wrong
    for id in (3, 999999):
        assert refusal(session(method, f"{PROJECTS}{id}/{action}/")) == (404, "not_found", "Not found.", None)


# A replayed server: what an outsider would find is left out of lists, and not found.
@pytest.mark.parametrize("organization", [FOREIGN, UNKNOWN])
def test_projects_of_others_are_filtered_not_guarded(organization: str, either: Client) -> None:
    projects = f"/api/organizations/{organization}/projects/"
    listed = either.get(projects)
    assert (listed.status_code, listed.json["count"], listed.json["results"]) == (200, 0, [])
    for method in ("PATCH", "PUT", "DELETE"):
        assert refusal(either(method, f"{projects}3/", {"name": "x"})) == (404, "not_found", "Not found.", None)
    expected = (404, "not_found", "Organization not found.", None)
    assert refusal(either.post(projects, {"name": "x"})) == expected
    session = either.as_key(SESSION)
    assert refusal(session.get(f"{projects}3/activity/")) == (404, "not_found", "Not found.", None)
    assert either.get(f"/api/organizations/{organization}/roles/").status_code in (403, 404)


# A replayed server: the project is renamed, its team is not, and the team's log says nothing of it.
def test_renaming_leaves_the_team_alone(either: Client) -> None:
    project = new_project(either)
    assert either.patch(path_of(project), {"name": "Renamed"}).json["name"] == "Renamed"
    assert either.get("/api/users/@me/").json["team"]["name"] == "Rocket"
    organization = either.get("/api/organizations/@current/").json
    assert (organization["teams"][-1]["name"], organization["projects"][-1]["name"]) == ("Rocket", "Renamed")
    either.as_key(SESSION).patch(path_of(project, "reset_token/"))
    log = either.as_key(SESSION).get(path_of(project, "activity/")).json["results"]
    assert [(entry["activity"], entry["detail"]["name"]) for entry in log] == [
        ("updated", "Rocket"), ("created", "Rocket"),
    ]  # fmt: skip
    either.patch(path_of(project), {"name": "Again"})
    assert either.get("/api/users/@me/").json["team"]["name"] == "Rocket"


# PostHog's model of teams: a dashboard, and filters that a free-mail domain does not fill.
@pytest.mark.parametrize(
    ("email", "filtered"),
    [("a@corp.test", ["email", "$host"]), ("a@gmail.com", ["$host"]), ("a@GMail.com", ["$host"])],
)
def test_new_project_is_furnished(email: str, filtered: list[str], either: Client) -> None:
    loaded = {
        "organizations": [{"id": UNKNOWN}],
        "users": [{"id": 90, "email": email, "current_organization_id": UNKNOWN}],
        "organization_memberships": [{"organization_id": UNKNOWN, "user_id": 90, "level": 15}],
        "api_keys": [{"value": "phx_new", "user_id": 90, "scopes": ["*"]}],
    }
    assert either.post("/__admin/worlds/default/load", loaded).status_code == 201
    founder = either.as_key("phx_new")
    project = founder.post("/api/projects/", {"name": "New", "test_account_filters": [{"key": "mine"}]}).json
    assert [filter["key"] for filter in project["test_account_filters"]] == filtered
    note = {"scope": "dashboard", "dashboard_id": project["primary_dashboard"]}
    noted = founder.post(f"/api/projects/{project['id']}/annotations/", note)
    assert (noted.status_code, noted.json["dashboard_name"]) == (201, "My App Dashboard")
    demo = founder.post("/api/projects/", {"name": "Demo", "is_demo": True}).json
    assert (demo["primary_dashboard"], demo["test_account_filters"]) == (None, [])


# A replayed server, and PostHog's schema of 2025-11.
def test_default_modifiers_are_every_one_that_servers_know(observed: Client) -> None:
    modifiers = observed.get(PROJECTS + "1/").json["default_modifiers"]
    assert (len(modifiers), modifiers["inCohortVia"], modifiers["timings"]) == (23, "auto", None)
    asked = observed.post("/api/environments/1/query/", {"query": {"kind": "EventsQuery", "select": ["event"]}}).json
    assert set(asked["modifiers"]) == set(modifiers)


# Recorded projects and queries of August 2025, without the three that PostHog's schema of 2025-11 has.
def test_modifiers_of_later_servers_are_not_told_before(observed: Client) -> None:
    world = observed.post("/__admin/worlds", {"from": "default", "profile": "observed@2025-08"}).json
    then = observed.as_key(world["api_key"])
    modifiers = then.get(PROJECTS + "1/").json["default_modifiers"]
    assert (len(modifiers), {"optimizeProjections", "timings"} & set(modifiers)) == (20, set())
    kind = {"kind": "EventsQuery", "select": ["event"]}
    for query in (kind, {**kind, "modifiers": {"debug": False}}):
        asked = then.post("/api/environments/1/query/", {"query": query}).json
        assert set(asked["modifiers"]) == set(modifiers)


@pytest.mark.parametrize(
    ("modifiers", "reads"),
    [
        (None, False), ({}, False), ({"personsOnEventsMode": None}, False), ([], False),
        ({"personsOnEventsMode": "disabled"}, False),
        ({"personsOnEventsMode": "person_id_override_properties_joined"}, False),
        ({"personsOnEventsMode": "person_id_override_properties_on_events"}, True),
        ({"personsOnEventsMode": "person_id_no_override_properties_on_events"}, True),
    ],
)  # fmt: skip
def test_persons_are_read_on_events_as_the_mode_says(modifiers: Any, reads: bool, observed: Client) -> None:
    project = observed.patch(PROJECTS + "1/", {"modifiers": modifiers}).json
    assert project["person_on_events_querying_enabled"] is reads
    assert project["default_modifiers"]["personsOnEventsMode"] == "person_id_override_properties_joined"


def test_key_limited_to_projects_sees_only_those(either: Client) -> None:
    key = {"value": "phx_two", "user_id": 1, "scopes": ["*"], "scoped_projects": [2]}
    either.post("/__admin/worlds/default/load", {"api_keys": [key]})
    limited = either.as_key("phx_two")
    assert limited.get(PROJECTS + "2/").status_code == 200
    assert refusal(limited.get(PROJECTS + "1/"))[2] == "API key does not have access to the requested project: ID 1."
    only = "API keys with scoped projects are only supported on project-based endpoints."
    assert refusal(limited.get(PROJECTS)) == refusal(limited.get("/api/projects/"))
    assert refusal(limited.get(PROJECTS))[2] == only


# What may be written


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_change_touches_nothing_else(method: str, either: Client, project: Any) -> None:
    changed = either(method, path_of(project), {"timezone": "Europe/Oslo", "id": 5, "api_token": "x", "extra": 1}).json
    assert changed == {
        **project, "timezone": "Europe/Oslo", "updated_at": changed["updated_at"],
    }  # fmt: skip
    assert either(method, path_of(project), {}).json == changed


def test_refused_change_changes_nothing(either: Client, project: Any) -> None:
    assert either.patch(path_of(project), {"name": "Other", "timezone": "Mars/Base"}).status_code == 400
    assert either.get(path_of(project)).json == project


def test_form_is_read_as_json_is(either: Client, project: Any) -> None:
    form = {"name": "Form", "test_account_filters": '[{"key": "$host"}]', "anonymize_ips": "on"}
    changed = either("PATCH", path_of(project), data=form).json
    assert (changed["name"], changed["test_account_filters"]) == ("Form", [{"key": "$host"}])
    assert changed["anonymize_ips"] is True
    assert either("POST", PROJECTS, data={"name": "By form"}).status_code == 201


def test_member_may_change_settings_and_not_remove(either: Client, project: Any) -> None:
    member = either.as_key("phx_mock_member")
    assert member.patch(path_of(project), {"anonymize_ips": True}).status_code == 200
    expected = (403, "permission_denied", "You don't have sufficient permissions in the project.", None)
    assert refusal(member.delete(path_of(project))) == expected
    assert member.delete(PROJECTS + "999999/").status_code == 404


def test_only_an_admin_creates_anything_but_a_demo(either: Client) -> None:
    member = either.as_key("phx_mock_member")
    expected = (403, "permission_denied", "Your organization access level is insufficient.", None)
    assert refusal(member.post(PROJECTS, {"name": "Mine"})) == expected
    assert member.post(PROJECTS, {"name": "Mine", "is_demo": True}).status_code == 201


@pytest.mark.parametrize("body", ["[]", '"x"', "5", "null", "{", "[" * 5000, '{"name": "\\u0000"}'])
def test_strange_bodies_are_refused(body: str, either: Client, project: Any) -> None:
    for method, path in (("PATCH", path_of(project)), ("PUT", path_of(project)), ("POST", PROJECTS)):
        assert either(method, path, data=body, content_type="application/json").status_code == 400


# What the plan allows

FULL = (
    403, "permission_denied",
    "You have reached the maximum limit of allowed projects for your current plan. "
    "Upgrade your plan to be able to create and manage more projects.",
    None,
)  # fmt: skip


def planned(client: Client, features: Any, projects: list[Any]) -> Client:
    """Return a client of an admin of an organization with this plan and these projects."""
    organization = "01890000-0000-7000-8000-00000000abcd"
    loaded = {
        "organizations": [{"id": organization, "available_product_features": features}],
        "users": [{"id": 90, "email": "plan@mock.test", "current_organization_id": organization}],
        "organization_memberships": [{"organization_id": organization, "user_id": 90, "level": 8}],
        "projects": [{"id": 900 + n, "organization_id": organization, **of} for n, of in enumerate(projects)],
        "api_keys": [{"value": "phx_plan", "user_id": 90, "scopes": ["*"]}],
    }
    assert client.post("/__admin/worlds/default/load", loaded).status_code == 201
    return client.as_key("phx_plan")


@pytest.mark.parametrize(
    "features, projects, has_room",
    [
        (None, [{}, {}, {}], True),
        ([], [], True),
        ([], [{}], False),
        ([], [{"is_demo": True}], True),
        ([{"key": "surveys_styling"}], [{}], False),
        ([{"key": "organizations_projects", "limit": 2}], [{}], True),
        ([{"key": "organizations_projects", "limit": 2}], [{}, {}], False),
        ([{"key": "organizations_projects", "limit": None}], [{}, {}, {}], True),
        ([{"key": "organizations_projects"}], [{}, {}, {}], True),
    ],
)
def test_projects_are_as_many_as_the_plan_allows(features: Any, projects: Any, has_room: bool, either: Client) -> None:
    admin = planned(either, features, projects)
    if projects:
        put = admin.put("/api/projects/900/", {"name": "Changed"})
        assert put.status_code == 200 if has_room else refusal(put) == FULL
        assert admin.patch("/api/projects/900/", {"name": "Changed by PATCH"}).status_code == 200
    made = admin.post("/api/projects/", {"name": "Another"})
    assert made.status_code == 201 if has_room else refusal(made) == FULL


def test_a_plan_holds_one_demo_beside_its_projects(either: Client) -> None:
    admin = planned(either, [], [{}])
    assert admin.post("/api/projects/", {"name": "Demo", "is_demo": True}).status_code == 201
    assert refusal(admin.post("/api/projects/", {"name": "Demo", "is_demo": True})) == FULL


def test_names_of_projects_need_not_differ(either: Client, project: Any) -> None:
    assert new_project(either, name=project["name"])["name"] == project["name"]
    assert either.patch(PROJECTS + "1/", {"name": project["name"].upper()}).status_code == 200


# Removal


def test_removed_project_takes_its_records_along(either: Client, project: Any) -> None:
    notes = f"/api/projects/{project['id']}/annotations/"
    note = either.post(notes, {"content": "Launch", "scope": "organization"}).json
    assert note["id"] in [row["id"] for row in either.get("/api/projects/1/annotations/").json["results"]]
    response = either.delete(path_of(project))
    assert (response.status_code, response.data) == (204, b"")
    assert either.get(path_of(project)).status_code == 404
    assert refusal(either.get(notes)) == (404, "not_found", "Project not found.", None)
    assert note["id"] not in [row["id"] for row in either.get("/api/projects/1/annotations/").json["results"]]
    assert either.delete(path_of(project)).status_code == 404


def test_removal_is_logged_of_team_and_project(client: Client, world: World) -> None:
    project = new_project(client)
    client.delete(path_of(project))
    logged = [entry for entry in world.view().table("activity_log") if entry["activity"] == "deleted"]
    assert [(entry["scope"], entry["item_id"]) for entry in logged] == [
        ("Team", str(project["id"])), ("Project", str(project["id"])),
    ]  # fmt: skip


def test_whoever_used_a_removed_project_goes_on_to_another(either: Client, project: Any) -> None:
    either.delete(path_of(project))
    assert either.get("/api/projects/@current/").json["id"] == 1


def test_last_project_of_an_organization_may_go(either: Client) -> None:
    outsider = either.as_key("phx_mock_outsider")
    assert outsider.delete("/api/projects/3/").status_code == 204
    assert refusal(outsider.get("/api/projects/@current/")) == (404, "not_found", "Not found.", None)
    assert outsider.get("/api/users/@me/").json["team"] is None


# Onboarding

# A recorded team, and PostHog's schema of 2025-11.
TEAM: dict[str, Any] = {
    "user_access_level": "admin", "session_recording_url_trigger_config": [],
    "session_recording_url_blocklist_config": [], "session_recording_event_trigger_config": [],
    "session_recording_trigger_match_type_config": None, "session_recording_retention_period": "30d",
    "cookieless_server_hash_mode": 0, "human_friendly_comparison_periods": False,
    "feature_flag_confirmation_enabled": False, "feature_flag_confirmation_message": None,
    "default_evaluation_environments_enabled": False, "capture_dead_clicks": False, "default_data_theme": None,
    "revenue_analytics_config": {"base_currency": "USD", "events": [], "goals": [], "filter_test_accounts": False},
    "marketing_analytics_config": {"sources_map": {}, "conversion_goals": []}, "onboarding_tasks": None,
    "base_currency": "USD", "web_analytics_pre_aggregated_tables_enabled": False,
    "experiment_recalculation_time": None, "managed_viewsets": {"revenue_analytics": False},
}  # fmt: skip


def test_onboarding_done_is_noted_once_a_product(observed: Client) -> None:
    project = new_project(observed)
    done = path_of(project, "complete_product_onboarding/")
    for product in ("surveys", "rockets", "surveys"):  # of late 2025, which took any text
        shown = observed.patch(done, {"product_type": product, "intent_context": "onboarding"}).json
        assert "product_description" not in shown
        assert TEAM.items() <= shown.items()
    intents = observed.get(path_of(project)).json["product_intents"]
    assert [intent["product_type"] for intent in intents] == ["surveys", "rockets"]
    assert all(intent["onboarding_completed_at"] for intent in intents)


@pytest.mark.parametrize(
    "body, answer",
    [
        ({}, {"error": "product_type is required"}),
        ({"product_type": ""}, {"error": "product_type is required"}),
        ({"product_type": None}, {"error": "product_type is required"}),
        ({"product_type": "x", "metadata": "y"}, {"code": "not_a_dict", "attr": "metadata"}),
        ({"product_type": ["x"]}, {"code": "invalid_input", "attr": "product_type"}),
        ({"product_type": "x" * 256}, {"code": "max_length", "attr": "product_type"}),
        ([], {"code": "invalid_input", "attr": None}),
    ],
)
def test_onboarding_refused(body: Any, answer: Any, either: Client, project: Any) -> None:
    response = either.patch(path_of(project, "complete_product_onboarding/"), body)
    assert response.status_code == 400
    assert {name: response.json.get(name) for name in answer} == answer


def test_onboarding_leaves_no_entry(either: Client, project: Any) -> None:
    assert (
        either.patch(path_of(project, "complete_product_onboarding/"), {"product_type": "surveys"}).status_code == 200
    )
    page = either.as_key(SESSION).get(path_of(project, "activity/")).json
    assert [entry["activity"] for entry in page["results"]] == ["created"]


def test_pages_body_of_onboarding_is_let_pass_where_they_hold(client: Client, observed: Client) -> None:
    path = PROJECTS + "1/complete_product_onboarding/"
    assert client.patch(path, {"organization": "string"}).status_code == 200
    assert observed.patch(path, {"organization": "string"}).status_code == 400


# Other actions


def test_demo_data_is_being_made_only_while_it_is(client: Client, observed: Client) -> None:
    action = PROJECTS + "1/is_generating_demo_data/"
    assert client.get(action).json == client.get(PROJECTS + "1/").json
    assert observed.as_key(SESSION).get(action).json == {"is_generating_demo_data": False}
    loaded = observed.post("/__admin/worlds/default/load", {"projects": [{"id": 77, "is_generating_demo_data": True}]})
    assert loaded.status_code == 201
    busy = observed.as_key(SESSION).get(PROJECTS + "77/is_generating_demo_data/").json
    assert busy == {"is_generating_demo_data": True}


def test_group_types_are_shown(either: Client, project: Any) -> None:
    kind = {"project_id": project["id"], "group_type": "company", "group_type_index": 0, "name_plural": "companies"}
    assert either.post("/__admin/worlds/default/load", {"group_types": [kind]}).status_code == 201
    shown = either.get(path_of(project)).json
    assert shown["has_group_types"] is True
    assert shown["group_types"] == [
        {
            "group_type": "company", "group_type_index": 0, "name_singular": None, "name_plural": "companies",
            "detail_dashboard": None, "default_columns": None,
        }
    ]  # fmt: skip

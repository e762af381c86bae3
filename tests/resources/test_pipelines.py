"""Pipeline destinations and frontend apps: two views of plugin configs."""

from __future__ import annotations

import io
import json
from typing import Any

import jsonschema_rs
import pytest

from mockserver.contract import Contract
from tests.conftest import Client

DESTINATIONS = "/api/projects/1/pipeline_destination_configs/"
APPS = "/api/projects/1/pipeline_frontend_apps_configs/"
SECRET = "**************** POSTHOG SECRET FIELD ****************"
NOWHERE = 9_999_999
NO_PLUGINS = "01890000-0000-7000-8000-0000000000b0"
SCHEMA = [{"key": "host", "type": "string"}, {"key": "password", "type": "string", "secret": True}]
SENDER, MAPPER, APP, FOREIGN, SUCCEEDED = 901, 902, 903, 904, 905


def load(client: Client, **tables: Any) -> None:
    response = client.as_key(None).post("/__admin/worlds/default/load", tables)
    assert response.status_code == 201, response.text


def with_plugins(client: Client) -> Client:
    """Return the client, its world with a plugin of each kind."""
    load(
        client,
        plugins=[
            {"id": SENDER, "name": "Sender", "description": "Sends", "url": "https://example.com/s?private_token=t",
             "config_schema": SCHEMA, "capabilities": {"methods": ["onEvent"]}, "is_global": True},
            {"id": MAPPER, "name": "Mapper", "capabilities": {"methods": ["processEvent"]}, "is_global": True},
            {"id": APP, "name": "App", "capabilities": {}, "is_global": True,
             "source": {"frontend.tsx": "export const app = 1"}},
            {"id": FOREIGN, "name": "Foreign", "organization_id": "01890000-0000-7000-8000-000000000002"},
            {"id": SUCCEEDED, "name": "Old", "capabilities": {"methods": ["composeWebhook"]}, "is_global": True,
             "hog_function_migration_available": True},
        ],
    )  # fmt: skip
    return client


@pytest.fixture
def plugins(either: Client) -> Client:
    return with_plugins(either)


def with_config(client: Client) -> int:
    """Return the id of a destination with a secret."""
    given = {"id": 801, "plugin": SENDER, "order": 7, "enabled": True, "config": {"host": "h", "password": "p"}}
    load(client, plugin_configs=[given])
    return 801


@pytest.fixture
def config(plugins: Client) -> int:
    return with_config(plugins)


def ids(client: Client, path: str) -> list[int]:
    return [config["id"] for config in client.get(path).json["results"]]


def test_config_is_seen_by_the_family_of_its_plugin_alone(plugins: Client, config: int) -> None:
    load(plugins, plugin_configs=[{"id": 802, "plugin": MAPPER, "order": 1}, {"id": 803, "plugin": APP, "order": 1}])
    assert config in ids(plugins, DESTINATIONS) and 803 in ids(plugins, APPS)
    assert {802, 803}.isdisjoint(ids(plugins, DESTINATIONS)) and {802, config}.isdisjoint(ids(plugins, APPS))
    assert plugins.get(f"{DESTINATIONS}803/").status_code == plugins.get(f"{APPS}{config}/").status_code == 404


def test_list_is_in_order_of_place_then_plugin(plugins: Client) -> None:
    given = [(811, SUCCEEDED, 1), (812, SENDER, 2), (813, SENDER, 1)]
    load(plugins, plugin_configs=[{"id": id, "plugin": plugin, "order": order} for id, plugin, order in given])
    assert [id for id in ids(plugins, DESTINATIONS) if id in (811, 812, 813)] == [813, 811, 812]


def test_secret_is_masked_and_plugin_is_shown_with_one_record_alone(plugins: Client, config: int) -> None:
    one = plugins.get(f"{DESTINATIONS}{config}/").json
    assert one["config"] == {"host": "h", "password": SECRET}
    info = one["plugin_info"]
    assert (info["name"], info["url"], info["organization_name"]) == ("Sender", "https://example.com/s", "Hedgebox")
    listed = next(row for row in plugins.get(DESTINATIONS).json["results"] if row["id"] == config)
    assert listed["plugin_info"] is None and listed["name"] == "Sender" and listed["description"] == "Sends"


def test_json_body_does_not_change_settings(plugins: Client, config: int) -> None:
    changed = plugins.patch(f"{DESTINATIONS}{config}/", {"config": {"host": "x"}, "name": "Mine"}).json
    assert changed["config"]["host"] == "h" and changed["name"] == "Mine"


@pytest.mark.parametrize(
    "given, stored",
    [
        ({"host": "x"}, SECRET),
        ({"host": "x", "password": None}, SECRET),
        ({"host": "x", "password": ""}, ""),
    ],
)
def test_form_changes_settings_and_keeps_the_secret(plugins: Client, config: int, given: Any, stored: str) -> None:
    changed = plugins.patch(f"{DESTINATIONS}{config}/", data={"config": json.dumps(given)}).json
    assert changed["config"] == {"host": "x", "password": stored}


@pytest.mark.parametrize(
    "text, code",
    [
        ("{", "invalid_input"),
        ("[1]", "not_a_dict"),
        ("null", "null"),
        ('{"a": "\\u0000"}', "null_characters_not_allowed"),
    ],
)
def test_settings_that_are_no_object_are_refused(plugins: Client, config: int, text: str, code: str) -> None:
    before = plugins.get(f"{DESTINATIONS}{config}/").json
    response = plugins.patch(f"{DESTINATIONS}{config}/", data={"config": text})
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, code, "config")
    assert plugins.get(f"{DESTINATIONS}{config}/").json == before


REFUSED: list[tuple[Any, str, str, str | None]] = [
    ({}, "required", "This field is required.", "plugin"),
    ({"plugin": SENDER}, "required", "This field is required.", "order"),
    ({"plugin": NOWHERE, "order": 1}, "does_not_exist", f'Invalid pk "{NOWHERE}" - object does not exist.', "plugin"),
    ({"plugin": FOREIGN, "order": 1}, "does_not_exist", f'Invalid pk "{FOREIGN}" - object does not exist.', "plugin"),
    ({"plugin": "x", "order": 1}, "incorrect_type", "Incorrect type. Expected pk value, received str.", "plugin"),
    ({"plugin": True, "order": 1}, "incorrect_type", "Incorrect type. Expected pk value, received bool.", "plugin"),
    ({"plugin": None, "order": 1}, "null", "This field may not be null.", "plugin"),
    ({"plugin": SENDER, "order": "x"}, "invalid_input", "A valid integer is required.", "order"),
    ({"plugin": SENDER, "order": None}, "null", "This field may not be null.", "order"),
    ({"plugin": SENDER, "order": 2**31}, "max_value",
     "Ensure this value is less than or equal to 2147483647.", "order"),
    ({"plugin": SENDER, "order": -(2**31) - 1}, "min_value",
     "Ensure this value is greater than or equal to -2147483648.", "order"),
    ({"plugin": SENDER, "order": 1, "enabled": "maybe"}, "invalid_input", "Must be a valid boolean.", "enabled"),
    ({"plugin": SENDER, "order": 1, "enabled": None}, "null", "This field may not be null.", "enabled"),
    ({"plugin": SENDER, "order": 1, "name": "\x00"}, "null_characters_not_allowed",
     "Null characters are not allowed.", "name"),
    ({"plugin": SENDER, "order": 1, "name": "n" * 401}, "max_length",
     "Ensure this field has no more than 400 characters.", "name"),
    ({"plugin": SENDER, "order": 1, "description": "n" * 1001}, "max_length",
     "Ensure this field has no more than 1000 characters.", "description"),
    ([], "invalid_input", "Invalid data. Expected a dictionary, but got list.", None),
]  # fmt: skip


@pytest.mark.parametrize("body, code, detail, attr", REFUSED)
@pytest.mark.parametrize("path", [DESTINATIONS, APPS])
def test_refused_config(plugins: Client, path: str, body: Any, code: str, detail: str, attr: str | None) -> None:
    response = plugins.post(path, body)
    assert response.status_code == 400
    assert [response.json[name] for name in ("code", "detail", "attr")] == [code, detail, attr]


def test_config_has_these_fields(plugins: Client, config: int) -> None:
    one = plugins.get(f"{DESTINATIONS}{config}/").json
    assert list(one) == [
        "id", "plugin", "enabled", "order", "config", "error", "team_id", "plugin_info", "delivery_rate_24h",
        "created_at", "updated_at", "name", "description", "deleted",
    ]  # fmt: skip
    assert (one["error"], one["delivery_rate_24h"], one["team_id"], one["deleted"]) == (None, None, 1, False)
    info = one["plugin_info"]
    assert set(info) == {
        "id", "plugin_type", "name", "description", "url", "icon", "config_schema", "tag", "latest_tag", "is_global",
        "organization_id", "organization_name", "capabilities", "metrics", "public_jobs",
        "hog_function_migration_available",
    }  # fmt: skip


def test_an_empty_secret_is_seen_to_be_empty(plugins: Client) -> None:
    given = {"id": 809, "plugin": SENDER, "order": 7, "config": {"host": "h", "password": ""}}
    load(plugins, plugin_configs=[given])
    assert plugins.get(f"{DESTINATIONS}809/").json["config"] == {"host": "h", "password": ""}


@pytest.mark.parametrize(("given", "shown"), [("Mine", "Mine"), ("", "Sender"), (None, "Sender")])
def test_an_empty_name_is_the_plugins_own(plugins: Client, config: int, given: str | None, shown: str) -> None:
    assert plugins.patch(f"{DESTINATIONS}{config}/", {"name": given}).json["name"] == shown


def test_what_servers_fill_in_cannot_be_written(plugins: Client, config: int) -> None:
    before = plugins.get(f"{DESTINATIONS}{config}/").json
    given = {"id": 1, "team_id": 2, "error": "x", "plugin_info": {}, "delivery_rate_24h": 1, "created_at": "2020-01-01"}
    after = plugins.patch(f"{DESTINATIONS}{config}/", {**given, "deleted": None}).json
    assert {**after, "updated_at": None, "deleted": None} == {**before, "updated_at": None, "deleted": None}


def test_deleted_config_is_disabled_hidden_and_still_found(plugins: Client, config: int) -> None:
    changed = plugins.patch(f"{DESTINATIONS}{config}/", {"deleted": True, "enabled": True}).json
    assert (changed["deleted"], changed["enabled"]) == (True, False)
    assert config not in ids(plugins, DESTINATIONS)
    assert plugins.get(f"{DESTINATIONS}{config}/").json["deleted"] is True


def test_delete_disables_a_config_of_whatever_kind(plugins: Client, config: int) -> None:
    response = plugins.delete(f"{APPS}{config}/")
    assert (response.status_code, response.data) == (204, b"")
    assert plugins.get(f"{DESTINATIONS}{config}/").json["enabled"] is False
    assert config in ids(plugins, DESTINATIONS)


@pytest.mark.parametrize("id", [NOWHERE, "x", "-1", "9" * 30])
def test_unknown_config(plugins: Client, id: Any) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert plugins(method, f"{DESTINATIONS}{id}/", {} if method != "GET" else None).status_code == 404


def test_config_of_another_project_is_not_there(plugins: Client, config: int) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        path = f"/api/projects/2/pipeline_destination_configs/{config}/"
        assert plugins(method, path, {} if method == "PATCH" else None).status_code == 404


def test_put_keeps_what_it_leaves_out_and_the_plugin(plugins: Client, config: int) -> None:
    path = f"{DESTINATIONS}{config}/"
    assert plugins.put(path, {"order": 1}).json["attr"] == "plugin"
    changed = plugins.put(path, {"plugin": APP, "order": 3}).json
    assert (changed["plugin"], changed["order"], changed["enabled"]) == (SENDER, 3, True)


def test_rearranging_returns_all_enabled_configs(plugins: Client, config: int) -> None:
    load(plugins, plugin_configs=[{"id": 804, "plugin": MAPPER, "order": 1, "enabled": True}])
    client = plugins.as_key("phx_mock_session")
    rows = client.patch(f"{APPS}rearrange/", {"orders": {str(config): 2, "804": 5, str(NOWHERE): 1}}).json
    assert {(row["id"], row["order"]) for row in rows} >= {(config, 2), (804, 5)}
    assert all(row["enabled"] and row["plugin_info"] is None for row in rows)
    assert client.patch(f"{APPS}rearrange/").json == rows


@pytest.mark.parametrize(
    "orders",
    ["x", [1], None, {"x": 1}, {"9" * 19: 1}, {"801": "x"}, {"801": None}, {"801": 2**31}, {"801": -39878284960634}],
)
def test_refused_orders(plugins: Client, config: int, orders: Any, contract: Contract) -> None:
    client = plugins.as_key("phx_mock_session")
    told = contract.components["PluginConfigOrders"]["properties"]["orders"]
    assert not jsonschema_rs.is_valid(told, orders)
    response = client.patch(f"{DESTINATIONS}rearrange/", {"orders": orders})
    assert response.status_code == 400 and response.json["attr"].startswith("orders")
    assert client.get(f"{DESTINATIONS}{config}/").json["order"] == 7


def test_rearranging_refuses_scoped_keys_where_servers_do(observed: Client) -> None:
    response = observed.patch(f"{DESTINATIONS}rearrange/", {})
    assert response.json["detail"] == "This action does not support Personal API Key access"


@pytest.mark.parametrize(
    "source, module",
    [
        (None, 'export function getFrontendApp () { return {"no_frontend": true} }'),
        ({"index.ts": "x"}, 'export function getFrontendApp () { return {"no_frontend": true} }'),
        ({"frontend.tsx": {"status": "LOCKED"}}, 'export function getFrontendApp () { return {"transpiling": true} }'),
        (
            {"frontend.tsx": {"status": "ERROR", "error": "e"}},
            'export function getFrontendApp () { return {"error": "e"} }',
        ),
        ({"frontend.tsx": {"status": "TRANSPILED", "transpiled": "let a"}}, "let a"),
        ({"frontend.tsx": "let b"}, "let b"),
        ("let c", "let c"),
    ],
)
def test_browser_code(either: Client, source: Any, module: str) -> None:
    load(either, plugins=[{"id": 920, "name": "App", "source": source}])
    load(either, plugin_configs=[{"id": 820, "plugin": 920, "order": 1}])
    response = either.as_key("phx_mock_session").get(f"{APPS}820/frontend/")
    assert (response.status_code, response.text) == (200, module)
    assert response.content_type == "application/javascript; charset=UTF-8"


def test_changes_are_logged_and_secrets_are_not(plugins: Client, config: int) -> None:
    client = plugins.as_key("phx_mock_session")
    path = f"{DESTINATIONS}{config}/"
    client.patch(path, data={"config": json.dumps({"host": "x", "password": "new"}), "enabled": "false"})
    client.patch(f"{DESTINATIONS}rearrange/", {"orders": {str(config): 1}})
    client.patch(path, {"enabled": True})
    entries = client.get(f"{path}activity/").json["results"]
    assert [entry["activity"] for entry in entries] == ["enabled", "disabled", "config_updated"]
    assert entries[2]["detail"]["name"] == "Sender"
    assert entries[2]["detail"]["changes"] == [
        {"type": "Plugin", "action": "changed", "field": "host", "before": "h", "after": "x"},
        {"type": "PluginConfig", "action": "changed", "field": None, "before": SECRET, "after": SECRET},
    ]


def test_a_new_place_is_logged_of_the_plugin(plugins: Client, config: int) -> None:
    plugins.as_key("phx_mock_session").patch(f"{DESTINATIONS}rearrange/", {"orders": {str(config): 1}})
    state = plugins.as_key(None).get("/__admin/worlds/default/state").json
    (entry,) = [entry for entry in state["tables"]["activity_log"] if entry["activity"] == "order_changed"]
    assert (entry["scope"], entry["item_id"], entry["detail"]["name"]) == ("Plugin", str(config), "Sender")
    assert entry["detail"]["changes"] == [
        {"type": "Plugin", "action": "changed", "field": "order", "before": 7, "after": 1}
    ]


def test_change_of_nothing_is_not_logged(plugins: Client, config: int) -> None:
    client = plugins.as_key("phx_mock_session")
    client.patch(f"{DESTINATIONS}{config}/", {"name": "New"})
    assert client.get(f"{DESTINATIONS}{config}/activity/").json["total_count"] == 0


def test_file_is_attached_and_taken_away(plugins: Client, config: int) -> None:
    path = f"{DESTINATIONS}{config}/"
    file = (io.BytesIO(b"12345"), "key.json", "application/json")
    shown = plugins.patch(path, data={"add_attachment[key]": file}).json["config"]
    assert {**shown["key"], "uid": 0} == {
        "uid": 0,
        "saved": True,
        "size": 5,
        "name": "key.json",
        "type": "application/json",
    }
    assert "key" not in plugins.patch(path, data={"remove_attachment[key]": "x"}).json["config"]
    assert plugins.patch(path, data={"remove_attachment[key]": "x"}).status_code == 400
    entries = plugins.as_key("phx_mock_session").get(f"{path}activity/").json["results"]
    assert [entry["activity"] for entry in entries] == ["attachment_deleted", "attachment_created"]


# Creating: the pages show it; the servers of late 2025 make hog functions instead


@pytest.fixture
def documented(client: Client) -> Client:
    return with_plugins(client)


def test_new_config(documented: Client) -> None:
    response = documented.post(
        DESTINATIONS, data={"plugin": SENDER, "order": 1, "enabled": "true", "config": '{"host": "h"}'}
    )
    assert response.status_code == 201, response.text
    created = response.json
    assert created["config"] == {"host": "h"}
    assert (created["name"], created["enabled"], created["deleted"], created["error"]) == ("Sender", True, False, None)
    assert documented.get(f"{DESTINATIONS}{created['id']}/").json == created
    entry = documented.get(f"{DESTINATIONS}{created['id']}/activity/").json["results"][0]
    assert entry["activity"] == "enabled" and entry["detail"]["changes"][0]["field"] == "host"


def test_plugin_that_is_configured_already_is_changed(documented: Client) -> None:
    config = with_config(documented)
    response = documented.post(DESTINATIONS, {"plugin": SENDER, "order": 1})
    assert (response.status_code, response.json["id"], response.json["order"]) == (201, config, 1)
    assert response.json["config"] == {"host": "h", "password": SECRET} and response.json["enabled"] is True


def test_job_is_logged(documented: Client) -> None:
    config = with_config(documented)
    path = f"{DESTINATIONS}{config}/"
    response = documented.post(f"{path}job/", {"job": {"type": "export", "payload": {}}})
    assert (response.status_code, response.data) == (200, b"")
    entry = documented.get(f"{path}activity/").json["results"][0]
    assert entry["activity"] == "job_triggered" and entry["detail"]["changes"][0]["action"] == "export"


@pytest.mark.parametrize(
    "body, attr",
    [({}, None), ({"job": {}}, None), ({"job": "x"}, "job"), ({"job": {"type": 1, "payload": 1}}, "job__payload")],
)
def test_refused_job(documented: Client, body: Any, attr: str | None) -> None:
    config = with_config(documented)
    response = documented.post(f"{DESTINATIONS}{config}/job/", body)
    assert (response.status_code, response.json["attr"]) == (400, attr)
    assert attr is not None or response.json["detail"] == "The job type must be specified!"
    assert documented.get(f"{DESTINATIONS}{config}/activity/").json["total_count"] == 0


def test_job_of_nothing(documented: Client) -> None:
    assert documented.post(f"{DESTINATIONS}{NOWHERE}/job/", {"job": {"type": "x"}}).status_code == 404


def test_servers_create_no_config(observed: Client) -> None:
    load(observed, plugins=[{"id": SENDER, "name": "Sender"}])
    response = observed.post(DESTINATIONS, {"plugin": SENDER, "order": 1})
    assert response.status_code == 400
    ended = (
        "Plugin creation is no longer possible. Please refer to the Hog Functions documentation for more information."
    )
    assert (response.json["code"], response.json["detail"], response.json["attr"]) == ("invalid_input", ended, None)
    assert SENDER not in [row["plugin"] for row in observed.get(APPS).json["results"]]


def test_servers_make_a_hog_function_in_place_of_a_config(observed: Client) -> None:
    load(observed, plugins=[{"id": SUCCEEDED, "name": "Old", "hog_function_migration_available": True}])
    response = observed.post(DESTINATIONS, {"plugin": SUCCEEDED, "order": 1})
    assert (response.status_code, response.json["id"], response.json["name"]) == (201, None, "Old")
    assert SUCCEEDED not in [row["plugin"] for row in observed.get(APPS).json["results"]]


def test_servers_know_no_jobs(observed: Client) -> None:
    response = observed.as_key(None).post(f"{DESTINATIONS}1/job/", {})
    assert (response.status_code, response.json["detail"]) == (404, "Endpoint not found.")


@pytest.mark.parametrize(
    ("plugin", "status", "detail"),
    [(SENDER, 400, "No migration available for this plugin"), (SUCCEEDED, 501, "Hog functions are not modelled.")],
)
def test_no_hog_function_is_made(plugins: Client, plugin: int, status: int, detail: str) -> None:
    load(plugins, plugin_configs=[{"id": 805, "plugin": plugin, "order": 1}])
    session = plugins.as_key("phx_mock_session")
    response = session.post(f"{DESTINATIONS}805/migrate/", {})
    assert (response.status_code, response.json["detail"], response.json["attr"]) == (status, detail, None)
    assert session.post(f"{DESTINATIONS}{NOWHERE}/migrate/", {}).status_code == 404


def test_an_organization_without_access_to_plugins_has_none(either: Client) -> None:
    load(either, organizations=[{"id": NO_PLUGINS, "name": "Bare", "plugins_access_level": 0}])
    load(
        either,
        organization_memberships=[{"organization_id": NO_PLUGINS, "user_id": 1, "level": 15}],
        projects=[{"id": 77, "organization_id": NO_PLUGINS, "name": "Bare"}],
        plugins=[{"id": APP, "name": "App", "capabilities": {}, "is_global": True}],
    )
    load(either, plugin_configs=[{"id": 806, "plugin": APP, "order": 1, "project_id": 77}])
    configs = "/api/projects/77/pipeline_frontend_apps_configs/"
    assert either.get(configs).json["results"] == []
    assert either.get(f"{configs}806/").status_code == 404
    refused = either.post(configs, {"plugin": APP, "order": 1})
    unavailable = "Plugin configuration is not available for the current organization!"
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, unavailable, None)
    logs = either.get("/api/projects/77/plugin_configs/806/logs/")
    insufficient = "Your organization's plugin access level is insufficient."
    assert (logs.status_code, logs.json["code"], logs.json["detail"]) == (403, "permission_denied", insufficient)

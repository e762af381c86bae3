"""Families of which no world holds anything. Source: recorded answers."""

from __future__ import annotations

import pytest

NOTHING = {"count": 0, "next": None, "previous": None, "results": []}
FOR_KEYS = (
    "projects/1/warehouse_tables", "projects/1/web_experiments", "projects/1/batch_exports",
    "environments/1/user_interviews", "organizations/@current/batch_exports",
)  # fmt: skip
FOR_SESSIONS = (
    "projects/1/warehouse_view_links", "environments/1/external_data_sources", "projects/1/hog_flows",
    "projects/1/managed_migrations", "environments/1/messaging_templates", "projects/1/integrations",
)  # fmt: skip
KEYS_REFUSED = "This action does not support Personal API Key access"


@pytest.mark.parametrize("path", [*FOR_KEYS, *FOR_SESSIONS])
def test_a_list_has_no_rows(observed, path) -> None:
    asker = observed if path in FOR_KEYS else observed.as_key("phx_mock_session")
    assert asker.get(f"/api/{path}/").json == NOTHING
    assert asker.get(f"/api/{path}/1/").status_code in (404, 501)
    assert observed.as_key(None).get(f"/api/{path}/").status_code == 401


@pytest.mark.parametrize("path", FOR_SESSIONS)
def test_keys_are_refused_where_no_scope_is_known(observed, path) -> None:
    refused = observed.get(f"/api/{path}/")
    assert (refused.status_code, refused.json["detail"]) == (403, KEYS_REFUSED)


def test_scopes_are_asked_for(observed) -> None:
    key = observed.post("/__admin/worlds/default/api_keys", {"scopes": ["annotation:read"]}).json["api_key"]
    refused = observed.as_key(key).get("/api/projects/1/warehouse_tables/")
    assert refused.json["detail"] == "API key missing required scope 'warehouse_table:read'"
    assert observed.as_key("phx_mock_outsider").get("/api/projects/1/web_experiments/").status_code == 403


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({}, "name", "required"),
        ({"name": "b", "interval": "hour"}, "destination", "required"),
        ({"name": "b", "interval": "hour", "destination": {"type": "Zzz", "config": {}}}, "destination__type",
         "invalid_choice"),
    ],
)  # fmt: skip
def test_an_export_is_judged_before_it_is_not_modelled(observed, body, attr, code) -> None:
    refused = observed.post("/api/projects/1/batch_exports/", body)
    assert (refused.status_code, refused.json["attr"], refused.json["code"]) == (400, attr, code)
    whole = {"name": "b", "interval": "hour", "destination": {"type": "S3", "config": {}}}
    assert observed.post("/api/environments/1/batch_exports/", whole).status_code == 501


def test_what_is_not_modelled_says_so(observed) -> None:
    session = observed.as_key("phx_mock_session")
    assert session.post("/api/projects/1/metalytics/", {}).status_code == 501
    assert session.get("/api/projects/1/metalytics/").status_code == 405
    assert session.post("/api/projects/1/hog_flows/", {}).status_code == 501
    assert session.get("/api/environments/1/lineage/get_upstream/?model_id=x").status_code == 501
    assert session.get("/api/async_migrations/").json["detail"].startswith("You are not a staff user")
    tabs = session.get("/api/projects/1/query_tab_state/user/")
    assert (tabs.status_code, tabs.json) == (400, {"error": "user_id is required"})
    asked = session.get("/api/projects/1/integrations/authorize/?kind=slack")
    assert (asked.status_code, asked.json["detail"]) == (400, "Kind not configured")


def test_a_plugin_did_nothing(observed) -> None:
    told = observed.get("/api/projects/1/app_metrics/1/?date_from=-7d").json
    assert (told["metrics"]["dates"][0], len(told["metrics"]["dates"])) == ("2026-01-08", 8)
    assert (told["metrics"]["failures"], told["errors"]) == ([0] * 8, [])

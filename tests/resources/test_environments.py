"""What persons, persisted folders, plugin configs and pipelines share: their addresses, and the scopes they ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.request.test_auth import with_key

UNSEEN = "00000000-0000-0000-0000-0000000000ff"
FAMILIES = (
    "persons", "persisted_folder", "plugin_configs/1/logs", "pipeline_destination_configs",
    "pipeline_frontend_apps_configs",
)  # fmt: skip
PERSON, FOLDER = f"persons/{UNSEEN}", f"persisted_folder/{UNSEEN}"
DESTINATION, APP = "pipeline_destination_configs/999999", "pipeline_frontend_apps_configs/999999"

SCOPES = [
    ("person:read", "GET", "persons"),
    ("person:read", "GET", PERSON),
    ("person:read", "GET", "persons/values"),
    ("person:read", "POST", "persons/batch_by_distinct_ids"),
    ("person:write", "PATCH", PERSON),
    ("person:write", "PUT", PERSON),
    ("person:write", "DELETE", PERSON),
    ("person:write", "POST", "persons/bulk_delete"),
    ("person:write", "POST", f"{PERSON}/split"),
    ("person:write", "POST", f"{PERSON}/update_property"),
    ("person:write", "POST", f"{PERSON}/delete_property"),
    ("person:write", "POST", "persons/reset_person_distinct_id"),
    ("person:write", "POST", f"{PERSON}/delete_events"),
    ("person:write", "POST", f"{PERSON}/delete_recordings"),
    ("activity_log:read", "GET", "persons/activity"),
    ("activity_log:read", "GET", f"{PERSON}/activity"),
    ("persisted_folder:read", "GET", "persisted_folder"),
    ("persisted_folder:read", "GET", FOLDER),
    ("persisted_folder:write", "POST", "persisted_folder"),
    ("persisted_folder:write", "PUT", FOLDER),
    ("persisted_folder:write", "PATCH", FOLDER),
    ("persisted_folder:write", "DELETE", FOLDER),
    ("plugin:read", "GET", "plugin_configs/1/logs"),
    *(
        (scope, method, path)
        for collection, item in (("pipeline_destination_configs", DESTINATION), ("pipeline_frontend_apps_configs", APP))
        for scope, method, path in (
            ("plugin:read", "GET", collection),
            ("plugin:read", "GET", item),
            ("plugin:write", "POST", collection),
            ("plugin:write", "PUT", item),
            ("plugin:write", "PATCH", item),
            ("plugin:write", "DELETE", item),
        )
    ),
]
UNSCOPED = [
    ("GET", "persons/funnel"), ("POST", "persons/funnel"), ("GET", "persons/funnel/correlation"),
    ("POST", "persons/funnel/correlation"), ("GET", "persons/trends"), ("GET", "persons/lifecycle"),
    ("GET", "persons/stickiness"), ("GET", f"{PERSON}/properties_timeline"),
    *(
        (method, f"{family}{path}")
        for family in ("pipeline_destination_configs", "pipeline_frontend_apps_configs")
        for method, path in (
            ("PATCH", "/rearrange"), ("GET", "/999999/frontend"), ("GET", "/999999/activity"),
            ("POST", "/999999/migrate"),
        )
    ),
]  # fmt: skip


def body(method: str) -> Any:
    return None if method == "GET" else {}


@pytest.mark.parametrize("address", ["/api/{}/1/{}/", "/api/{}/1/{}", "/api/{}/@current/{}/"])
@pytest.mark.parametrize("prefix", ["projects", "environments"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_under_both_prefixes(either: Client, family: str, prefix: str, address: str) -> None:
    response = either.get(address.format(prefix, family))
    assert response.status_code == 200, response.text
    assert "results" in response.json


@pytest.mark.parametrize("path", ["/api/person.json", "/api/projects/1/persons.json", "/api/person/?format=json"])
def test_persons_are_json_when_asked_to(either: Client, path: str) -> None:
    assert either.get(path).json["results"] == either.get("/api/environments/1/persons/").json["results"]


@pytest.mark.parametrize(("scope", "method", "path"), SCOPES)
def test_an_operation_asks_for_its_scope(either: Client, scope: str, method: str, path: str) -> None:
    subject, _, access = scope.partition(":")
    lacking = ["cohort:write", *([f"{subject}:read"] if access == "write" else [])]
    refused = with_key(either, scopes=lacking)(method, f"/api/projects/1/{path}/", body(method))
    assert (refused.status_code, refused.json["detail"]) == (403, f"API key missing required scope '{scope}'")
    loaded = [{"value": "phx_just", "user_id": 1, "scopes": [scope]}]
    either.post("/__admin/worlds/default/load", {"api_keys": loaded})
    assert either.as_key("phx_just")(method, f"/api/projects/1/{path}/", body(method)).status_code not in (401, 403)


@pytest.mark.parametrize(
    ("scopes", "missing"), [([], None), (["person:read"], "cohort:read"), (["cohort:read"], "person:read")]
)
def test_cohorts_of_a_person_ask_for_two_scopes(either: Client, scopes: list[str], missing: str | None) -> None:
    response = with_key(either, scopes=scopes).get(f"/api/projects/1/persons/cohorts/?person_id={UNSEEN}")
    expected = (404, "Not found.") if missing is None else (403, f"API key missing required scope '{missing}'")
    assert (response.status_code, response.json["detail"]) == expected


@pytest.mark.parametrize(("method", "path"), UNSCOPED)
def test_servers_refuse_every_key_where_no_scope_is_declared(observed: Client, method: str, path: str) -> None:
    refused = observed(method, f"/api/projects/1/{path}/", body(method))
    assert (refused.status_code, refused.json) == (
        403,
        {"type": "authentication_error", "code": "permission_denied",
         "detail": "This action does not support Personal API Key access", "attr": None},
    )  # fmt: skip
    session = observed.as_key("phx_mock_session")(method, f"/api/projects/1/{path}/", body(method))
    assert session.status_code not in (401, 403)


@pytest.mark.parametrize(("method", "path"), UNSCOPED)
def test_pages_show_these_with_a_key(client: Client, method: str, path: str) -> None:
    assert client(method, f"/api/projects/1/{path}/", body(method)).status_code not in (401, 403)

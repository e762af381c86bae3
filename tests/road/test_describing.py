"""OPTIONS: what it says of a view, and to whom it tells the fields of what may be written.

Source: DRF's metadata of views, and replayed servers.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

SESSION = "phx_mock_session"
ORGANIZATION = "/api/organizations/@current/"
MADE = {"required": False, "read_only": True}
GIVEN = {"required": False, "read_only": False}
USER = {
    "id": {"type": "integer", **MADE, "label": "ID"},
    "uuid": {"type": "string", **MADE, "label": "Uuid"},
    "distinct_id": {"type": "string", **GIVEN, "label": "Distinct id", "max_length": 200},
    "first_name": {"type": "string", **GIVEN, "label": "First name", "max_length": 150},
    "last_name": {"type": "string", **GIVEN, "label": "Last name", "max_length": 150},
    "email": {"type": "email", "required": True, "read_only": False, "label": "Email address", "max_length": 254},
    "is_email_verified": {"type": "boolean", **GIVEN, "label": "Is email verified"},
    "hedgehog_config": {"type": "field", **MADE, "label": "Hedgehog config"},
    "role_at_organization": {
        "type": "choice", **GIVEN, "label": "Role at organization",
        "choices": [
            {"value": value, "display_name": name}
            for value, name in {
                "engineering": "Engineering", "data": "Data", "product": "Product Management", "founder": "Founder",
                "leadership": "Leadership", "marketing": "Marketing", "sales": "Sales / Success", "other": "Other",
            }.items()
        ],
    },
}  # fmt: skip
CREATOR = {"type": "nested object", **MADE, "label": "Created by", "children": USER}


def told(client: Client, path: str) -> Any:
    return client.as_key(SESSION)("OPTIONS", path).json.get("actions")


def test_fields_of_a_role(observed: Client) -> None:
    assert told(observed, ORGANIZATION + "roles/") == {
        "POST": {
            "id": {"type": "string", **MADE, "label": "Id"},
            "name": {"type": "string", "required": True, "read_only": False, "label": "Name", "max_length": 200},
            "created_at": {"type": "datetime", **MADE, "label": "Created at"},
            "created_by": CREATOR,
            "members": {"type": "field", **MADE, "label": "Members"},
            "is_default": {"type": "field", **MADE, "label": "Is default"},
        }
    }


def test_fields_of_an_annotation(observed: Client) -> None:
    fields = told(observed, "/api/projects/1/annotations/")["POST"]
    assert (fields["id"], fields["created_by"]) == ({"type": "integer", **MADE, "label": "ID"}, CREATOR)
    assert fields["date_marker"] == {"type": "datetime", **GIVEN, "label": "Date marker"}
    assert fields["dashboard_item"] == {"type": "field", **GIVEN, "label": "Dashboard item"}
    assert fields["creation_type"] == {
        "type": "choice", **GIVEN, "label": "Creation type",
        "choices": [{"value": "USR", "display_name": "user"}, {"value": "GIT", "display_name": "GitHub"}],
    }  # fmt: skip
    assert fields["scope"]["choices"][:2] == [
        {"value": "dashboard_item", "display_name": "insight"}, {"value": "dashboard", "display_name": "dashboard"},
    ]  # fmt: skip
    assert "emoji" not in fields


def test_fields_of_a_comment(observed: Client) -> None:
    fields = told(observed, "/api/projects/1/comments/")["POST"]
    assert fields["mentions"] == {
        "type": "list", **GIVEN, "label": "Mentions",
        "child": {"type": "integer", "required": True, "read_only": False},
    }  # fmt: skip
    assert fields["rich_content"] == {"type": "field", **GIVEN, "label": "Rich content"}
    assert fields["scope"]["required"] is True
    assert fields["source_comment"]["type"] == "field"
    assert "is_task" not in fields


def test_fields_of_a_cohort(observed: Client) -> None:
    item = f"/api/projects/1/cohorts/{observed.post('/api/projects/1/cohorts/', {}).json['id']}/"
    fields = told(observed, item)["PUT"]
    assert {name: fields[name]["type"] for name in ("groups", "filters", "is_static", "count", "experiment_set")} == {
        "groups": "field", "filters": "field", "is_static": "boolean", "count": "integer", "experiment_set": "field",
    }  # fmt: skip
    assert fields["_create_in_folder"] == {"type": "string", **GIVEN, "label": " create in folder"}
    assert fields["_create_static_person_ids"]["child"]["type"] == "string"
    assert told(observed, "/api/projects/1/cohorts/")["POST"] == fields


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/projects/1/annotations/", ["POST"]), ("/api/projects/1/annotations/1/", ["PUT"]),
        ("/api/projects/1/annotations/999999/", None), ("/api/projects/1/comments/", ["POST"]),
        ("/api/projects/1/comments/count/", None), ("/api/projects/1/persons/", ["POST"]),
        ("/api/environments/1/persons/bulk_delete/", ["POST"]), ("/api/environments/1/persisted_folder/", ["POST"]),
        ("/api/projects/1/", ["PUT"]), (ORGANIZATION + "projects/", ["POST"]), ("/api/environments/1/query/", None),
        ("/api/environments/1/query/x/", None), ("/api/users/@me/", ["PUT"]),
        ("/api/projects/1/pipeline_destination_configs/", ["POST"]),
    ],
)  # fmt: skip
def test_fields_are_told_of_what_may_be_written(path: str, methods: list[str] | None, observed: Client) -> None:
    fields = told(observed, path)
    assert (fields and list(fields)) == methods


def test_fields_are_told_to_who_may_write_and_bears_no_scoped_key(observed: Client) -> None:
    paths = (ORGANIZATION + "roles/", "/api/projects/1/annotations/", "/api/projects/1/annotations/1/")
    for path in paths:
        for key in ("phx_mock_all_access", "phx_mock_member"):
            assert "actions" not in observed.as_key(key)("OPTIONS", path).json
    keys = [{"value": "phx_low", "user_id": 3, "scopes": []}]
    assert observed.post("/__admin/worlds/default/load", {"api_keys": keys}).status_code == 201
    lowly = observed.as_key("phx_low")
    assert "actions" not in lowly("OPTIONS", ORGANIZATION + "roles/").json
    assert "POST" in lowly("OPTIONS", "/api/projects/1/annotations/").json["actions"]


def test_rules_of_a_project_are_told_too_though_they_have_no_id(observed) -> None:
    for name in ("access_controls", "resource_access_controls"):
        answer = observed.as_key(SESSION)("OPTIONS", f"/api/projects/1/{name}/")
        assert (answer.status_code, set(answer.json["actions"])) == (200, {"PUT"})

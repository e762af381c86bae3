"""Persisted folders: an upsert by type, for each user alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.conftest import NOON, Client

FOLDERS = "/api/environments/1/persisted_folder/"


def keep(client: Client, **fields: Any) -> Any:
    response = client.post(FOLDERS, fields)
    assert response.status_code == 201, response.text
    return response.json


def test_keeping_a_folder_again_changes_it_and_forgets_the_rest(either: Client) -> None:
    first = keep(either, type="pinned", protocol="files://", path="a/b")
    again = keep(either, type="pinned")
    assert again["id"] == first["id"]
    assert (again["protocol"], again["path"]) == ("products://", "")


def test_folders_are_listed_by_type(either: Client) -> None:
    keep(either, type="pinned")
    keep(either, type="home")
    listed = either.get(FOLDERS).json
    assert [folder["type"] for folder in listed["results"]] == ["home", "pinned"]
    assert listed["count"] == 2


@pytest.mark.parametrize(
    "body, code, detail, attr",
    [
        ({}, "required", "This field is required.", "type"),
        ({"type": "x"}, "invalid_choice", '"x" is not a valid choice.', "type"),
        ({"type": None}, "null", "This field may not be null.", "type"),
        ({"type": ["home"]}, "invalid_choice", "\"['home']\" is not a valid choice.", "type"),
        ({"type": "home", "path": None}, "null", "This field may not be null.", "path"),
        ({"type": "home", "path": "\x00"}, "null_characters_not_allowed", "Null characters are not allowed.", "path"),
        ({"type": "home", "path": "\ud800"}, "surrogate_characters_not_allowed",
         "Surrogate characters are not allowed: U+D800.", "path"),
        ({"type": "home", "protocol": " "}, "blank", "This field may not be blank.", "protocol"),
        ({"type": "home", "protocol": None}, "null", "This field may not be null.", "protocol"),
        ({"type": "home", "protocol": "p" * 65}, "max_length", "Ensure this field has no more than 64 characters.",
         "protocol"),
        ([], "invalid_input", "Invalid data. Expected a dictionary, but got list.", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_refused_folder(either: Client, method: str, body: Any, code: str, detail: str, attr: str | None) -> None:
    path = FOLDERS if method == "POST" else FOLDERS + keep(either, type="pinned")["id"]
    before = either.get(FOLDERS).json
    response = either(method, path, body)
    assert response.status_code == 400
    assert [response.json[name] for name in ("code", "detail", "attr")] == [code, detail, attr]
    assert either.get(FOLDERS).json == before


@pytest.fixture
def bare(either: Client) -> Client:
    """A client of a user who keeps no folder."""
    for folder in either.get(FOLDERS).json["results"]:
        assert either.delete(FOLDERS + folder["id"]).status_code == 204
    return either


def test_new_folder_has_its_defaults_and_a_uuid_of_its_time(bare: Client) -> None:
    folder = keep(bare, type="pinned", id="x", created_at="2020-01-01")
    assert list(folder) == ["id", "type", "protocol", "path", "created_at", "updated_at"]
    assert (folder["protocol"], folder["path"]) == ("products://", "")
    assert folder["created_at"] == folder["updated_at"] == NOON
    assert UUID(folder["id"]).version == 7


def test_every_save_is_dated(bare: Client) -> None:
    folder = keep(bare, type="pinned", path="a")
    for number, save in enumerate((
        lambda: keep(bare, type="pinned"),
        lambda: bare.patch(FOLDERS + folder["id"], {}).json,
        lambda: bare.put(FOLDERS + folder["id"], {"type": "pinned"}).json,
    ), 1):  # fmt: skip
        bare.as_key(None).put("/__admin/worlds/default/clock", {"advance": 60})
        saved = save()
        assert (saved["created_at"], saved["updated_at"]) == (NOON, f"2026-01-15T12:0{number}:00Z")


def test_text_of_a_folder_may_be_long_or_empty(either: Client) -> None:
    folder = FOLDERS + keep(either, type="home", protocol="p" * 64, path="x" * 5000)["id"]
    assert (len(either.get(folder).json["protocol"]), len(either.get(folder).json["path"])) == (64, 5000)
    assert either.patch(folder, {"path": ""}).json["path"] == ""


def test_folders_are_listed_by_the_page(either: Client) -> None:
    keep(either, type="pinned")
    keep(either, type="home")
    page = either.get(FOLDERS, query_string={"limit": 1}).json
    assert (page["count"], page["previous"], [row["type"] for row in page["results"]]) == (2, None, ["home"])
    assert [row["type"] for row in either.get(page["next"]).json["results"]] == ["pinned"]


def test_put_asks_for_the_type_and_keeps_what_is_left_out(either: Client) -> None:
    folder = FOLDERS + keep(either, type="pinned", path="a")["id"]
    assert either.put(folder, {"path": "b"}).json["attr"] == "type"
    assert either.put(folder, {"type": "pinned"}).json["path"] == "a"


def test_patch_to_a_type_that_is_taken_is_refused(either: Client) -> None:
    keep(either, type="home")
    folder = FOLDERS + keep(either, type="pinned")["id"]
    response = either.patch(folder, {"type": "home"})
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, "unique", "type")
    assert either.get(folder).json["type"] == "pinned"


def test_folder_of_another_user_is_not_there(either: Client) -> None:
    mine = keep(either, type="home")
    other = either.as_key("phx_mock_member")
    assert other.get(FOLDERS + mine["id"]).status_code == 404
    assert other.patch(FOLDERS + mine["id"], {"path": "x"}).status_code == 404
    assert keep(other, type="home")["id"] != mine["id"]


def test_folder_of_another_project_is_not_there(either: Client) -> None:
    mine = keep(either, type="home")
    assert either.get(f"/api/projects/2/persisted_folder/{mine['id']}").status_code == 404


def test_removed_folder_is_gone(either: Client) -> None:
    folder = FOLDERS + keep(either, type="home")["id"]
    assert either.delete(folder).status_code == 204
    assert either.get(folder).status_code == 404
    assert either.delete(folder).status_code == 404


@pytest.mark.parametrize("id", ["nope", "1", "00000000-0000-0000-0000-000000000000"])
def test_unknown_folder(either: Client, id: str) -> None:
    assert either.get(FOLDERS + id).status_code == 404


def test_reading_key_may_not_write(either: Client) -> None:
    response = either.as_key("phx_mock_read_only").post(FOLDERS, {"type": "home"})
    assert response.json["detail"] == "API key missing required scope 'persisted_folder:write'"

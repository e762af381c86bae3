"""Persisted folders: an upsert by type, for each user alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

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
    "body, code, attr",
    [
        ({}, "required", "type"),
        ({"type": "x"}, "invalid_choice", "type"),
        ({"type": None}, "null", "type"),
        ({"type": ["home"]}, "invalid_choice", "type"),
        ({"type": "home", "path": None}, "null", "path"),
        ({"type": "home", "path": "\x00"}, "null_characters_not_allowed", "path"),
        ({"type": "home", "path": "\ud800"}, "surrogate_characters_not_allowed", "path"),
        ({"type": "home", "protocol": " "}, "blank", "protocol"),
        ({"type": "home", "protocol": "p" * 65}, "max_length", "protocol"),
        ([], "invalid_input", None),
    ],
)
def test_refused_folder(either: Client, body: Any, code: str, attr: str | None) -> None:
    before = either.get(FOLDERS).json
    response = either.post(FOLDERS, body)
    assert response.status_code == 400
    assert (response.json["code"], response.json["attr"]) == (code, attr)
    assert either.get(FOLDERS).json == before


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

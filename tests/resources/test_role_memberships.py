"""Role memberships: who is put into a role, by whom, and how the role shows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

ORGANIZATION = "01890000-0000-7000-8000-000000000001"
FOREIGN = "01890000-0000-7000-8000-000000000002"
ROLES = f"/api/organizations/{ORGANIZATION}/roles"
NOBODY = "01890000-0000-7000-8000-00000000dead"


@pytest.fixture
def role(either: Client) -> str:
    """The path of a new role."""
    made = either.post(f"{ROLES}/", {"name": "On call"})
    return f"{ROLES}/{made.json['id']}"


def uuid_of(client: Client, key: str) -> str:
    return str(client.as_key(key).get("/api/users/@me/").json["uuid"])


def put_in(client: Client, role: str, key: str = "phx_mock_member") -> Any:
    response = client.post(f"{role}/role_memberships/", {"user_uuid": uuid_of(client, key)})
    assert response.status_code == 201, response.text
    return response.json


def test_a_member_is_put_into_a_role(either: Client, role: str) -> None:
    made = put_in(either, role)
    assert list(made) == ["id", "role_id", "organization_member", "user", "joined_at", "updated_at"]
    assert role.endswith(made["role_id"])
    assert made["user"]["id"] == 3
    member = made["organization_member"]
    assert list(member) == ["id", "user", "level", "joined_at", "updated_at", "is_2fa_enabled", "has_social_auth"]
    assert (member["level"], member["user"]) == (1, made["user"])
    assert either.get(f"{role}/role_memberships/").json["results"] == [made]


def test_the_role_shows_its_members_at_once(either: Client, role: str) -> None:
    made = [put_in(either, role, key) for key in ("phx_mock_member", "phx_mock_admin")]
    assert either.get(f"{role}/").json["members"] == made
    listed = either.get(f"{role}/role_memberships/").json
    assert (listed["count"], listed["results"]) == (2, made)
    assert either.delete(f"{role}/role_memberships/{made[0]['id']}/").status_code == 204
    assert either.get(f"{role}/").json["members"] == [made[1]]


def test_a_member_may_be_in_many_roles_but_once_in_each(either: Client, role: str) -> None:
    other = f"{ROLES}/{either.post(f'{ROLES}/', {'name': 'Off call'}).json['id']}"
    put_in(either, role)
    put_in(either, other)
    refused = either.post(f"{role}/role_memberships/", {"user_uuid": uuid_of(either, "phx_mock_member").upper()})
    assert refused.status_code == 400
    assert refused.json["detail"] == "User is already part of the role."
    assert either.get(f"{role}/role_memberships/").json["count"] == 1


@pytest.mark.parametrize(
    ("body", "code", "attr", "detail"),
    [
        ({}, "required", "user_uuid", "This field is required."),
        ({"user_uuid": None}, "null", "user_uuid", "This field may not be null."),
        ({"user_uuid": "abc"}, "invalid_input", "user_uuid", "Must be a valid UUID."),
        ({"user_uuid": ["x"]}, "invalid_input", "user_uuid", "Must be a valid UUID."),
        ({"user_uuid": -1}, "invalid_input", "user_uuid", "Must be a valid UUID."),
        ({"user_uuid": 5}, "invalid_input", None, "User does not exist."),
        ({"user_uuid": NOBODY}, "invalid_input", None, "User does not exist."),
        ([], "invalid_input", None, "Invalid data. Expected a dictionary, but got list."),
    ],
)
def test_a_user_that_does_not_fit_is_refused(
    either: Client, role: str, body: Any, code: str, attr: str | None, detail: str
) -> None:
    refused = either.post(f"{role}/role_memberships/", body)
    assert refused.status_code == 400
    assert refused.json == {"type": "validation_error", "code": code, "detail": detail, "attr": attr}
    assert either.get(f"{role}/role_memberships/").json["count"] == 0


def test_outsiders_are_not_put_into_a_role(either: Client, role: str) -> None:
    refused = either.post(f"{role}/role_memberships/", {"user_uuid": uuid_of(either, "phx_mock_outsider")})
    assert refused.json["detail"] == "User does not exist."


def test_deactivated_members_are_not_put_into_a_role(either: Client, role: str) -> None:
    uuid = "01890000-0000-7000-8000-00000000abcd"
    loaded = {
        "users": [{"id": 90, "uuid": uuid, "email": "gone@mock.test", "is_active": False}],
        "organization_memberships": [{"organization_id": ORGANIZATION, "user_id": 90}],
    }
    assert either.post("/__admin/worlds/default/load", loaded).status_code == 201
    refused = either.post(f"{role}/role_memberships/", {"user_uuid": uuid})
    assert refused.json == {
        "type": "validation_error", "code": "invalid_input", "detail": "User does not exist.", "attr": None,
    }  # fmt: skip


@pytest.mark.parametrize("id", [NOBODY, "abc", "foreign"])
def test_a_role_that_is_not_there_has_no_members_and_takes_none(either: Client, id: str) -> None:
    if id == "foreign":
        outsider = either.as_key("phx_mock_outsider")
        there = f"/api/organizations/{FOREIGN}/roles"
        id = outsider.post(f"{there}/", {"name": "Theirs"}).json["id"]
        put_in(outsider, f"{there}/{id}", "phx_mock_outsider")
    memberships = f"{ROLES}/{id}/role_memberships/"
    listed = either.get(memberships)
    assert listed.status_code == 404 if id == "abc" else listed.json["count"] == 0
    refused = either.post(memberships, {"user_uuid": uuid_of(either, "phx_mock_member")})
    assert (refused.status_code, refused.json["detail"]) == (400, "Role does not exist.")


def test_a_membership_is_found_under_its_own_role_only(either: Client, role: str) -> None:
    other = f"{ROLES}/{either.post(f'{ROLES}/', {'name': 'Off call'}).json['id']}"
    id = put_in(either, role)["id"]
    for path in (
        f"{other}/role_memberships/{id}/",
        f"{role}/role_memberships/{NOBODY}/",
        f"{role}/role_memberships/abc/",
    ):
        assert either.delete(path).json["detail"] == "Not found."


def test_members_read_and_admins_write(either: Client, role: str) -> None:
    id = put_in(either.as_key("phx_mock_admin"), role)["id"]
    member = either.as_key("phx_mock_member")
    assert member.get(f"{role}/role_memberships/").json["count"] == 1
    uuid = uuid_of(either, "phx_mock_admin")
    for refused in (
        member.post(f"{role}/role_memberships/", {"user_uuid": uuid}),
        member.delete(f"{role}/role_memberships/{id}/"),
    ):
        assert refused.json["detail"] == "You need to have admin level or higher."


def test_a_membership_is_never_changed(either: Client, role: str) -> None:
    id = put_in(either, role)["id"]
    session = either.as_key("phx_mock_session")
    for method in ("PATCH", "PUT"):
        assert session(method, f"{role}/role_memberships/{id}/", {}).status_code == 405


# A replayed server: one membership is only ever removed. Those of a year later read it.
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_one_membership_is_not_read(method: str, either: Client, role: str) -> None:
    item = f"{role}/role_memberships/{put_in(either, role)['id']}/"
    refused = either(method, item)
    assert (refused.status_code, refused.headers["Allow"]) == (403, "DELETE, OPTIONS")
    if method == "GET":
        assert refused.json["detail"] == "This action does not support Personal API Key access"
    assert either.as_key("phx_mock_session")(method, item).status_code == 405


def test_one_membership_is_read_by_servers_of_2026(either: Client, role: str) -> None:
    made = put_in(either, role)
    world = either.post("/__admin/worlds", {"from": "default", "profile": "observed@2026-09"}).json
    later = either.as_key(world["api_key"])
    assert later.get(f"{role}/role_memberships/{made['id']}/").json == made

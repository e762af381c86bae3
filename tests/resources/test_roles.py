"""Roles: names, members, who may write, and what goes with a role."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

ORGANIZATION = "01890000-0000-7000-8000-000000000001"
FOREIGN = "01890000-0000-7000-8000-000000000002"
ROLES = f"/api/organizations/{ORGANIZATION}/roles"
NOBODY = "01890000-0000-7000-8000-00000000dead"


def make(client: Client, name: str = "Support Engineers") -> Any:
    response = client.post(f"{ROLES}/", {"name": name})
    assert response.status_code == 201, response.text
    return response.json


def test_a_role_is_made_without_members_and_nobody_made_it(either: Client) -> None:
    role = make(either, "  Support ")
    assert {name: role[name] for name in ("name", "created_by", "members", "is_default")} == {
        "name": "Support", "created_by": None, "members": [], "is_default": False,
    }  # fmt: skip
    assert either.get(f"{ROLES}/{role['id']}/").json == role


def test_roles_are_listed_as_they_were_made(either: Client) -> None:
    before = either.get(f"{ROLES}/").json["count"]
    made = [make(either, f"Role {number}")["id"] for number in (3, 1, 2)]
    page = either.get(f"{ROLES}/?limit=3&offset={before}").json
    assert [role["id"] for role in page["results"]] == made
    assert page["count"] == before + 3


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({}, "required", "This field is required."),
        ({"name": ""}, "blank", "This field may not be blank."),
        ({"name": None}, "null", "This field may not be null."),
        ({"name": "n" * 201}, "max_length", "Ensure this field has no more than 200 characters."),
        ({"name": ["x"]}, "invalid_input", "Not a valid string."),
        ({"name": "a\x00b"}, "null_characters_not_allowed", "Null characters are not allowed."),
        ({"name": " sUPPORT engineers"}, "unique", "There is already a role with this name."),
    ],
)
def test_a_name_that_does_not_fit_is_refused(either: Client, body: Any, code: str, detail: str) -> None:
    make(either)
    other = make(either, "Other")
    for method, path in (
        ("POST", f"{ROLES}/"),
        ("PUT", f"{ROLES}/{other['id']}/"),
        ("PATCH", f"{ROLES}/{other['id']}/"),
    ):
        if method == "PATCH" and not body:
            continue
        refused = either(method, path, body)
        assert refused.status_code == 400
        assert refused.json == {"type": "validation_error", "code": code, "detail": detail, "attr": "name"}
    assert either.get(f"{ROLES}/{other['id']}/").json == other


def test_a_name_is_free_in_another_organization(either: Client) -> None:
    make(either)
    made = either.as_key("phx_mock_outsider").post(
        f"/api/organizations/{FOREIGN}/roles/", {"name": "Support Engineers"}
    )
    assert made.status_code == 201
    assert either.get(f"{ROLES}/{made.json['id']}/").status_code == 404


@pytest.mark.parametrize("method", ["patch", "put"])
def test_a_role_is_renamed(either: Client, method: str) -> None:
    role = make(either)
    assert getattr(either, method)(f"{ROLES}/{role['id']}/", {"name": "Helpers"}).json == {**role, "name": "Helpers"}
    assert either.patch(f"{ROLES}/{role['id']}/", {}).json["name"] == "Helpers"


def test_servers_of_late_2025_count_the_role_itself_when_it_is_renamed(client: Client) -> None:
    role = make(client)
    assert client.put(f"{ROLES}/{role['id']}/", {"name": "SUPPORT ENGINEERS"}).status_code == 200


def test_a_role_is_not_given_its_own_name_again(observed: Client) -> None:
    role = make(observed)
    assert observed.put(f"{ROLES}/{role['id']}/", {"name": role["name"]}).json["code"] == "unique"


def test_members_read_and_admins_write(either: Client) -> None:
    role = make(either.as_key("phx_mock_admin"))
    member, path = either.as_key("phx_mock_member"), f"{ROLES}/{role['id']}/"
    assert member.get(path).status_code == 200
    for method, target in (("POST", f"{ROLES}/"), ("PATCH", path), ("PUT", path), ("DELETE", path)):
        refused = member(method, target, {"name": "x"})
        assert refused.status_code == 403
        assert refused.json["detail"] == "You need to have admin level or higher."
    assert member.delete(f"{ROLES}/{NOBODY}/").status_code == 403


def test_a_role_takes_its_memberships_along(either: Client) -> None:
    role = make(either)
    uuid = either.get("/api/users/@me/").json["uuid"]
    memberships = f"{ROLES}/{role['id']}/role_memberships/"
    assert either.post(memberships, {"user_uuid": uuid}).status_code == 201
    gone = either.delete(f"{ROLES}/{role['id']}/")
    assert (gone.status_code, gone.data) == (204, b"")
    assert either.get(memberships).json["count"] == 0
    assert either.delete(f"{ROLES}/{role['id']}/").status_code == 404


@pytest.mark.parametrize("id", ["abc", "5", NOBODY])
def test_an_id_that_names_nothing_is_not_found(either: Client, id: str) -> None:
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        assert either(method, f"{ROLES}/{id}/", {"name": "x"}).json["detail"] == "Not found."


# PostHog's view of roles hands the query's parameters to its ORM, for lists and for single roles.
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=Engineering", ["Engineering"]), ("name=engineering", []), ("name=nobody", []),
        ("name__iexact=engineering", ["Engineering"]), ("name__icontains=ING", ["Engineering", "Marketing"]),
        ("name__startswith=Mark", ["Marketing"]), ("name__endswith=ysts", ["Analysts"]),
        ("id=01890000-0000-7000-8000-0000000000a3", ["Analysts"]), (f"id={NOBODY}", []),
        ("created_by=2", []), ("created_at__gte=2025-12-01", ["Analysts"]), ("created_by__isnull=false", []),
        ("created_by__isnull=true", ["Engineering", "Marketing", "Analysts"]),
        (f"organization={ORGANIZATION}&name__contains=k", ["Marketing"]), (f"organization={FOREIGN}", []),
        ("limit=5&unknown=x&personal_api_key=x", ["Engineering", "Marketing", "Analysts"]),
    ],
)  # fmt: skip
def test_roles_are_asked_for_by_their_fields(query: str, found: list[str], either: Client) -> None:
    listed = either.get(f"{ROLES}/?{query}").json
    assert [role["name"] for role in listed["results"]] == found
    assert listed["count"] == len(found)
    for method in ("GET", "PATCH"):
        one = either(method, f"{ROLES}/01890000-0000-7000-8000-0000000000a2/?{query}", {})
        assert one.status_code == (200 if "Marketing" in found else 404)


@pytest.mark.parametrize("query", ["id=abc", "name__sounds=x", "name__isnull=maybe", "organization=abc"])
def test_roles_are_not_asked_for_by_what_there_is_not(query: str, either: Client) -> None:
    assert either.get(f"{ROLES}/?{query}").json["attr"] == query.partition("=")[0]


def test_a_loaded_role_may_be_the_default_one(client: Client) -> None:
    id = "01890000-0000-7000-8000-0000000000d1"
    roles = [{"id": id, "name": "Everybody", "is_default": True, "created_by": 2}]
    loaded = client.flask.post("/__admin/worlds/default/load", json={"roles": roles})
    assert loaded.status_code == 201, loaded.text
    role = client.get(f"{ROLES}/{id}/").json
    assert role["is_default"] is True
    assert role["created_by"]["id"] == 2

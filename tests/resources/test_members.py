"""Members and invites: who belongs to an organization, how far, and who is asked to."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.resources.test_organizations import MINE, THEIRS

MEMBERS, INVITES = f"/api/organizations/{MINE}/members", f"/api/organizations/{MINE}/invites"


def member(client: Client, email: str) -> str:
    """Return the UUID of a member, as who looks somebody up by address finds it."""
    found = client.get(f"{MEMBERS}/?email={email}").json["results"]
    return str(found[0]["user"]["uuid"])


def test_who_joined_last_is_listed_first(either: Client) -> None:
    listed = either.get(f"{MEMBERS}/").json["results"]
    assert [one["user"]["first_name"] for one in listed] == ["Dana", "Mia", "Adam", "Olivia"]
    oldest = either.get(f"{MEMBERS}/?order=joined_at").json["results"]
    assert oldest == listed[::-1]
    assert either.get(f"{MEMBERS}/?updated_after=2031-01-01").json["count"] == 0
    assert either.get(f"{MEMBERS}/?order=zzz").json["attr"] == "order"
    assert either.as_key("phx_mock_outsider").get(f"{MEMBERS}/").status_code == 403


def test_from_an_address_to_a_member_to_a_role(either: Client) -> None:
    uuid = member(either, "mia@hedgebox.test")
    role = either.post(f"/api/organizations/{MINE}/roles/", {"name": "Operators"}).json["id"]
    roles = f"/api/organizations/{MINE}/roles/{role}"
    either.post(f"{roles}/role_memberships/", {"user_uuid": uuid})
    shown = either.get(f"{roles}/").json["members"]
    assert [one["user"]["email"] for one in shown] == ["mia@hedgebox.test"]
    assert either.patch(f"{MEMBERS}/{uuid}/", {"level": 8}).json["level"] == 8
    assert either.delete(f"{MEMBERS}/{uuid}/").status_code == 204
    assert either.get(f"{roles}/").json["members"] == []


@pytest.mark.parametrize(
    ("key", "whose", "level", "detail"),
    [
        ("phx_mock_all_access", "owner@hedgebox.test", 8, "You can't change your own access level."),
        ("phx_mock_member", "dana@hedgebox.test", 1, "You can only edit others if you are an admin."),
        ("phx_mock_member", "mia@hedgebox.test", 8, "You can't change your own access level."),
        ("phx_mock_admin", "owner@hedgebox.test", 1, "You can only edit others with level lower or equal to you."),
        ("phx_mock_admin", "mia@hedgebox.test", 15, "You can only make another member owner if you're this"),
        ("phx_mock_admin", "mia@hedgebox.test", 3, '"3" is not a valid choice.'),
    ],
)
def test_level_is_kept_from_who_may_not_give_it(
    key: str, whose: str, level: int, detail: str, either: Client
) -> None:  # fmt: skip
    path = f"{MEMBERS}/{member(either, whose)}/"
    refused = either.as_key(key).patch(path, {"level": level})
    assert refused.json["detail"].startswith(detail)
    assert either.get(f"{MEMBERS}/?email={whose}").json["results"][0]["level"] != level or level == 1


def test_owner_hands_on_before_leaving(either: Client) -> None:
    uuid = member(either, "adam@hedgebox.test")
    assert either.delete(f"{MEMBERS}/@me/").status_code == 400
    assert either.patch(f"{MEMBERS}/{uuid}/", {"level": 15}).json["level"] == 15
    assert either.as_key("phx_mock_admin").patch(f"{MEMBERS}/{member(either, 'owner@hedgebox.test')}/", {"level": 1})
    assert either.delete(f"{MEMBERS}/@me/").status_code == 204
    assert either.get("/api/users/@me/").json["organization"] is None
    assert either.get("/api/projects/1/").status_code == 404


def test_keys_of_a_member_are_told_with_their_last_use(either: Client) -> None:
    session = either.as_key("phx_mock_session")
    path = f"{MEMBERS}/{member(either, 'mia@hedgebox.test')}/scoped_api_keys/"
    before = session.get(path).json
    either.as_key("phx_mock_member").get("/api/users/@me/")
    after = session.get(path).json
    assert before == {"has_keys": True, "has_keys_active_last_week": False,
                      "keys": [{"name": "member", "last_used_at": None}]}  # fmt: skip
    assert after["has_keys_active_last_week"]
    assert after["keys"][0]["last_used_at"] == "2026-01-15T12:00:00Z"


def test_invite_of_a_member_needs_that_members_may(either: Client) -> None:
    mia = either.as_key("phx_mock_member")
    assert mia.post(f"{INVITES}/", {"target_email": "a@b.test"}).status_code == 201
    either.patch(f"/api/organizations/{MINE}/", {"members_can_invite": False})
    for refused in (
        mia.post(f"{INVITES}/", {"target_email": "c@b.test"}),
        mia.post(f"{INVITES}/bulk/", [{"target_email": "c@b.test"}]),
        mia.delete(f"{INVITES}/{either.get(f'{INVITES}/').json['results'][0]['id']}/"),
    ):
        assert refused.json["detail"] == "You do not have permission to perform this action."
    assert either.get(f"{INVITES}/").json["count"] == 2


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "This field is required."),
        ({"target_email": "mia@hedgebox.test"}, 400, "A user with this email address already belongs to the org"),
        ({"target_email": "x"}, 400, "Enter a valid email address."),
        ({"target_email": "a@b.test", "level": 15}, 403, "You cannot invite a user with a higher permission level"),
        ({"target_email": "a@b.test", "private_project_access": [{"id": 3, "level": 1}]}, 400, "Project does not ex"),
        (
            {"target_email": "a@b.test", "private_project_access": [{"id": 1}]},
            400,
            "Each project needs an id and a level.",
        ),
    ],
)
def test_invite_refuses(body: object, status: int, detail: str, either: Client) -> None:
    refused = either.as_key("phx_mock_admin").post(f"{INVITES}/", body)
    assert (refused.status_code, refused.json["detail"][: len(detail)]) == (status, detail)


def test_twenty_are_invited_at_once_or_none(either: Client) -> None:
    many = [{"target_email": f"p{number}@b.test"} for number in range(21)]
    assert either.post(f"{INVITES}/bulk/", many).json["code"] == "max_length"
    assert either.post(f"{INVITES}/bulk/", [*many[:2], {}]).json["detail"] == "{}"
    assert either.post(f"{INVITES}/bulk/", {}).json["detail"].startswith("This endpoint needs an array")
    assert either.get(f"{INVITES}/").json["count"] == 1
    assert len(either.post(f"{INVITES}/bulk/", many[:20]).json) == 20


def test_invite_expires_after_three_days(either: Client) -> None:
    made = either.post(f"{INVITES}/", {"target_email": "a@b.test", "level": 8}).json
    either.put("/__admin/worlds/default/clock", {"advance": 3 * 86400 + 1})
    assert (made["is_expired"], either.get(f"{INVITES}/").json["results"][0]["is_expired"]) == (False, True)
    again = either.post(f"{INVITES}/", {"target_email": "a@b.test", "combine_pending_invites": True}).json
    assert again["level"] == 1


def test_invite_is_accepted_over_the_control_plane(either: Client) -> None:
    made = either.post(f"{INVITES}/", {"target_email": "ada@b.test", "level": 8, "first_name": "Ada"}).json
    accept = f"/__admin/worlds/default/invites/{made['id']}/accept"
    joined = either.post(accept, {}).json
    assert (joined["user"]["first_name"], joined["level"], joined["organization_id"]) == ("Ada", 8, MINE)
    assert either.get(f"{INVITES}/").json["count"] == 1
    assert member(either, "ada@b.test") == joined["user"]["uuid"]
    assert either.post(accept, {}).status_code == 404
    key = either.post("/__admin/worlds/default/api_keys", {"scopes": ["*"], "user_id": joined["user"]["id"]}).json
    ada = either.as_key(key["api_key"])
    assert ada.get("/api/users/@me/").json["team"]["id"] == 1
    again = ada.post(f"{INVITES}/", {"target_email": "otto@quillworks.test"}).json
    known = either.post(f"/__admin/worlds/default/invites/{again['id']}/accept", {}).json
    assert known["user"]["id"] == 4
    otto = either.as_key("phx_mock_outsider")
    assert len(otto.get("/api/organizations/").json["results"]) == 2


def test_organization_is_made_with_a_project_and_removed_with_all_it_has(either: Client) -> None:
    made = either.post("/api/organizations/", {"name": "Rocket Works!"}).json
    again = either.post("/api/organizations/", {"name": "Rocket Works!"}).json
    assert (made["slug"], again["slug"][:13], len(again["slug"])) == ("rocket-works", "rocket-works-", 17)
    assert [project["name"] for project in made["projects"]] == ["Default project"]
    me = either.get("/api/users/@me/").json
    assert (me["organization"]["id"], me["team"]["project_id"]) == (again["id"], again["teams"][0]["id"])
    assert either.delete(f"/api/organizations/{again['id']}/").status_code == 204
    assert either.get(f"/api/projects/{again['teams'][0]['id']}/").status_code == 404
    assert either.get("/api/users/@me/").json["organization"]["id"] == MINE
    assert [one["id"] for one in either.get("/api/organizations/").json["results"]] == [MINE, made["id"]]


def test_organization_is_changed_by_admins_and_removed_by_owners(either: Client) -> None:
    path = f"/api/organizations/{MINE}/"
    mia, adam = either.as_key("phx_mock_member"), either.as_key("phx_mock_admin")
    low, lower = "Your organization access level is insufficient.", "You do not have admin access to this resource."
    assert mia.patch(path, {"name": "M"}).json["detail"] == mia.delete(path).json["detail"] == lower
    assert adam.delete(path).json["detail"] == low
    assert mia.put(path, {"name": "M", "members_can_invite": True}).status_code == 403
    assert (
        adam.patch(path, {"name": "Hedgebox 2", "slug": "x", "default_experiment_stats_method": ""}).json["slug"] != "x"
    )
    assert either.patch(f"/api/organizations/{THEIRS}/", {"name": "x"}).json["detail"] == "Not found."
    missing = either.patch(path, {"logo_media_id": THEIRS}).json
    assert missing["detail"] == f'Invalid pk "{THEIRS}" - object does not exist.'


def test_plan_with_one_project_holds_one_organization(either: Client) -> None:
    id = "01890000-0000-7000-8000-00000000abcd"
    either.post("/__admin/worlds/default/load", {
        "organizations": [{"id": id, "name": "Small", "available_product_features": []}],
        "users": [{"id": 90, "email": "s@mock.test", "current_organization_id": id}],
        "organization_memberships": [{"organization_id": id, "user_id": 90, "level": 15}],
        "api_keys": [{"value": "phx_small", "user_id": 90, "scopes": ["*"]}]})  # fmt: skip
    small = either.as_key("phx_small")
    assert small.get("/api/organizations/@current/").json["available_product_features"] == []
    assert small.post("/api/organizations/", {"name": "Second"}).json["detail"].startswith("You must upgrade your")

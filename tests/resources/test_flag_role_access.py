"""Roles that may change a flag though their members may only view flags. Source: the servers' view of August 2025."""

from __future__ import annotations

import pytest

from mockserver.serving.app import create_app
from tests.conftest import NOON, Client

FLAGS = "/api/projects/1/feature_flags/"
ROLES = "/api/organizations/@current/roles/"


@pytest.fixture
def old(contract) -> Client:
    """A client of a server of August 2025, where roles still say what may be done with flags."""
    app = create_app(profile="observed@2025-08", freeze_time=NOON, strict=True, contract=contract)
    return Client(app.test_client())


def test_who_may_only_view_flags_changes_those_that_a_role_of_theirs_may(old: Client) -> None:
    home = old.get("/api/organizations/@current/").json["id"]
    tables = {
        "users": [{"id": 90, "email": "new@hedgebox.test", "current_organization_id": home, "current_project_id": 1}],
        "organization_memberships": [{"user_id": 90, "organization_id": home, "level": 1}],
        "api_keys": [{"value": "phx_newcomer", "user_id": 90}],
    }
    assert old.flask.post("/__admin/worlds/default/load", json=tables).status_code == 201
    member = old.as_key("phx_newcomer")
    flag = f"{FLAGS}{old.post(FLAGS, {'key': 'kept'}).json['id']}/"
    role = old.post(ROLES, {"name": "Readers of flags", "feature_flags_access_level": 21}).json["id"]
    assert member.patch(flag, {"name": "a"}).status_code == 200
    user = member.get("/api/users/@me/").json["uuid"]
    assert old.post(f"{ROLES}{role}/role_memberships/", {"user_uuid": user}).status_code == 201
    refused = member.patch(flag, {"name": "b"})
    assert refused.status_code == 403
    assert refused.json["detail"] == "You don't have edit permissions for this feature flag."
    assert member.get(flag).json["can_edit"] is False and old.get(flag).json["can_edit"] is True
    given = old.post(f"{flag}role_access/", {"role_id": role})
    assert given.status_code == 201 and given.json["role"]["id"] == role
    assert member.patch(flag, {"name": "c"}).json["can_edit"] is True
    assert old.delete(f"{flag}role_access/{given.json['id']}/").status_code == 204
    assert member.patch(flag, {"name": "d"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "attr"),
    [
        ("{flag}", {"role_id": "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a99"}, 400, "role_id"),
        ("{flag}", {}, 400, "role_id"),
        ("999999", {"role_id": "{role}"}, 400, "feature_flag"),
        ("text", {"role_id": "{role}"}, 404, None),
    ],
)
def test_what_cannot_be_let_is_refused(either, path, body, status, attr) -> None:
    flag, role = either.post(FLAGS, {"key": "kept"}).json["id"], either.post(ROLES, {"name": "Keepers"}).json["id"]
    told = {name: value.format(role=role) for name, value in body.items()}
    answer = either.post(f"{FLAGS}{path.format(flag=flag)}/role_access/", told)
    assert (answer.status_code, answer.json["attr"]) == (status, attr)
    assert either.get(f"{FLAGS}999999/role_access/").json["count"] == 0
    path = f"{FLAGS}{flag}/role_access/"
    assert [either.post(path, {"role_id": role}).status_code for _ in range(2)] == [201, 400]
    assert either.delete(f"{ROLES}{role}/").status_code == 204 and either.get(path).json["count"] == 0

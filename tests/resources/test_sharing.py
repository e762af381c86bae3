"""Sharing. Source: recorded answers; the servers' sources for passwords."""

from __future__ import annotations

import pytest

SHARING = "/api/projects/1/dashboards/1/sharing/"
SHARED = {"enabled": True}


def test_nothing_is_stored_before_it_is_shared(observed) -> None:
    first, second = observed.get(SHARING).json, observed.get(SHARING).json
    assert (first["created_at"], first["enabled"], first["settings"]) == (None, False, None)
    assert first["access_token"] != second["access_token"]
    shared = observed.patch(SHARING, SHARED).json
    assert shared["enabled"] is True
    assert observed.get(SHARING).json == shared


def test_settings_keep_the_switches_that_are_known(either) -> None:
    made = either.patch(SHARING, {"settings": {"whitelabel": True, "legend": "yes", "nonsense": 1}}).json
    assert made["settings"] == {"whitelabel": True, "legend": True}
    for bad in ([], "x", {"legend": "perhaps"}):
        refused = either.patch(SHARING, {"settings": bad}).json
        assert (refused["detail"], refused["attr"]) == ("Invalid settings format", "settings")


def test_a_new_token_takes_the_place_of_the_old(either) -> None:
    old = either.patch(SHARING, SHARED).json
    new = either.post(f"{SHARING}refresh/", {}).json
    assert new["access_token"] != old["access_token"]
    assert new["enabled"] is True
    assert either.get(SHARING).json == new


@pytest.mark.parametrize(
    ("path", "detail"),
    [("dashboards/999", "Dashboard not found."), ("dashboards/x", "Dashboard not found."),
     ("insights/999", "Insight not found.")],
)  # fmt: skip
def test_what_does_not_exist_is_not_shared(either, path, detail) -> None:
    assert either.get(f"/api/environments/1/{path}/sharing/").json["detail"] == detail


def test_passwords_are_told_once(client) -> None:
    refused = client.post(f"{SHARING}passwords/", {})
    assert (refused.status_code, list(refused.json)) == (400, ["error"])
    client.patch(SHARING, {"enabled": True, "password_required": True})
    short = client.post(f"{SHARING}passwords/", {"raw_password": "short"}).json
    assert (short["attr"], short["detail"]) == ("raw_password", "Password must be at least 8 characters long.")
    made = client.post(f"{SHARING}passwords/", {"raw_password": "long enough", "note": "n"})
    assert (made.status_code, made.json["password"]) == (201, "long enough")
    listed = client.get(SHARING).json["share_passwords"]
    assert [(one["id"], one["note"], "password" in one) for one in listed] == [(made.json["id"], "n", False)]
    assert client.delete(f"{SHARING}passwords/{made.json['id']}/").status_code == 204
    assert client.delete(f"{SHARING}passwords/{made.json['id']}/").status_code == 404
    assert client.get(SHARING).json["share_passwords"] == []

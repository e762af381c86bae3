from __future__ import annotations

import pytest

TOKEN = "phc_mock_project_token"


@pytest.fixture
def flags_of(app):
    def ask(distinct_id: str = "ada", **properties) -> dict:
        body = {"token": TOKEN, "distinct_id": distinct_id, "person_properties": properties}
        answer = app.test_client().post("/flags/?v=2", json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return {key: flag["variant"] or flag["enabled"] for key, flag in answer.json["flags"].items()}

    return ask


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({}, True),
        ({"enabled": False}, None),
        ({"rollout": 0}, False),
        ({"variant": "blue"}, "blue"),
        ({"variant": {"blue": 0, "red": 100}}, "red"),
        ({"only": {"plan": "pro"}}, True),
        ({"only": {"plan": ["free", "team"]}}, False),
        ({"only": {"email": "…@acme.test"}}, True),
        ({"only": {"email": "…@acme.tes"}}, False),
    ],
)
def test_a_flag_is_set_in_one_call(admin, flags_of, given, value) -> None:
    assert admin("PUT", "/worlds/default/flags/new-checkout", given).status_code == 200
    assert flags_of(plan="pro", email="ada@acme.test").get("new-checkout") == value


def test_a_flag_is_set_again_and_removed(admin, flags_of) -> None:
    first = admin("PUT", "/worlds/default/flags/beta", {"only": {"plan": "pro"}}).json
    second = admin("PUT", "/worlds/default/flags/beta", {}).json
    assert (second["id"], flags_of()["beta"]) == (first["id"], True)
    assert admin("DELETE", "/worlds/default/flags/beta").status_code == 204
    assert "beta" not in flags_of()
    assert admin("DELETE", "/worlds/default/flags/beta").status_code == 404


def test_a_payload_comes_with_it(admin, app) -> None:
    admin("PUT", "/worlds/default/flags/button", {"variant": "blue", "payload": {"size": 3}})
    answer = app.test_client().post("/flags/?v=2", json={"token": TOKEN, "distinct_id": "ada"}).json
    assert answer["flags"]["button"]["metadata"]["payload"] == '{"size":3}'


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"on": True}, "on"),
        ({"rollout": 101}, "rollout"),
        ({"variant": {"a": 50}}, "variant"),
        ({"group": "nobody"}, "group"),
    ],
)
def test_bad_wishes_are_refused(admin, given, attr) -> None:
    answer = admin("PUT", "/worlds/default/flags/beta", given)
    assert (answer.status_code, answer.json["attr"]) == (400, attr)

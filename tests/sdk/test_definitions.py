"""Flags for SDKs that evaluate them by themselves, and flags that are configuration from afar."""

from __future__ import annotations

import pytest

from tests.sdk.conftest import SECRET, TOKEN

BOTH = pytest.mark.parametrize("profile", ["documented", "observed"])
LOCAL = "/api/projects/1/feature_flags/local_evaluation/"
PATHS = pytest.mark.parametrize("path", [LOCAL, "/api/feature_flag/local_evaluation", "/flags/definitions"])
REMOTE = {"key": "limits", "is_remote_configuration": True, "filters": {
    "groups": [{"properties": []}], "payloads": {"true": '{"most": 5}'}}}  # fmt: skip
COHORT = {"id": 1, "name": "pro", "filters": {"properties": {"type": "OR", "values": [{"type": "AND", "values": [
    {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]},
    {"key": "seats", "type": "person", "operator": "gt", "value": "5"}]}]}}}  # fmt: skip


def in_cohort(number: int, operator: str = "in") -> dict:
    one = {"key": "id", "type": "cohort", "operator": operator, "value": number}
    return {"properties": [one], "rollout_percentage": 7}


@BOTH
@PATHS
def test_definitions_are_given_to_keys_and_secrets(asker, profile: str, path: str) -> None:
    client = asker(profile)
    for key in ("phx_mock_all_access", "phx_mock_read_only", SECRET):
        answer = client.as_key(key).get(path, query_string={"token": TOKEN})
        assert [flag["key"] for flag in answer.json["flags"]] == ["on", "off", "which", "idle"]
    for key, status in ((None, 401), ("phx_unknown", 401), ("phs_unknown", 401), (TOKEN, 401)):
        assert client.as_key(key).get(path, query_string={"token": TOKEN}).status_code == status


@PATHS
def test_definitions_are_sent_once(asker, path: str) -> None:
    client = asker()
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    client.load(feature_flags=[{"key": "new"}])
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_secret_token_opens_nothing_else(asker) -> None:
    client = asker().as_key(SECRET)
    for path in ("/api/projects/1/feature_flags/", "/api/projects/1/persons/", "/api/users/@me/"):
        assert client.get(path).status_code == 401
    assert asker().as_key(SECRET).get("/api/projects/1/feature_flags/on/remote_config/").status_code == 404


@BOTH
def test_cohorts_are_sent_or_written_out(asker, profile: str) -> None:
    client = asker(profile)
    client.load(cohorts=[COHORT, {"id": 2, "name": "by hand", "is_static": True}])
    client.load(feature_flags=[{"key": "simple", "filters": {"groups": [in_cohort(1)]}},
                               {"key": "static", "filters": {"groups": [in_cohort(2)]}},
                               {"key": "not", "filters": {"groups": [in_cohort(1, "not_in")]}}])  # fmt: skip
    sent, written = client.get(LOCAL, query_string={"send_cohorts": ""}).json, client.get(LOCAL).json
    assert set(sent["cohorts"]) == {"1"}
    assert written["cohorts"] == {}
    groups = {flag["key"]: flag["filters"]["groups"] for flag in written["flags"]}
    leaves = COHORT["filters"]["properties"]["values"][0]["values"]
    assert groups["simple"] == [{"properties": leaves, "rollout_percentage": 7}]
    assert groups["static"] == [in_cohort(2)]
    assert (groups["not"] == groups["simple"]) is (profile == "observed")  # as they did, and should not have


def test_flags_that_others_depend_on_are_named_as_sdks_want_it(asker) -> None:
    on = {"key": "1", "type": "flag", "operator": "flag_evaluates_to", "value": True}
    for profile, named in (("documented", "on"), ("observed", "1")):
        client = asker(profile)
        client.load(feature_flags=[{"key": "depends", "filters": {"groups": [{"properties": [on]}]}}])
        flags = client.get(LOCAL).json["flags"]
        (one,) = flags[-1]["filters"]["groups"][0]["properties"]
        assert one["key"] == named
        assert one.get("dependency_chain") == (["on"] if profile == "documented" else None)


@BOTH
def test_remote_configuration_is_read_by_id_or_key(asker, profile: str) -> None:
    client = asker(profile)
    client.load(feature_flags=[{"id": 9, **REMOTE}, {"key": "none", "is_remote_configuration": True},
                               {**REMOTE, "key": "secret", "has_encrypted_payloads": True}])  # fmt: skip
    path = "/api/projects/1/feature_flags/{}/remote_config/"
    assert client.get(path.format(9)).json == client.get(path.format("limits")).json == '{"most": 5}'
    assert client.get(path.format("none")).data == b""
    for named in ("on", "nope"):
        missing = client.get(path.format(named))
        assert (missing.status_code, missing.data) == (404, b"")
    assert client.get(path.format("secret")).json == '{"most": 5}'
    assert "encrypted" in client.as_key(SECRET).get(path.format("secret")).json
    assert "limits" not in {flag["key"] for flag in client.get("/flags/definitions").json["flags"]}
    assert "most" not in client.flags().json["flags"]["secret"]["metadata"]["payload"]

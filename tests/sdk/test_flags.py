"""`/flags` and `/decide`: their forms, what they refuse, how a question may be packed."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from tests.sdk.conftest import TOKEN

BOTH = pytest.mark.parametrize("profile", ["documented", "observed"])
VALUES = {"on": True, "off": False, "which": "b"}
ASKED = {"token": TOKEN, "distinct_id": "u", "flag_keys": ["on"]}
RAW = json.dumps(ASKED).encode()


@BOTH
@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags?v=4", "/flags/?version=3", "/decide/?v=4"])
def test_flags_are_told_in_detail(asker, profile: str, path: str) -> None:
    answer = asker(profile).flags(path).json
    assert {key: one["variant"] or one["enabled"] for key, one in answer["flags"].items()} == VALUES
    assert answer["flags"]["which"] == {
        "key": "which", "enabled": True, "variant": "b",
        "reason": {"code": "condition_match", "condition_index": 0, "description": "Matched condition set 1"},
        "metadata": {"id": 3, "version": 1, "description": None, "payload": '"beta"'},
    }  # fmt: skip
    assert answer["errorsWhileComputingFlags"] is False


@BOTH
@pytest.mark.parametrize("path", ["/flags/?v=1", "/flags/?v=abc", "/decide/?v=3"])
def test_flags_are_told_in_the_older_form(asker, profile: str, path: str) -> None:
    answer = asker(profile).flags(path).json
    assert answer["featureFlags"] == VALUES
    assert answer["featureFlagPayloads"] == {"on": '{"a": 1}', "which": '"beta"'}


@BOTH
def test_flags_are_told_in_the_oldest_forms(asker, profile: str) -> None:
    client = asker(profile)
    assert client.flags("/decide/?v=2").json["featureFlags"] == {"on": True, "which": "b"}
    assert client.flags("/decide/?v=1").json["featureFlags"] == ["on", "which"]


@BOTH
def test_some_flags_or_none_are_asked_for(asker, profile: str) -> None:
    client = asker(profile)
    assert set(client.flags(flag_keys=["on", "nope"]).json["flags"]) == {"on"}
    assert client.flags(flag_keys=[]).json["flags"] == client.flags(disable_flags=True).json["flags"] == {}
    keys = client.flags("/decide/?v=3", flag_keys_to_evaluate=["off"]).json["featureFlags"]
    assert keys == {"off": False}


def test_newer_services_know_more_names(asker) -> None:
    client = asker()
    assert set(client.flags(flag_keys_to_evaluate=["on"]).json["flags"]) == {"on"}
    plain = client.flags("/flags/").json
    assert "flags" in plain and plain["hasFeatureFlags"] is True
    assert client.flags(device_id="d", **{"$groups": {"company": "x"}}).status_code == 200


@BOTH
def test_the_configuration_comes_along_when_asked_for(asker, profile: str) -> None:
    client = asker(profile)
    assert "supportedCompression" not in client.flags().json
    answer = client.flags("/flags/?v=2&config=true").json
    assert (answer["token"], answer["hasFeatureFlags"], set(answer["flags"])) == (TOKEN, True, set(VALUES))


@BOTH
def test_a_used_up_quota_gives_no_flags(asker, profile: str, contract) -> None:
    client = asker(profile)
    project = client.world.view().table("projects").get(1)
    with client.world.store.transaction() as transaction:
        transaction.table("projects").update(project, {"quota_limited": ["feature_flags"]})
    answer = client.flags().json
    assert (answer["flags"], answer["quotaLimited"]) == ({}, ["feature_flags"])
    refused = client.get("/api/projects/1/feature_flags/local_evaluation/")
    assert (refused.status_code, refused.json["type"]) == (402, "quota_limited")


def test_flags_are_for_runtimes_and_contexts(asker) -> None:
    client = asker()
    client.load(feature_flags=[{"key": "for-servers", "evaluation_runtime": "server"},
                               {"key": "for-docs", "evaluation_tags": ["docs"]}])  # fmt: skip
    body = {"token": TOKEN, "distinct_id": "u"}

    def seen(agent: str, **told: Any) -> set[str]:
        answer = client.flask.post("/flags/?v=2", json={**body, **told}, headers={"User-Agent": agent})
        return set(answer.json["flags"]) - set(VALUES)

    assert seen("posthog-python/7.0") == {"for-servers", "for-docs"}
    assert seen("Mozilla/5.0") == seen("unheard of") == {"for-docs"}
    assert seen("Mozilla/5.0", evaluation_runtime="all") == {"for-servers", "for-docs"}
    assert seen("curl/8", evaluation_contexts=["app"]) == {"for-servers"}
    assert seen("Mozilla/5.0", evaluation_contexts=["docs", "app"]) == {"for-docs"}


def test_newer_services_may_be_told_to_believe_nothing_but_what_is_given(asker) -> None:
    client = asker()
    client.load(persons=[{"distinct_ids": ["u"], "properties": {"plan": "pro"}}])
    pro = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}
    client.load(feature_flags=[{"key": "pro", "filters": {"groups": [{"properties": [pro]}]}}])
    paths = ("/flags/?v=2", "/flags/?v=2&only_use_override_person_properties=true")
    assert [client.flags(path).json["flags"]["pro"]["enabled"] for path in paths] == [True, False]


def test_newer_services_tell_which_flag_could_not_be_computed(asker) -> None:
    gone = {"properties": [{"key": "id", "type": "cohort", "operator": "in", "value": 99}]}
    for profile, failed in (("documented", True), ("observed", None)):
        client = asker(profile)
        client.load(feature_flags=[{"key": "gone", "filters": {"groups": [gone]}}])
        answer = client.flags().json
        told = answer["flags"]["gone"]
        assert (answer["errorsWhileComputingFlags"], told["enabled"], told.get("failed")) == (True, False, failed)
        assert told["reason"]["code"] == "dependency_not_found_cohort"


@BOTH
def test_properties_and_groups_are_listened_to(asker, profile: str) -> None:
    client = asker(profile)
    client.load(group_types=[{"group_type": "company", "group_type_index": 0}])
    client.load(groups=[{"group_type_index": 0, "group_key": "acme", "group_properties": {"seats": 9}}])
    seats = {"key": "seats", "type": "group", "group_type_index": 0, "operator": "gt", "value": "5"}
    filters = {"aggregation_group_type_index": 0, "groups": [{"properties": [seats], "rollout_percentage": 100}]}
    client.load(feature_flags=[{"key": "big", "filters": filters}])

    def big(**told: Any) -> bool:
        return client.flags(**told).json["flags"]["big"]["enabled"]

    assert [big(), big(groups={"company": "acme"}), big(groups={"company": "new"})] == [False, True, False]
    assert big(groups={"company": "new"}, group_properties={"company": {"seats": 6}})
    assert not big(groups={"company": "acme"}, group_properties={"company": {"seats": 1}})


REFUSED: list[tuple[Any, int, int]] = [
    ({"distinct_id": "x"}, 401, 401),
    ({"token": "", "distinct_id": "x"}, 401, 401),
    ({"token": "phc_unknown", "distinct_id": "x"}, 401, 401),
    ({"token": "phc_unknown"}, 401, 400),
    ({"token": TOKEN}, 400, 400),
    ({"token": TOKEN, "distinct_id": None}, 400, 400),
    ({"token": TOKEN, "distinct_id": ""}, 200, 400),
    ({"token": TOKEN, "disable_flags": True}, 200, 400),
    ({"token": 5, "distinct_id": "x"}, 400, 400),
    ({"token": TOKEN, "api_key": TOKEN, "distinct_id": "x"}, 400, 400),
    ({"token": TOKEN, "distinct_id": True}, 400, 400),
    ({"token": TOKEN, "distinct_id": "x", "groups": ["acme"]}, 400, 400),
    ({"token": TOKEN, "distinct_id": "x", "person_properties": []}, 400, 400),
    ({"token": TOKEN, "distinct_id": "x", "group_properties": {"company": "pro"}}, 400, 400),
    ({"token": TOKEN, "distinct_id": "x", "flag_keys": "on"}, 400, 400),
    ({"token": TOKEN, "distinct_id": "x", "disable_flags": "true"}, 400, 400),
    ([], 400, 400), ("x", 400, 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "documented", "observed"), REFUSED, ids=lambda case: str(case)[:60])
def test_questions_are_refused(asker, body: Any, documented: int, observed: int) -> None:
    answers = [asker(profile).flask.post("/flags/?v=2", json=body) for profile in ("documented", "observed")]
    assert [answer.status_code for answer in answers] == [documented, observed]
    assert answers[1].mimetype == ("application/json" if observed == 200 else "text/plain")
    if documented == 401:
        assert answers[0].json["type"] == "authentication_error"


def test_a_body_that_is_no_json_is_told_in_text(asker) -> None:
    for profile in ("documented", "observed"):
        for body in (b"", b"{nope", b"\x00\xff"):
            answer = asker(profile).flask.post("/flags/?v=2", data=body, content_type="application/json")
            assert (answer.status_code, answer.mimetype) == (400, "text/plain")
            assert answer.text.startswith("Failed to decode request: invalid JSON.")


def test_nan_is_null_to_newer_services_alone(asker) -> None:
    body = RAW.replace(b'["on"]', b'["on"], "person_properties": {"age": NaN}')
    sent = [asker(profile).flask.post("/flags/?v=2", data=body, content_type="application/json")
            for profile in ("documented", "observed")]  # fmt: skip
    assert [answer.status_code for answer in sent] == [200, 400]


PACKED: list[tuple[str, bytes, dict[str, str]]] = [
    ("", RAW, {"content_type": "text/plain"}),
    ("", RAW, {"content_type": "application/json; charset=utf-8"}),
    ("&compression=gzip", gzip.compress(RAW, mtime=0), {}),
    ("&compression=gzip-js", gzip.compress(RAW, mtime=0), {"content_type": "text/plain"}),
    ("", gzip.compress(RAW, mtime=0), {}),
    ("&compression=base64", base64.b64encode(RAW), {"content_type": "text/plain"}),
    ("", b"data=" + base64.b64encode(RAW), {"content_type": "application/x-www-form-urlencoded"}),
    ("", base64.b64encode(RAW), {"content_type": "application/x-www-form-urlencoded"}),
]


@BOTH
@pytest.mark.parametrize(("query", "body", "more"), PACKED)
def test_questions_come_in_every_packing(asker, profile: str, query: str, body: bytes, more: dict[str, Any]) -> None:
    answer = asker(profile).flask.post(f"/flags/?v=2{query}", data=body, **more)
    assert (answer.status_code, list(answer.json["flags"])) == (200, ["on"])


MISPACKED = [
    ("", RAW, "multipart/form-data", "unsupported content type: multipart/form-data"),
    ("&compression=lz64", RAW, "application/json", "Unsupported compression type"),
    ("&compression=gzip", RAW, "application/json", "gzip decompression failed: invalid gzip header"),
    ("&compression=gzip", RAW, "application/x-www-form-urlencoded", "Gzip compression not supported for form"),
    ("", b"data={}", "application/x-www-form-urlencoded", "Base64 decoding error: Invalid symbol 123, offset 0."),
]


@BOTH
@pytest.mark.parametrize(("query", "body", "content_type", "said"), MISPACKED)
def test_a_packing_that_is_none_is_named(
    asker, profile: str, query: str, body: bytes, content_type: str, said: str
) -> None:
    answer = asker(profile).flask.post(f"/flags/?v=2{query}", data=body, content_type=content_type)
    assert answer.status_code == 400
    assert said in answer.text


def test_decide_refuses_as_django_does(asker) -> None:
    client = asker("observed")
    cases: list[tuple[Any, int, str]] = [
        ({"distinct_id": "x"}, 401, "no_api_key"), ([], 401, "no_api_key"),
        ({"token": "phc_unknown", "distinct_id": "x"}, 401, "invalid_api_key"),
        ({"token": TOKEN}, 400, "missing_distinct_id"),
        ({"token": "phx_unknown", "project_id": 1, "distinct_id": "x"}, 401, "invalid_personal_key"),
    ]  # fmt: skip
    for body, status, code in cases:
        answer = client.flask.post("/decide/?v=3", json=body)
        assert (answer.status_code, answer.json["code"]) == (status, code)
    broken = client.flask.post("/decide/?v=3", data="{nope", content_type="application/json")
    assert (broken.status_code, broken.json["code"]) == (400, "malformed_data")
    personal = {"token": "phx_mock_all_access", "project_id": 1, "distinct_id": "x"}
    assert client.flask.post("/decide/?v=2", json=personal).json["featureFlags"]["on"] is True
    assert client.flask.get("/decide/?v=3").json["featureFlags"] == {}
    assert client.flask.options("/decide/").json == {"status": 1}


@BOTH
def test_who_identifies_keeps_what_they_had(asker, profile: str) -> None:
    client = asker(profile)
    client.load(persons=[{"distinct_ids": ["u", "u2"]}])
    halves = [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]
    filters = {"groups": [{"properties": []}], "multivariate": {"variants": halves}}
    client.load(feature_flags=[{"key": "kept", "ensure_experience_continuity": True, "filters": filters}])

    def kept(distinct_id: str, **told: Any) -> str:
        return client.flags(distinct_id=distinct_id, **told).json["flags"]["kept"]["variant"]

    before = kept("u")
    other = next(name for name in map(str, range(20)) if kept(name) != before)
    told = {"$anon_distinct_id": other}
    assert [kept("u", **told), kept("u"), kept("u2")] == [kept(other)] * 3


def test_posthog_js_finds_its_configuration(asker) -> None:
    client = asker()
    config = client.flask.get(f"/array/{TOKEN}/config").json
    assert (config["token"], config["hasFeatureFlags"]) == (TOKEN, True)
    script = client.flask.get(f"/array/{TOKEN}/config.js")
    assert script.mimetype == "application/javascript"
    assert f'_POSTHOG_REMOTE_CONFIG["{TOKEN}"]' in script.text
    assert client.flask.get("/array/phc_unknown/config").status_code == 404


@BOTH
def test_a_field_named_twice_is_refused(asker, profile: str) -> None:
    body = f'{{"token":"{TOKEN}","distinct_id":"u","distinct_id":"v"}}'
    answer = asker(profile).flask.post("/flags/?v=2", data=body, content_type="application/json")
    assert answer.status_code == 400 and "invalid JSON" in answer.text

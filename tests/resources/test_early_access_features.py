"""Early access features. Source: recorded answers."""

from __future__ import annotations

import pytest

FEATURES = "/api/projects/1/early_access_feature/"
FLAGS = "/api/projects/1/feature_flags/"


def enrolled(key: str) -> list[dict]:
    condition = {"key": f"$feature_enrollment/{key}", "type": "person", "value": ["true"], "operator": "exact"}
    return [{"properties": [condition], "rollout_percentage": 100}]


def test_a_feature_makes_its_flag(either) -> None:
    made = either.post(FEATURES, {"name": "Dark  Mode!", "stage": "beta"}).json
    flag = either.get(f"{FLAGS}{made['feature_flag']['id']}/").json
    assert (flag["key"], flag["name"]) == ("dark-mode", "Feature Flag for Feature Dark  Mode!")
    assert flag["filters"]["groups"] == [{"properties": [], "rollout_percentage": 0, "variant": None}]
    assert flag["filters"]["super_groups"] == enrolled("dark-mode")
    assert [(feature["id"], feature["flagKey"]) for feature in flag["features"]] == [(made["id"], "dark-mode")]


@pytest.mark.parametrize(
    ("before", "after", "is_open", "version"),
    [
        ("draft", "beta", True, 2),
        ("concept", "general-availability", True, 1),
        ("beta", "archived", False, 1),
        ("draft", "archived", False, 1),
    ],
)
def test_its_stage_opens_and_closes_the_flag(observed, before, after, is_open, version) -> None:
    made = observed.post(FEATURES, {"name": "x", "stage": before}).json
    changed = observed.patch(f"{FEATURES}{made['id']}/", {"stage": after}).json["feature_flag"]
    assert changed["filters"]["super_groups"] == (enrolled("x") if is_open else None)
    assert changed["version"] == version


def test_the_flag_outlives_its_feature(observed) -> None:
    made = observed.post(FEATURES, {"name": "x", "stage": "beta"}).json
    path = f"{FLAGS}{made['feature_flag']['id']}/"
    refused = observed.patch(path, {"deleted": True})
    assert (refused.status_code, "in use with early access features" in refused.json["detail"]) == (400, True)
    groups = {"groups": [], "aggregation_group_type_index": 0}
    assert "linked to an Early Access Feature" in observed.patch(path, {"filters": groups}).json["detail"]
    assert observed.delete(f"{FEATURES}{made['id']}/").status_code == 204
    assert observed.get(f"{FEATURES}{made['id']}/").status_code == 404
    assert observed.get(path).json["filters"]["super_groups"] is None
    assert observed.patch(path, {"deleted": True}).status_code == 200


@pytest.mark.parametrize(
    ("filters", "detail"),
    [
        ({"groups": [], "aggregation_group_type_index": 0}, "Group-based feature flags are not supported"),
        ({"groups": [], "multivariate": {"variants": [{"key": "a", "rollout_percentage": 100}]}}, "Multivariate"),
    ],
)
def test_what_flag_a_feature_cannot_be_put_on(observed, filters, detail) -> None:
    flag = observed.post(FLAGS, {"key": "given", "filters": filters}).json
    answer = observed.post(FEATURES, {"name": "x", "stage": "beta", "feature_flag_id": flag["id"]})
    assert (answer.status_code, answer.json["attr"]) == (400, None)
    assert answer.json["detail"].startswith(detail)


def test_a_flag_has_one_feature(observed) -> None:
    flag = observed.post(FLAGS, {"key": "given"}).json
    body = {"name": "x", "stage": "alpha", "feature_flag_id": flag["id"]}
    assert observed.post(FEATURES, body).json["feature_flag"]["version"] == 2
    assert observed.post(FEATURES, body).json["detail"].endswith("already has a feature attached to it.")


@pytest.mark.parametrize(
    ("body", "attr", "code"),
    [
        ({"stage": "beta"}, "name", "required"),
        ({"name": "x"}, "stage", "required"),
        ({"name": "x", "stage": "moon"}, "stage", "invalid_choice"),
        ({"name": "!!!", "stage": "beta"}, "key", "blank"),
        ({"name": "taken", "stage": "beta"}, "key", "unique"),
        ({"name": "x", "stage": "beta", "documentation_url": "no address"}, "documentation_url", "invalid_input"),
        ({"name": "x", "stage": "beta", "documentation_url": None}, "documentation_url", "null"),
        ({"name": "x" * 201, "stage": "beta"}, "name", "max_length"),
        ({"name": "x", "stage": "beta", "feature_flag_id": 98765}, None, "invalid_input"),
    ],
)
def test_what_a_feature_may_not_be(either, body, attr, code) -> None:
    either.post(FLAGS, {"key": "taken"})
    answer = either.post(FEATURES, body)
    assert (answer.status_code, answer.json["attr"], answer.json["code"]) == (400, attr, code)


PUBLIC = "/api/early_access_features/"
TOKEN = "phc_mock_project_token"


@pytest.mark.parametrize(
    ("query", "names"),
    [("", ["b"]), ("&stage=alpha", ["a"]), ("&stage=alpha&stage=beta", ["a", "b"]), ("&stage=zzz", [])],
)
def test_browsers_load_what_is_released(observed, query, names) -> None:
    for name, stage in (("a", "alpha"), ("b", "beta"), ("d", "draft")):
        observed.post(FEATURES, {"name": name, "stage": stage})
    told = observed.as_key(None).get(f"{PUBLIC}?token={TOKEN}{query}").json["earlyAccessFeatures"]
    assert [feature["name"] for feature in told] == names
    assert all(
        feature.keys() == {"id", "name", "description", "stage", "documentationUrl", "flagKey"} for feature in told
    )


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", "", "missing_api_key"),
        ("GET", "?token=phc_nobody", "invalid_api_key"),
        ("POST", f"?token={TOKEN}", "missing_api_key"),
        ("OPTIONS", f"?token={TOKEN}", "missing_api_key"),
    ],
)
def test_features_are_a_projects(observed, method, query, code) -> None:
    answer = observed.as_key(None)(method, f"{PUBLIC}{query}")
    assert (answer.status_code, answer.json["code"]) == (401, code)

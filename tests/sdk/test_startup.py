"""What SDKs ask when they start, answered for a project without feature flags."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

TOKEN = "phc_mock_project_token"
ASKED = {"token": TOKEN, "distinct_id": "somebody"}


@pytest.mark.parametrize(
    ("path", "empty"),
    [
        ("/flags/?v=2", {"flags": {}, "errorsWhileComputingFlags": False}),
        ("/flags/", {"featureFlags": {}, "featureFlagPayloads": {}, "errorsWhileComputingFlags": False}),
        ("/decide/?v=4", {"flags": {}}),
        ("/decide/?v=3", {"featureFlags": {}, "featureFlagPayloads": {}}),
        ("/decide/?v=2", {"featureFlags": {}}),
        ("/decide/", {"featureFlags": []}),
    ],
)
def test_there_are_no_flags_in_any_version(client: Client, path: str, empty: dict[str, Any]) -> None:
    answer = client.flask.post(path, json=ASKED).json
    assert {name: answer[name] for name in empty} == empty
    assert ("supportedCompression" in answer) is path.startswith("/decide")
    assert client.flask.post("/flags/?v=2&config=true", json=ASKED).json["hasFeatureFlags"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [({"distinct_id": "x"}, 401), ({"token": TOKEN}, 400), ({"token": TOKEN, "distinct_id": ""}, 400),
     ({"token": "phc_unknown", "distinct_id": "x"}, 401), ([1], 400)],
)  # fmt: skip
def test_a_question_nobody_can_answer_is_refused(client: Client, body: Any, status: int) -> None:
    assert client.flask.post("/flags/?v=2", json=body).status_code == status


def test_posthog_js_finds_its_configuration(client: Client) -> None:
    config = client.flask.get(f"/array/{TOKEN}/config").json
    assert (config["token"], config["hasFeatureFlags"]) == (TOKEN, False)
    script = client.flask.get(f"/array/{TOKEN}/config.js")
    assert script.mimetype == "application/javascript"
    assert f'_POSTHOG_REMOTE_CONFIG["{TOKEN}"]' in script.text
    assert client.flask.get("/array/phc_unknown/config").status_code == 401


@pytest.mark.parametrize("path", ["/api/feature_flag/local_evaluation/", "/flags/definitions"])
def test_local_evaluation_knows_no_flags(client: Client, path: str) -> None:
    answer = client.get(path, query_string={"token": TOKEN, "send_cohorts": ""}).json
    assert (answer["flags"], answer["cohorts"]) == ([], {})
    assert client.as_key(None).get(path).status_code == 401
    assert client.as_key("phx_mock_outsider").get(path, query_string={"token": TOKEN}).status_code == 403

"""Text that no encoding has: half of a surrogate pair, which JSON's escapes can spell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.analytics.conftest import Asker
from tests.conftest import NOON

HALF, UUID = "\ud800", "0198f000-0000-7000-8000-00000000000a"


def funnel(**more: Any) -> dict[str, Any]:
    return {"events": [{"id": "opened"}, {"id": "bought"}], "funnel_step": 1, **more}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("query", {"query": {"kind": "HogQLQuery", "query": "select {x}", "values": {"x": HALF}}}),
        ("persons/funnel", funnel(search=HALF)),
        ("persons/funnel", funnel(events=[{"id": HALF}, {"id": "bought"}])),
        ("persons/funnel", funnel(properties=[{"key": f"a{HALF}", "value": "x", "type": "event"}])),
        ("persons/funnel", funnel(properties=[{"key": f"event = '{HALF}'", "type": "hogql"}])),
        ("persons/funnel", funnel(breakdown=HALF, breakdown_type="event")),
    ],
)
def test_half_a_surrogate_cannot_be_asked_for(asker: Asker, path: str, body: dict[str, Any]) -> None:
    session = asker.client.as_key(
        asker.client.as_key(None).post(f"/__admin/worlds/{asker.world}/api_keys", {"scopes": []}).json["api_key"]
    )
    response = session.post(f"/api/environments/{asker.project_id}/{path}/", body)
    assert (response.status_code, response.json["code"]) == (400, "invalid_input"), response.text
    assert response.json["detail"] == "Query has characters that are not text"


def test_half_a_surrogate_in_properties_is_read_back_as_the_sign_for_it(asker: Asker) -> None:
    token = asker.client.as_key(None).get(f"/__admin/worlds/{asker.world}").json["project_token"]
    properties = {f"p{HALF}": [HALF], "$session_id": HALF}
    event = {"event": "odd", "distinct_id": "d", "properties": properties}
    refused = asker.client.flask.post("/capture/", json={"api_key": token, **event})
    assert refused.status_code == 400  # by serde; batches of 2026 do not look into properties
    headers = {
        "Authorization": f"Bearer {token}", "PostHog-Sdk-Info": "posthog-rs/1.0", "PostHog-Attempt": "1",
        "PostHog-Request-Id": UUID, "PostHog-Request-Timestamp": NOON,
    }  # fmt: skip
    batch = {"created_at": NOON, "batch": [{**event, "uuid": UUID, "timestamp": NOON}]}
    answer = asker.client.flask.post("/i/v1/analytics/events", json=batch, headers=headers)
    assert answer.json["results"] == {UUID: {"result": "ok"}}
    rows = asker.rows("select event, properties.`p\ufffd`, $session_id from events where event = 'odd'")
    assert rows == [["odd", '["\ufffd"]', "\ufffd"]]


@pytest.mark.parametrize("operator", ["+", " and ", " or ", " || ", " ?? ", " = "])
def test_chains_that_no_parser_ends_with_are_refused(asker: Asker, operator: str) -> None:
    refused = asker.error(f"select {operator.join(['1'] * 5000)}")
    assert refused["detail"] == "Query is nested too deeply: at most 1000 operators in a row"


def test_long_lists_are_no_chains(asker: Asker) -> None:
    assert asker.value(f"3 in ({', '.join(map(str, range(-2000, 2000)))})") == 1

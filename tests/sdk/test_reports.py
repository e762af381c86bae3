"""What browsers report of pages becomes events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client

TOKEN = "phc_mock_project_token"
CART, RESET = "https://shop.test/cart", "https://shop.test/reset/"
OLD = {"csp-report": {"document-uri": CART, "violated-directive": "img-src", "script-sample": "<b>"}}
NEW = {"type": "csp-violation", "url": "https://shop.test/", "body": {"effectiveDirective": "script-src"}}
CRASH = {"type": "crash", "age": 60_000, "url": f"{RESET}abcdefgh12345678?t=1", "body": {"reason": "oom"}}


def report(client: Client, body: Any, kind: str = "application/csp-report", query: str = f"?token={TOKEN}") -> Any:
    return client.flask.post(f"/report/{query}", data=json.dumps(body), content_type=kind)


def sent(client: Client) -> list[dict[str, Any]]:
    events = client.flask.get("/__admin/worlds/default/events").json["events"]
    return [event for event in events if event["event"].startswith(("$csp", "$browser_crash"))]


def test_a_violation_is_an_event(observed: Client) -> None:
    answer = report(observed, OLD, query=f"?token={TOKEN}&distinct_id=u&v=2")
    assert (answer.status_code, answer.data) == (204, b"")
    [event] = sent(observed)
    properties = event["properties"]
    assert (event["event"], event["distinct_id"], properties["$csp_version"]) == ("$csp_violation", "u", "2")
    assert properties["$csp_violated_directive"] == "img-src" and properties["$csp_script_sample"] == "&lt;b&gt;"
    assert properties["$current_url"] == CART and properties["$csp_raw_report"] == OLD


def test_a_bundle_holds_reports_of_several_kinds(observed: Client) -> None:
    kinds = [NEW, CRASH, {"type": "deprecation"}]
    assert report(observed, kinds, "application/reports+json").status_code == 204
    events = {event["event"]: event["properties"] for event in sent(observed)}
    assert set(events) == {"$csp_violation", "$browser_crash_report"}
    assert events["$csp_violation"]["$csp_document_url"] == "https://shop.test/"
    crash = events["$browser_crash_report"]
    assert (crash["$browser_crash_reason"], crash["$current_url"]) == ("oom", f"{RESET}<redacted>")


def test_a_share_of_violations_is_kept(observed: Client) -> None:
    assert report(observed, OLD, query=f"?token={TOKEN}&sample_rate=0").status_code == 204
    assert sent(observed) == []


@pytest.mark.parametrize(
    ("body", "kind", "query", "code"),
    [
        ({}, "application/csp-report", f"?token={TOKEN}", "invalid_csp_payload"),
        ([1], "application/reports+json", f"?token={TOKEN}", "invalid_csp_payload"),
        (OLD, "application/json", f"?token={TOKEN}", "invalid_payload"),
        (OLD, "application/csp-report", "", "capture_error"),
    ],
)
def test_what_is_no_report_is_refused(observed: Client, body: Any, kind: str, query: str, code: str) -> None:
    answer = report(observed, body, kind, query)
    assert (answer.status_code, answer.json["code"]) == (400, code)

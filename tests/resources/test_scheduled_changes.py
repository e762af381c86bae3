"""Scheduled changes of flags, which happen when the world's clock gets there. Source: recorded answers."""

from __future__ import annotations

from typing import Any

import pytest

CHANGES = "/api/projects/1/scheduled_changes/"
FLAGS = "/api/projects/1/feature_flags/"
CLOCK = "/__admin/worlds/default/clock"
SESSION = "phx_session"
LATER = "2026-01-15T13:00:00Z"  # an hour after the clock of these tests


@pytest.fixture
def session(observed):
    observed.flask.post("/__admin/worlds/default/load", json={"api_keys": [{"value": SESSION, "user_id": 1}]})
    return observed.as_key(SESSION)


@pytest.fixture
def flag(session) -> int:
    return session.post(FLAGS, {"key": "planned", "filters": {"groups": []}}).json["id"]


def plan(session, flag: Any, operation: str = "update_status", value: Any = False) -> dict:
    body = {
        "record_id": str(flag), "model_name": "FeatureFlag", "scheduled_at": LATER,
        "payload": {"operation": operation, "value": value},
    }  # fmt: skip
    answer = session.post(CHANGES, body)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_flag_is_switched_off_when_its_time_comes(session, flag) -> None:
    made = plan(session, flag)
    assert (made["team_id"], made["executed_at"]) == (1, None)
    session.flask.put(CLOCK, json={"advance": 3599})
    assert session.get(f"{FLAGS}{flag}/").json["active"] is True
    session.flask.put(CLOCK, json={"advance": 1})
    changed = session.get(f"{FLAGS}{flag}/").json
    assert (changed["active"], changed["version"]) == (False, 2)
    done = session.get(f"{CHANGES}{made['id']}/").json
    assert (done["executed_at"], done["failure_reason"]) == (LATER, None)


@pytest.mark.parametrize(
    ("operation", "value", "filters"),
    [
        (
            "add_release_condition",
            {"groups": [{"properties": [], "rollout_percentage": 20}]},
            {"groups": [{"properties": [], "rollout_percentage": 20}]},
        ),
        (
            "update_variants",
            {"variants": [{"key": "a", "rollout_percentage": 100}], "payloads": {"a": "1"}},
            {
                "groups": [], "payloads": {"a": "1"},
                "multivariate": {"variants": [{"key": "a", "rollout_percentage": 100}]},
            },
        ),
    ],
)  # fmt: skip
def test_who_it_is_for_is_changed(session, flag, operation, value, filters) -> None:
    plan(session, flag, operation, value)
    session.flask.put(CLOCK, json={"advance": 3600})
    assert session.get(f"{FLAGS}{flag}/").json["filters"] == filters


@pytest.mark.parametrize(
    ("record", "operation", "value"),
    [
        (98765, "update_status", False),
        (None, "update_status", "off"),
        (None, "explode", 1),
        (None, "update_variants", []),
    ],
)
def test_what_cannot_be_done_says_why(session, flag, record, operation, value) -> None:
    made = plan(session, record or flag, operation, value)
    session.flask.put(CLOCK, json={"advance": 3600})
    assert session.get(f"{CHANGES}{made['id']}/").json["failure_reason"]
    assert session.get(f"{FLAGS}{flag}/").json["version"] == 1


def test_what_is_called_off_does_not_happen(session, flag) -> None:
    made = plan(session, flag)
    assert session.delete(f"{CHANGES}{made['id']}/").status_code == 204
    session.flask.put(CLOCK, json={"advance": 3600})
    assert session.get(f"{FLAGS}{flag}/").json["active"] is True


def test_plans_are_listed_by_what_they_are_about(session, flag) -> None:
    plan(session, flag)
    assert session.get(f"{CHANGES}?record_id={flag}").json["count"] == 1
    assert session.get(f"{CHANGES}?model_name=Zzz").json["count"] == 0


def test_keys_are_refused(observed) -> None:
    assert observed.get(CHANGES).json["detail"] == "This action does not support Personal API Key access"

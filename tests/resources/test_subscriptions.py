"""Subscriptions, and what the clock makes of them. Source: recorded answers; the servers' sources."""

from __future__ import annotations

import pytest

from mockserver.world.recurrence import Recurrence
from tests.conftest import Client

SUBSCRIPTIONS = "/api/projects/1/subscriptions/"
GOOD = {
    "dashboard": 1, "target_type": "email", "target_value": "a@b.test", "frequency": "weekly", "interval": 1,
    "start_date": "2026-01-20T09:00:00Z",
}  # fmt: skip


@pytest.fixture
def later(apps):
    app = apps("observed@2026-09")
    yield Client(app.test_client(), "phx_mock_session")
    app.extensions["mockserver"].default.reset()


def sent(client, query: str = "") -> list[dict]:
    return client.flask.get(f"/__admin/worlds/default/deliveries{query}").json["deliveries"]


def advance(client, days: float) -> None:
    client.flask.put("/__admin/worlds/default/clock", json={"advance": days * 86400})


def test_a_subscription_is_sent_when_the_clock_gets_there(observed) -> None:
    made = observed.post(SUBSCRIPTIONS, {**GOOD, "invite_message": "hello"}).json
    assert (made["summary"], made["next_delivery_date"]) == ("sent every week", "2026-01-20T09:00:00Z")
    assert made["invite_message"] is None
    first = sent(observed)
    assert [(one["trigger"], one["recipients"], one["invite_message"]) for one in first] == [
        ("target_change", ["a@b.test"], "hello")
    ]
    advance(observed, 15)
    scheduled = sent(observed, f"?trigger=scheduled&subscription={made['id']}")
    assert [one["delivered_at"] for one in scheduled] == ["2026-01-20T09:00:00Z", "2026-01-27T09:00:00Z"]
    assert scheduled[0]["resource"] == {"type": "dashboard", "id": 1, "name": observed.get(
        "/api/projects/1/dashboards/1/").json["name"]}  # fmt: skip
    assert observed.get(f"{SUBSCRIPTIONS}{made['id']}/").json["next_delivery_date"] == "2026-02-03T09:00:00Z"
    observed.patch(f"{SUBSCRIPTIONS}{made['id']}/", {"deleted": True})
    advance(observed, 30)
    assert len(sent(observed, f"?trigger=scheduled&subscription={made['id']}")) == 2


def test_whoever_is_new_is_sent_it_at_once(observed) -> None:
    made = observed.post(SUBSCRIPTIONS, GOOD).json
    observed.patch(f"{SUBSCRIPTIONS}{made['id']}/", {"target_value": "a@b.test,c@d.test"})
    assert [one["recipients"] for one in sent(observed)] == [["a@b.test"], ["c@d.test"]]
    observed.post(SUBSCRIPTIONS, {**GOOD, "target_type": "webhook"})
    assert [one["error"] for one in sent(observed, "?status=failed")] == ["webhook is not supported"]


@pytest.mark.parametrize(
    ("body", "detail", "attr"),
    [
        ({"target_type": None}, "This field may not be null.", "target_type"),
        ({"frequency": "x"}, '"x" is not a valid choice.', "frequency"),
        ({"byweekday": ["moonday"]}, '"moonday" is not a valid choice.', "byweekday__0"),
        ({"dashboard": 9999}, 'Invalid pk "9999" - object does not exist.', "dashboard"),
        ({"title": "t" * 101}, "Ensure this field has no more than 100 characters.", "title"),
        ({"bysetpos": 0}, "bysetpos must be between 1 and 366, or between -366 and -1", "bysetpos"),
    ],
)
def test_what_makes_no_sense_is_refused(observed, body, detail, attr) -> None:
    refused = observed.post(SUBSCRIPTIONS, {**GOOD, **body})
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, detail, attr)


def test_servers_of_2025_take_nearly_anything(observed) -> None:
    for body in ({"dashboard": None}, {"insight": 1}, {"target_value": "nope"}, {"interval": 0}, {"count": -1}):
        assert observed.post(SUBSCRIPTIONS, {**GOOD, **body}).status_code == 201
    made = observed.post(SUBSCRIPTIONS, {**GOOD, "until_date": "2020-01-01T00:00:00Z"}).json
    assert made["next_delivery_date"] is None
    empty = observed.patch(f"{SUBSCRIPTIONS}{made['id']}/", {})
    assert empty.json["detail"] == "Either dashboard or insight is required for an export."


def test_deleted_ones_are_listed_apart(observed) -> None:
    made = observed.post(SUBSCRIPTIONS, GOOD).json["id"]
    observed.patch(f"{SUBSCRIPTIONS}{made}/", {"deleted": True})
    assert made not in [one["id"] for one in observed.get(SUBSCRIPTIONS).json["results"]]
    assert [one["id"] for one in observed.get(f"{SUBSCRIPTIONS}?deleted=true").json["results"]] == [made]
    assert observed.get(f"{SUBSCRIPTIONS}?insight=x").status_code == 400


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "Select at least one insight for this subscription."),
        ({"dashboard_export_insights": [999]}, "Some insights do not belong to your team or do no longer exist."),
        ({"dashboard": None}, "A subscription must have an insight, a dashboard, or a prompt."),
        ({"insight": 1}, "Insight subscriptions cannot also set dashboard or prompt."),
        ({"interval": 0}, "Ensure this value is greater than or equal to 1."),
    ],
)
def test_later_servers_look_closer(later, body, detail) -> None:
    assert later.post(SUBSCRIPTIONS, {**GOOD, **body}).json["detail"] == detail


def test_later_servers_send_on_demand(later) -> None:
    body = {**GOOD, "dashboard": None, "insight": 1}
    made = later.post(SUBSCRIPTIONS, body).json
    assert (made["resource_type"], made["enabled"]) == ("insight", True)
    path = f"{SUBSCRIPTIONS}{made['id']}/"
    assert later.post(f"{path}test-delivery/").status_code == 202
    assert [one["trigger"] for one in later.get(f"{path}deliveries/").json["results"]] == ["manual", "target_change"]
    later.patch(path, {"enabled": False})
    assert later.post(f"{path}test-delivery/").status_code == 409
    ended = later.post(SUBSCRIPTIONS, {**body, "until_date": "2020-01-01T00:00:00Z"}).json
    assert (ended["attr"], "reached its end date" in ended["detail"]) == ("start_date", True)


@pytest.mark.parametrize(
    ("rule", "after", "expected"),
    [
        ({"frequency": "monthly"}, "2026-01-31T09:00", "2026-03-31T09:00"),
        ({"frequency": "yearly", "weekdays": ["friday"], "position": -1}, "2026-01-31T09:00", "2026-12-25T09:00"),
        ({"frequency": "weekly", "weekdays": ["monday"], "interval": 2}, "2026-02-01T00:00", "2026-02-09T09:00"),
        ({"frequency": "daily", "count": 2}, "2026-01-31T10:00", "2026-02-01T09:00"),
        ({"frequency": "daily", "count": 2}, "2026-02-01T10:00", None),
    ],
)
def test_rules_recur(rule, after, expected) -> None:
    from datetime import datetime

    found = Recurrence(start=datetime.fromisoformat("2026-01-31T09:00"), **rule).after(datetime.fromisoformat(after))
    assert found == (datetime.fromisoformat(expected) if expected else None)

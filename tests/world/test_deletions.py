"""Events that are deleted once a week."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mockserver.world.deletions import next_run
from mockserver.world.worlds import World
from tests.conftest import Client

PERSONS = "/api/projects/1/persons/"
TOKEN = "phc_mock_project_token"
BEFORE_SUNDAY, SUNDAY = "2026-01-18T04:59:59Z", "2026-01-18T05:00:00Z"  # the tests' Thursday is the 15th


@pytest.mark.parametrize(
    ("asked", "run"),
    [
        ((15, 12), (18, 5)),
        ((18, 4), (18, 5)),
        ((18, 5), (25, 5)),
        ((17, 23), (18, 5)),
        ((19, 0), (25, 5)),
    ],
)
def test_the_next_run_is_on_sunday_at_five(asked: tuple[int, int], run: tuple[int, int]) -> None:
    assert next_run(datetime(2026, 1, *asked, tzinfo=UTC)) == datetime(2026, 1, *run, tzinfo=UTC)


def seen(client: Client, *distinct_ids: str) -> dict[str, Any]:
    """Capture an event of each distinct id, all of them one person's, and return the person."""
    first, *others = distinct_ids
    batch = [{"event": "$create_alias", "distinct_id": first, "properties": {"alias": other}} for other in others]
    batch += [{"event": "seen", "distinct_id": distinct_id} for distinct_id in distinct_ids]
    assert client.flask.post("/batch/", json={"api_key": TOKEN, "batch": batch}).status_code == 200
    (person,) = client.get(PERSONS, query_string={"distinct_id": first}).json["results"]
    return dict(person)


def at(client: Client, moment: str) -> None:
    assert client.as_key(None).put("/__admin/worlds/default/clock", {"freeze": moment}).status_code == 200


def left(client: Client) -> list[str]:
    """Return whose `seen` events analytics find."""
    pytest.importorskip("chdb")
    query = {"kind": "HogQLQuery", "query": "select distinct_id from events where event = 'seen' order by distinct_id"}
    rows = client.post("/api/projects/1/query/", {"query": query, "refresh": "force_blocking"}).json["results"]
    return [row[0] for row in rows]


WAYS: list[tuple[str, str, Any]] = [
    ("DELETE", "{uuid}/?delete_events=true", None),
    ("DELETE", "{uuid}/?delete_events", None),
    ("POST", "{uuid}/delete_events/", {}),
    ("POST", "bulk_delete/", {"ids": ["{uuid}"], "delete_events": True}),
    ("POST", "bulk_delete/", {"distinct_ids": ["ada"], "delete_events": True}),
]


@pytest.mark.parametrize(("method", "path", "body"), WAYS)
def test_events_stay_until_sunday_and_are_gone_then(either: Client, method: str, path: str, body: Any) -> None:
    person = seen(either, "ada", "adas phone")
    seen(either, "bob")
    if body and "ids" in body:
        body = {**body, "ids": [person["uuid"]]}
    assert either(method, PERSONS + path.format(uuid=person["uuid"]), body).status_code in (202, 204)
    at(either, BEFORE_SUNDAY)
    assert left(either) == ["ada", "adas phone", "bob"]
    at(either, SUNDAY)
    assert left(either) == ["bob"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "{uuid}/", None),
        ("DELETE", "{uuid}/?delete_recordings=true", None),
        ("POST", "{uuid}/delete_recordings/", {}),
        ("POST", "bulk_delete/", {"distinct_ids": ["ada"]}),
        ("POST", "bulk_delete/", {"distinct_ids": ["ada"], "delete_events": False}),
    ],
)
def test_events_that_nobody_asked_to_delete_stay(either: Client, method: str, path: str, body: Any) -> None:
    person = seen(either, "ada")
    assert either(method, PERSONS + path.format(uuid=person["uuid"]), body).status_code in (202, 204)
    at(either, SUNDAY)
    assert left(either) == ["ada"]


def test_a_flag_that_is_false_counts_on_servers(client: Client, observed: Client) -> None:
    for asked, stays in ((client, ["ada"]), (observed, [])):
        uuid = seen(asked, "ada")["uuid"]
        asked.delete(f"{PERSONS}{uuid}/?delete_events=false")
        at(asked, SUNDAY)
        assert left(asked) == stays


def test_events_that_come_after_the_deletion_stay(either: Client) -> None:
    person = seen(either, "ada")
    either.delete(f"{PERSONS}{person['uuid']}/?delete_events=true")
    at(either, BEFORE_SUNDAY)
    assert seen(either, "ada")["uuid"] == person["uuid"]
    at(either, SUNDAY)
    assert left(either) == ["ada"]


def test_a_deletion_that_is_asked_for_twice_is_queued_once(client: Client, world: World) -> None:
    uuid = seen(client, "ada")["uuid"]
    for _ in range(2):
        assert client.post(f"{PERSONS}{uuid}/delete_events/", {}).status_code == 202
    (queued,) = world.view().table("event_deletions")
    assert (queued["person_uuid"], queued["due_at"]) == (uuid, SUNDAY)


def test_a_person_whose_events_are_deleted_stays(either: Client) -> None:
    uuid = seen(either, "ada")["uuid"]
    either.post(f"{PERSONS}{uuid}/delete_events/", {})
    at(either, SUNDAY)
    assert either.get(f"{PERSONS}{uuid}/").status_code == 200


def test_events_of_an_id_that_was_split_off_stay(either: Client) -> None:
    uuid = seen(either, "ada", "adas phone")["uuid"]
    either.post(f"{PERSONS}{uuid}/split/", {"main_distinct_id": "ada"})
    either.delete(f"{PERSONS}{uuid}/?delete_events=true")
    at(either, SUNDAY)
    assert left(either) == ["adas phone"]


def test_a_state_is_told_without_events_that_are_due(client: Client) -> None:
    uuid = seen(client, "ada")["uuid"]
    client.delete(f"{PERSONS}{uuid}/?delete_events=true")
    at(client, SUNDAY)
    tables = client.as_key(None).get("/__admin/worlds/default/state").json["tables"]
    assert "ada" not in [event["distinct_id"] for event in tables["events"]]
    assert "event_deletions" not in tables

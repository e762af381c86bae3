"""What `load` takes, completes and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.seeding import LoadError, build_world, load
from mockserver.world import entropy
from mockserver.world.worlds import World

NOON = "2026-01-15T12:00:00Z"
ORGANIZATION = "01890000-0000-7000-8000-000000000001"
BASE: dict[str, Any] = {
    "organizations": [{"id": ORGANIZATION, "name": "Hedgebox"}],
    "users": [{"id": 1, "email": "owner@hedgebox.test"}],
    "projects": [{"id": 1}],
}


@pytest.fixture
def small(contract: Contract) -> Iterator[World]:
    world = World.new("small", seed=3)
    with world.store.transaction() as transaction:
        entropy.freeze(transaction, entropy.read_timestamp(NOON))
    load(contract, world, BASE)
    yield world


def only(world: World, table: str) -> Any:
    return list(world.view().table(table))[-1]


def test_what_is_left_out_is_completed(contract: Contract, small: World) -> None:
    assert load(contract, small, {"persons": [{"distinct_ids": ["a"]}]}) == {"persons": 1}
    person = only(small, "persons")
    assert person["id"] == 1
    assert person["project_id"] == 1
    assert person["created_at"] == NOON
    assert person["properties"] == {}
    assert person["is_identified"] is False


def test_what_is_given_is_kept(contract: Contract, small: World) -> None:
    given = {"id": 7, "uuid": "0198f000-0000-7000-8000-000000000000", "distinct_ids": ["a", "b"], "is_identified": True,
             "properties": {"email": "a@b.test"}, "created_at": "2025-01-01T12:00:00Z", "project_id": 1}  # fmt: skip
    load(contract, small, {"persons": [given]})
    assert only(small, "persons") == given


def test_event_was_created_when_it_says_or_now(contract: Contract, small: World) -> None:
    event = {"event": "seen", "distinct_id": "a", "timestamp": "2025-01-01T12:00:00Z"}
    load(contract, small, {"events": [{**event, "created_at": "2025-01-01T12:00:09Z"}, event]})
    assert [stored["created_at"] for stored in small.view().table("events")] == ["2025-01-01T12:00:09Z", NOON]


def test_ids_go_on_after_the_greatest_given(contract: Contract, small: World) -> None:
    load(contract, small, {"annotations": [{"id": 40, "content": "a"}, {"content": "b"}]})
    assert only(small, "annotations")["id"] == 41


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-01-01T00:00:00+02:00", "2025-12-31T22:00:00Z"),
        ("-3d2h", "2026-01-12T10:00:00Z"),
        ("@now-0d1h", "2026-01-15T11:00:00Z"),
        ("+90m", "2026-01-15T13:30:00Z"),
    ],
)
def test_times_are_absolute_or_relative_to_now(contract: Contract, small: World, given: str, stored: str) -> None:
    load(contract, small, {"annotations": [{"content": "a", "date_marker": given}]})
    assert only(small, "annotations")["date_marker"] == stored


def test_members_are_given_by_uuid_id_or_distinct_id(contract: Contract, small: World) -> None:
    persons = [{"id": 5, "distinct_ids": ["a"]}, {"id": 6, "distinct_ids": ["b"]}]
    load(contract, small, {"persons": persons, "cohorts": [{"is_static": True, "members": [5, "b", 5]}]})
    uuids = [person["uuid"] for person in small.view().table("persons")]
    assert [row["person_uuid"] for row in small.view().table("cohort_members")] == uuids
    assert only(small, "cohorts")["count"] == 2


def test_read_scopes_are_those_of_the_contract(contract: Contract, small: World) -> None:
    load(contract, small, {"api_keys": [{"user_id": 1, "scopes": ["*:read"]}]})
    scopes = only(small, "api_keys")["scopes"]
    assert {"annotation:read", "query:read", "person:read"} <= set(scopes)
    assert all(scope.endswith(":read") for scope in scopes)
    assert scopes == sorted(scopes)


def test_events_make_persons(contract: Contract, small: World) -> None:
    event = {"event": "$set", "distinct_id": "a", "properties": {"$set": {"plan": "pro"}}, "timestamp": "-1d"}
    load(contract, small, {"events": [event]})
    assert only(small, "persons")["properties"] == {"plan": "pro"}
    assert only(small, "events")["timestamp"] == "2026-01-14T12:00:00Z"


UNSTORABLE = json.loads('"\\ud800"')

REFUSED: list[tuple[dict[str, Any], tuple[str | int, ...], str]] = [
    ({"horses": []}, ("horses",), "there is no table 'horses'"),
    ({"activity_log": []}, ("activity_log",), "there is no table"),
    ({"persons": {}}, ("persons",), "expected a list of records"),
    ({"persons": ["a"]}, ("persons", 0), "expected an object"),
    ({"persons": [{}]}, ("persons", 0, "distinct_ids"), "is required"),
    ({"persons": [{"distinct_ids": []}]}, ("persons", 0, "distinct_ids"), "a list that is not empty"),
    ({"persons": [{"distinct_ids": [1]}]}, ("persons", 0, "distinct_ids", 0), "text that is not empty"),
    ({"persons": [{"distinct_ids": ["a"], "horse": 1}]}, ("persons", 0, "horse"), "there is no field 'horse'; known: "),
    ({"persons": [{"distinct_ids": ["a"], "id": "x"}]}, ("persons", 0, "id"), "an integer above 0"),
    ({"persons": [{"distinct_ids": ["a"], "id": 2**70}]}, ("persons", 0, "id"), "an integer above 0"),
    ({"persons": [{"distinct_ids": ["a"], "uuid": "x"}]}, ("persons", 0, "uuid"), "a UUID"),
    ({"persons": [{"distinct_ids": ["a"], "created_at": "soon"}]}, ("persons", 0, "created_at"), "a time"),
    ({"persons": [{"distinct_ids": ["a"], "properties": []}]}, ("persons", 0, "properties"), "an object"),
    ({"persons": [{"distinct_ids": ["a"], "properties": {"a": "\x00"}}]}, ("persons", 0, "properties"), "NUL"),
    ({"persons": [{"distinct_ids": ["a"], "properties": {"a": UNSTORABLE}}]}, ("persons", 0, "properties"), "as JSON"),
    ({"persons": [{"distinct_ids": ["a"], "properties": {"a": 2**70}}]}, ("persons", 0, "properties"), "as JSON"),
    ({"persons": [{"distinct_ids": ["a"], "project_id": 9}]}, ("persons", 0, "project_id"), "no record 9 in projects"),
    ({"persons": [{"distinct_ids": ["a"]}, {"distinct_ids": ["a"]}]}, ("persons", 1, "distinct_ids"), "given twice"),
    ({"persons": [{"id": 1, "distinct_ids": ["a"]}, {"id": 1, "distinct_ids": ["b"]}]}, ("persons", 1, "id"), "twice"),
    ({"users": [{"id": 1, "email": "a@b.test"}]}, ("users", 0, "id"), "is taken"),
    ({"users": [{"email": "owner@hedgebox.test"}]}, ("users", 0, "email"), "is taken"),
    ({"annotations": [{"created_by": 9}]}, ("annotations", 0, "created_by"), "no record 9 in users"),
    ({"annotations": [{"created_by": {}}]}, ("annotations", 0, "created_by"), "an integer above 0"),
    ({"annotations": [{"scope": "planet"}]}, ("annotations", 0, "scope"), "one of 'dashboard_item'"),
    ({"annotations": [{"deleted": "no"}]}, ("annotations", 0, "deleted"), "true or false"),
    ({"annotations": [{"content": "x" * 9000}]}, ("annotations", 0, "content"), "at most 400"),
    ({"cohorts": [{"members": ["x"]}]}, ("cohorts", 0, "members", 0), "there is no person 'x'"),
    ({"api_keys": [{"user_id": 9}]}, ("api_keys", 0, "user_id"), "no record 9 in users"),
    ({"api_keys": [{"user_id": 1, "scopes": "*"}]}, ("api_keys", 0, "scopes"), "a list"),
    ({"organization_memberships": [{"user_id": 1, "level": 3}]}, ("organization_memberships", 0, "level"), "one of 1"),
    ({"events": [{"event": "a"}]}, ("events", 0, "distinct_id"), "is required"),
    ({"events": [{"event": 5, "distinct_id": "a"}]}, ("events", 0, "event"), "text that is not empty"),
    ({"events": [{"event": "a", "distinct_id": "a", "properties": 5}]}, ("events", 0, "properties"), "an object"),
    ({"events": [{"event": "a", "distinct_id": "a", "project_id": 9}]}, ("events", 0, "project_id"), "no record 9"),
]


@pytest.mark.parametrize(("tables", "place", "message"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_loaded(
    contract: Contract, small: World, tables: Any, place: tuple[str | int, ...], message: str
) -> None:
    before = small.store.snapshot()
    with pytest.raises(LoadError) as caught:
        load(contract, small, {"dashboards": [{"name": "Board"}], **tables})
    assert caught.value.place == place
    assert message in caught.value.message
    assert small.store.snapshot() is before or len(small.view().table("dashboards")) == 0


def test_uuid_of_an_event_is_refused_when_taken(contract: Contract, small: World) -> None:
    event = {"uuid": "0198f000-0000-7000-8000-000000000000", "event": "a", "distinct_id": "a"}
    load(contract, small, {"events": [event]})
    with pytest.raises(LoadError, match="is taken"):
        load(contract, small, {"events": [event]})


def test_same_seed_completes_alike(contract: Contract) -> None:
    def made() -> list[Any]:
        world = World.new("alike", seed=9)
        with world.store.transaction() as transaction:
            entropy.freeze(transaction, entropy.read_timestamp(NOON))
        load(contract, world, {**BASE, "users": [{"email": "a@b.test"}], "api_keys": [{"user_id": 1}]})
        return [dict(record) for name in (*BASE, "api_keys") for record in world.view().table(name)]

    assert made() == made()


def test_what_ingestion_has_defined_may_be_loaded_again(contract) -> None:
    world = build_world(contract, scenario="empty")
    load(contract, world, {"events": [{"event": "seen", "distinct_id": "ada", "properties": {"page": 1}}]})
    load(contract, world, {
        "event_definitions": [{"name": "seen", "created_at": "2025-01-01"}],
        "property_definitions": [{"name": "page", "type": "event", "property_type": "String"}],
        "event_properties": [{"event": "seen", "property": "page"}],
    })  # fmt: skip
    view = world.view()
    assert [d["created_at"] for d in view.table("event_definitions")] == ["2025-01-01T00:00:00Z"]
    assert [d["property_type"] for d in view.table("property_definitions").find(name="page")] == ["String"]
    assert len(view.table("event_properties")) == 1

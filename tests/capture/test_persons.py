"""What events make of persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver import capture
from mockserver.capture.persons import is_illegal
from mockserver.membership.members import add_members, member_uuids
from mockserver.world import entropy
from mockserver.world.entropy import person_uuid
from mockserver.world.worlds import World

MORNING, NOON = "2026-01-10T08:00:00Z", "2026-01-10T12:00:00Z"
PROJECT = 1


@pytest.fixture
def nobody() -> World:
    world = World.new()
    with world.store.transaction() as transaction:
        entropy.freeze(transaction, entropy.read_timestamp(NOON))
    return world


def take(world: World, *events: tuple[Any, ...]) -> None:
    """Take in events given as name, distinct id, and maybe properties and time."""
    given = [dict(zip(("event", "distinct_id", "properties", "timestamp"), event, strict=False)) for event in events]
    with world.store.transaction() as transaction:
        capture.ingest(world, transaction, PROJECT, [{"properties": {}, "timestamp": NOON, **event} for event in given])


def people(world: World) -> dict[tuple[str, ...], Mapping[str, Any]]:
    return {tuple(person["distinct_ids"]): person for person in world.view().table("persons")}


def test_an_event_makes_a_person_at_its_time(nobody: World) -> None:
    take(nobody, ("seen", "ada", {"$set": {"plan": "free"}, "$set_once": {"plan": "none", "first": 1}}, MORNING))
    person = people(nobody)["ada",]
    assert person["uuid"] == person_uuid(PROJECT, "ada")
    assert (person["created_at"], person["is_identified"]) == (MORNING, False)
    assert person["properties"] == {"plan": "free", "first": 1}


def test_properties_are_set_set_once_and_unset(nobody: World) -> None:
    take(nobody, ("$set", "ada", {"$set": {"plan": "free", "seats": 1}, "$set_once": {"first": 1}}))
    take(nobody, ("$set", "ada", {"$set": {"plan": "pro"}, "$set_once": {"first": 2}, "$unset": ["seats", "nothing"]}))
    assert people(nobody)["ada",]["properties"] == {"plan": "pro", "first": 1}


def test_what_changes_with_every_page_changes_a_person_only_with_something_else(nobody: World) -> None:
    take(nobody, ("$pageview", "ada", {"$set": {"$current_url": "/a"}}))
    take(nobody, ("$pageview", "ada", {"$set": {"$current_url": "/b"}}))
    assert people(nobody)["ada",]["properties"] == {"$current_url": "/a"}
    take(nobody, ("$pageview", "ada", {"$set": {"$current_url": "/c", "plan": "pro"}}))
    assert people(nobody)["ada",]["properties"] == {"$current_url": "/c", "plan": "pro"}
    take(nobody, ("$set", "ada", {"$set": {"$current_url": "/d"}}))
    assert people(nobody)["ada",]["properties"]["$current_url"] == "/d"


def test_an_exception_changes_nobody(nobody: World) -> None:
    take(nobody, ("seen", "ada"), ("$exception", "ada", {"$set": {"plan": "pro"}}))
    assert people(nobody)["ada",]["properties"] == {}


def test_identifying_a_visitor_makes_one_person_of_two(nobody: World) -> None:
    take(nobody, ("seen", "anon", {"$set": {"plan": "free", "seen": 1}}, MORNING))
    take(nobody, ("seen", "ada", {"$set": {"plan": "pro"}}))
    take(nobody, ("$identify", "ada", {"$anon_distinct_id": "anon", "$set": {"email": "a@b.test"}}))
    person = people(nobody)["ada", "anon"]
    assert len(people(nobody)) == 1
    assert person["uuid"] == person_uuid(PROJECT, "ada")
    assert person["properties"] == {"plan": "pro", "seen": 1, "email": "a@b.test"}
    assert (person["created_at"], person["is_identified"]) == (MORNING, True)


def test_identifying_an_unknown_visitor_adds_a_distinct_id(nobody: World) -> None:
    take(nobody, ("$identify", "ada", {"$anon_distinct_id": "anon"}))
    take(nobody, ("$identify", "ada", {"$anon_distinct_id": "phone"}))
    assert people(nobody)["ada", "anon", "phone"]["is_identified"]


@pytest.mark.parametrize(
    ("event", "merges"), [("$identify", False), ("$create_alias", False), ("$merge_dangerously", True)]
)
def test_somebody_identified_is_merged_only_dangerously(nobody: World, event: str, merges: bool) -> None:
    take(nobody, ("$identify", "bob", {"$anon_distinct_id": "bobs phone"}), ("seen", "ada"))
    take(nobody, (event, "ada", {"alias": "bob", "$anon_distinct_id": "bob"}))
    assert (len(people(nobody)) == 1) is merges


@pytest.mark.parametrize("distinct_id", ["", "  ", "anonymous", "Undefined", "'null'", '"NaN"', "0", "[object Object]"])
def test_a_clients_mistake_identifies_nobody(nobody: World, distinct_id: str) -> None:
    assert is_illegal(distinct_id)
    take(nobody, ("seen", "ada"), ("$identify", "ada", {"$anon_distinct_id": distinct_id}))
    assert not people(nobody)["ada",]["is_identified"]


def test_an_event_without_person_profile_makes_nobody(nobody: World) -> None:
    quiet = {"$process_person_profile": False, "$set": {"plan": "pro"}}
    take(nobody, ("seen", "ghost", quiet), ("$identify", "ghost", {**quiet, "$anon_distinct_id": "anon"}))
    (event,) = nobody.view().table("events")
    assert people(nobody) == {}
    assert (event["event"], event["person_id"]) == ("seen", person_uuid(PROJECT, "ghost"))
    assert "$set" not in event["properties"]


def test_an_event_sent_again_is_kept_once(nobody: World) -> None:
    uuid = "0197aeb0-32e6-78db-8c02-b06c3dc48ad7"
    sent = {"event": "seen", "distinct_id": "ada", "timestamp": NOON, "properties": {"$set": {"n": 1}}, "uuid": uuid}
    for properties in ({"$set": {"n": 1}}, {"$set": {"n": 2}}):
        with nobody.store.transaction() as transaction:
            capture.ingest(nobody, transaction, PROJECT, [{**sent, "properties": properties}] * 2)
    assert len(nobody.view().table("events")) == 1
    assert people(nobody)["ada",]["properties"] == {"n": 2}


def test_properties_that_are_the_same_are_held_once_and_those_that_only_look_it_are_not(nobody: World) -> None:
    given: list[dict[str, Any]] = [{"n": value} for value in (1, 1, 1.0, True, "1", None, float("nan"), 1)]
    take(nobody, *(("seen", "ada", properties) for properties in given))
    kept = [event["properties"] for event in nobody.view().table("events")]
    assert [repr(properties) for properties in kept] == [repr(properties) for properties in given]
    assert kept[0] is kept[1] is kept[-1]
    assert len({id(properties) for properties in kept}) == 6


def test_an_event_remembers_its_person_as_they_were(nobody: World) -> None:
    take(nobody, ("seen", "ada", {"$set": {"plan": "free"}}), ("seen", "ada", {"$set": {"plan": "pro"}}))
    plans = [event["person_properties"]["plan"] for event in nobody.view().table("events")]
    assert plans == ["free", "pro"]


def test_merged_members_of_a_cohort_stay_in_it(nobody: World) -> None:
    take(nobody, ("seen", "anon"))
    cohort = {"id": 1, "project_id": PROJECT, "is_static": True, "deleted": False, "created_at": MORNING}
    with nobody.store.transaction() as transaction:
        add_members(transaction, transaction.table("cohorts").insert(cohort), transaction.table("persons"))
    take(nobody, ("seen", "ada"), ("$identify", "ada", {"$anon_distinct_id": "anon"}))
    assert member_uuids(nobody.view(), cohort) == [person_uuid(PROJECT, "ada")]


def test_groups_are_numbered_described_and_attached(nobody: World) -> None:
    describe = {"$group_type": "company", "$group_key": "hedgebox", "$group_set": {"seats": 5}}
    take(
        nobody,
        ("$groupidentify", "ada", describe),
        ("$groupidentify", "ada", {**describe, "$group_set": {"plan": "pro"}}),
    )
    take(nobody, ("seen", "ada", {"$groups": {"company": "hedgebox", "team": "blue"}}))
    view = nobody.view()
    (group,) = view.table("groups")
    assert (group["group_type_index"], group["group_properties"]) == (0, {"seats": 5, "plan": "pro"})
    assert [record["group_type"] for record in view.table("group_types")] == ["company", "team"]
    *_, seen = view.table("events")
    assert (seen["properties"]["$group_0"], seen["properties"]["$group_1"]) == ("hedgebox", "blue")


def test_a_project_has_five_types_of_groups_at_most(nobody: World) -> None:
    take(nobody, ("seen", "ada", {"$groups": {f"type-{number}": "x" for number in range(7)}}))
    assert len(nobody.view().table("group_types")) == 5


@pytest.mark.parametrize(
    ("name", "value", "type"),
    [
        ("plan", "pro", "String"),
        ("seats", 5, "Numeric"),
        ("seats", "5", "String"),
        ("ratio", 0.5, "Numeric"),
        ("vip", True, "Boolean"),
        ("vip", "false", "Boolean"),
        ("signed_up", "2026-01-10", "DateTime"),
        ("signed_up", "2026-01-10T12:00:00.123Z", "DateTime"),
        ("signed_up", "10/01/2026 12:00:00", "DateTime"),
        ("created_at", 1_768_000_000, "DateTime"),
        ("count", 1_768_000_000, "Numeric"),
        ("utm_source", 5, "String"),
        ("$feature/beta", True, "String"),
        ("tags", ["a"], None),
        ("nothing", None, None),
    ],
)
def test_a_property_is_defined_by_its_first_value(nobody: World, name: str, value: Any, type: str | None) -> None:
    take(nobody, ("seen", "ada", {name: value, "$set": {name: value}}))
    defined = {(d["type"], d["name"]): d["property_type"] for d in nobody.view().table("property_definitions")}
    assert defined["event", name] == defined["person", name] == type
    take(nobody, ("seen", "ada", {name: "other"}))
    assert len(nobody.view().table("property_definitions")) == len(defined)


def test_events_and_what_came_with_them_are_defined_once(nobody: World) -> None:
    take(
        nobody, ("seen", "ada", {"page": 1, "$set": {"plan": "pro"}}), ("seen", "bob", {"page": 2}), ("left", "ada", {})
    )
    view = nobody.view()
    assert sorted(definition["name"] for definition in view.table("event_definitions")) == ["left", "seen"]
    assert [(pair["event"], pair["property"]) for pair in view.table("event_properties")] == [("seen", "page")]
    assert {d["name"]: d["is_numerical"] for d in view.table("property_definitions")} == {"page": True, "plan": False}

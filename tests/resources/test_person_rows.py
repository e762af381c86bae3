"""Persons, statement by statement: shapes, names, tables of values, and what each refusal says."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import pytest

from mockserver.world.worlds import World
from tests.conftest import Client
from tests.resources.test_persons import PERSONS, TOKEN, find, listed, make

PROJECT = "/api/organizations/@current/projects/1/"
DRAWN = "0a0e653c-6b57-48db-b751-c236ba7a8c5a"
NOBODY = "00000000-0000-0000-0000-0000000000ff"
NAMESPACE = UUID("932979b4-65c3-4424-8467-0b66ec27bc22")


def refusal(response: Any) -> tuple[int, str, str, str | None]:
    return response.status_code, *(response.json[name] for name in ("code", "detail", "attr"))


def test_a_listed_person_has_the_shape_of_an_actor(observed: Client) -> None:
    person = make(observed, "shaped", timestamp="2021-08-25T22:09:14.252000Z", plan="pro")
    (actor,) = listed(observed, distinct_id="shaped")["results"]
    assert list(actor.items()) == [
        ("type", "person"), ("id", person["uuid"]), ("uuid", person["uuid"]),
        ("created_at", "2021-08-25T22:09:14.252000Z"), ("properties", {"plan": "pro"}), ("is_identified", False),
        ("name", "shaped"), ("distinct_ids", ["shaped"]), ("matched_recordings", []), ("value_at_data_point", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("properties", "name"),
    [
        ({"username": "u", "name": "n", "$email": "$e", "Email": "E", "email": "e"}, "e"),
        ({"username": "u", "name": "n", "$email": "$e", "Email": "E"}, "E"),
        ({"Name": "N", "name": "n", "$email": "$e"}, "$e"),
        ({"username": "u", "Name": "N", "name": "n"}, "n"),
        ({"username": "u", "Name": "N"}, "N"),
        ({"UserName": "U3", "Username": "U2", "username": "u"}, "u"),
        ({"UserName": "U3", "Username": "U2"}, "U2"),
        ({"UserName": "U3"}, "U3"),
        ({"email": "", "name": None, "username": 5}, "5"),
        ({"plan": "pro"}, "familiar"),
    ],
)
def test_a_person_is_called_by_the_first_property_there_is(either: Client, properties: Any, name: str) -> None:
    either.patch(PROJECT, {"person_display_name_properties": None})  # as a new project has it
    assert make(either, DRAWN, "familiar", **properties)["name"] == name


@pytest.mark.parametrize(
    ("chosen", "name"), [(["plan", "email"], "pro"), (["seats", "email"], "e"), (["seats"], "familiar"), (None, "e")]
)
def test_a_project_chooses_what_people_are_called_by(either: Client, chosen: Any, name: str) -> None:
    assert either.patch(PROJECT, {"person_display_name_properties": chosen}).status_code == 200
    assert make(either, "familiar", plan="pro", email="e")["name"] == name


# Lists


def test_a_full_page_has_a_next_one_that_may_be_empty(observed: Client) -> None:
    make(observed, "only", email="only@hedgebox.test")
    page = listed(observed, email="only@hedgebox.test", limit=1, foo="b r")
    assert page["next"].endswith("/persons/?email=only@hedgebox.test&limit=1&foo=b+r&offset=1")
    after = observed.get(page["next"]).json
    assert (after["results"], after["next"]) == ([], None)


@pytest.mark.parametrize("name", ["is_identified", "key_identifier", "uuid", "id", "cohort"])
def test_parameters_of_older_lists_are_ignored(observed: Client, name: str) -> None:
    assert listed(observed, **{name: "nothing"})["results"] == listed(observed)["results"]


def test_a_limit_of_nothing_is_a_hundred(either: Client) -> None:
    assert len(listed(either, limit=0)["results"]) == len(listed(either, limit="")["results"]) == 100


def test_a_table_has_a_column_for_each_value_there_is(either: Client) -> None:
    make(either, "a", "b", timestamp="2026-01-11T00:00:00Z", vip=True, tags=[], deep={"er": [1, {"x": None}]})
    query = {"distinct_id": "a", "format": "csv"}
    header, row, end = either.get(PERSONS, query_string=query).text.split("\r\n")
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert header.split(",") == sorted(cells) and end == ""
    assert {name: cell for name, cell in cells.items() if name.startswith(("properties", "distinct"))} == {
        "distinct_ids.0": "a", "distinct_ids.1": "b", "properties.vip": "True", "properties.deep.er.0": "1",
        "properties.deep.er.1.x": "",
    }  # fmt: skip


# Changes


def events_of(world: World, name: str, distinct_id: str) -> list[Any]:
    events = world.view().table("events").find(distinct_id=distinct_id)
    return [event["properties"] for event in events if event["event"] == name]


def test_changes_are_events_of_the_first_distinct_id(client: Client, world: World) -> None:
    path = f"{PERSONS}{make(client, 'first', 'second')['id']}/"
    client.patch(path, {"properties": {"plan": "pro"}})
    client.post(f"{path}update_property/", {"key": "seats", "value": 5})
    client.post(f"{path}delete_property/", {"$unset": "plan"})
    *_, patched, updated = events_of(world, "$set", "first")
    assert (patched, updated) == ({"$set": {"plan": "pro"}}, {"$set": {"seats": 5}})
    assert events_of(world, "$delete_person_property", "first") == [{"$unset": ["plan"]}]


CHANGED = {"type": "Person", "action": "changed", "field": None, "before": None, "after": None}


@pytest.mark.parametrize(
    ("method", "action", "body", "activity", "change", "is_named"),
    [
        ("PATCH", "", {"properties": {"a": 1}}, "updated", {**CHANGED, "field": "properties"}, False),
        ("PUT", "", {"properties": {"a": 1}}, "updated", {**CHANGED, "field": "properties"}, False),
        ("POST", "update_property/", {"key": "a", "value": 1}, "updated", {**CHANGED, "field": "properties"}, False),
        ("POST", "delete_property/", {"$unset": "a"}, "delete_property", CHANGED, True),
        ("POST", "split/", {}, "split_person", {**CHANGED, "action": "split", "after": {"distinct_ids": ["x"]}}, True),
        ("DELETE", "", None, "deleted", None, True),
    ],
)
def test_an_entry_of_the_log_tells_what_was_done(
    either: Client, method: str, action: str, body: Any, activity: str, change: Any, is_named: bool
) -> None:
    person = make(either, "x")
    either(method, f"{PERSONS}{person['id']}/{action}", body)
    entry = either.get(f"{PERSONS}activity/", query_string={"limit": 1}).json["results"][0]
    entry.pop("id", None)
    assert list(entry) == ["user", "activity", "scope", "item_id", "detail", "created_at"]
    assert entry["user"] == {"first_name": "Olivia", "email": "owner@hedgebox.test"}
    assert (entry["activity"], entry["scope"], entry["item_id"]) == (activity, "Person", str(person["id"]))
    assert entry["detail"] == {
        "changes": None if change is None else [change], "trigger": None,
        "name": person["uuid"] if is_named else None, "short_id": None, "type": None,
    }  # fmt: skip


def test_pages_of_the_log_are_counted_from_one(either: Client) -> None:
    path = f"{PERSONS}{make(either)['id']}/"
    for number in range(12):
        either.post(f"{path}update_property/", {"key": "n", "value": number})
    first = either.get(f"{path}activity/").json
    assert (len(first["results"]), first["previous"], first["total_count"]) == (10, None, 12)
    assert first["next"].endswith("/activity/?page=2&limit=10")
    assert len(either.get(first["next"]).json["results"]) == 2


def test_a_person_without_distinct_ids_cannot_be_changed(either: Client) -> None:
    bare = f"{PERSONS}{make(either)['id']}/"
    either.post(f"{bare}split/", {"main_distinct_id": "a stranger's"})
    for action in (
        lambda path: either.patch(path, {"properties": {"a": 1}}),
        lambda path: either.post(f"{path}update_property/", {"key": "a", "value": 1}),
        lambda path: either.post(f"{path}delete_property/", {"$unset": "a"}),
    ):
        told = (400, "invalid_input", "This person has no distinct ids.", None)
        assert refusal(action(bare)) == told


@pytest.mark.parametrize("main", ["one", None, "stranger"])
def test_who_is_split_off_has_the_uuid_of_their_distinct_id(either: Client, main: str | None) -> None:
    person = make(either, "one", "two", plan="pro")
    either.post(f"{PERSONS}{person['id']}/split/", {"main_distinct_id": main})
    assert find(either, "two")["uuid"] == str(uuid5(NAMESPACE, "1:two"))
    kept = either.get(f"{PERSONS}{person['id']}/").json
    assert kept["distinct_ids"] == ([] if main == "stranger" else ["one"])
    assert kept["properties"] == ({"plan": "pro"} if main else {})


@pytest.mark.parametrize(
    ("path", "body", "detail", "attr"),
    [
        ("bulk_delete", {}, "You need to specify either distinct_ids or ids", None),
        ("bulk_delete", {"ids": [], "distinct_ids": []}, "You need to specify either distinct_ids or ids", None),
        ("bulk_delete", {"ids": [NOBODY] * 1001}, "You can only pass 1000 ids in one call", None),
        ("bulk_delete", {"distinct_ids": ["x"] * 1001}, "You can only pass 1000 distinct_ids in one call", None),
        ("bulk_delete", {"ids": ["abc"]}, "Must be a valid UUID.", "ids"),
        ("reset_person_distinct_id", {}, "distinct_id is required", None),
        ("reset_person_distinct_id", {"distinct_id": ""}, "distinct_id is required", None),
        ("reset_person_distinct_id", {"distinct_id": None}, "distinct_id is required", None),
        ("reset_person_distinct_id", {"distinct_id": ["x"]}, "distinct_id is required", None),
    ],
)
def test_a_refusal_says_what_is_wrong(either: Client, path: str, body: Any, detail: str, attr: str | None) -> None:
    assert refusal(either.post(f"{PERSONS}{path}/", body)) == (400, "invalid_input", detail, attr)


@pytest.mark.parametrize(
    ("method", "path", "body", "attr"),
    [
        ("POST", "update_property/", {}, "value"),
        ("POST", "update_property/", {"key": "a", "value": None}, "value"),
        ("POST", "update_property/", {"value": 1}, "key"),
    ],
)
def test_what_is_missing_is_told_with_code_and_detail_swapped(
    either: Client, method: str, path: str, body: Any, attr: str
) -> None:
    told = either(method, f"{PERSONS}nobody/{path}", body)
    assert told.status_code == 400
    assert list(told.json.items()) == [
        ("attr", attr), ("code", "This field is required."), ("detail", "required"), ("type", "validation_error"),
    ]  # fmt: skip


@pytest.mark.parametrize("ids", [1000, 1])
def test_as_many_as_a_thousand_are_deleted_in_one_call(either: Client, ids: int) -> None:
    person = make(either)
    assert either.post(f"{PERSONS}bulk_delete/", {"ids": [NOBODY] * (ids - 1) + [person["uuid"]]}).status_code == 202
    assert either.get(f"{PERSONS}{person['uuid']}/").status_code == 404


def test_each_deletion_of_many_is_logged(either: Client) -> None:
    people = [make(either, name) for name in ("one", "two")]
    response = either.post(f"{PERSONS}bulk_delete/", {"distinct_ids": ["one", "two", "three"]})
    assert (response.status_code, response.data) == (202, b"")
    entries = either.get(f"{PERSONS}activity/", query_string={"limit": 2}).json["results"]
    assert {(entry["activity"], entry["item_id"]) for entry in entries} == {("deleted", str(p["id"])) for p in people}


@pytest.mark.parametrize("action", ["delete_events", "delete_recordings", "split", "activity"])
@pytest.mark.parametrize("id", [NOBODY, "999999999", "0", "-1"])
def test_nobody_is_not_found(either: Client, action: str, id: str) -> None:
    method = "GET" if action == "activity" else "POST"
    told = either(method, f"{PERSONS}{id}/{action}/", {} if method == "POST" else None)
    assert refusal(told) == (404, "not_found", "Not found.", None)


# Cohorts, values, batches


def test_a_deleted_cohort_holds_nobody(either: Client) -> None:
    person = make(either, "member", plan="pro")
    rule = {"key": "plan", "type": "person", "value": "pro", "operator": "exact"}
    filters = {"properties": {"type": "OR", "values": [{"type": "AND", "values": [rule]}]}}
    cohort = either.post("/api/projects/1/cohorts/", {"name": "Pros", "filters": filters}).json

    def held() -> list[int]:
        query = {"person_id": person["uuid"]}
        return [one["id"] for one in either.get(f"{PERSONS}cohorts/", query_string=query).json["results"]]

    assert cohort["id"] in held()
    either.patch(f"/api/projects/1/cohorts/{cohort['id']}/", {"deleted": True})
    assert cohort["id"] not in held()


@pytest.mark.parametrize("key", ["", "$virt_initial_channel_type", "never-set"])
def test_a_property_without_values_has_none(either: Client, key: str) -> None:
    assert either.get(f"{PERSONS}values/", query_string={"key": key}).json == []


def test_a_batch_reads_two_hundred_ids_and_shows_ten_of_each(either: Client) -> None:
    make(either, "many", *(f"many-{number}" for number in range(12)))
    asked = [*(f"nobody-{number}" for number in range(199)), "many", "many-1"]
    answer = either.post(f"{PERSONS}batch_by_distinct_ids/", {"distinct_ids": asked}).json["results"]
    assert list(answer) == ["many"]
    assert len(answer["many"]["distinct_ids"]) == 10


@pytest.mark.parametrize("distinct_ids", [[], None, "x", {"a": 1}])
def test_a_batch_of_nothing_is_empty(either: Client, distinct_ids: Any) -> None:
    assert either.post(f"{PERSONS}batch_by_distinct_ids/", {"distinct_ids": distinct_ids}).json == {"results": {}}


def test_filters_that_cannot_be_read_are_refused(either: Client) -> None:
    told = either.get(PERSONS, query_string={"properties": "{bad"})
    assert refusal(told) == (400, "invalid_input", "Properties are unparsable!", None)


def test_an_incomplete_filter_holds_for_everybody(either: Client) -> None:
    person = make(either, "anybody")
    for filters in ([{"value": "x", "type": "person"}], [{}], []):
        found = listed(either, distinct_id="anybody", properties=json.dumps(filters))["results"]
        assert [row["uuid"] for row in found] == [person["uuid"]]


def test_a_capture_of_a_deleted_id_makes_a_new_person(either: Client) -> None:
    person = make(either, "again", plan="pro")
    either.delete(f"{PERSONS}{person['id']}/")
    reset = either.post("/api/environments/1/persons/reset_person_distinct_id/", {"distinct_id": "again"})
    assert (reset.status_code, reset.data) in [(200, b""), (202, b"")]
    sent = {"api_key": TOKEN, "event": "seen", "distinct_id": "again"}
    assert either.flask.post("/capture/", json=sent).status_code == 200
    assert find(either, "again")["id"] != person["id"]

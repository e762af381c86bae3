"""Persons: lists, single ones, and what is done to them. They are made by capturing events."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from tests.conftest import Client

PERSONS = "/api/projects/1/persons/"
TOKEN = "phc_mock_project_token"
NUMBERS = count(1)


def make(client: Client, *distinct_ids: str, timestamp: str = "2026-01-10T12:00:00Z", **properties: Any) -> Any:
    """Capture events that make one person, and return the person."""
    first, *others = distinct_ids or (f"somebody-{next(NUMBERS)}",)
    batch = [{"event": "$set", "distinct_id": first, "timestamp": timestamp, "properties": {"$set": properties}}]
    batch += [
        {"event": "$create_alias", "distinct_id": first, "timestamp": timestamp, "properties": {"alias": other}}
        for other in others
    ]
    response = client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch})
    assert response.status_code == 200, response.text
    return find(client, first)


def find(client: Client, distinct_id: str) -> Any:
    listed = client.get(PERSONS, query_string={"distinct_id": distinct_id}).json["results"]
    return client.get(f"{PERSONS}{listed[0]['uuid']}/").json if listed else None


def listed(client: Client, **query: Any) -> Any:
    return client.get(PERSONS, query_string=query).json


def test_a_person_is_fetched_by_number_and_by_uuid_in_any_form(either: Client) -> None:
    person = make(either, name="Ada")
    for key in (person["id"], person["uuid"], person["uuid"].upper(), person["uuid"].replace("-", "")):
        assert either.get(f"{PERSONS}{key}/").json == person
    assert list(person) == ["id", "name", "distinct_ids", "properties", "created_at", "uuid"]


def test_a_person_is_named_by_email_then_name_then_the_familiar_distinct_id(either: Client) -> None:
    drawn = "0a0e653c-6b57-48db-b751-c236ba7a8c5a"
    assert make(either, drawn, "ada")["name"] == "ada"
    assert make(either, drawn, name="Ada")["name"] == "Ada"
    assert make(either, drawn, email="ada@hedgebox.test")["name"] == "ada@hedgebox.test"


def test_distinct_ids_drawn_by_a_machine_come_last(observed: Client) -> None:
    drawn = "0a0e653c-6b57-48db-b751-c236ba7a8c5a"
    person = make(observed, drawn, "zoe", "ada")
    assert person["distinct_ids"] == ["zoe", "ada", drawn]
    assert listed(observed, distinct_id="zoe")["results"][0]["distinct_ids"] == [drawn, "ada", "zoe"]


def test_a_list_shows_what_the_profile_says(client: Client, observed: Client) -> None:
    make(client, "shown"), make(observed, "shown")
    documented, seen = listed(client, distinct_id="shown"), listed(observed, distinct_id="shown")
    assert documented["count"] == 1
    assert isinstance(documented["results"][0]["id"], int)
    assert list(seen) == ["results", "next", "previous"]
    assert seen["results"][0]["id"] == seen["results"][0]["uuid"]
    assert listed(observed, distinct_id="shown", include_total="")["count"] == 1


def test_a_list_is_newest_first_and_pages_without_gaps(observed: Client) -> None:
    for number in range(5):
        make(observed, f"paged-{number}", timestamp="2026-01-14T12:00:00Z")
    whole = [person["uuid"] for person in listed(observed, limit=1000)["results"]]
    paged, url = [], f"{PERSONS}?limit=3"
    while url:
        page = observed.get(url).json
        paged += [person["uuid"] for person in page["results"]]
        url = page["next"]
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_a_page_knows_its_neighbours(observed: Client) -> None:
    for number in range(3):
        make(observed, f"neighbour-{number}")
    second = listed(observed, limit=1, offset=1)
    assert second["next"].endswith("?limit=1&offset=2")
    assert second["previous"].endswith("?limit=1&offset=1")  # the address unchanged, as the servers answer
    assert listed(observed, limit=2, offset=1)["previous"] is None


@pytest.mark.parametrize("query", [{"limit": "abc"}, {"limit": -1}, {"offset": "x"}, {"offset": -1}])
def test_nonsense_in_paging_is_refused(either: Client, query: dict[str, Any]) -> None:
    response = either.get(PERSONS, query_string=query)
    assert response.status_code == 400
    assert response.json["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("find-me@", True),
        ("FIND-ME", True),
        ("find_me", True),  # a pattern of LIKE: the sign stands for any character
        ("f%@hedge", True),
        ("sought", True),
        ("sough", False),
        ("Searched", False),
        (" find-me", False),
    ],
)
def test_search_looks_at_email_and_whole_distinct_ids(either: Client, search: str, found: bool) -> None:
    person = make(either, "sought", email="find-me@hedgebox.test", name="Searched")
    uuids = [row["uuid"] for row in listed(either, search=search, limit=1000)["results"]]
    assert (person["uuid"] in uuids) is found


def test_filters_of_a_list_must_all_hold(either: Client) -> None:
    person = make(either, "both", email="both@hedgebox.test")
    make(either, "other", email="other@hedgebox.test")
    assert [row["uuid"] for row in listed(either, email="both@hedgebox.test")["results"]] == [person["uuid"]]
    assert listed(either, email="both@hedgebox.test", distinct_id="other")["results"] == []
    assert listed(either, email="BOTH@hedgebox.test")["results"] == []
    assert listed(either, distinct_id="both", search="zzz")["results"] == []


def test_csv_holds_everybody_whatever_the_limit(either: Client) -> None:
    make(either, "row-1"), make(either, "row-2")
    csv = either.get(f"{PERSONS.rstrip('/')}.csv", query_string={"limit": 1})
    assert csv.mimetype == "text/csv"
    assert len(csv.text.splitlines()) - 1 == len(listed(either, limit=10_000)["results"])


def test_persons_of_another_project_are_not_found(either: Client) -> None:
    person = make(either)
    outsider = either.as_key("phx_mock_outsider")
    assert outsider.get(f"/api/projects/3/persons/{person['uuid']}/").status_code == 404
    assert either.get(f"/api/projects/2/persons/{person['id']}/").status_code == 404


def test_the_address_without_a_project_is_about_the_current_one(either: Client) -> None:
    person = make(either)
    assert either.get(f"/api/person/{person['id']}/").json == person


@pytest.mark.parametrize("verb", ["patch", "put"])
def test_an_update_sets_properties_and_keeps_the_others(either: Client, verb: str) -> None:
    person = make(either, plan="free", seats=1)
    response = getattr(either, verb)(f"{PERSONS}{person['id']}/", {"properties": {"plan": "pro"}, "name": "x"})
    after = either.get(f"{PERSONS}{person['id']}/").json
    assert after["properties"] == {"plan": "pro", "seats": 1}
    assert (response.status_code, response.json) in [(200, after), (202, None)]


@pytest.mark.parametrize("properties", ["x", ["a"], 5])
def test_servers_take_properties_that_are_none_and_change_nothing(observed: Client, properties: Any) -> None:
    person = make(observed, plan="free")
    assert observed.patch(f"{PERSONS}{person['id']}/", {"properties": properties}).status_code == 202
    assert find(observed, person["distinct_ids"][0])["properties"] == {"plan": "free"}


def test_pages_show_an_update_that_sets_nothing(client: Client) -> None:
    person = make(client, plan="free")
    assert client.patch(f"{PERSONS}{person['id']}/", {"name": "string"}).json == person
    assert client.patch(f"{PERSONS}{person['id']}/", {"properties": "x"}).status_code == 400


def test_an_update_is_an_event_and_an_entry_in_the_log(either: Client) -> None:
    person = make(either)
    either.patch(f"{PERSONS}{person['id']}/", {"properties": {"plan": "pro"}})
    entry = either.get(f"{PERSONS}{person['id']}/activity/").json["results"][0]
    assert (entry["activity"], entry["scope"], entry["item_id"]) == ("updated", "Person", str(person["id"]))
    assert entry["detail"]["changes"] == [
        {"type": "Person", "action": "changed", "field": "properties", "before": None, "after": None}
    ]


def test_one_property_is_set_and_removed(either: Client) -> None:
    person = make(either, plan="free")
    path = f"{PERSONS}{person['uuid']}/"
    assert either.post(f"{path}update_property/", {"key": "o", "value": {"x": [1]}}).status_code in (200, 202)
    assert either.get(path).json["properties"] == {"plan": "free", "o": {"x": [1]}}
    removed = either.post(f"{path}delete_property/", {"$unset": "o"})
    assert either.get(path).json["properties"] == {"plan": "free"}
    assert (removed.status_code, removed.json) in [(201, {"success": True}), (200, either.get(path).json)]
    assert either.post(f"{path}delete_property/", {"$unset": "never there"}).status_code in (200, 201)


def test_what_to_remove_must_be_named(either: Client) -> None:
    person = make(either)
    response = either.post(f"{PERSONS}{person['id']}/delete_property/", {})
    assert (response.status_code, response.json["attr"]) == (400, "$unset")


def test_pages_take_the_name_of_a_property_to_remove_as_text(client: Client, observed: Client) -> None:
    for asked, status in ((client, 400), (observed, 201)):
        person = make(asked)
        assert asked.post(f"{PERSONS}{person['id']}/delete_property/", {"$unset": ["a"]}).status_code == status
    person = make(client, plan="pro")
    assert client.post(f"{PERSONS}{person['id']}/delete_property/?$unset=plan", {}).json["properties"] == {}


def test_pages_take_name_and_value_of_a_property_in_the_query(client: Client, observed: Client) -> None:
    for asked, status in ((client, 200), (observed, 400)):
        person = make(asked)
        path = f"{PERSONS}{person['id']}/update_property/?key=plan&value=pro"
        assert asked.post(path, {}).status_code == status


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", {"k\x00": 1}, 10**400, 1e999, [[[]]]])
def test_strange_values_do_not_break_a_person(either: Client, value: Any) -> None:
    person = make(either)
    response = either.post(f"{PERSONS}{person['id']}/update_property/", {"key": "odd", "value": value})
    assert response.status_code in (200, 202, 400)
    assert either.get(f"{PERSONS}{person['id']}/").status_code == 200


def test_a_split_gives_each_other_distinct_id_a_person(either: Client) -> None:
    person = make(either, "main", "second", "third", plan="pro")
    response = either.post(f"{PERSONS}{person['id']}/split/", {"main_distinct_id": "main"})
    assert response.status_code in (200, 201)
    kept = find(either, "main")
    assert (kept["id"], kept["distinct_ids"], kept["properties"]) == (person["id"], ["main"], {"plan": "pro"})
    split = [find(either, distinct_id) for distinct_id in ("second", "third")]
    assert [(one["distinct_ids"], one["properties"]) for one in split] == [(["second"], {}), (["third"], {})]
    assert len({person["uuid"], *(one["uuid"] for one in split)}) == 3


def test_a_split_without_a_main_distinct_id_keeps_the_first_and_empties_the_person(either: Client) -> None:
    person = make(either, "first", "next", plan="pro")
    either.post(f"{PERSONS}{person['id']}/split/", {})
    assert (find(either, "first")["id"], find(either, "first")["properties"]) == (person["id"], {})
    assert find(either, "next")["id"] != person["id"]


def test_a_split_is_logged_with_the_ids_there_were(either: Client) -> None:
    person = make(either, "logged", "logged too")
    either.post(f"{PERSONS}{person['id']}/split/", {})
    entry = either.get(f"{PERSONS}activity/").json["results"][0]
    assert (entry["activity"], entry["detail"]["name"]) == ("split_person", person["uuid"])
    assert entry["detail"]["changes"][0]["after"] == {"distinct_ids": ["logged", "logged too"]}


def test_a_deleted_person_is_gone_and_can_come_back(either: Client) -> None:
    person = make(either, "leaving", plan="pro")
    assert either.delete(f"{PERSONS}{person['id']}/?delete_events=true").status_code in (202, 204)
    assert either.get(f"{PERSONS}{person['id']}/").status_code == 404
    assert either.delete(f"{PERSONS}{person['id']}/").status_code == 404
    assert find(either, "leaving") is None
    entry = either.get(f"{PERSONS}activity/").json["results"][0]
    assert (entry["activity"], entry["detail"]["name"], entry["detail"]["changes"]) == ("deleted", person["uuid"], None)
    assert make(either, "leaving")["properties"] == {}


def test_many_are_deleted_at_once(either: Client) -> None:
    one, _, three = make(either, "bulk-1"), make(either, "bulk-2"), make(either, "bulk-3")
    unknown = "00000000-0000-0000-0000-0000000000ff"
    assert either.post(f"{PERSONS}bulk_delete/", {"ids": [one["uuid"], unknown]}).status_code == 202
    assert (
        either.post(f"{PERSONS}bulk_delete/", {"distinct_ids": ["bulk-2"], "ids": [three["uuid"]]}).status_code == 202
    )
    assert find(either, "bulk-1") is None
    assert find(either, "bulk-2") is None
    assert find(either, "bulk-3") == three


@pytest.mark.parametrize(
    "body", [{"ids": "x"}, {"ids": ["abc"]}, {"distinct_ids": "x"}, {"ids": ["x"] * 1001}, [1], "x"]
)
def test_a_bulk_deletion_that_cannot_be_read_deletes_nobody(either: Client, body: Any) -> None:
    person = make(either)
    assert either.post(f"{PERSONS}bulk_delete/", body).status_code == 400
    assert either.get(f"{PERSONS}{person['id']}/").status_code == 200


def test_values_are_texts_the_commonest_first(either: Client) -> None:
    # Source: PostHog reads what is JSON and spells it as Python does; null is None, empty text is left out.
    for value in (True, 21, 21, "Pro", "professional", None, "", {"b": 1, "a": [2]}, ["a", "é"], "1.50"):
        make(either, **{"tier-of-test": value})
    values = either.get(f"{PERSONS}values/", query_string={"key": "tier-of-test"}).json
    assert values[0] == {"name": "21", "count": 2}
    names = ["1.5", "Pro", '["a", "\\u00e9"]', "None", "professional", "true", '{"a": [2], "b": 1}']
    assert [row["name"] for row in values[1:]] == names
    narrowed = either.get(f"{PERSONS}values/", query_string={"key": "tier-of-test", "value": "PRO"}).json
    assert [row["name"] for row in narrowed] == ["Pro", "professional"]


@pytest.mark.parametrize("value, names", [("%", ["50%", "a_b", "axb"]), ("a_b", ["a_b", "axb"]), ("\\_", ["a_b"]),
                                          ("%5%0", ["50%"]), ("é", [])])  # fmt: skip
def test_values_are_searched_with_wildcards(either: Client, value: str, names: list[str]) -> None:
    for each in ("50%", "a_b", "axb"):
        make(either, **{"kind-of-test": each})
    found = either.get(f"{PERSONS}values/", query_string={"key": "kind-of-test", "value": value}).json
    assert sorted(row["name"] for row in found) == names


def test_persons_are_fetched_by_distinct_ids(either: Client) -> None:
    person = make(either, "batch-1")
    body = {"distinct_ids": ["batch-1", "nobody", 5, None]}
    assert either.post(f"{PERSONS}batch_by_distinct_ids/", body).json == {"results": {"batch-1": person}}
    assert either.post(f"{PERSONS}batch_by_distinct_ids/", {"distinct_ids": "x"}).json == {"results": {}}


def test_forms_are_read_where_the_pages_offer_them(client: Client, observed: Client) -> None:
    for asked, status in ((client, 200), (observed, 415)):
        person = make(asked)
        response = asked.patch(f"{PERSONS}{person['id']}/", data={"properties": '{"plan": "pro"}'})
        assert response.status_code == status
    assert asked("OPTIONS", PERSONS).json["name"] == "Enterprise Person List"
    assert asked("OPTIONS", PERSONS).json["parses"] == ["application/json"]


def test_cohorts_of_a_person_are_those_that_hold_them(either: Client) -> None:
    person, other = make(either, "member"), make(either, "no-member")
    cohort = either.post("/api/projects/1/cohorts/", {"name": "Chosen", "is_static": True}).json
    path = f"/api/projects/1/cohorts/{cohort['id']}/add_persons_to_static_cohort/"
    assert either.patch(path, {"person_ids": [person["uuid"]]}).status_code == 200
    for key in (person["id"], person["uuid"]):
        held = either.get(f"{PERSONS}cohorts/", query_string={"person_id": key}).json["results"]
        assert cohort["id"] in [one["id"] for one in held]
    held = either.get(f"{PERSONS}cohorts/", query_string={"person_id": other["id"]}).json["results"]
    assert cohort["id"] not in [one["id"] for one in held]
    either.delete(f"{PERSONS}{person['id']}/")
    assert either.get(f"{PERSONS}cohorts/", query_string={"person_id": person["id"]}).status_code == 404


@pytest.mark.parametrize(("operator", "is_in"), [("in", True), ("not_in", False)])
def test_pages_filter_by_cohort_where_servers_do_not(
    client: Client, observed: Client, operator: str, is_in: bool
) -> None:
    for asked in (client, observed):
        person = make(asked, "cohort-member")
        cohort = asked.post("/api/projects/1/cohorts/", {"name": "Chosen", "is_static": True}).json
        path = f"/api/projects/1/cohorts/{cohort['id']}/add_persons_to_static_cohort/"
        asked.patch(path, {"person_ids": [person["uuid"]]})
        chosen = json.dumps([{"key": "id", "type": "cohort", "value": cohort["id"], "operator": operator}])
        found = listed(asked, distinct_id="cohort-member", properties=chosen)["results"]
        assert bool(found) is (is_in or asked is observed)


def test_pages_filter_by_expression_where_servers_do_not(client: Client, observed: Client) -> None:
    pytest.importorskip("chdb")
    for asked in (client, observed):
        make(asked, "by-hand", plan="pro"), make(asked, "by-machine", plan="free")
        chosen = json.dumps([{"key": "properties.plan = 'pro'", "type": "hogql"}])
        found = [len(listed(asked, distinct_id=id, properties=chosen)["results"]) for id in ("by-hand", "by-machine")]
        assert found == ([1, 1] if asked is observed else [1, 0])
    refused = client.get(PERSONS, query_string={"properties": '[{"key": "bogus = 1", "type": "hogql"}]'})
    assert (refused.status_code, refused.json["detail"]) == (400, "Unable to resolve field: bogus")


# Replayed servers: filters are read before anything else is judged, and numbers are taken as far as they go.
@pytest.mark.parametrize("path", [PERSONS, "/api/environments/1/persons/", "/api/projects/1/cohorts/1/persons/"])
def test_filters_are_read_before_the_page(either: Client, path: str) -> None:
    refused = either.get(path, query_string={"properties": "x", "offset": "x"})
    assert (refused.status_code, refused.json["detail"]) == (400, "Properties are unparsable!")
    assert either.get(path, query_string={"limit": 10**18}).status_code == 200
    assert either.get(path, query_string={"limit": 10**19}).status_code == 400

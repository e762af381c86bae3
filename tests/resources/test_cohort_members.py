"""Who belongs to static cohorts: by hand, by file, by query."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.conftest import Client
from tests.resources.cohort_stories import COHORTS, NOBODY, TOKEN, capture, condition, create, names, static
from tests.resources.test_persons import make


def test_static_cohort_begins_with_the_persons_that_are_known(team: Client) -> None:
    ann = make(team, "ann")
    cohort = create(team, is_static=True, _create_static_person_ids=[ann["uuid"], ann["uuid"], NOBODY, "x"])
    assert (cohort["count"], cohort["is_calculating"]) == (1, False)
    assert cohort["last_calculation"]
    assert names(team, cohort) == ["ann"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [("ann\nghost\ncat\n", ["cat", "ann"]), ("name,distinct_id\nA,bob\n", ["bob"]), ("email\nann@x.test", [])],
)
def test_file_fills_a_static_cohort(team: Client, content: str, expected: list[str]) -> None:
    form = {"name": "c", "is_static": "true", "csv": (io.BytesIO(content.encode()), "a.csv")}
    cohort = team.post(COHORTS, data=form)
    assert (cohort.status_code, cohort.json["count"]) == (201, None)
    assert names(team, cohort.json) == expected
    assert team.get(f"{COHORTS}{cohort.json['id']}/").json["count"] == len(expected)


def test_file_that_cannot_be_read_leaves_no_cohort(team: Client) -> None:
    before = team.get(COHORTS).json["count"]
    form = {"name": "c", "is_static": "true", "csv": (io.BytesIO(b"a,b\n1,2"), "a.csv")}
    refused = team.post(COHORTS, data=form)
    assert (refused.status_code, refused.json["attr"]) == (400, "csv")
    assert team.get(COHORTS).json["count"] == before


def test_query_fills_a_static_cohort(team: Client) -> None:
    query = {"kind": "ActorsQuery", "select": ["id"], "properties": [condition()]}
    cohort = create(team, is_static=True, query=query)
    assert cohort["count"] is None
    assert names(team, cohort) == ["bob", "ann"]


@pytest.mark.parametrize(
    ("insight", "expected"),
    [
        ({"insight": "TRENDS", "entity_id": "bought", "entity_type": "events", "date_from": "-5d"}, ["bob"]),
        ({"insight": "STICKINESS", "stickiness_days": 1, "events": '[{"id":"bought"}]', "date_from": "-10d",
          "entity_id": "bought", "entity_type": "events"}, ["bob", "ann"]),
        ({"insight": "FUNNELS", "events": '[{"id":"bought","order":0},{"id":"paid","order":1}]', "funnel_step": 2,
          "date_from": "-30d"}, ["ann"]),
        ({"insight": "LIFECYCLE", "events": '[{"id":"bought"}]', "target_date": "2026-01-13", "date_from": "-10d",
          "lifecycle_type": "resurrecting"}, ["bob"]),
        ({"insight": "PATHS", "entity_id": "bought"}, []),
        ({"insight": "TRENDS"}, []),
    ],
)  # fmt: skip
def test_insight_of_the_address_fills_a_static_cohort(team: Client, insight: Any, expected: list[str]) -> None:
    capture(team, "ann", "bought", "2026-01-08")
    capture(team, "ann", "paid", "2026-01-09")
    capture(team, "bob", "bought", "2026-01-02", "2026-01-13")
    cohort = team.post(COHORTS, {"is_static": True}, query_string=insight)
    assert (cohort.status_code, cohort.json["count"]) == (201, None)
    assert names(team, cohort.json) == expected


@pytest.mark.parametrize("query", [{}, {"kind": "ActorsQuery", "select": ["id"]}])
def test_persons_given_leave_no_room_for_an_insight_or_a_query(team: Client, query: Any) -> None:
    capture(team, "bob", "bought", "2026-01-13")
    insight = {"insight": "TRENDS", "entity_id": "bought", "entity_type": "events"}
    body = {"is_static": True, "query": query, "_create_static_person_ids": [make(team, "ann")["uuid"]]}
    assert names(team, team.post(COHORTS, body, query_string=insight).json) == ["ann"]


def test_query_and_file_come_later_too(team: Client) -> None:
    cohort = static(team, make(team, "ann"))
    item = f"{COHORTS}{cohort['id']}/"
    blue = {"kind": "ActorsQuery", "select": ["id"], "properties": [condition(key="squad", value="blue")]}
    assert team.patch(item, {"query": blue}).json["is_calculating"] is False
    assert names(team, cohort) == ["cat", "ann"]
    team.patch(item, data={"csv": (io.BytesIO(b"bob"), "a.csv")})
    assert names(team, cohort) == ["cat", "bob", "ann"]
    assert team.get(item).json["count"] == 3


def test_persons_are_added_and_removed(team: Client) -> None:
    ann, bob = make(team, "ann"), make(team, "bob")
    cohort = create(team, is_static=True)
    assert (cohort["last_calculation"], cohort["count"]) == (None, None)
    item = f"{COHORTS}{cohort['id']}/"
    for _ in range(2):
        added = team.patch(f"{item}add_persons_to_static_cohort/", {"person_ids": [ann["uuid"], bob["uuid"], NOBODY]})
        assert (added.status_code, added.json) == (200, {"success": True})
    read = team.get(item).json
    assert (read["count"], read["is_calculating"], read["errors_calculating"]) == (2, False, 0)
    assert (read["last_calculation"], read.get("version")) == ("2026-01-15T12:00:00Z", None)
    removed = team.patch(f"{item}remove_person_from_static_cohort/", {"person_id": ann["uuid"]})
    assert removed.json == {"success": True}
    assert names(team, cohort) == ["bob"]
    assert team.get(item).json["count"] == 1


# PostHog's view of cohorts: a list of first persons counts, however many of them are known.
@pytest.mark.parametrize("given", [[], [NOBODY], ["x"]])
def test_list_of_nobody_is_counted(given: list[str], team: Client) -> None:
    cohort = create(team, is_static=True, _create_static_person_ids=given)
    assert (cohort["count"], cohort["last_calculation"]) == (0, "2026-01-15T12:00:00Z")
    assert (cohort["is_calculating"], cohort["errors_calculating"]) == (False, 0)


# PostHog's view and model of cohorts: the entry of a new cohort lists its persons.
def test_first_persons_stand_in_the_log(team: Client) -> None:
    ann, eva = make(team, "ann", email="ann@mock.test"), make(team, "eva")
    log = team.get(f"{COHORTS}{static(team, ann, eva)['id']}/activity/").json["results"]
    (change,) = log[0]["detail"]["changes"]
    assert (change["action"], change["field"], change["before"]) == ("changed", "people", [])
    assert [(person["email"], person["distinct_id"]) for person in change["after"]] == [
        ("ann@mock.test", "ann"), ("(no email)", "eva"),
    ]  # fmt: skip
    assert {type(person["id"]) for person in change["after"]} == {int}
    for nobody in (static(team), create(team, is_static=True), create(team, _create_static_person_ids=[ann["uuid"]])):
        assert team.get(f"{COHORTS}{nobody['id']}/activity/").json["results"][0]["detail"]["changes"] == []


# Servers since 2025-09: a static cohort's count follows its members.
def test_count_follows_who_is_deleted_merged_or_split(team: Client) -> None:
    people = [make(team, name) for name in ("ann", "bob", "cat", "dan")]
    item = f"{COHORTS}{static(team, *people)['id']}/"
    team.delete(f"/api/projects/1/persons/{people[0]['uuid']}/")
    assert team.get(item).json["count"] == 3
    merge = {"event": "$merge_dangerously", "distinct_id": "bob", "properties": {"alias": "cat"}}
    assert team.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": [merge]}).status_code == 200
    assert team.get(item).json["count"] == 2
    team.post(f"/api/projects/1/persons/{people[1]['uuid']}/split/", {"main_distinct_id": "bob"})
    assert team.get(item).json["count"] == 2
    team.post("/api/projects/1/persons/bulk_delete/", {"ids": [people[1]["uuid"], people[3]["uuid"]]})
    assert team.get(item).json["count"] == 0


def test_additions_and_removals_are_logged(team: Client) -> None:
    ann = make(team, "ann")
    item = f"{COHORTS}{static(team)['id']}/"
    team.patch(f"{item}add_persons_to_static_cohort/", {"person_ids": [ann["uuid"]]})
    team.patch(f"{item}remove_person_from_static_cohort/", {"person_id": ann["uuid"]})
    log = team.get(f"{item}activity/").json["results"]
    assert [entry["activity"] for entry in log] == ["person_removed_manually", "persons_added_manually", "created"]
    change = {"type": "Cohort", "action": "changed", "field": None, "before": None, "after": None}
    for entry in log[:2]:
        assert (entry["detail"]["name"], entry["detail"]["changes"]) == (None, [change])


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "person_ids must be a list"),
        ({"person_ids": "x"}, "person_ids must be a list"),
        ([], "person_ids must be a list"),
        ({"person_ids": []}, "person_ids cannot be empty"),
        ({"person_ids": ["x"] * 1001}, "List size exceeds limit"),
        ({"person_ids": ["x"] * 1000}, "No valid users to add to cohort"),
        ({"person_ids": [NOBODY, "abc", 5, None, "\x00"]}, "No valid users to add to cohort"),
    ],
)
def test_addition_is_refused(either: Client, body: Any, detail: str) -> None:
    response = either.patch(f"{COHORTS}{static(either)['id']}/add_persons_to_static_cohort/", body)
    assert (response.status_code, response.json["detail"], response.json["attr"]) == (400, detail, None)


def test_persons_of_another_project_are_strangers(either: Client) -> None:
    outsider = either.as_key("phx_mock_outsider")
    body = {"name": "c", "is_static": True}
    theirs = outsider.post("/api/projects/3/cohorts/", body).json["id"]
    mine = make(either, "ann")["uuid"]
    item = f"/api/projects/3/cohorts/{theirs}/"
    added = outsider.patch(f"{item}add_persons_to_static_cohort/", {"person_ids": [mine]})
    assert added.json["detail"] == "No valid users to add to cohort"
    assert outsider.patch(f"{item}remove_person_from_static_cohort/", {"person_id": mine}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "person_id is required"),
        ({"person_id": ""}, 400, "person_id is required"),
        ({"person_id": 5}, 400, "person_id must be a string"),
        ({"person_id": "abc"}, 400, "person_id must be a valid UUID"),
        ({"person_id": NOBODY}, 404, "Person with this UUID does not exist in the cohort's team"),
    ],
)
def test_removal_is_refused(either: Client, body: Any, status: int, detail: str) -> None:
    response = either.patch(f"{COHORTS}{static(either)['id']}/remove_person_from_static_cohort/", body)
    assert (response.status_code, response.json["detail"], response.json["attr"]) == (status, detail, None)


def test_removal_of_somebody_who_is_not_in_it_is_refused(team: Client) -> None:
    uuid = make(team, "ann")["uuid"]
    response = team.patch(f"{COHORTS}{static(team)['id']}/remove_person_from_static_cohort/", {"person_id": uuid})
    assert (response.status_code, response.json["detail"]) == (404, "Person is not part of the cohort")


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        ("add_persons_to_static_cohort", "Can only add users to static cohorts"),
        ("remove_person_from_static_cohort", "Can only remove users from static cohorts"),
    ],
)
def test_members_of_dynamic_cohorts_follow_from_conditions(either: Client, action: str, detail: str) -> None:
    response = either.patch(f"{COHORTS}{create(either, condition())['id']}/{action}/", {})
    assert (response.status_code, response.json["detail"]) == (400, detail)


def test_members_follow_what_becomes_of_persons(team: Client) -> None:
    ann, cat = make(team, "ann"), make(team, "cat")
    cohort = static(team, ann, cat)
    capture(team, "bob", "$merge_dangerously", "2026-01-14", alias="ann")
    assert names(team, cohort) == ["cat", "ann"]
    team.delete(f"/api/projects/1/persons/{cat['uuid']}/")
    assert names(team, cohort) == ["ann"]


def test_dynamic_cohort_is_copied_as_a_static_one(team: Client) -> None:
    cohort = create(team, condition(), name="Reds")
    copied = team.get(f"{COHORTS}{cohort['id']}/duplicate_as_static_cohort/")
    assert (copied.status_code, copied.json["name"], copied.json["is_static"]) == (200, "Reds (static copy)", True)
    make(team, "dan", team="red")
    assert names(team, copied.json) == ["bob", "ann"]
    again = team.get(f"{COHORTS}{copied.json['id']}/duplicate_as_static_cohort/")
    assert again.json["detail"] == "Cannot duplicate a static cohort as a static cohort."


def test_members_stand_in_the_order_in_which_they_were_created(team: Client) -> None:
    cohort = static(team, make(team, "cat"), make(team, "ann"))
    team.patch(f"{COHORTS}{cohort['id']}/add_persons_to_static_cohort/", {"person_ids": [make(team, "bob")["uuid"]]})
    assert names(team, cohort) == ["cat", "bob", "ann"]
    older = make(team, "old", timestamp="2025-01-01T00:00:00Z")
    assert older["created_at"] == "2025-01-01T00:00:00Z"
    capture(team, "cat", "$merge_dangerously", "2026-01-14", alias="old")
    assert names(team, cohort) == ["bob", "ann", "cat"]

"""Who belongs to cohorts: dynamic ones by persons and events, static ones by hand, by file, by query."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.conftest import Client
from tests.resources.test_persons import TOKEN, make

COHORTS = "/api/projects/1/cohorts/"
NOBODY = "00000000-0000-0000-0000-0000000000ff"


def condition(**fields: Any) -> dict[str, Any]:
    return {"key": "team", "type": "person", "operator": "exact", "value": "red", **fields}


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"key": name, "type": "behavioral", "value": "performed_event", "event_type": "events", "time_value": 30,
            "time_interval": "day", **fields}  # fmt: skip


def create(client: Client, *conditions: Any, join: str = "AND", **fields: Any) -> Any:
    filters = {"properties": {"type": join, "values": list(conditions)}}
    response = client.post(COHORTS, {"name": "c", **({"filters": filters} if conditions else {}), **fields})
    assert response.status_code == 201, response.text
    return response.json


def static(client: Client, *persons: Any) -> Any:
    return create(client, is_static=True, _create_static_person_ids=[person["uuid"] for person in persons])


def names(client: Client, cohort: Any, **query: Any) -> list[str]:
    response = client.get(f"{COHORTS}{cohort['id']}/persons/", query_string={"limit": 1000, **query})
    assert response.status_code == 200, response.text
    return [person["distinct_ids"][0] for person in response.json["results"]]


def capture(client: Client, distinct_id: str, name: str, *days: str, **properties: Any) -> None:
    batch = [
        {"event": name, "distinct_id": distinct_id, "timestamp": f"{day}T12:00:00Z", "properties": properties}
        for day in days
    ]
    assert client.as_key(None).post("/batch/", {"api_key": TOKEN, "batch": batch}).status_code == 200


@pytest.fixture
def team(either: Client) -> Client:
    """Three persons: two of the red team, the younger of whom is on the blue list; one of none."""
    make(either, "ann", timestamp="2026-01-02T00:00:00Z", team="red", age=20)
    make(either, "bob", timestamp="2026-01-03T00:00:00Z", team="red", age=40)
    make(either, "cat", timestamp="2026-01-04T00:00:00Z", squad="blue")
    return either


@pytest.mark.parametrize(
    ("conditions", "join", "expected"),
    [
        ([condition()], "AND", ["bob", "ann"]),
        ([condition(), condition(key="age", operator="gt", value=30)], "AND", ["bob"]),
        ([condition(key="age", operator="lt", value=30), condition(key="squad", value="blue")], "OR", ["cat", "ann"]),
        ([condition(), condition(key="age", operator="gt", value=30, negation=True)], "AND", ["ann"]),
        ([{"type": "OR", "values": [condition(key="squad", value="blue")]}], "AND", ["cat"]),
        ([condition(), condition(key="squad", operator="is_not", value="blue")], "AND", ["bob", "ann"]),
        ([condition(), condition(key="squad", operator="is_not", value=["blue", "grey"])], "AND", []),
    ],
)
def test_dynamic_cohort_holds_who_meets_its_conditions(
    team: Client, conditions: list[Any], join: str, expected: list[str]
) -> None:
    cohort = create(team, *conditions, join=join)
    assert names(team, cohort) == expected
    assert team.get(f"{COHORTS}{cohort['id']}/").json["count"] == len(expected)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["ann", "bob"]),
        ({"time_value": 5}, ["bob"]),
        ({"time_value": None, "time_interval": None, "explicit_datetime": "2026-01-12T00:00:00"}, ["bob"]),
        ({"explicit_datetime": "-5d"}, ["bob"]),
        ({"value": "performed_event_multiple", "operator": "gte", "operator_value": 2}, ["bob"]),
        ({"value": "performed_event_multiple", "operator": "lt", "operator_value": 2}, ["ann"]),
        ({"value": "performed_event_multiple", "operator_value": 2}, ["bob"]),
        ({"value": "performed_event_first_time", "time_value": 10}, ["ann"]),
        ({"value": "stopped_performing_event", "seq_time_value": 5, "seq_time_interval": "day"}, ["ann"]),
        (
            {"value": "restarted_performing_event", "time_value": 10, "seq_time_value": 4, "seq_time_interval": "day"},
            ["bob"],
        ),
        (
            {"value": "performed_event_regularly", "time_value": 1, "time_interval": "week", "total_periods": 2,
             "min_periods": 1, "operator": "gte", "operator_value": 1},
            ["ann", "bob"],
        ),
        (
            {"value": "performed_event_sequence", "seq_event": "paid", "seq_event_type": "events",
             "seq_time_value": 1, "seq_time_interval": "day"},
            ["ann"],
        ),
        ({"event_filters": [{"type": "event", "key": "total", "operator": "gt", "value": 10}]}, ["bob"]),
        ({"key": "never"}, []),
        ({"event_type": "actions", "key": 3}, []),
    ],
)  # fmt: skip
def test_dynamic_cohort_holds_who_did_something(team: Client, fields: Any, expected: list[str]) -> None:
    capture(team, "ann", "bought", "2026-01-08", total=5)
    capture(team, "ann", "paid", "2026-01-08")
    capture(team, "bob", "bought", "2026-01-02", "2026-01-13", total=50)
    assert sorted(names(team, create(team, {**event("bought"), **fields}))) == expected


def test_behavior_and_persons_join(team: Client) -> None:
    capture(team, "bob", "bought", "2026-01-13")
    capture(team, "cat", "bought", "2026-01-13")
    assert names(team, create(team, condition(), event("bought", negation=True))) == ["ann"]


def test_cohort_refers_to_others(team: Client) -> None:
    red = create(team, condition())
    listed = static(team, make(team, "ann"), make(team, "cat"))
    reference = {"key": "id", "type": "cohort"}
    both = create(team, {**reference, "value": red["id"]}, {**reference, "value": str(listed["id"])})
    rest = create(team, {**reference, "value": red["id"]}, {**reference, "value": listed["id"], "negation": True})
    assert names(team, both) == ["ann"]
    assert names(team, rest) == ["bob"]
    assert names(team, create(team, {**reference, "value": 99999})) == []


def test_calculation_is_done_by_the_next_read(team: Client) -> None:
    cohort = create(team, condition())
    assert (cohort["is_calculating"], cohort["count"], cohort["last_calculation"]) == (True, None, None)
    read = team.get(f"{COHORTS}{cohort['id']}/").json
    assert (read["is_calculating"], read["count"], read["last_calculation"]) == (False, 2, "2026-01-15T12:00:00Z")
    make(team, "dan", team="red")
    assert len(names(team, cohort)) == 2
    patched = team.patch(f"{COHORTS}{cohort['id']}/", {}).json
    assert (patched["is_calculating"], patched["count"]) == (True, 2)
    assert len(names(team, cohort)) == 3


def test_calculation_that_fails_is_counted(team: Client) -> None:
    cohort = create(team, condition(key="age", operator="gt", value="many"))
    read = team.get(f"{COHORTS}{cohort['id']}/").json
    assert (read["errors_calculating"], read["is_calculating"], read["count"]) == (1, False, None)
    (run,) = team.get(f"{COHORTS}{cohort['id']}/calculation_history/").json["results"]
    assert (run["is_completed"], run["is_successful"], run["count"]) == (True, False, None)
    assert "Float64" in run["error"]
    team.patch(f"{COHORTS}{cohort['id']}/", {"filters": {"properties": {"type": "AND", "values": []}}})
    mended = team.get(f"{COHORTS}{cohort['id']}/").json
    assert (mended["errors_calculating"], mended.get("last_error_message"), mended["count"]) == (0, None, 0)


def test_pages_tell_why_a_calculation_failed(client: Client) -> None:
    make(client, "ann", age=20)
    cohort = create(client, condition(key="age", operator="gt", value="many"))
    read = client.get(f"{COHORTS}{cohort['id']}/").json
    assert (read["version"], read["pending_version"]) == (None, 1)
    assert "Float64" in read["last_error_message"]


def test_calculations_are_kept_newest_first(team: Client) -> None:
    cohort = create(team, condition())
    names(team, cohort)
    team.patch(f"{COHORTS}{cohort['id']}/", {"filters": {"properties": {"type": "AND", "values": []}}})
    history = f"{COHORTS}{cohort['id']}/calculation_history/"
    page = team.get(history).json
    assert [(run["count"], run["duration_seconds"]) for run in page["results"]] == [(0, 0.0), (2, 0.0)]
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)
    first = team.get(f"{history}?limit=1").json
    assert (first["next"], first["previous"]) == ("?limit=1&offset=1", None)
    assert team.get(f"{history}?limit=1&offset=1").json["previous"] == "?limit=1&offset=0"
    assert team.get(f"{history}?limit=5&offset=2").json["previous"] == "?limit=5&offset=0"
    assert [team.get(f"{history}?{query}").status_code for query in ("limit=x", "offset=x")] == [400, 400]


def test_calculation_is_shown_whole(team: Client) -> None:
    cohort = create(team, condition())
    (row,) = team.get(f"{COHORTS}{cohort['id']}/calculation_history/").json["results"]
    assert len(row.pop("id")) == 36
    noon = "2026-01-15T12:00:00Z"
    assert row == {
        "filters": cohort["filters"], "count": 2, "started_at": noon, "finished_at": noon, "queries": None,
        "error": None, "duration_seconds": 0.0, "is_completed": True, "is_successful": True, "total_query_ms": None,
        "total_memory_mb": None, "total_read_rows": None, "total_written_rows": None, "main_query": None,
    }  # fmt: skip


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
        ({"insight": "STICKINESS", "stickiness_days": 1, "events": '[{"id":"bought"}]', "date_from": "-10d"},
         ["bob", "ann"]),
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
    cohort = static(team)
    assert cohort["last_calculation"] is None
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


def test_persons_of_a_cohort_are_paged_searched_and_filtered(team: Client) -> None:
    cohort = create(team, condition())
    url = f"{COHORTS}{cohort['id']}/persons/"
    first = team.get(f"{url}?limit=1").json
    assert first["next"].endswith("/persons/?limit=1&offset=1")
    assert team.get(first["next"]).json["results"][0]["distinct_ids"] == ["ann"]
    assert names(team, cohort, search="ann") == ["ann"]
    assert names(team, cohort, properties='[{"key":"age","type":"person","operator":"gt","value":30}]') == ["bob"]
    assert team.get(f"{url}?properties=x").status_code == 400
    assert team.get(f"{url}?limit=abc").status_code == 400
    assert team.get(f"{url}?offset=-1").status_code == 400


def test_person_of_a_cohort_is_shown_as_an_actor(team: Client) -> None:
    ann = make(team, "ann", email="ann@x.test")
    for number in range(12):
        capture(team, "ann", "$create_alias", "2026-01-14", alias=f"ann-{number}")
    (row,) = team.get(f"{COHORTS}{static(team, ann)['id']}/persons/").json["results"]
    assert len(row.pop("distinct_ids")) == 10
    assert row.pop("properties")["email"] == "ann@x.test"
    assert row == {
        "type": "person", "id": ann["uuid"], "uuid": ann["uuid"], "created_at": ann["created_at"],
        "is_identified": True, "name": "ann@x.test", "matched_recordings": [], "value_at_data_point": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "following", "previous"),
    [
        ("", None, None),
        ("?limit=3", None, None),
        ("?limit=2", "?limit=2&offset=2", None),
        ("?limit=1&offset=1", "?limit=1&offset=2", "?limit=1&offset=1"),
        ("?offset=2&limit=1", None, "?offset=1&limit=1"),
        ("?offset=1", None, None),
        ("?limit=0", None, None),
    ],
)
def test_links_of_a_cohorts_persons(team: Client, query: str, following: str | None, previous: str | None) -> None:
    url = f"{COHORTS}{create(team, condition())['id']}/persons/"
    page = team.get(f"{url}{query}").json
    assert list(page) == ["results", "next", "previous"]
    for link, expected in ((page["next"], following), (page["previous"], previous)):
        assert link == (expected and f"http://localhost{url}{expected}")


def test_persons_of_a_cohort_come_a_hundred_at_a_time(team: Client) -> None:
    many = [make(team, f"p{number}") for number in range(101)]
    url = f"{COHORTS}{static(team, *many)['id']}/persons"
    page = team.get(url).json
    assert (len(page["results"]), page["next"]) == (100, f"http://localhost{url}?offset=100")
    assert len(team.get(page["next"]).json["results"]) == 1
    assert len(team.get(f"{url}?is_csv_export=1&offset=7").json["results"]) == 101


def test_deleted_cohort_still_has_its_persons(team: Client) -> None:
    for cohort in (create(team, condition()), static(team, make(team, "ann"))):
        before = names(team, cohort)
        team.patch(f"{COHORTS}{cohort['id']}/", {"deleted": True})
        assert names(team, cohort) == before != []


def test_persons_of_a_cohort_are_exported(team: Client) -> None:
    make(team, "ann", email="ann@x.test")
    cohort = create(team, condition(key="age", operator="lt", value=30))
    url = f"{COHORTS}{cohort['id']}/persons"
    (row,) = team.get(f"{url}?is_csv_export=1").json["results"]
    assert (row["email"], "email" in row["properties"], "uuid" in row) == ("ann@x.test", False, False)
    header, line, _ = team.get(f"{url}.csv").text.split("\r\n")
    assert header == "created_at,distinct_ids.0,email,id,name,properties.age,properties.team"
    assert line.split(",")[1:3] == ["ann", "ann@x.test"]
    assert team.get(f"{COHORTS}?format=csv").status_code == 404


def test_dynamic_cohort_is_copied_as_a_static_one(team: Client) -> None:
    cohort = create(team, condition(), name="Reds")
    copied = team.get(f"{COHORTS}{cohort['id']}/duplicate_as_static_cohort/")
    assert (copied.status_code, copied.json["name"], copied.json["is_static"]) == (200, "Reds (static copy)", True)
    make(team, "dan", team="red")
    assert names(team, copied.json) == ["bob", "ann"]
    again = team.get(f"{COHORTS}{copied.json['id']}/duplicate_as_static_cohort/")
    assert again.json["detail"] == "Cannot duplicate a static cohort as a static cohort."


def test_person_knows_their_cohorts(team: Client) -> None:
    ann = make(team, "ann")
    mine = {create(team, condition())["id"], static(team, ann)["id"]}
    create(team, condition(value="green"))
    found = team.get(f"/api/projects/1/persons/cohorts/?person_id={ann['uuid']}").json["results"]
    assert mine <= {cohort["id"] for cohort in found}


def test_members_stand_in_the_order_in_which_they_were_created(team: Client) -> None:
    cohort = static(team, make(team, "cat"), make(team, "ann"))
    team.patch(f"{COHORTS}{cohort['id']}/add_persons_to_static_cohort/", {"person_ids": [make(team, "bob")["uuid"]]})
    assert names(team, cohort) == ["cat", "bob", "ann"]
    older = make(team, "old", timestamp="2025-01-01T00:00:00Z")
    assert older["created_at"] == "2025-01-01T00:00:00Z"
    capture(team, "cat", "$merge_dangerously", "2026-01-14", alias="old")
    assert names(team, cohort) == ["bob", "ann", "cat"]


def test_links_are_addresses_whatever_was_asked(team: Client) -> None:
    cohort = create(team, condition())
    page = team.get(f'{COHORTS}{cohort["id"]}/persons/?limit=1&properties=[]&x="{{ü}}"')
    assert page.json["next"].endswith("limit=1&properties=%5B%5D&x=%22%7B%C3%BC%7D%22&offset=1")

"""Cohorts: lists, what a write takes and refuses, deletion and the log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.request.test_auth import with_key
from tests.resources.cohort_stories import COHORTS, condition, create, event, static
from tests.resources.test_persons import make

REFERENCE = {"key": "id", "type": "cohort"}


def listed(client: Client, **query: Any) -> list[int]:
    return [cohort["id"] for cohort in client.get(COHORTS, query_string={"limit": 1000, **query}).json["results"]]


def refers_to(cohort: Any) -> dict[str, Any]:
    return {**REFERENCE, "value": cohort["id"]}


def filters(*conditions: Any) -> dict[str, Any]:
    return {"properties": {"type": "AND", "values": list(conditions)}}


def test_cohort_needs_nothing(either: Client) -> None:
    cohort = either.post(COHORTS, {}).json
    assert cohort["filters"] == {"properties": {}}
    expected = {
        "name": None, "description": "", "groups": [], "deleted": False, "query": None, "is_calculating": True,
        "created_at": "2026-01-15T12:00:00Z", "last_calculation": None, "errors_calculating": 0, "count": None,
        "is_static": False, "cohort_type": None, "experiment_set": [],
    }  # fmt: skip
    assert {name: cohort[name] for name in expected} == expected
    assert cohort["created_by"]["email"] == "owner@hedgebox.test"
    assert either.get(f"{COHORTS}{cohort['id']}/").json["count"] == 0


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("name", "x" * 400, "x" * 400),
        ("name", "  trimmed ", "trimmed"),
        ("name", 5, "5"),
        ("name", "", ""),
        ("description", "x" * 1000, "x" * 1000),
        ("description", "", ""),
        ("query", "", None),
        ("query", {}, None),
        ("query", [], None),
        ("deleted", "yes", True),
        ("cohort_type", None, None),
        ("filters", {"properties": {"type": "AND", "values": []}}, {"properties": {"type": "AND", "values": []}}),
        ("experiment_set", [5], []),
        ("count", 7, None),
        ("last_error_message", "x", None),
    ],
)
def test_values_are_taken_or_passed_over(either: Client, field: str, value: Any, kept: Any) -> None:
    response = either.post(COHORTS, {field: value})
    assert (response.status_code, response.json.get(field)) == (201, kept), response.text


def test_folder_may_be_blank(either: Client) -> None:
    assert either.post(COHORTS, {"_create_in_folder": ""}).status_code == 201


def test_fields_of_the_server_are_not_changed(either: Client) -> None:
    cohort = static(either, make(either, "ann"))
    given = {
        "id": 5, "is_calculating": True, "created_by": None, "created_at": None, "last_calculation": "2020-01-01",
        "errors_calculating": 7, "count": 9, "experiment_set": [1], "version": 5, "pending_version": 5,
    }  # fmt: skip
    item = f"{COHORTS}{cohort['id']}/"
    before = either.get(item).json
    for method in (either.patch, either.put):
        assert method(item, given).status_code == 200
        assert either.get(item).json == before


def test_pages_show_what_servers_only_read(client: Client, observed: Client) -> None:
    given = {"_create_in_folder": "a/b", "_create_static_person_ids": ["x"]}
    shown = create(client, is_static=True, **given)
    assert {name: shown[name] for name in given} == given
    assert not set(given) & set(create(observed, is_static=True, **given))


def test_documented_cohorts_count_their_calculations(client: Client, observed: Client) -> None:
    cohort = create(client, condition())
    assert (cohort["version"], cohort["pending_version"]) == (None, 1)
    client.patch(f"{COHORTS}{cohort['id']}/", {"name": "d"})
    read = client.get(f"{COHORTS}{cohort['id']}/").json
    assert (read["version"], read["pending_version"]) == (2, 2)
    assert "version" not in create(observed, condition())
    by_hand = create(client, is_static=True)
    assert (by_hand["version"], by_hand["pending_version"], by_hand["last_error_message"]) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"name": "x" * 401}, "max_length", "name"),
        ({"name": ["a"]}, "invalid_input", "name"),
        ({"name": "a\x00"}, "null_characters_not_allowed", "name"),
        ({"description": None}, "null", "description"),
        ({"description": "x" * 1001}, "max_length", "description"),
        ({"deleted": None}, "null", "deleted"),
        ({"_create_in_folder": None}, "null", "_create_in_folder"),
        ({"_create_static_person_ids": None}, "null", "_create_static_person_ids"),
        ({"is_static": "maybe"}, "invalid_input", "is_static"),
        ({"groups": "x"}, "not_a_list", "groups"),
        ({"groups": [{}]}, "invalid_input", "groups__0"),
        ({"groups": [5]}, "not_a_dict", "groups__0"),
        ({"groups": [{"event_id": "a", "colour": 1}]}, "invalid_input", "groups__0"),
        ({"filters": None}, "invalid_input", "filters__detail"),
        ({"filters": "x", "is_static": True}, "invalid_input", "filters__detail"),
        ({"filters": filters(condition(value="a\x00"))}, "null_characters_not_allowed", "filters"),
        ({"query": "x"}, "invalid_input", "query"),
        ({"query": {"kind": "TrendsQuery"}}, "invalid_input", "query"),
        ({"query": {"kind": "HogQLQuery"}, "is_static": True}, "invalid_input", "query"),
        ({"query": {"kind": "ActorsQuery", "colour": 1}, "is_static": True}, "invalid_input", "query"),
        ({"query": {"kind": "ActorsQuery"}, "filters": filters(condition())}, "invalid_input", None),
        ({"cohort_type": "bogus"}, "invalid_choice", "cohort_type"),
        ({"cohort_type": "behavioral"}, "invalid_input", "cohort_type"),
        ({"_create_static_person_ids": "x", "is_static": True}, "not_a_list", "_create_static_person_ids"),
        ({"_create_static_person_ids": [[]], "is_static": True}, "invalid_input", "_create_static_person_ids__0"),
    ],
)
def test_bad_values_are_refused_and_leave_nothing(either: Client, body: Any, code: str, attr: str | None) -> None:
    before = listed(either)
    response = either.post(COHORTS, body)
    assert (response.status_code, response.json["code"], response.json["attr"]) == (400, code, attr), response.text
    assert listed(either) == before


QUERY = {"kind": "ActorsQuery", "select": ["id"]}


@pytest.mark.parametrize(
    ("body", "attr", "detail"),
    [
        ({"query": QUERY, "filters": filters()}, None, "Cannot set both query and filters at the same time."),
        ({"query": QUERY, "filters": filters(), "is_static": True}, None,
         "Cannot set both query and filters at the same time."),
        ({"query": "x"}, "query", "Query must be a dictionary."),
        ({"query": {"kind": "TrendsQuery"}}, "query",
         "Query must be an ActorsQuery or HogQLQuery. Got: TrendsQuery"),
        ({"query": {"select": []}}, "query", "Query must be an ActorsQuery or HogQLQuery. Got: None"),
        ({"cohort_type": "bogus"}, "cohort_type", '"bogus" is not a valid choice.'),
        ({"cohort_type": "behavioral"}, "cohort_type", "Invalid cohort type for the given filters"),
        ({"cohort_type": "behavioral", "filters": filters()}, "cohort_type",
         "Invalid cohort type for the given filters"),
        ({"cohort_type": "behavioral", "groups": [{"event_id": "a"}]}, "cohort_type",
         "Invalid cohort type for the given filters"),
        ({"cohort_type": "person_property", "filters": filters(condition(), refers_to({"id": 999999}))}, "cohort_type",
         "Invalid cohort type for the given filters"),
        ({"cohort_type": "behavioral", "is_static": True}, "cohort_type",
         "Cohort type 'behavioral' does not match the filters. Expected type: 'static'"),
        ({"cohort_type": "behavioral", "query": QUERY}, "cohort_type",
         "Cohort type 'behavioral' does not match the filters. Expected type: 'analytical'"),
        ({"description": None}, "description", "This field may not be null."),
        ({"is_static": "zz"}, "is_static", "Must be a valid boolean."),
        ({"_create_static_person_ids": "x"}, "_create_static_person_ids",
         'Expected a list of items but got type "str".'),
        ({"_create_static_person_ids": [[]]}, "_create_static_person_ids__0", "Not a valid string."),
        ({"filters": {}}, "filters__detail", "Must contain a 'properties' key with type and values"),
    ],
)  # fmt: skip
def test_refusals_say_what_the_servers_say(either: Client, body: Any, attr: str | None, detail: str) -> None:
    response = either.post(COHORTS, body)
    assert (response.status_code, response.json["attr"], response.json["detail"]) == (400, attr, detail)


def test_null_groups_are_what_the_pages_show(client: Client, observed: Client) -> None:
    assert client.post(COHORTS, {"groups": None}).status_code == 201
    assert observed.post(COHORTS, {"groups": None}).json["code"] == "null"


def test_query_without_is_static_is_refused_and_leaves_a_cohort(either: Client) -> None:
    before = listed(either)
    response = either.post(COHORTS, {"query": {"kind": "ActorsQuery", "select": ["id"]}})
    assert response.status_code == 400
    assert response.json["detail"] == "Cannot create a dynamic cohort with a query. Set is_static to true."
    assert len(listed(either)) == len(before) + 1


@pytest.mark.parametrize(
    ("given", "conditions", "expected"),
    [
        ("person_property", [condition()], None),
        ("behavioral", [condition()], "person_property"),
        ("behavioral", [condition(), event("a")], None),
        ("behavioral", [event("a", value="stopped_performing_event")], "analytical"),
        ("realtime", [condition()], "person_property"),
        ("static", [condition()], "person_property"),
    ],
)
def test_type_must_fit_the_definition(either: Client, given: str, conditions: list[Any], expected: str | None) -> None:
    response = either.post(COHORTS, {"cohort_type": given, "filters": filters(*conditions)})
    if expected is None:
        assert (response.status_code, response.json["cohort_type"]) == (201, given)
    else:
        told = f"Cohort type '{given}' does not match the filters. Expected type: '{expected}'"
        assert (response.status_code, response.json["detail"]) == (400, told)


def test_type_follows_from_cohorts_referred_to(either: Client) -> None:
    behavioral = create(either, event("a"))
    body = {"cohort_type": "behavioral", "filters": filters(refers_to(behavioral), condition())}
    assert either.post(COHORTS, body).status_code == 201
    by_hand, queried = static(either), create(either, is_static=True, query=QUERY)
    indirect = create(either, refers_to(behavioral))
    for reference, expected in ((by_hand, "static"), (queried, "static"), (indirect, "behavioral")):
        body = {"cohort_type": "analytical", "filters": filters(refers_to(reference))}
        assert either.post(COHORTS, body).json["detail"].endswith(f"Expected type: '{expected}'")


def test_type_is_judged_by_what_is_there_already(either: Client) -> None:
    item = f"{COHORTS}{create(either, condition())['id']}/"
    assert either.patch(item, {"cohort_type": "behavioral"}).json["attr"] == "cohort_type"
    assert either.patch(item, {"cohort_type": "person_property"}).json["cohort_type"] == "person_property"
    assert either.patch(item, {"cohort_type": None}).json["cohort_type"] is None


def test_list_is_newest_first_without_the_deleted(either: Client) -> None:
    first, second = create(either), create(either)
    assert listed(either)[:2] == [second["id"], first["id"]]
    either.patch(f"{COHORTS}{second['id']}/", {"deleted": True})
    assert listed(either)[0] == first["id"]
    assert either.get(f"{COHORTS}{second['id']}/").json["deleted"] is True
    either.patch(f"{COHORTS}{second['id']}/", {"deleted": False})
    assert listed(either)[0] == second["id"]


def test_list_is_narrowed(either: Client) -> None:
    person = create(either, condition(), name="Nearby Needles")
    behavioral = create(either, event("a"))
    indirect = create(either, refers_to(behavioral))
    hand = either.as_key("phx_mock_member").post(COHORTS, {"name": "needle", "is_static": True}).json
    assert set(listed(either, search="needLE")) == {person["id"], hand["id"]}
    assert hand["id"] in listed(either, type="static")
    assert person["id"] not in listed(either, type="static")
    assert hand["id"] not in listed(either, type="dynamic")
    assert hand["id"] in listed(either, type="bogus")
    assert hand["id"] in listed(either, created_by_id=3)
    assert person["id"] not in listed(either, created_by_id=3)
    shown = listed(either, hide_behavioral_cohorts="true")
    assert person["id"] in shown
    assert not {behavioral["id"], indirect["id"]} & set(shown)
    assert either.get(f"{COHORTS}?created_by_id=abc").status_code == 400
    assert behavioral["id"] in listed(either, hide_behavioral_cohorts="false")


def test_list_comes_a_hundred_at_a_time(either: Client) -> None:
    for _ in range(101):
        create(either, is_static=True)
    page = either.get(COHORTS).json
    assert (len(page["results"]), page["previous"]) == (100, None)
    assert page["next"] == f"http://localhost{COHORTS}?limit=100&offset=100"


def test_groups_of_old_are_read_back_as_filters(either: Client) -> None:
    cohort = either.post(COHORTS, {"groups": [{"properties": {"team_id": "5"}}]}).json
    condition = {"key": "team_id", "value": "5", "type": "person"}
    assert cohort["filters"]["properties"] == {"type": "OR", "values": [{"type": "AND", "values": [condition]}]}
    (group,) = cohort["groups"]
    assert group.pop("properties") == [condition]
    assert group == dict.fromkeys(
        ("action_id", "event_id", "days", "count", "count_operator", "start_date", "end_date", "label")
    )
    assert either.get(f"{COHORTS}{cohort['id']}/").json["filters"] == cohort["filters"]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "cohort:read"),
        ("POST", "", "cohort:write"),
        ("GET", "1/", "cohort:read"),
        ("PATCH", "1/", "cohort:write"),
        ("PUT", "1/", "cohort:write"),
        ("DELETE", "1/", "cohort:write"),
        ("GET", "activity/", "activity_log:read"),
        ("GET", "1/activity/", "activity_log:read"),
        ("PATCH", "1/add_persons_to_static_cohort/", "cohort:write"),
        ("PATCH", "1/remove_person_from_static_cohort/", "cohort:write"),
        ("GET", "1/calculation_history/", "cohort:read"),
        ("GET", "1/persons/", "cohort:read"),
        ("GET", "1/persons/", "person:read"),
        ("GET", "1/duplicate_as_static_cohort/", "cohort:write"),
    ],
)
def test_operations_ask_for_their_scope(either: Client, method: str, path: str, scope: str) -> None:
    others = ["cohort:write", "person:write", "activity_log:write"]
    lacking = [name for name in others if name.split(":")[0] != scope.split(":")[0]]
    lacking += [scope.replace("write", "read")] if scope.endswith("write") else []
    refused = with_key(either, scopes=lacking)(method, f"{COHORTS}{path}")
    assert (refused.status_code, refused.json["detail"]) == (403, f"API key missing required scope '{scope}'")


@pytest.mark.parametrize("method", ["get", "patch"])
@pytest.mark.parametrize("key", ["999999", "abc", "99999999999999999999", "-1"])
def test_unknown_cohort_is_not_found(either: Client, method: str, key: str) -> None:
    assert getattr(either, method)(f"{COHORTS}{key}/").status_code == 404


def test_cohorts_of_another_project_are_not_found(either: Client) -> None:
    foreign = either.as_key("phx_mock_outsider").post("/api/projects/3/cohorts/", {"name": "theirs"}).json["id"]
    assert either.get(f"{COHORTS}{foreign}/").status_code == 404
    for action in ("persons", "calculation_history", "activity"):
        assert either.get(f"{COHORTS}{foreign}/{action}/").status_code == 404


def test_cohort_is_never_removed_for_good(either: Client) -> None:
    for key in (create(either)["id"], 999999):
        response = either.delete(f"{COHORTS}{key}/")
        assert (response.status_code, response.data) == (405, b"")


@pytest.mark.parametrize("through", [0, 1, 2])
def test_cohorts_may_not_refer_to_one_another_in_a_loop(either: Client, through: int) -> None:
    first = create(either, condition())
    last = first
    for _ in range(through):
        last = create(either, refers_to(last))
    response = either.patch(f"{COHORTS}{first['id']}/", {"filters": filters(refers_to(last))})
    assert (response.status_code, response.json["detail"]) == (400, "Cohorts cannot reference other cohorts in a loop.")


def test_update_asks_for_cohorts_that_exist(either: Client) -> None:
    cohort = create(either, {**REFERENCE, "value": 999999})
    response = either.patch(f"{COHORTS}{cohort['id']}/", {"name": "x"})
    assert (response.status_code, response.json["detail"]) == (400, "Invalid Cohort ID in filter")


def test_conditions_of_a_static_cohort_define_nothing(either: Client) -> None:
    cohort = static(either)
    item = f"{COHORTS}{cohort['id']}/"
    patched = either.patch(item, {"filters": {"properties": "whatever"}})
    assert (patched.status_code, patched.json["is_calculating"]) == (200, False)
    assert either.get(item).json["count"] == 0
    assert either.patch(item, {"filters": None}).json["filters"] == {"properties": {}}


def test_put_keeps_what_it_leaves_out(either: Client) -> None:
    cohort = create(either, condition(), description="kept")
    put = either.put(f"{COHORTS}{cohort['id']}/", {"name": "new"}).json
    assert (put["name"], put["description"], put["filters"]) == ("new", "kept", cohort["filters"])


def test_dynamic_cohort_can_become_static(either: Client) -> None:
    cohort = create(either, condition(key="nobody"))
    item = f"{COHORTS}{cohort['id']}/"
    assert either.get(item).json["count"] == 0
    patched = either.patch(item, {"is_static": True}).json
    assert (patched["is_static"], patched["is_calculating"]) == (True, False)
    assert either.get(f"{item}persons/").json["results"] == []


def test_changes_are_logged(either: Client) -> None:
    cohort = create(either, name="a")
    item = f"{COHORTS}{cohort['id']}/"
    either.patch(item, {"name": "b", "description": "c"})
    either.patch(item, {"name": "b"})
    updated, created = either.get(f"{item}activity/").json["results"]
    assert (created["activity"], created["detail"]["changes"], created["detail"]["name"]) == ("created", [], "a")
    assert updated["detail"]["changes"] == [
        {"type": "Cohort", "action": "changed", "field": "name", "before": "a", "after": "b"},
        {"type": "Cohort", "action": "changed", "field": "description", "before": "", "after": "c"},
    ]
    either.patch(item, {"deleted": True})
    gone = either.get(f"{item}activity/").json["results"][0]
    assert (gone["activity"], gone["scope"], gone["item_id"]) == ("updated", "Cohort", str(cohort["id"]))
    flip = {"type": "Cohort", "action": "changed", "field": "deleted", "before": False, "after": True}
    assert gone["detail"]["changes"] == [flip]
    newest = either.get(f"{COHORTS}activity/?limit=1").json
    assert newest["results"][0]["item_id"] == str(cohort["id"])


def test_log_of_an_unknown_cohort_is_an_empty_404(either: Client) -> None:
    for key in ("999999", "abc"):
        response = either.get(f"{COHORTS}{key}/activity/")
        assert (response.status_code, response.data) == (404, b"")


def test_deep_definitions_are_no_trouble(either: Client) -> None:
    nested: dict[str, Any] = condition()
    for _ in range(90):
        nested = {"type": "AND", "values": [nested]}
    cohort = either.post(COHORTS, {"filters": {"properties": nested}})
    assert cohort.status_code == 201
    assert either.get(f"{COHORTS}{cohort.json['id']}/").json["errors_calculating"] == 0


def test_long_chains_of_cohorts_are_answered(either: Client) -> None:
    last = create(either, condition())
    for _ in range(60):
        last = create(either, refers_to(last))
    assert either.get(f"{COHORTS}{last['id']}/").status_code == 200
    assert either.patch(f"{COHORTS}{last['id']}/", {"name": "x"}).status_code == 200


def test_numbers_of_any_size_come_back_and_what_is_none_is_null(either: Client) -> None:
    odd = json.dumps({"filters": filters(condition(value=10**400), condition(value=float("nan")))})
    response = either.post(COHORTS, data=odd, content_type="application/json")
    assert response.status_code == 201
    big, none = response.json["filters"]["properties"]["values"]
    assert (big["value"], none["value"]) == (10**400, None)
    assert either.get(f"{COHORTS}{response.json['id']}/").status_code == 200


@pytest.mark.parametrize("days", ["many", [], 1.5, 10**30, -1])
def test_groups_of_old_may_say_anything(either: Client, days: Any) -> None:
    cohort = either.post(COHORTS, {"groups": [{"event_id": "a", "days": days, "count": "x", "count_operator": 5}]})
    assert cohort.status_code == 201
    assert either.get(f"{COHORTS}{cohort.json['id']}/").json["is_calculating"] is False


def test_activity_of_an_unknown_project_is_told_and_of_an_unknown_cohort_is_not(either: Client) -> None:
    session = either.as_key("phx_mock_session")
    told = session.get("/api/projects/999999/cohorts/1/activity/")
    assert (told.status_code, told.json["detail"]) == (404, "Project not found.")
    untold = session.get(f"{COHORTS}999999/activity/")
    assert (untold.status_code, untold.data) == (404, b"")

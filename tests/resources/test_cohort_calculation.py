"""Who belongs to dynamic cohorts: by what persons are and did; and what is told of calculating it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.resources.cohort_stories import COHORTS, capture, condition, create, event, names, static
from tests.resources.test_persons import make


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
        ({"event_type": "actions", "key": 3000}, []),
    ],
)  # fmt: skip
def test_dynamic_cohort_holds_who_did_something(team: Client, fields: Any, expected: list[str]) -> None:
    capture(team, "ann", "bought", "2026-01-08", total=5)
    capture(team, "ann", "paid", "2026-01-08")
    capture(team, "bob", "bought", "2026-01-02", "2026-01-13", total=50)
    assert sorted(names(team, create(team, {**event("bought"), **fields}))) == expected


BIG = [{"key": "total", "type": "event", "operator": "gt", "value": 10}]
RED = [{"key": "team", "type": "person", "operator": "exact", "value": "red"}]
BUTTON = 'button.btn:text="Pay now"nth-child="1";div:nth-child="1"'


# Source: PostHog's `action_to_expr`, which cohorts of who did an action are counted by, too.
@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([{"event": "bought"}], ["ann", "bob"]),
        ([{"event": "bought", "properties": BIG}], ["bob"]),
        ([{"event": "bought", "properties": RED}, {"event": "paid"}], ["ann", "bob", "cat"]),
        ([{"event": "paid", "properties": RED}], []),
        ([{"url": "/pricing"}], ["cat"]),
        ([{"url": "/pricing", "url_matching": "exact"}], []),
        ([{"url": "pric(e|ing)", "url_matching": "regex"}], ["cat"]),
        ([{"url": "(", "url_matching": "regex"}], []),
        ([{"event": "$autocapture", "selector": "div > button.btn"}], ["ann"]),
        ([{"event": "$autocapture", "tag_name": "div", "text": "pay", "text_matching": "contains"}], ["ann"]),
        ([{"event": "$autocapture", "text": "Pay"}], []),
        ([{"event": "$autocapture", "href": "/"}], []),
        ([], ["ann", "bob", "cat"]),
    ],
)
def test_dynamic_cohort_holds_who_did_an_action(team: Client, steps: Any, expected: list[str]) -> None:
    capture(team, "ann", "bought", "2026-01-08", total=5)
    capture(team, "ann", "$autocapture", "2026-01-08", **{"$elements_chain": BUTTON})
    capture(team, "bob", "bought", "2026-01-13", total=50)
    capture(team, "cat", "paid", "2026-01-13", **{"$current_url": "https://acme.test/pricing?a=1"})
    loaded = {"actions": [{"id": 7, "name": "Bought", "steps": steps}]}
    assert team.post("/__admin/worlds/default/load", loaded).status_code == 201
    did = event("7", event_type="actions", key=7)
    assert sorted({"ann", "bob", "cat"} & {*names(team, create(team, did))}) == expected
    never = event("bought", value="performed_event_sequence", seq_event=8, seq_event_type="actions", seq_time_value=1,
                  seq_time_interval="day")  # fmt: skip
    assert names(team, create(team, never)) == []


@pytest.mark.parametrize("operator, expected", [("in", ["bob"]), (None, ["bob"]), ("not_in", ["ann", "cat"])])
def test_step_of_an_action_asks_for_a_cohort(team: Client, operator: str | None, expected: list[str]) -> None:
    for name in ("ann", "bob", "cat"):
        capture(team, name, "bought", "2026-01-08")
    vip = static(team, *team.get("/api/projects/1/persons/?distinct_id=bob").json["results"])
    asked = [{"key": "id", "type": "cohort", "value": vip["id"], "operator": operator}]
    loaded = {"actions": [{"id": 7, "name": "Bought", "steps": [{"event": "bought", "properties": asked}]}]}
    assert team.post("/__admin/worlds/default/load", loaded).status_code == 201
    did = create(team, event("7", event_type="actions", key=7))
    assert sorted({"ann", "bob", "cat"} & {*names(team, did)}) == expected


NOT_RED = condition(negation=True)
BLUE = condition(key="squad", value="blue")


# Source: PostHog checks that negations are paired with a positive condition before it calculates a cohort.
@pytest.mark.parametrize(
    "conditions, join",
    [
        ([NOT_RED], "AND"),
        ([NOT_RED], "OR"),
        ([NOT_RED, BLUE], "OR"),
        ([NOT_RED, event("bought", negation=True)], "AND"),
    ],
)
def test_negated_condition_without_a_positive_one_beside_it_fails(
    team: Client, conditions: list[Any], join: str
) -> None:
    cohort = create(team, *conditions, join=join)
    assert names(team, cohort) == []
    found = team.get(f"{COHORTS}{cohort['id']}/").json
    assert (found["count"], found["errors_calculating"]) == (None, 1)
    person = team.get("/api/projects/1/persons/?search=ann").json["results"][0]["id"]
    assert team.get(f"/api/projects/1/persons/cohorts/?person_id={person}").json["results"] == []


def test_positive_condition_in_a_group_beside_a_negated_one_will_do(team: Client) -> None:
    blue = {"type": "AND", "values": [BLUE]}
    assert names(team, create(team, {"type": "AND", "values": [NOT_RED]}, blue)) == ["cat"]


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

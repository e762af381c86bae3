"""Kinds of single products: groups, and traces of language models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.analytics.conftest import Asker

JANUARY = {"date_from": "2026-01-01", "date_to": "2026-01-31"}


def ask(asker: Asker, kind: str, **fields: Any) -> Any:
    response = asker.query({"kind": kind, **fields})
    assert response.status_code == 200, response.json
    return response.json


@pytest.fixture
def groups(make_asker: Callable[..., Asker]) -> Asker:
    made = make_asker()
    told = {"acme": {"name": "Acme", "plan": "pro"}, "hooli": {"name": "Hooli"}, "nameless": {}}
    made.load(
        group_types=[{"group_type": "company", "group_type_index": 0}],
        groups=[{"group_type_index": 0, "group_key": key, "group_properties": properties,
                 "created_at": f"2026-01-0{day}T00:00:00Z"} for day, (key, properties) in enumerate(told.items(), 1)],
    )  # fmt: skip
    return made


def test_groups_are_listed_by_name_and_key_those_made_last_first(groups: Asker) -> None:
    answer = ask(groups, "GroupsQuery", group_type_index=0, limit=2)
    assert answer["results"] == [["nameless", "nameless"], ["Hooli", "hooli"]]
    assert (answer["columns"], answer["types"]) == (["group_name", "key"], ["String", "String"])
    assert (answer["kind"], answer["hasMore"]) == ("GroupsQuery", True)


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({"search": "ACM"}, ["acme"]),
        ({"orderBy": ["group_name ASC"]}, ["acme", "hooli", "nameless"]),
        ({"properties": [{"key": "plan", "type": "group", "group_type_index": 0, "operator": "exact", "value": "pro"}]},
         ["acme"]),
    ],
)  # fmt: skip
def test_groups_are_searched_sorted_and_filtered(groups: Asker, asked: dict[str, Any], keys: list[str]) -> None:
    assert [row[1] for row in ask(groups, "GroupsQuery", group_type_index=0, **asked)["results"]] == keys


def test_groups_show_the_columns_that_are_asked_for(groups: Asker) -> None:
    answer = ask(groups, "GroupsQuery", group_type_index=0, select=["properties.plan", "key"], search="acme")
    assert (answer["columns"], answer["results"]) == (
        ["group_name", "key", "properties.plan"],
        [["Acme", "acme", "pro"]],
    )


@pytest.fixture
def traces(make_asker: Callable[..., Asker]) -> Asker:
    """One trace of two generations and a rating."""
    made = make_asker()

    def event(name: str, minute: int, **properties: Any) -> dict[str, Any]:
        told = {f"$ai_{key}": value for key, value in {"trace_id": "t1", **properties}.items()}
        return {"event": f"$ai_{name}", "distinct_id": "ann", "timestamp": f"2026-01-12T10:{minute:02}:00Z",
                "properties": told}  # fmt: skip

    costs = {"input_tokens": 10, "output_tokens": 5, "input_cost_usd": 0.01, "output_cost_usd": 0.02,
             "total_cost_usd": 0.03, "latency": 1.5}  # fmt: skip
    made.load(events=[
        event("trace", 0, span_name="chat", input_state={"q": 1}),
        event("generation", 1, **costs), event("generation", 2, parent_id="other", **costs), event("metric", 3),
    ])  # fmt: skip
    return made


def test_traces_sum_what_their_generations_took(traces: Asker) -> None:
    [trace] = ask(traces, "TracesQuery", dateRange=JANUARY)["results"]
    assert (trace["id"], trace["traceName"], trace["inputState"]) == ("t1", "chat", {"q": 1})
    assert (trace["inputTokens"], trace["outputTokens"], trace["totalCost"], trace["totalLatency"]) == (
        20,
        10,
        0.06,
        1.5,
    )
    assert trace["person"]["distinct_id"] == "ann"
    assert [event["event"] for event in trace["events"]] == ["$ai_metric"]


def test_one_trace_has_all_of_its_events(traces: Asker) -> None:
    [trace] = ask(traces, "TraceQuery", traceId="t1", dateRange=JANUARY)["results"]
    assert [event["event"] for event in trace["events"]] == ["$ai_generation", "$ai_generation", "$ai_metric"]
    assert ask(traces, "TraceQuery", traceId="bogus", dateRange=JANUARY)["results"] == []


def test_a_trace_that_began_outside_of_the_dates_is_left_out(traces: Asker) -> None:
    late = {"date_from": "2026-01-12T10:00:30Z", "date_to": "2026-01-12T11:00:00Z"}
    assert ask(traces, "TracesQuery", dateRange=late)["results"] == []


ISSUE = "01890000-0000-7000-8000-0000000000e1"


@pytest.fixture
def failing(make_asker: Callable[..., Asker]) -> Asker:
    made = make_asker()
    made.load(events=[
        {"event": "$exception", "distinct_id": who, "timestamp": f"2026-01-1{day}T10:00:00Z",
         "properties": {"$exception_issue_id": ISSUE, "$session_id": session, "$lib": "web",
                        "$exception_list": [{"type": "TypeError", "value": "x is not a function"}]}}
        for who, day, session in (("ann", 1, "s1"), ("bob", 2, "s2"), ("bob", 3, "s2"))
    ])  # fmt: skip
    return made


def issues(asker: Asker, **fields: Any) -> Any:
    asked = {"orderBy": "last_seen", "volumeResolution": 2, "dateRange": JANUARY}
    return ask(asker, "ErrorTrackingQuery", **{**asked, **fields})["results"]


def test_exceptions_are_told_by_their_issue(failing: Asker) -> None:
    [issue] = issues(failing)
    assert (issue["id"], issue["name"], issue["description"]) == (ISSUE, "TypeError", "x is not a function")
    assert (issue["status"], issue["library"], issue["first_seen"][:10]) == ("active", "web", "2026-01-11")
    told = issue["aggregations"]
    assert (told["occurrences"], told["sessions"], told["users"], told["volumeRange"]) == (3, 2, 2, [3, 0])


@pytest.mark.parametrize(
    ("asked", "count"),
    [({"searchQuery": "'not a' TYPEERROR"}, 1), ({"searchQuery": "bogus"}, 0), ({"status": "resolved"}, 0),
     ({"issueId": ISSUE}, 1), ({"issueId": ISSUE.replace("e1", "e2")}, 0)],
)  # fmt: skip
def test_issues_are_searched_and_filtered(failing: Asker, asked: dict[str, Any], count: int) -> None:
    assert len(issues(failing, **asked)) == count

"""EventsQuery and ActorsQuery: lists of events and of persons."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.contract import Contract
from tests.analytics.conftest import Asker


def events(asker: Asker, **fields: Any) -> Any:
    response = asker.query({"kind": "EventsQuery", "after": "all", "select": ["event"], **fields})
    assert response.status_code == 200, response.json
    return response.json


def actors(asker: Asker, **fields: Any) -> Any:
    response = asker.query({"kind": "ActorsQuery", **fields})
    assert response.status_code == 200, response.json
    return response.json


def test_star_and_person_are_objects(asker: Asker) -> None:
    answer = events(asker, select=["*", "person"], orderBy=["timestamp"], limit=1)
    event, person = answer["results"][0]
    assert (event["event"], event["team_id"], event["properties"]["amount"]) == ("opened", asker.project_id, 10)
    assert (person["uuid"], person["distinct_id"]) == ("01890000-0000-7000-8000-0000000000a1", "ann")
    assert (answer["columns"], answer["hasMore"]) == (["*", "person"], True)


def test_person_nobody_knows_is_only_a_distinct_id(asker: Asker) -> None:
    asker.load(events=[{"event": "quiet", "distinct_id": "ghost", "properties": {"$process_person_profile": False}}])
    assert events(asker, select=["person"], event="quiet")["results"] == [[{"distinct_id": "ghost"}]]


@pytest.mark.parametrize(
    "fields, rows",
    [
        ({"select": ["event", "count()"]}, [["bought", 2], ["opened", 2]]),
        ({"select": ["event -- Event", "count()"], "where": ["count() > 2"]}, []),
        ({"select": ["distinct_id", "timestamp"], "limit": 1}, [["cid", "2026-01-10T04:00:00.250000Z"]]),
        ({"select": ["distinct_id"], "where": ["properties.amount > 50"]}, [["ann-2"]]),
        ({"select": ["count()"], "event": "opened"}, [[2]]),
        ({"select": ["count()"], "personId": "01890000-0000-7000-8000-0000000000a1"}, [[2]]),
        ({"select": ["count()"], "after": "-24h"}, [[0]]),
        ({"select": ["count()"], "after": "-7d", "before": "2026-01-10T02:30:00Z"}, [[2]]),
        ({"select": ["properties.amount"], "orderBy": ["properties.amount DESC"], "limit": 1}, [[99.5]]),
    ],
)
def test_events_are_chosen_grouped_and_ordered(asker: Asker, fields: Any, rows: Any) -> None:
    assert sorted(events(asker, **fields)["results"]) == rows


PROPERTIES = [
    ({"key": "plan", "value": "pro", "operator": "exact", "type": "person"}, ["ann", "ann-2"]),
    ({"key": "plan", "value": ["pro", "free"], "operator": "exact", "type": "person"}, ["ann", "ann-2", "bob"]),
    ({"key": "plan", "value": "pro", "operator": "is_not", "type": "person"}, ["bob", "cid"]),
    ({"key": "plan", "value": ["pro", "free"], "operator": "is_not", "type": "person"}, ["cid"]),
    ({"key": "plan", "value": "PR", "operator": "icontains", "type": "person"}, ["ann", "ann-2"]),
    ({"key": "plan", "value": "pr", "operator": "not_icontains", "type": "person"}, ["bob", "cid"]),
    ({"key": "plan", "value": "^p", "operator": "regex", "type": "person"}, ["ann", "ann-2"]),
    ({"key": "plan", "value": "^p", "operator": "not_regex", "type": "person"}, ["bob", "cid"]),
    ({"key": "plan", "operator": "is_set", "type": "person"}, ["ann", "ann-2", "bob"]),
    ({"key": "plan", "operator": "is_not_set", "type": "person"}, ["cid"]),
    ({"key": "amount", "value": 10, "operator": "gte", "type": "event"}, ["ann", "ann-2"]),
    ({"key": "amount", "value": "10", "operator": "lt", "type": "event"}, ["bob"]),
    ({"key": "amount", "value": [2, 10], "operator": "between", "type": "event"}, ["ann", "bob"]),
    ({"key": "amount", "value": [2, 10], "operator": "not_between", "type": "event"}, ["ann-2"]),
    ({"key": "amount", "value": [10, 2.5], "operator": "in", "type": "event"}, ["ann", "bob"]),
    ({"key": "ok", "value": ["true"], "operator": "exact", "type": "event"}, ["bob"]),
    ({"key": "ok", "value": False, "operator": "exact", "type": "event"}, ["ann-2"]),
    ({"key": "distinct_id", "value": "ann", "operator": "icontains", "type": "event_metadata"}, ["ann", "ann-2"]),
    ({"key": "$session_duration", "value": 60, "operator": "gt", "type": "session"}, ["ann", "ann-2"]),
    ({"key": "properties.amount > 50", "type": "hogql"}, ["ann-2"]),
    ({"key": "a"}, ["ann", "ann-2", "bob", "cid"]),
]  # fmt: skip


@pytest.mark.parametrize("profile, status", [("documented", 200), ("observed", 400), ("observed@2026-02", 200)])
def test_relative_date_is_read_by_later_servers(make_asker: Any, profile: str, status: int) -> None:
    """Source: refusals recorded in August 2025, sources of 2026."""
    asker = make_asker(scenario="empty", profile=profile, freeze_time="2026-01-15T12:00:00Z")
    asker.load(
        property_definitions=[{"name": "joined", "type": "person", "property_type": "DateTime"}],
        persons=[{"distinct_ids": [day], "properties": {"joined": f"2026-01-{day}"}} for day in ("02", "14")],
    )
    filter = {"key": "joined", "value": "-3d", "operator": "is_date_after", "type": "person"}
    answer = asker.query({"kind": "ActorsQuery", "select": ["count()"], "properties": [filter]})
    assert answer.status_code == status
    assert answer.json.get("results") == [[1]] if status == 200 else answer.json["code"] == "type_mismatch"


@pytest.mark.parametrize("item, found", PROPERTIES)
def test_property_filter_keeps_those_events(asker: Asker, item: Any, found: list[str]) -> None:
    rows = asker.rows("select distinct_id from events where {filters}", filters={"properties": [item]})
    assert sorted(distinct_id for (distinct_id,) in rows) == found


def test_persons_are_listed_as_objects(asker: Asker) -> None:
    answer = actors(asker, orderBy=["created_at"], limit=1)
    person, id, deletable = answer["results"][0]
    assert (answer["columns"], deletable, answer["missing_actors_count"]) == (["person", "id", "person.$delete"], 1, 0)
    assert (person["id"], person["distinct_ids"], person["is_identified"]) == (id, ["ann", "ann-2"], True)


@pytest.mark.parametrize(
    "fields, count",
    [
        ({}, 3),
        ({"search": "ANN"}, 1),
        ({"search": "cid"}, 1),
        ({"properties": [{"key": "age", "value": 40, "operator": "gt", "type": "person"}]}, 1),
        ({"fixedProperties": [{"key": "plan", "operator": "is_set", "type": "person"}]}, 2),
        (
            {"source": {"kind": "HogQLQuery", "query": "select distinct person_id from events where event = 'bought'"}},
            2,
        ),
    ],
)
def test_persons_are_chosen(asker: Asker, fields: Any, count: int) -> None:
    assert actors(asker, select=["count()"], **fields)["results"] == [[count]]


@pytest.mark.parametrize(
    "query, detail",
    [
        ({"kind": "EventsQuery", "select": ["nope"]}, "Unable to resolve field: nope"),
        ({"kind": "EventsQuery", "select": ["event"], "where": ["bogus = 1"]}, "Unable to resolve field: bogus"),
        ({"kind": "ActorsQuery", "select": ["id"], "orderBy": ["bogus"]}, "Unable to resolve field: bogus"),
        ({"kind": "ActorsQuery", "source": {"kind": "HogQLQuery", "query": "select 1"}},
         "Source query must have an id column"),
    ],
)  # fmt: skip
def test_wrong_list_is_refused(asker: Asker, query: Any, detail: str) -> None:
    response = asker.query(query)
    assert (response.status_code, response.json["detail"]) == (400, detail)


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "LogsQuery", "dateRange": {}},
        {"kind": "DataTableNode", "source": {"kind": "LogsQuery"}},
    ],
)
def test_kind_that_is_not_modelled_is_refused_as_posthog_refuses_kinds(asker: Asker, query: Any) -> None:
    response = asker.query(query)
    kind = (query.get("source") or query)["kind"]
    error = {
        "type": "validation_error",
        "code": "invalid_input",
        "detail": f"Unsupported query kind: {kind}",
        "attr": None,
    }
    assert (response.status_code, response.json) == (400, error)


def test_every_kind_that_is_answered_is_described(contract: Contract) -> None:
    from mockserver.analytics.kinds import KINDS, answering

    assert all(callable(answering(kind)) for kind in KINDS)
    assert KINDS.keys() <= contract.components["QueryNode"]["discriminator"]["mapping"].keys()


def test_every_known_kind_is_answered_or_refused_clearly(asker: Asker, contract: Contract) -> None:
    for kind in contract.components["QueryNode"]["properties"]["kind"]["enum"]:
        response = asker.query({"kind": kind})
        assert response.status_code in (200, 400), response.text
        assert response.status_code == 200 or set(response.json) == {"type", "code", "detail", "attr"}


@pytest.mark.parametrize("converted, found", [(True, ["ann"]), (False, ["bob"]), (None, ["ann", "bob"])])
def test_persons_behind_a_correlation_are_listed(asker: Asker, converted: bool | None, found: list[str]) -> None:
    steps = [{"kind": "EventsNode", "event": "opened"}, {"kind": "EventsNode", "event": "bought"}]
    asker.load(events=[
        {"event": "looked", "distinct_id": name, "timestamp": "2026-01-10T02:30:00Z"} for name in ("ann", "bob", "cid")
    ])  # fmt: skip
    funnel = {"kind": "FunnelsQuery", "series": steps, "dateRange": {"date_from": "2026-01-10"}}
    everyone = {"kind": "FunnelsActorsQuery", "source": funnel, "funnelStep": 1}
    source = {
        "kind": "FunnelCorrelationActorsQuery",
        "source": {"kind": "FunnelCorrelationQuery", "source": everyone, "funnelCorrelationType": "events"},
        "funnelCorrelationPersonEntity": {"kind": "EventsNode", "event": "looked"},
        "funnelCorrelationPersonConverted": converted,
    }
    people = [row[0]["distinct_ids"][0] for row in actors(asker, source=source, select=["person"])["results"]]
    assert sorted(people) == found

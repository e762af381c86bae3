"""Who is behind trends, lifecycles and stickiness, and what all insights have in common, in both profiles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.analytics.stories import JANUARY, PERSONS, SEEN, Insights, steps

MISSING = "An entity id and the entity type must be provided to determine an entity"
UNKNOWN = "An entity must be provided for target entity to be determined"
NO_PROPERTY = "Property Correlation expects atleast one Property to get persons for"

# Lifecycles


@pytest.mark.parametrize(
    ("status", "who"),
    [
        ("new", ["p3", "", "", "p4", "", "", "", ""]),
        ("returning", ["p1", "p1", "", "", "", "", "", ""]),
        ("resurrecting", ["p2", "", "", "p1", "", "p1", "", "p1"]),
        ("dormant", ["", "p2 p3", "p1", "", "p1 p4", "", "p1", ""]),
    ],
)
def test_a_lifecycle_is_as_in_the_worked_example(insights: Insights, status: str, who: list[str]) -> None:
    days = {"p1": (11, 12, 13, 15, 17, 19), "p2": (9, 12), "p3": (12,), "p4": (15,)}
    created = {"p1": 11, "p2": 9, "p3": 12, "p4": 15}
    insights.happen(
        {name: [f"2020-01-{day:02}T12:00:00Z" for day in each] for name, each in days.items()},
        created={name: f"2020-01-{day:02}T00:00:00Z" for name, day in created.items()},
    )
    asked = {"events": steps("seen"), "date_from": "2020-01-12", "date_to": "2020-01-19", "lifecycle_type": status}
    found = [insights.names("lifecycle", **asked, target_date=f"2020-01-{day}") for day in range(12, 20)]
    assert [" ".join(sorted(names)) for names in found] == who


# Trends


def test_of_a_time_series_one_interval_counts(insights: Insights) -> None:
    insights.happen({"a": ["2020-01-10T14:59:00Z"], "b": ["2020-01-10T15:01:00Z"], "c": ["2020-01-11T14:10:00Z"]})
    for interval, at, who in (
        ("hour", "2020-01-10T14:00:00Z", ["a"]),
        ("day", "2020-01-10", ["a", "b"]),
        ("week", "2020-01-05", ["a", "b", "c"]),
        ("month", "2020-01-01", ["a", "b", "c"]),
    ):
        assert sorted(insights.names("trends", **SEEN, interval=interval, date_from=at, date_to=at)) == who, interval


def test_of_a_value_the_whole_range_counts(insights: Insights) -> None:
    insights.happen({"a": ["2020-01-10T14:00:00Z"], "b": ["2020-01-10T18:00:00Z"]})
    at = {"date_from": "2020-01-10T14:00:00Z", "date_to": "2020-01-10T20:00:00Z", "interval": "hour"}
    for display in ("ActionsLineGraphCumulative", "BoldNumber"):
        assert sorted(insights.names("trends", **SEEN, **at, display=display)) == ["a", "b"]


@pytest.mark.parametrize(
    ("math", "values"),
    [("total", [("b", 3), ("a", 1)]), ("dau", [("b", 3), ("a", 1)]), ("sum", [("a", 10), ("b", 6)]),
     ("avg", [("a", 10), ("b", 2)]), ("min", [("a", 10), ("b", 1)]), ("max", [("a", 10), ("b", 3)])],
)  # fmt: skip
def test_values_are_counts_or_those_of_a_property(insights: Insights, math: str, values: list[Any]) -> None:
    paid = {"a": [10], "b": [1, 2, 3]}
    deeds = {who: [("seen", f"2020-01-10T0{n}:00:00Z", {"paid": n}) for n in each] for who, each in paid.items()}
    deeds["a"] = [("seen", "2020-01-10T01:00:00Z", {"paid": 10})]
    insights.happen(deeds)
    events = [{**SEEN["events"][0], "math": math, "math_property": "paid"}]  # type: ignore[index]
    asked = {**SEEN, **JANUARY, "events": events, "entity_math": math}
    found = insights.people("trends", **asked)
    assert [(person["distinct_ids"][0], person["value_at_data_point"]) for person in found] == values


@pytest.mark.parametrize(("value", "who"), [("Chrome", ["a"]), ("", ["c"])])
def test_a_breakdown_value_narrows_a_trend(insights: Insights, value: str, who: list[str]) -> None:
    at = "2020-01-10T00:00:00Z"
    insights.happen({"a": [("seen", at, {"b": "Chrome"})], "b": [("seen", at, {"b": "Safari"})], "c": [at]})
    asked = {"breakdown": "b", "breakdown_type": "event", "breakdown_value": value}
    assert insights.names("trends", **SEEN, **JANUARY, **asked) == who


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"entity_type": "actions"}, MISSING), ({"entity_type": "bogus"}, MISSING), ({"events": steps("y")}, MISSING),
        ({"events": steps("y"), "entity_order": 0}, MISSING), ({"date_from": "-7d"}, MISSING),
        ({"entity_id": "x"}, UNKNOWN), ({"entity_id": "x", "events": steps("y")}, UNKNOWN),
    ],
)  # fmt: skip
@pytest.mark.parametrize("insight", ["trends", "stickiness"])
def test_an_insight_without_entity_is_refused(
    insights: Insights, insight: str, asked: dict[str, Any], detail: str
) -> None:
    if asked.get("entity_type") == "bogus" and not insights.is_observed:
        return  # the contract lists the types, and profile documented holds to it
    response = insights.get(insight, **asked, **({"stickiness_days": 1} if insight == "stickiness" else {}))
    assert (response.status_code, response.json["detail"], response.json["attr"]) == (400, detail, None)
    assert response.json["code"] == "invalid_input"


def test_an_entity_may_be_told_by_its_place(insights: Insights) -> None:
    insights.happen({"a": [("one", "2020-01-10T00:00:00Z")], "b": [("two", "2020-01-10T00:00:00Z")]})
    asked = {"events": steps("one", "two"), "entity_type": "events", "entity_order": 1}
    assert insights.names("trends", **asked, **JANUARY) == ["b"]
    assert insights.names("stickiness", **asked, **JANUARY, stickiness_days=1) == ["b"]


# PostHog's search for the target entity: a type of events without a name is any event.
def test_any_event_counts_where_none_is_named(insights: Insights) -> None:
    insights.happen({"a": [("one", "2020-01-10T00:00:00Z")], "b": [("two", "2020-01-10T00:00:00Z")]})
    assert sorted(insights.names("trends", entity_type="events", **JANUARY)) == ["a", "b"]
    assert sorted(insights.names("stickiness", entity_type="events", **JANUARY, stickiness_days=1)) == ["a", "b"]
    given = {"events": steps("one"), "entity_type": "events"}
    assert sorted(insights.names("trends", **given, **JANUARY)) == ["a", "b"]


# Likewise: an unknown type counts as that of events, if the event is among those given.
@pytest.mark.parametrize("insight", ["trends", "stickiness"])
def test_unknown_type_counts_as_events_where_the_event_is_given(insights: Insights, insight: str) -> None:
    insights.happen({"a": [("seen", "2020-01-10T00:00:00Z")]})
    asked = {**SEEN, "entity_type": "bogus", **JANUARY, "stickiness_days": 1}
    if insights.is_observed:
        assert insights.names(insight, **asked) == ["a"]
        asked = {**asked, "events": steps("other")}
    refused = insights.get(insight, **asked)
    assert (refused.status_code, refused.json["code"], refused.json["attr"]) == (400, "invalid_choice", "entity_type")


# Replayed servers: most parameters of insights are not held to their lists, and an unknown status is nobody's.
def test_unknown_choices_are_let_pass_by_servers(insights: Insights) -> None:
    insights.happen({"a": [("seen", "2020-01-10T00:00:00Z")]})
    odd = {"include_recordings": "$", "breakdown_type": "0", "filter_test_accounts": "x", "refresh": "x"}
    bogus = {**SEEN, **JANUARY, "target_date": "2020-01-10", "lifecycle_type": "bogus"}
    if not insights.is_observed:
        assert insights.get("lifecycle", **bogus).json["attr"] == "lifecycle_type"
        assert insights.get("trends", **SEEN, **JANUARY, **odd).status_code == 400
        return
    assert insights.names("lifecycle", **bogus) == []
    assert insights.names("trends", **SEEN, **JANUARY, **odd) == ["a"]
    funnel = {"funnel_order_type": "x", "funnel_viz_type": "x", "funnel_window_interval_unit": "x"}
    asked = {"events": steps("seen", "done"), "funnel_step": 1, **JANUARY}
    assert insights.names("funnel", **asked, **funnel) == ["a"]


# Replayed servers: filters are read before anything else is judged.
@pytest.mark.parametrize("insight", ["trends", "stickiness", "lifecycle", "funnel", "funnel/correlation"])
def test_filters_that_cannot_be_read_are_refused_first(insights: Insights, insight: str) -> None:
    refused = insights.get(insight, properties="G¤", offset="false", limit="x")
    assert (refused.status_code, refused.json["detail"]) == (400, "Properties are unparsable!")


# PostHog's correlations look for their entity before they look at the funnel.
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"limit": 1}, "No entity for persons specified"),
        ({"funnel_correlation_type": "events"}, "No entity for persons specified"),
        ({"funnel_correlation_type": "event_with_properties"}, "No entity for persons specified"),
        ({"events": steps("one", "two")}, "No entity for persons specified"),
        ({"funnel_correlation_property_values": [{"key": "plan"}]}, "No entity for persons specified"),
        ({"funnel_correlation_type": "properties", "funnel_correlation_person_entity": {"id": "x"}}, NO_PROPERTY),
        ({"funnel_correlation_type": "properties", "events": steps("one", "two")}, NO_PROPERTY),
        ({"funnel_correlation_type": "properties", "funnel_correlation_property_values": []}, NO_PROPERTY),
    ],
)  # fmt: skip
def test_correlation_needs_what_it_is_of(insights: Insights, method: str, asked: dict[str, Any], detail: str) -> None:
    for prefix in ("projects", "environments"):
        path = PERSONS.replace("environments", prefix) + "funnel/correlation/"
        query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
        answer = insights.client.get(path, query_string=query) if method == "GET" else insights.client.post(path, asked)
        assert (answer.status_code, answer.json["detail"], answer.json["attr"]) == (400, detail, None)


# Replayed servers, and PostHog's persons of a funnel's trend.
def test_funnel_trend_needs_its_entrance(insights: Insights) -> None:
    asked = {"events": steps("one", "two"), "funnel_viz_type": "trends"}
    text = "Filter parameter {} must be provided and a {} for funnel trends persons!"
    for more, name, what in (
        ({}, "drop_off", "bool"),
        ({"entrance_period_start": "2020-01-10 00:00:00"}, "drop_off", "bool"),
        ({"drop_off": "false"}, "entrance_period_start", "datetime"),
    ):
        refused = insights.get("funnel", **asked, **more)
        assert (refused.status_code, refused.json["detail"]) == (400, text.format(name, what))


# Replayed servers: step 0 is everybody who entered, as step 1 is.
def test_step_nought_is_everybody_who_entered(insights: Insights) -> None:
    insights.happen({"a": [("one", "2020-01-10T00:00:00Z")], "b": [("two", "2020-01-10T00:00:00Z")]})
    asked = {"events": steps("one", "two"), **JANUARY}
    assert insights.names("funnel", **asked, funnel_step=0) == insights.names("funnel", **asked, funnel_step=1) == ["a"]
    assert insights.get("funnel", **asked, funnel_step=-1).status_code == 400


# Lifecycles and stickiness refuse, and count


@pytest.mark.parametrize(
    ("asked", "what"),
    [({"lifecycle_type": "new"}, "specified date"), ({"target_date": "2020-01-10"}, "lifecycle type")],
)
def test_a_lifecycle_says_what_is_missing(insights: Insights, asked: dict[str, str], what: str) -> None:
    response = insights.get("lifecycle", **asked, events=steps("seen"))
    assert (response.status_code, response.json) == (
        400, {"message": "Missing parameter", "detail": f"Must include {what}"},
    )  # fmt: skip


def test_stickiness_counts_intervals_exactly_and_once(insights: Insights) -> None:
    insights.happen({"a": ["2020-01-10T01:00:00Z", "2020-01-10T02:00:00Z"], "b": ["2020-01-10T01:00:00Z"]})
    other = {"event": "seen", "distinct_id": "b-2", "timestamp": "2020-01-12T01:00:00Z"}
    insights.made.load(events=[other])
    by_day = [insights.names("stickiness", **SEEN, **JANUARY, stickiness_days=n) for n in (1, 2, 3)]
    by_week = [
        sorted(insights.names("stickiness", **SEEN, **JANUARY, interval="week", stickiness_days=n)) for n in (1, 2)
    ]
    assert by_day == [["a"], ["b"], []]
    assert by_week == [["a"], ["b"]]  # the 12th is a Sunday, which begins a week


# What all have in common

EVERY = {
    "funnel": {"events": steps("seen", "seen"), "funnel_step": 2},
    "funnel/correlation": {"events": steps("seen", "seen"), "funnel_correlation_person_entity": {"id": "between"}},
    "trends": SEEN,
    "lifecycle": {"events": steps("seen"), "target_date": "2020-01-10", "lifecycle_type": "new"},
    "stickiness": {**SEEN, "stickiness_days": 1},
}
BUSY = [("seen", "2020-01-10T01:00:00Z"), ("between", "2020-01-10T02:00:00Z"), ("seen", "2020-01-10T03:00:00Z")]
CREATED = {"ann": "2020-01-10T00:00:00Z", "bob": "2020-01-10T00:30:00Z", "cid": "2020-01-10T00:00:00Z"}


@pytest.mark.parametrize("insight", EVERY)
@pytest.mark.parametrize(("search", "who"), [("ANN@x", ["ann"]), ("ob-2", ["bob"]), ("100%", [])])
def test_a_search_narrows_every_insight(insights: Insights, insight: str, search: str, who: list[str]) -> None:
    insights.happen({"ann": BUSY, "bob": BUSY}, created=CREATED)
    assert insights.names(insight, **EVERY[insight], **JANUARY, search=search) == who


@pytest.mark.parametrize("insight", EVERY)
def test_people_created_last_come_first_and_filters_are_of_events(insights: Insights, insight: str) -> None:
    told = [(*deed, {"plan": "pro"}) for deed in BUSY]
    insights.happen({"ann": told, "bob": told, "cid": BUSY}, created=CREATED)
    asked = {**EVERY[insight], **JANUARY, "properties": [{"key": "plan", "value": "pro"}]}
    assert insights.names(insight, **asked) == ["bob", "ann"]
    either = {"type": "OR", "values": [{"type": "AND", "values": asked["properties"]}, {"type": "AND", "values": [
        {"key": "email", "type": "person", "value": "cid", "operator": "icontains"}]}]}  # fmt: skip
    assert sorted(insights.names(insight, **{**asked, "properties": either})) == ["ann", "bob", "cid"]


@pytest.mark.parametrize("insight", EVERY)
def test_events_belong_to_whoever_owns_their_distinct_id(insights: Insights, insight: str) -> None:
    insights.happen({"ann": BUSY[:2]}, created=CREATED)
    insights.made.load(events=[{"event": "seen", "distinct_id": "ann-2", "timestamp": "2020-01-10T03:00:00Z"}])
    assert insights.names(insight, **EVERY[insight], **JANUARY) == ["ann"]


def test_whoever_is_deleted_is_missing(insights: Insights) -> None:
    insights.happen({"ann": BUSY, "bob": BUSY})
    (ann,) = insights.client.get(PERSONS, query_string={"distinct_id": "ann"}).json["results"]
    assert insights.client.delete(f"{PERSONS}{ann['uuid']}/").status_code in (202, 204)
    answer = insights.get("trends", **SEEN, **JANUARY).json
    assert [person["distinct_ids"][0] for person in answer["results"][0]["people"]] == ["bob"]
    assert answer["missing_persons"] == 1


def test_days_are_whole_and_any_event_may_be_meant(insights: Insights) -> None:
    insights.happen(
        {"a": [("x", "2020-01-10T00:00:00Z")], "b": [("y", "2020-01-11T23:59:59Z")], "c": ["2020-01-12T00:00:00Z"]}
    )
    days = {"date_from": "2020-01-10", "date_to": "2020-01-11"}
    assert sorted(insights.names("funnel", events=steps(None), funnel_step=1, **days)) == ["a", "b"]


@pytest.mark.parametrize("insight", ["trends", "lifecycle", "stickiness"])
def test_some_insights_take_no_post(insights: Insights, insight: str) -> None:
    response = insights.client.post(f"{PERSONS}{insight}/", {})
    assert (response.status_code, response.json["code"]) == (405, "method_not_allowed")


def test_a_post_reads_its_query_too(insights: Insights) -> None:
    insights.happen({"ann": BUSY, "bob": BUSY})
    body = {"events": steps("seen"), **JANUARY}
    answer = insights.client.post(f"{PERSONS}funnel/", body, query_string={"funnel_step": "1", "limit": "1"}).json
    assert answer["results"][0]["count"] == 1
    assert answer["next"].endswith("/funnel/?funnel_step=1&limit=1&offset=1")


def test_groups_are_shown_as_such(insights: Insights) -> None:
    insights.made.load(
        group_types=[{"group_type": "organization", "group_type_index": 0}],
        groups=[{"group_key": "acme", "group_type_index": 0, "group_properties": {"name": "Acme"},
                 "created_at": "2020-01-02T00:00:00Z"}],
    )  # fmt: skip
    insights.happen({"ann": [("seen", "2020-01-10T01:00:00Z", {"$group_0": "acme"})], "bob": ["2020-01-10T01:00:00Z"]})
    asked = {"events": steps("seen"), "funnel_step": 1, "aggregation_group_type_index": 0, **JANUARY}
    assert insights.people("funnel", **asked, search="ACM") == [
        {"id": "acme", "type": "group", "group_type_index": 0, "group_key": "acme", "matched_recordings": [],
         "created_at": "2020-01-02T00:00:00Z", "properties": {"name": "Acme"}, "value_at_data_point": None}
    ]  # fmt: skip


def test_test_accounts_are_left_out_where_that_is_asked_for(insights: Insights) -> None:
    insights.happen({"ann": BUSY, "bob": BUSY})
    filters = [{"key": "email", "type": "person", "value": "ann", "operator": "not_icontains"}]
    changed = insights.client.patch("/api/projects/1/", {"test_account_filters": filters})
    assert changed.status_code == 200, changed.json
    assert sorted(insights.names("trends", **SEEN, **JANUARY)) == ["ann", "bob"]
    assert insights.names("trends", **SEEN, **JANUARY, filter_test_accounts="true") == ["bob"]

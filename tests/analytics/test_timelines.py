"""What a person's properties were, event by event: PostHog's own worked example, in both profiles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.analytics.stories import PERSONS, Insights, steps
from tests.conftest import Client


def timeline(client: Client, **asked: Any) -> Any:
    (person,) = client.get(PERSONS, query_string={"distinct_id": "ann"}).json["results"]
    query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
    response = client.get(f"{PERSONS}{person['uuid']}/properties_timeline/", query_string=query)
    assert response.status_code == 200, response.json
    return response.json


@pytest.mark.parametrize(
    ("interval", "at", "until"),
    [
        ("hour", "2020-01-02T13:00:00Z", "2020-01-02T14:00:00+00:00"),
        ("day", "2020-01-02", "2020-01-02T23:59:59.999999+00:00"),
        ("month", "2020-01-01", "2020-01-31T23:59:59.999999+00:00"),
    ],
)
def test_a_timeline_of_one_moment_has_its_interval(insights: Insights, interval: str, at: str, until: str) -> None:
    insights.happen({"ann": []})
    told = timeline(insights.client, events=steps("seen"), date_from=at, date_to=at, interval=interval)
    assert told["points"] == []
    assert told["effective_date_to"] == until


def test_a_timeline_counts_by_the_properties_that_it_names(insights: Insights) -> None:
    insights.happen({"ann": []})
    were = [(2, {"bar": "abc", "foo": 1}), (3, {"bar": "abc", "foo": 2}), (4, {"bar": "xyz"}), (5, {"bar": "abc"})]
    insights.made.load(events=[
        {"event": "seen", "distinct_id": "ann", "timestamp": f"2020-01-0{day}T00:00:00Z", "person_properties": was}
        for day, was in were
    ])  # fmt: skip
    days = {"date_from": "2020-01-01", "date_to": "2020-01-05"}
    named = [{"key": "bar", "value": "never", "type": "person"}, {"key": "foo", "value": "x", "type": "event"}]
    counts = {
        "at the top": {"events": steps("seen"), "properties": named},
        "in a series": {"events": [{**steps("seen")[0], "properties": named}]},
        "broken down by": {"events": steps("seen"), "breakdown": "bar", "breakdown_type": "person"},
    }
    for where, asked in counts.items():
        told = timeline(insights.client, **days, **asked)
        assert [point["relevant_event_count"] for point in told["points"]] == [2, 1, 1], where
        assert told["crucial_property_keys"] == ["bar"]
    assert told["points"][0] == {
        "timestamp": "2020-01-02T00:00:00Z", "properties": {"bar": "abc", "foo": 1}, "relevant_event_count": 2,
    }  # fmt: skip
    assert told["effective_date_from"] == "2020-01-01T00:00:00+00:00"
    assert told["effective_date_to"] == "2020-01-05T23:59:59.999999+00:00"

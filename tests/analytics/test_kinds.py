"""Kinds of query beside insights: sessions, and what a project's events and persons are like."""

from __future__ import annotations

from typing import Any

from tests.analytics.conftest import Asker


def results(asker: Asker, kind: str, **fields: Any) -> Any:
    response = asker.query({"kind": kind, **fields})
    assert response.status_code == 200, response.json
    return response.json["results"]


def test_sessions_are_listed_column_by_column(asker: Asker) -> None:
    columns = ["distinct_id", "$session_duration as d"]
    assert results(asker, "SessionsQuery", select=columns, after="all") == [["ann-2", 7200]]
    assert results(asker, "SessionsQuery", select=columns) == []
    [[session]] = results(asker, "SessionsQuery", select=["*"], after="all")
    assert session["$session_duration"] == 7200 and "$channel_type" in session
    chrome = {"key": "$browser", "type": "event", "value": "Chrome"}
    long = {"key": "$session_duration", "type": "session", "operator": "gt", "value": 9000}
    for filters, count in (([chrome], 1), ([chrome, long], 0)):
        assert results(asker, "SessionsQuery", select=["count()"], after="all", properties=filters) == [[count]]


# Source: PostHog's queries about a project's taxonomy, over the last thirty days.
def test_events_of_a_project_are_counted(asker: Asker) -> None:
    counts = {row["event"]: row["count"] for row in results(asker, "TeamTaxonomyQuery")}
    assert counts == {"opened": 2, "bought": 2}


def test_properties_of_an_event_are_sampled(asker: Asker) -> None:
    found = {row["property"]: row for row in results(asker, "EventTaxonomyQuery", event="opened")}
    assert found["$browser"] == {"property": "$browser", "sample_count": 2, "sample_values": ["Safari", "Chrome"]}
    one = results(asker, "EventTaxonomyQuery", event="opened", properties=["$browser"], maxPropertyValues=1)
    assert (one[0]["sample_count"], len(one[0]["sample_values"])) == (2, 1)
    asker.load(actions=[{"id": 7, "name": "Bought", "steps": [{"event": "bought"}]}])
    assert "tags" in {row["property"] for row in results(asker, "EventTaxonomyQuery", actionId=7)}
    refused = asker.query({"kind": "EventTaxonomyQuery"})
    assert (refused.status_code, refused.json["detail"]) == (400, "Either event or action ID must be provided.")


def test_properties_of_persons_are_sampled(asker: Asker) -> None:
    [plan] = results(asker, "ActorsPropertyTaxonomyQuery", properties=["plan"])
    assert plan == {"sample_count": 2, "sample_values": ["free", "pro"]}

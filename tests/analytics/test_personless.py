"""Events of nobody: who is behind an insight though there is no person, and which joins leave them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.analytics.conftest import Asker

SEEN = {"series": [{"kind": "EventsNode", "event": "seen"}], "dateRange": {"date_from": "2026-01-10"}}
SOURCES: dict[str, Mapping[str, Any]] = {
    "trends": {"kind": "InsightActorsQuery", "source": {"kind": "TrendsQuery", **SEEN}, "day": "2026-01-12"},
    "lifecycle": {
        "kind": "InsightActorsQuery", "source": {"kind": "LifecycleQuery", **SEEN}, "day": "2026-01-12",
        "status": "resurrecting",
    },
    "stickiness": {"kind": "StickinessActorsQuery", "source": {"kind": "StickinessQuery", **SEEN}, "day": 1},
    "hogql": {"kind": "HogQLQuery", "query": "select distinct person_id from events"},
}  # fmt: skip


@pytest.fixture
def personless(make_asker: Any) -> Asker:
    asker: Asker = make_asker()
    event = {"event": "seen", "distinct_id": "nobody", "timestamp": "2026-01-12T00:00:00Z"}
    asker.load(events=[{**event, "properties": {"$process_person_profile": False}}])
    return asker


def actors(asker: Asker, source: str, select: list[str], **asked: Any) -> Any:
    response = asker.query({"kind": "ActorsQuery", "select": select, "source": SOURCES[source], **asked})
    assert response.status_code == 200, response.json
    return response.json


# Source: PostHog's runner of ActorsQuery joins persons only when the SELECT cannot be printed without them.
@pytest.mark.parametrize("source", SOURCES)
def test_actors_without_a_person_are_listed_and_counted_as_missing(personless: Asker, source: str) -> None:
    [[id]] = personless.rows("select distinct person_id from events")
    assert [row[0] for row in actors(personless, source, ["id"])["results"]] == [id]
    answer = actors(personless, source, ["actor", "id"])
    assert (answer["results"][0][:2], answer["missing_actors_count"]) == ([{"id": id}, id], 1)


@pytest.mark.parametrize("select, asked", [
    (["id", "created_at"], {}),
    (["id", "properties.email"], {}),
    (["id"], {"search": "a"}),
    (["id"], {"properties": [{"key": "email", "type": "person", "operator": "is_not_set"}]}),
])  # fmt: skip
def test_whatever_is_a_persons_leaves_out_actors_without_one(
    personless: Asker, select: list[str], asked: dict[str, Any]
) -> None:
    assert actors(personless, "trends", select, **asked)["results"] == []


def test_recordings_that_match_are_none_and_no_mistake(asker: Asker) -> None:
    answer = asker.query({"kind": "ActorsQuery", "select": ["id", "matched_recordings"]}).json
    assert [row[1] for row in answer["results"]] == [[], [], []]


# Source: PostHog joins an event's distinct id with INNER JOIN, its person with LEFT JOIN.
def test_pdi_leaves_out_events_of_nobody_and_person_does_not(personless: Asker) -> None:
    personless.load(persons=[{"distinct_ids": ["ann"], "properties": {"plan": "pro"}}])
    personless.load(events=[{"event": "seen", "distinct_id": "ann"}])
    query = "select {}.properties.plan as plan, count() from events group by plan order by plan"
    assert personless.rows(query.format("pdi.person")) == [["pro", 1]]
    assert personless.rows(query.format("person")) == [["pro", 1], [None, 1]]

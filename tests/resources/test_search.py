"""Search and tags. Source: recorded answers; PostgreSQL's own rule of ranks."""

from __future__ import annotations

import pytest

from mockserver.listing import ranking
from tests.conftest import Client

SEARCH, TAGS = "/api/projects/1/search/", "/api/projects/1/tags/"
SESSION = "phx_mock_session"


# Source: recorded ranks of the first two; what PostgreSQL 15 answers to the others.
@pytest.mark.parametrize(
    ("name", "description", "query", "rank"),
    [
        ("Weekly active users", "Shows who use your app", "a", 0.7295125),
        ("Active users", None, "act", 0.6079271),
        ("Users", "active", "act", 0.12158542),
        ("a b", None, "a b", 0.9910322),
        ("active active", None, "active", 0.7599089),
        ("Users", None, "act", 0.0),
    ],
)
def test_ranks_are_those_of_postgresql(name, description, query, rank) -> None:
    found = ranking.rank([(name, "A"), (description, "C")], ranking.sought(query))
    assert ranking.shortest(found) == pytest.approx(rank, rel=1e-6)


def test_things_are_found_by_their_words_and_the_best_first(observed: Client) -> None:
    session = observed.as_key(SESSION)
    for name, description in (("Other", "the heron's nest"), ("Heron seen", "a heron"), ("Nothing", "else")):
        session.post("/api/projects/1/actions/", {"name": name, "description": description})
    found = session.get(f"{SEARCH}?q=her&entities=action&entities=cohort").json
    assert [hit["extra_fields"]["name"] for hit in found["results"]] == ["Heron seen", "Other"]
    assert found["results"][0]["rank"] > found["results"][1]["rank"]
    assert (found["counts"]["action"], found["counts"]["cohort"], found["counts"]["insight"]) == (2, 0, None)
    assert session.get(f"{SEARCH}?q=heron%20nest").json["counts"]["action"] == 1
    every = session.get(f"{SEARCH}?q=%26%7C").json
    assert (len(every["results"]), "rank" in every["results"][0]) == (25, False)
    refused = session.get(f"{SEARCH}?entities=zzz")
    assert (refused.status_code, refused.json["attr"]) == (400, "entities")
    assert observed.get(SEARCH).status_code == 403


def test_tags_are_those_of_all_things_each_once(observed: Client) -> None:
    session = observed.as_key(SESSION)
    before = session.get(TAGS).json
    made = session.post("/api/projects/1/actions/", {"name": "x", "tags": ["Zinc", "alloy"]}).json
    session.post("/api/projects/1/feature_flags/", {"key": "x", "tags": ["alloy"]})
    assert session.get(TAGS).json == sorted({*before, "zinc", "alloy"})
    session.patch(f"/api/projects/1/actions/{made['id']}/", {"tags": []})
    assert "zinc" not in session.get(TAGS).json
    assert observed.get(TAGS).status_code == 403

from __future__ import annotations

import pytest

NOTES = "/api/projects/1/annotations/"


@pytest.fixture
def notes(client):
    for number in range(5):
        client.post(NOTES, {"content": f"page {number}", "scope": "project"})
    return client


def test_links_are_sorted_and_write_the_limit_out(notes):
    page = notes.get(NOTES + "?search=page&limit=2&foo=bar").json
    assert page["count"] == 5
    assert page["next"] == f"http://localhost{NOTES}?foo=bar&limit=2&offset=2&search=page"
    assert page["previous"] is None


def test_previous_drops_the_offset_near_the_start(notes):
    page = notes.get(NOTES + "?search=page&limit=2&offset=1").json
    assert page["previous"] == f"http://localhost{NOTES}?limit=2&search=page"
    page = notes.get(NOTES + "?search=page&limit=2&offset=4").json
    assert page["previous"] == f"http://localhost{NOTES}?limit=2&offset=2&search=page"
    assert page["next"] is None


def test_offset_past_the_end_is_an_empty_page(notes):
    page = notes.get(NOTES + "?search=page&limit=2&offset=100").json
    assert (page["results"], page["next"], page["count"]) == ([], None, 5)
    assert "offset=98" in page["previous"]


@pytest.mark.parametrize("query", ["limit=abc", "limit=-1", "limit=0", "limit=", "offset=abc", "offset=-1"])
def test_nonsense_counts_as_not_given(notes, query):
    assert notes.get(f"{NOTES}?search=page&{query}").json == notes.get(f"{NOTES}?search=page").json


def test_links_keep_the_path_as_it_was_asked_for(notes):
    assert notes.get(NOTES.rstrip("/") + "?limit=1").json["next"].startswith(f"http://localhost{NOTES.rstrip('/')}?")

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


def load(client, **tables):
    loaded = client.post("/__admin/worlds/default/load", tables)
    assert loaded.status_code == 201, loaded.text


def test_pages_hold_a_hundred_unless_more_are_asked_for(either):
    roles = "/api/organizations/@current/roles/"
    load(either, roles=[{"name": f"Role {number}"} for number in range(101)])
    page = either.get(roles).json
    assert len(page["results"]) == 100 < page["count"]
    assert page["next"] == f"http://localhost{roles}?limit=100&offset=100"
    assert len(either.get(roles + "?limit=100000").json["results"]) == page["count"]


def test_pages_of_annotations_hold_a_thousand(either):
    load(either, annotations=[{"content": "x", "scope": "project"} for _ in range(1001)])
    page = either.get(NOTES + "?search=x").json
    assert len(page["results"]) == 1000 < page["count"]
    assert page["next"] == f"http://localhost{NOTES}?limit=1000&offset=1000&search=x"


ACTIVITY = "/api/projects/1/activity/"


@pytest.fixture
def changed(either):
    """A client for whom the project was changed eleven times."""
    session = either.as_key("phx_mock_session")
    for number in range(11):
        assert session.patch("/api/projects/1/", {"data_attributes": [f"data-{number}"]}).status_code == 200
    return session


@pytest.mark.parametrize(
    ("asked", "following", "previous", "rows"),
    [
        ("", "?page=2&limit=10", None, 10),
        ("?page=2", None, "?page=1&limit=10", 1),
        ("?limit=4", "?limit=4&page=2", None, 4),
        ("?limit=4&page=2&foo=b", "?limit=4&page=3&foo=b", "?limit=4&page=1&foo=b", 4),
        ("?z=1&page=2&a=1&limit=5", "?z=1&page=3&a=1&limit=5", "?z=1&page=1&a=1&limit=5", 5),
        ("?limit=100", None, None, 11),
    ],
)
def test_activity_links_change_page_and_limit_where_they_stand(changed, asked, following, previous, rows):
    page = changed.get(ACTIVITY + asked).json
    assert list(page) == ["results", "next", "previous", "total_count"]
    links = [None if query is None else f"http://localhost{ACTIVITY}{query}" for query in (following, previous)]
    assert ([page["next"], page["previous"]], len(page["results"]), page["total_count"]) == (links, rows, 11)


@pytest.mark.parametrize(
    ("query", "code", "detail", "attr"),
    [
        ("limit=0", "min_value", "Ensure this value is greater than or equal to 1.", "limit"),
        ("page=-1", "min_value", "Ensure this value is greater than or equal to 1.", "page"),
        ("limit=x", "invalid_input", "A valid integer is required.", "limit"),
        ("page=1.5", "invalid_input", "A valid integer is required.", "page"),
        ("page=x&limit=x", "invalid_input", "A valid integer is required.", "limit"),
        (f"limit={10**30}", "invalid_input", "A valid integer is required.", "limit"),
        ("page=3", "invalid_input", "Invalid page.", None),
        (f"page={2**62}&limit={2**62}", "invalid_input", "Invalid page.", None),
    ],
)
def test_activity_is_refused_where_servers_failed(changed, query, code, detail, attr):
    refused = changed.get(f"{ACTIVITY}?{query}")
    assert refused.status_code == 400
    assert refused.json == {"type": "validation_error", "code": code, "detail": detail, "attr": attr}


def test_activity_asked_for_with_nothing_is_the_first_page(changed):
    assert changed.get(f"{ACTIVITY}?limit=&page=").json["results"] == changed.get(ACTIVITY).json["results"]


def test_first_page_of_no_activity_is_empty(either):
    page = either.as_key("phx_mock_session").get("/api/projects/2/activity/").json
    assert page == {"results": [], "next": None, "previous": None, "total_count": 0}


def test_links_keep_the_path_as_it_was_asked_for(notes):
    assert notes.get(NOTES.rstrip("/") + "?limit=1").json["next"].startswith(f"http://localhost{NOTES.rstrip('/')}?")


@pytest.mark.parametrize(("host", "status"), [("[::1", 400), ("::1]", 400), ("[::1]:8010", 200), ("a.test", 200)])
def test_links_have_the_host_that_was_asked(client, host, status):
    answer = client.get("/api/projects/1/persons/?limit=1", headers={"Host": host})
    assert answer.status_code == status
    if status == 200:
        assert answer.json["next"].startswith(f"http://{host}/api/projects/1/persons/")
    else:
        assert answer.json["detail"] == f"Invalid HTTP_HOST header: '{host}'."

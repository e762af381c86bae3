"""The persons of a cohort, as they are listed, and the cohorts of a person."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.resources.cohort_stories import COHORTS, capture, condition, create, names, static
from tests.resources.test_persons import make


def test_persons_of_a_cohort_are_paged_searched_and_filtered(team: Client) -> None:
    cohort = create(team, condition())
    url = f"{COHORTS}{cohort['id']}/persons/"
    first = team.get(f"{url}?limit=1").json
    assert first["next"].endswith("/persons/?limit=1&offset=1")
    assert team.get(first["next"]).json["results"][0]["distinct_ids"] == ["ann"]
    assert names(team, cohort, search="ann") == ["ann"]
    assert names(team, cohort, properties='[{"key":"age","type":"person","operator":"gt","value":30}]') == ["bob"]
    assert team.get(f"{url}?properties=x").status_code == 400
    assert team.get(f"{url}?limit=abc").status_code == 400
    assert team.get(f"{url}?offset=-1").status_code == 400


def test_person_of_a_cohort_is_shown_as_an_actor(team: Client) -> None:
    ann = make(team, "ann", email="ann@x.test")
    for number in range(12):
        capture(team, "ann", "$create_alias", "2026-01-14", alias=f"ann-{number}")
    (row,) = team.get(f"{COHORTS}{static(team, ann)['id']}/persons/").json["results"]
    assert len(row.pop("distinct_ids")) == 10
    assert row.pop("properties")["email"] == "ann@x.test"
    assert row == {
        "type": "person", "id": ann["uuid"], "uuid": ann["uuid"], "created_at": ann["created_at"],
        "is_identified": True, "name": "ann@x.test", "matched_recordings": [], "value_at_data_point": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "following", "previous"),
    [
        ("", None, None),
        ("?limit=3", None, None),
        ("?limit=2", "?limit=2&offset=2", None),
        ("?limit=1&offset=1", "?limit=1&offset=2", "?limit=1&offset=1"),
        ("?offset=2&limit=1", None, "?offset=1&limit=1"),
        ("?offset=1", None, None),
        ("?limit=0", None, None),
    ],
)
def test_links_of_a_cohorts_persons(team: Client, query: str, following: str | None, previous: str | None) -> None:
    url = f"{COHORTS}{create(team, condition())['id']}/persons/"
    page = team.get(f"{url}{query}").json
    assert list(page) == ["results", "next", "previous"]
    for link, expected in ((page["next"], following), (page["previous"], previous)):
        assert link == (expected and f"http://localhost{url}{expected}")


def test_persons_of_a_cohort_come_a_hundred_at_a_time(team: Client) -> None:
    many = [make(team, f"p{number}") for number in range(101)]
    url = f"{COHORTS}{static(team, *many)['id']}/persons"
    page = team.get(url).json
    assert (len(page["results"]), page["next"]) == (100, f"http://localhost{url}?offset=100")
    assert len(team.get(page["next"]).json["results"]) == 1
    assert len(team.get(f"{url}?is_csv_export=1&offset=7").json["results"]) == 101


def test_deleted_cohort_still_has_its_persons(team: Client) -> None:
    for cohort in (create(team, condition()), static(team, make(team, "ann"))):
        before = names(team, cohort)
        team.patch(f"{COHORTS}{cohort['id']}/", {"deleted": True})
        assert names(team, cohort) == before != []


def test_persons_of_a_cohort_are_exported(team: Client) -> None:
    make(team, "ann", email="ann@x.test")
    cohort = create(team, condition(key="age", operator="lt", value=30))
    url = f"{COHORTS}{cohort['id']}/persons"
    (row,) = team.get(f"{url}?is_csv_export=1").json["results"]
    assert (row["email"], "email" in row["properties"], "uuid" in row) == ("ann@x.test", False, False)
    header, line, _ = team.get(f"{url}.csv").text.split("\r\n")
    assert header == "created_at,distinct_ids.0,email,id,name,properties.age,properties.team"
    assert line.split(",")[1:3] == ["ann", "ann@x.test"]
    assert team.get(f"{COHORTS}?format=csv").status_code == 404


def test_person_knows_their_cohorts(team: Client) -> None:
    ann = make(team, "ann")
    mine = {create(team, condition())["id"], static(team, ann)["id"]}
    create(team, condition(value="green"))
    found = team.get(f"/api/projects/1/persons/cohorts/?person_id={ann['uuid']}").json["results"]
    assert mine <= {cohort["id"] for cohort in found}


def test_links_are_addresses_whatever_was_asked(team: Client) -> None:
    cohort = create(team, condition())
    page = team.get(f'{COHORTS}{cohort["id"]}/persons/?limit=1&properties=[]&x="{{ü}}"')
    assert page.json["next"].endswith("limit=1&properties=%5B%5D&x=%22%7B%C3%BC%7D%22&offset=1")

"""What is made of a server's answers, however odd they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.contract import Contract
from mockserver.importing import ImportFailure, Records, read_project

USER = {"id": 7, "uuid": "01890000-0000-7000-8000-00000000f007", "email": "ada@acme.test", "first_name": "Ada"}
ORGANIZATION = "01890000-0000-7000-8000-00000000f00d"
PROJECT = {"id": 42, "organization": ORGANIZATION, "name": "Shop", "api_token": "phc_real"}


@dataclass
class Answer:
    status: int
    json: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def read(contract: Contract, answers: dict[str, Any], **options: Any) -> Records:
    """Read a project of which a server shows these, by the last words of the path; all else it refuses."""

    def ask(method: str, path: str, body: Any) -> Answer:
        asked = path.partition("?")[0].strip("/")
        for end, shown in {"projects/42": PROJECT, **answers}.items():
            if asked.endswith(end) and not callable(shown):
                return Answer(200, shown)
            if asked.endswith(end):
                return Answer(*shown(path))
        return Answer(403, {"detail": "API key missing required scope"})

    return read_project(contract, ask, {"project_id": "42", "organization_id": ORGANIZATION}, **options)


def page(*rows: Any, following: str | None = None) -> dict[str, Any]:
    return {"results": list(rows), "next": following}


def test_key_that_may_read_little_leaves_the_rest_with_a_reason(contract: Contract) -> None:
    records = read(contract, {})
    assert records.count() == {"organizations": 1, "users": 1, "organization_memberships": 1, "projects": 1}
    assert {records.left[name] for name in ("annotations", "persons", "events")} == {
        "403: API key missing required scope"
    }


def test_project_that_cannot_be_read_is_no_project(contract: Contract) -> None:
    with pytest.raises(ImportFailure, match="403: API key missing required scope; give a key with project:read"):
        read(contract, {"projects/42": lambda path: (403, {"detail": "API key missing required scope"})})
    with pytest.raises(ImportFailure, match="answered 200"):
        read(contract, {"projects/42": lambda path: (200, "<html>")})


def test_users_are_taken_out_of_what_they_made(contract: Contract) -> None:
    row = {"id": 5, "content": "Launch", "created_by": USER}
    tables = read(contract, {"annotations": page(row)}).tables
    assert tables["annotations"][0]["created_by"] == 7
    assert [(user["id"], user["email"]) for user in tables["users"][:1]] == [(7, "ada@acme.test")]


@pytest.mark.parametrize(
    ("shown", "id"), [({"id": 7}, 7), ({"uuid": USER["uuid"]}, 7), ({"uuid": "other"}, 8), ({}, 8)]
)
def test_who_asked_is_found_among_the_users_or_is_one_more(shown: Any, id: int, contract: Contract) -> None:
    me = {**shown, "email": "ada@acme.test" if id == 7 else "me@acme.test"}
    tables = read(contract, {"annotations": page({"id": 5, "created_by": USER}), "users/@me": me}).tables
    assert [user["id"] for user in tables["users"] if user.get("current_project_id")] == [id]


@pytest.mark.parametrize("maker", [None, {"id": 9}, {"email": "x@acme.test"}, 9, "somebody", []])
def test_maker_who_is_none_is_left_out(maker: Any, contract: Contract) -> None:
    tables = read(contract, {"annotations": page({"id": 5, "created_by": maker})}).tables
    assert [record.get("created_by") for record in tables["annotations"]] == [None]


def test_fields_that_the_contract_does_not_know_are_counted(contract: Contract) -> None:
    rows = [{"id": number, "content": "x", "colour": "red"} for number in (1, 2)]
    records = read(contract, {"annotations": page(*rows)})
    assert records.unknown == {"annotations.colour": 2} and "colour" not in records.tables["annotations"][0]


def test_fields_of_an_earlier_server_are_completed(contract: Contract) -> None:
    record = read(contract, {"cohorts": page({"id": 3, "name": "Paying"})}).tables["cohorts"][0]
    assert record == {"project_id": 42, "id": 3, "name": "Paying"}


@pytest.mark.parametrize(
    "row", [{}, {"id": None}, {"id": "x"}, {"id": -1}, {"id": [1]}, {"id": 2**60}, "row", None, 7]
)  # fmt: skip
def test_row_without_an_id_is_passed_over(row: Any, contract: Contract) -> None:
    records = read(contract, {"annotations": page(row, {"id": 5, "content": "Launch"})})
    assert [record["id"] for record in records.tables["annotations"]] == [5]


@pytest.mark.parametrize("shown", [None, [], {}, {"results": None}, {"results": {}}, "text", 5])
def test_list_that_is_none_holds_nothing(shown: Any, contract: Contract) -> None:
    assert "annotations" not in read(contract, {"annotations": lambda path: (200, shown)}).count()


def test_value_of_another_type_is_left_with_the_reason(contract: Contract) -> None:
    records = read(contract, {"annotations": page({"id": 5, "content": 12, "date_marker": "soon"})})
    assert records.tables["annotations"][0].keys() == {"project_id", "id"}
    assert "expected text, got 12" in records.left["annotations.content"]


def test_record_that_no_world_takes_is_left_with_the_reason(contract: Contract) -> None:
    person = {"uuid": "01890000-0000-7000-8000-0000000000aa", "distinct_ids": ["a"], "properties": {}}
    twin = {"uuid": "01890000-0000-7000-8000-0000000000ab", "distinct_ids": ["a"], "properties": {}}
    nobody = {"uuid": "01890000-0000-7000-8000-0000000000ac", "distinct_ids": [], "properties": {}}
    records = read(contract, {"persons": page(person, twin, nobody)})
    assert [record["uuid"][-2:] for record in records.tables["persons"]] == ["aa"]
    assert sum("persons" in name for name in records.left) >= 2


def test_pages_are_followed_and_never_in_a_circle(contract: Contract) -> None:
    def annotations(path: str) -> tuple[int, Any]:
        first = "offset" not in path
        return 200, page(
            {"id": 1 if first else 2}, following="https://proxy.example/api/projects/42/annotations/?offset=1"
        )

    records = read(contract, {"annotations": annotations})
    assert [record["id"] for record in records.tables["annotations"]] == [1, 2]


def test_page_that_fails_keeps_those_before_it(contract: Contract) -> None:
    def annotations(path: str) -> tuple[int, Any]:
        if "offset" in path:
            return 500, None
        return 200, page({"id": 1}, following="http://x/api/projects/42/annotations/?offset=1")

    records = read(contract, {"annotations": annotations})
    assert (records.count()["annotations"], records.left["annotations"]) == (1, "answered 500")


def test_what_records_refer_to_stands_there_or_is_left_out(contract: Contract) -> None:
    annotation = {"id": 5, "dashboard_item": 25, "insight_short_id": "abcd1234", "insight_name": "Sign-ups"}
    comment = {"id": "01890000-0000-7000-8000-0000000000c1", "source_comment": "01890000-0000-7000-8000-0000000000c9"}
    tables = read(contract, {"annotations": page(annotation), "comments": page(comment)}).tables
    assert [(i["id"], i["short_id"], i["name"]) for i in tables["insights"]] == [(25, "abcd1234", "Sign-ups")]
    assert "source_comment" not in tables["comments"][0]


def test_members_of_cohorts_are_those_that_were_read(contract: Contract) -> None:
    known, unread = "01890000-0000-7000-8000-0000000000aa", "01890000-0000-7000-8000-0000000000ab"
    records = read(contract, {
        "cohorts/3/persons": page({"uuid": known}, {"uuid": unread}),
        "persons": page({"uuid": known, "distinct_ids": ["a"], "properties": {}}),
        "cohorts": page({"id": 3, "name": "Asked", "is_static": True}),
    })  # fmt: skip
    assert records.tables["cohorts"][0]["members"] == [known]
    assert records.left["cohort members"] == "persons beyond those that were read"


def test_events_and_groups_are_asked_for_by_queries(contract: Contract) -> None:
    event = ["01890000-0000-7000-8000-0000000000e1", "signed_up", "a", "2025-11-01T00:00:00Z", '{"plan": "pro"}']
    records = read(contract, {"query": {"results": [event, ["short"], None]}})
    assert [(e["event"], e["properties"]) for e in records.tables["events"]] == [("signed_up", {"plan": "pro"})]
    assert "events" not in read(contract, {"query": {"results": [event]}}, with_events=False).tables


def test_record_that_another_shows_whole_is_one_and_is_referred_to(contract: Contract) -> None:
    flag = {"id": 3, "key": "dark-mode", "name": "", "filters": {"groups": []}, "active": True, "version": 1}
    feature = {"id": "01890000-0000-7000-8000-0000000000ea", "name": "Dark mode", "stage": "beta", "feature_flag": flag}
    records = read(contract, {"early_access_feature": page(feature)})
    assert [made["feature_flag"] for made in records.tables["early_access_features"]] == [3]
    assert [made["key"] for made in records.tables["feature_flags"]] == ["dark-mode"]


def test_other_projects_are_read_whole_where_they_may_be(contract: Contract) -> None:
    organization = {"id": ORGANIZATION, "name": "Acme", "teams": [{"id": 42}, {"id": 43, "name": "Two"}, {"id": 44}]}
    whole = {"id": 43, "organization": ORGANIZATION, "name": "Two", "primary_dashboard": 7}
    shown = {ORGANIZATION: organization, "projects/43": whole}
    projects = read(contract, shown).tables["projects"]
    assert [(project["id"], project.get("primary_dashboard")) for project in projects] == [
        (42, None),
        (43, 7),
        (44, None),
    ]


def test_rules_of_access_are_taken_where_whom_they_are_about_is_known(contract: Contract) -> None:
    def rule(**about: Any) -> dict[str, Any]:
        return {"access_level": "viewer", "resource": "dashboard", "resource_id": None, **about}

    role = "01890000-0000-7000-8000-0000000000a1"
    records = read(contract, {
        "roles": page({"id": role, "name": "Support"}),
        "dashboards": page({"id": 5, "name": "Growth"}),
        "resource_access_controls": {"access_controls": [rule(), rule(organization_member=role)]},
        "dashboards/5/access_controls": {"access_controls": [rule(resource_id="5", role=role)]},
    })  # fmt: skip
    taken = [(r["resource_id"], r.get("role")) for r in records.tables["access_controls"]]
    assert taken == [(None, None), ("5", role)]
    assert records.left["access controls"] == "of members and roles that were not read"

from __future__ import annotations

import pytest

from tests.admin.conftest import ANNOTATIONS

EMPTY = {"count": 0, "next": None, "previous": None, "results": []}


@pytest.fixture
def stub(admin):
    def add(match: dict, response: dict, **options) -> dict:
        made = admin("POST", "/worlds/default/stubs", {"match": match, "response": response, **options})
        assert made.status_code == 201, made.json
        return made.json

    return add


def test_stub_answers_in_the_worlds_place(admin, stub, ask) -> None:
    body = {**EMPTY, "count": 12}
    made = stub({"operation": "annotations_list"}, {"status": 200, "headers": {"X-Stub": "1"}, "body": body})
    answer = ask("GET", ANNOTATIONS)
    assert (answer.status_code, answer.json, answer.headers["X-Stub"]) == (200, body, "1")
    assert admin("GET", f"/worlds/default/stubs/{made['id']}").json == {**made, "hits": 1}


def test_stub_answers_so_many_times(stub, ask) -> None:
    ask("POST", ANNOTATIONS, {"content": "x"})
    stub({"operation": "annotations_list"}, {"status": 200, "body": EMPTY}, times=1)
    assert [ask("GET", ANNOTATIONS).json["count"] for _ in range(3)] == [0, 1, 1]


def test_query_is_matched_by_kind_and_text(stub, ask) -> None:
    body = {"query": {"kind": "HogQLQuery", "query": {"$matches": "(?i)from\\s+events"}}}
    stub({"path": "/api/*/query/", "body": body}, {"status": 200, "body": {"results": [[42]]}}, force=True)
    path = "/api/environments/1/query/"
    query = {"query": {"kind": "HogQLQuery", "query": "select count() FROM events"}}
    assert ask("POST", path, query).json == {"results": [[42]]}
    query["query"]["query"] = "select 1 from persons"
    assert ask("POST", path, query).json != {"results": [[42]]}


@pytest.mark.parametrize(
    ("match", "response", "words"),
    [
        ({"operation": "annotations_list"}, {"status": 200, "body": {"count": "many"}}, "annotations_list"),
        ({"operation": "annotations_list"}, {"status": 200, "body": {**EMPTY, "extra": 1}}, "extra"),
        ({"operation": "annotations_list"}, {"status": 204}, "status 204 is not documented"),
        ({"operation": "annotations_lists"}, {"status": 200}, "Did you mean annotations_list?"),
        ({"path": "/api/projects/1/annotations/", "method": "GET"}, {"status": 200, "body": []}, "annotations_list"),
        ({"path": "/api/projects/*"}, {"status": 200, "body": EMPTY}, ""),
        ({"path": "/api/nowhere/"}, {"status": 200, "body": {}}, "no operation of the contract fits"),
    ],
)
def test_stub_that_breaks_the_contract_is_refused_unless_forced(admin, match, response, words) -> None:
    spec = {"match": match, "response": response}
    refused = admin("POST", "/worlds/default/stubs", spec)
    assert refused.status_code == 400
    assert words in refused.json["detail"]
    assert admin("POST", "/worlds/default/stubs", {**spec, "force": True}).status_code == 201


def test_forced_stub_still_needs_regular_expressions(admin) -> None:
    spec = {"match": {"body": {"$matches": "("}}, "response": {"status": 200}, "force": True}
    assert admin("POST", "/worlds/default/stubs", spec).json["attr"] == "match__body"


@pytest.mark.parametrize("status", [500, 503])
def test_breakdown_is_no_part_of_the_contract(stub, ask, status) -> None:
    stub(
        {"operation": "annotations_list"}, {"status": status, "body": "down", "headers": {"Content-Type": "text/plain"}}
    )
    answer = ask("GET", ANNOTATIONS)
    assert (answer.status_code, answer.get_data(as_text=True)) == (status, "down")


def test_newest_stub_answers(admin, stub, ask) -> None:
    for count in (1, 2):
        last = stub({"operation": "annotations_list"}, {"status": 200, "body": {**EMPTY, "count": count}})
    assert ask("GET", ANNOTATIONS).json["count"] == 2
    admin("DELETE", f"/worlds/default/stubs/{last['id']}")
    assert ask("GET", ANNOTATIONS).json["count"] == 1
    assert len(admin("GET", "/worlds/default/stubs").json["stubs"]) == 1
    admin("DELETE", "/worlds/default/stubs")
    assert ask("GET", ANNOTATIONS).json["count"] == 0

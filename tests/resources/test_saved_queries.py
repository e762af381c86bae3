"""Views of the warehouse. Source: recorded answers."""

from __future__ import annotations

import pytest

VIEWS = "/api/projects/1/warehouse_saved_queries/"


def query(text: str) -> dict:
    return {"kind": "HogQLQuery", "query": text}


def made(client, name: str = "names", text: str = "select event as ev, count() as n from events group by ev") -> dict:
    answer = client.post(VIEWS, {"name": name, "query": query(text)})
    assert answer.status_code == 201, answer.json
    return answer.json


def rows(client, text: str) -> list:
    return client.post("/api/projects/1/query/", {"query": query(text)}).json["results"]


def test_a_view_is_a_table_of_queries(either) -> None:
    view = made(either)
    assert [(column["name"], column["type"]) for column in view["columns"]] == [("ev", "string"), ("n", "integer")]
    wanted = rows(either, "select event, count() from events where event = '$pageview' group by event")
    assert rows(either, "select v.ev, n from names as v where ev = '$pageview'") == wanted
    made(either, "fewer", "select ev from names where ev = '$pageview'")
    assert rows(either, "select * from fewer") == [["$pageview"]]
    assert either.delete(f"{VIEWS}{view['id']}/").status_code == 204
    gone = either.post("/api/projects/1/query/", {"query": query("select ev, 1 from names")})
    assert (gone.status_code, gone.json["detail"]) == (400, 'Unknown table "names".')
    assert either.get(f"{VIEWS}{view['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "text", "attr", "detail"),
    [
        ("bad name!", "select 1", "name", "bad name! is not a valid view name. View names can only contain"),
        ("1st", "select 1", "name", "1st is not a valid view name."),
        ("events", "select 1", "name", "events is not a valid view name. View names cannot overlap"),
        ("v", "select foo from events", "query", "Invalid query: Unable to resolve field: foo"),
        ("v", "select foo from zzz", "query", 'Invalid query: Unknown table "zzz".'),
        ("v", "select {variables.x} from events", "query", "Variables like {variables.x} are not allowed in views"),
        ("v", "select 1 from events where {filters}", "query", "Filters and placeholder expressions are not allowed"),
    ],
)
def test_what_no_view_can_be_is_refused(observed, name, text, attr, detail) -> None:
    refused = observed.post(VIEWS, {"name": name, "query": query(text)})
    assert (refused.status_code, refused.json["attr"]) == (400, attr)
    assert refused.json["detail"].startswith(detail)


def test_who_changes_a_query_must_have_seen_the_last_change(observed) -> None:
    view = made(observed)
    path, other = f"{VIEWS}{view['id']}/", query("select event as ev from events")
    assert observed.patch(path, {"query": other}).json["detail"] == "The query was modified by someone else."
    assert observed.post(VIEWS, {"name": "names", "query": other}).status_code == 400
    changed = observed.patch(path, {"query": other, "edited_history_id": view["latest_history_id"]}).json
    assert (changed["status"], len(changed["columns"])) == ("Modified", 1)
    assert changed["latest_history_id"] != view["latest_history_id"]
    cycle = {"query": query("select ev from names"), "edited_history_id": changed["latest_history_id"]}
    assert observed.patch(path, cycle).json["detail"] == "Model contains a cycle"
    assert observed.get(f"{path}activity/").json["total_count"] == 2
    assert observed.get(f"{VIEWS}?page=2").json["detail"] == "Invalid page."

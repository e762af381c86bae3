"""Groups and their types. Source: recorded answers, PostHog's sources."""

from __future__ import annotations

import pytest

GROUPS = "/api/projects/1/groups/"
TYPES = "/api/projects/1/groups_types/"
ACME = "?group_type_index=4&group_key=acme"


@pytest.fixture
def grouped(either):
    """A client of a world with a type of groups of its own, and three groups of it."""
    groups = [
        {"group_key": "acme", "group_properties": {"name": "Acme", "plan": "pro"}, "created_at": "-3d"},
        {"group_key": "globex", "group_properties": {"name": "Globex", "plan": "free"}, "created_at": "-2d"},
        {"group_key": "initech", "group_properties": {"plan": "pro"}, "created_at": "-1d"},
    ]
    either.post("/__admin/worlds/default/load", {
        "group_types": [{"group_type": "customer", "group_type_index": 4}],
        "groups": [{"group_type_index": 4, **group} for group in groups],
        "events": [
            {"event": "x", "distinct_id": "wile", "timestamp": "-1h", "properties": {"$groups": {"customer": "acme"}}},
        ],
    })  # fmt: skip
    return either


def keys(answer) -> list[str]:
    return [group["group_key"] for group in answer.json["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["initech", "globex", "acme"]),
        ("&search=ACME", ["acme"]),
        ("&search=pro", ["initech", "acme"]),
        ("&search=plan", ["initech", "globex", "acme"]),
        ("&group_key=LOB", ["globex"]),
        ("&limit=1", ["initech", "globex", "acme"]),
    ],
)
def test_groups_of_a_type_are_listed(grouped, query, found) -> None:
    assert keys(grouped.get(f"{GROUPS}?group_type_index=4{query}")) == found


def test_lists_go_on_where_a_cursor_says(observed) -> None:
    rows = [{"group_type_index": 3, "group_key": str(n), "created_at": f"-{n + 1}h"} for n in range(150)]
    observed.post("/__admin/worlds/default/load", {"groups": rows})
    first = observed.get(f"{GROUPS}?group_type_index=3")
    second = observed.get(first.json["next"])
    assert keys(first) + keys(second) == [str(n) for n in range(150)]
    assert second.json["next"] is None and keys(observed.get(second.json["previous"])) == keys(first)


@pytest.mark.parametrize(
    ("path", "attr", "detail"),
    [
        ("", "group_type_index", "You must pass ?group_type_index= in this URL."),
        ("?group_type_index=x", "group_type_index", "A valid integer is required."),
        ("find/?group_key=acme", "group_type_index", "This query parameter is required."),
        ("find/?group_type_index=4", "group_key", "This query parameter is required."),
        ("related/?group_type_index=4", "id", "This query parameter is required."),
        ("property_values/?group_type_index=4", "key", "This query parameter is required."),
    ],
)
def test_what_is_not_named_is_refused(grouped, path, attr, detail) -> None:
    refused = grouped.get(GROUPS + path)
    assert (refused.status_code, refused.json["attr"]) == (400, attr)
    assert refused.json["detail"].startswith(detail)


def test_a_change_of_a_property_is_seen_everywhere(grouped) -> None:
    assert grouped.post(f"{GROUPS}update_property/{ACME}", {"key": "seats", "value": 0}).json["group_properties"] == {
        "name": "Acme", "plan": "pro", "seats": 0,
    }  # fmt: skip
    grouped.post(f"{GROUPS}delete_property/{ACME}", {"$unset": "plan"})
    assert grouped.get(f"{GROUPS}find/{ACME}").json["group_properties"] == {"name": "Acme", "seats": 0}
    entries = grouped.get(f"{GROUPS}activity/{ACME}").json["results"]
    assert [(entry["activity"], entry["detail"]["name"]) for entry in entries] == [
        ("update_property", "plan"), ("update_property", "seats"),
    ]  # fmt: skip
    assert entries[0]["detail"]["changes"][0]["action"] == "deleted"
    query = {"kind": "HogQLQuery", "query": "select properties.seats from groups where index = 4 and key = 'acme'"}
    assert grouped.post("/api/projects/1/query/", {"query": query}).json["results"] == [["0"]]
    assert grouped.get(f"{GROUPS}property_values/?group_type_index=4&key=plan").json == [
        {"name": "free", "count": 1}, {"name": "pro", "count": 1},
    ]  # fmt: skip
    assert {"name": "seats", "count": 1} in grouped.get(f"{GROUPS}property_definitions/").json["4"]


def test_a_property_that_is_missing_cannot_be_deleted(grouped) -> None:
    refused = grouped.post(f"{GROUPS}delete_property/{ACME}", {"$unset": "zzz"})
    assert (refused.status_code, refused.json["attr"]) == (400, "$unset")


def test_who_came_together(grouped) -> None:
    related = grouped.get(f"{GROUPS}related/?group_type_index=4&id=acme").json
    assert [(actor["type"], actor["distinct_ids"]) for actor in related] == [("person", ["wile"])]
    back = grouped.get(f"{GROUPS}related/?id={related[0]['id']}").json
    assert [(actor["type"], actor["group_key"]) for actor in back] == [("group", "acme")]


def test_a_group_of_an_unknown_type(client, observed) -> None:
    body = {"group_type_index": 3, "group_key": "x"}
    for asker, left in ((client, []), (observed, ["x"])):  # servers find out when they have stored it
        assert asker.post(GROUPS, body).status_code == 404
        assert keys(asker.get(f"{GROUPS}?group_type_index=3")) == left


def test_types_are_named_and_shown(grouped) -> None:
    asker = grouped.as_key("phx_mock_session")
    named = asker.patch(f"{TYPES}update_metadata/", [{"group_type_index": 4, "name_singular": "Customer"}]).json
    assert named[-1]["name_singular"] == "Customer"
    long = [{"group_type_index": 4, "name_plural": "x" * 401}]
    assert asker.patch(f"{TYPES}update_metadata/", long).json["code"] == "max_length"
    made = asker.put(f"{TYPES}create_detail_dashboard/", {"group_type_index": 4}).json
    assert grouped.get(TYPES).json[-1]["detail_dashboard"] == made["detail_dashboard"]
    dashboards = asker.get("/api/projects/1/dashboards/").json["results"]
    assert made["detail_dashboard"] in [dashboard["id"] for dashboard in dashboards]
    again = asker.put(f"{TYPES}create_detail_dashboard/", {"group_type_index": 4})
    assert (again.status_code, again.json) == (400, {"detail": "Dashboard already exists for this group type."})
    assert grouped.get("/api/projects/1/").json["group_types"][-1]["name_singular"] == "Customer"


def test_a_type_has_metrics_of_its_own(grouped) -> None:
    made = grouped.post(f"{TYPES}4/metrics/", {"name": "Uploads", "filters": {}}).json
    assert grouped.get(f"{TYPES}4/metrics/").json["count"] == 1
    assert grouped.get(f"{TYPES}1/metrics/").json["count"] == 0
    assert grouped.get(f"{TYPES}1/metrics/{made['id']}/").status_code == 404

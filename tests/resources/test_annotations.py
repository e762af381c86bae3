"""Annotations: what is seen from where, what the query leaves out, and what a body may say."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.world.worlds import World
from tests.conftest import Client

HERE, THERE = "/api/projects/1/annotations", "/api/projects/2/annotations"
ADMIN = "/__admin/worlds/default"


def pin(client: Client, path: str = HERE, /, **fields: Any) -> Any:
    response = client.post(f"{path}/", fields)
    assert response.status_code == 201, response.text
    return response.json


def seen(client: Client, path: str = HERE, query: str = "") -> list[int]:
    return [row["id"] for row in client.get(f"{path}/?{query}").json["results"]]


def test_an_annotation_needs_nothing(either: Client) -> None:
    made = pin(either)
    assert {k: made[k] for k in ("content", "date_marker", "creation_type", "scope", "deleted", "dashboard_item")} == {
        "content": None, "date_marker": None, "creation_type": "USR", "scope": "dashboard_item",
        "deleted": False, "dashboard_item": None,
    }  # fmt: skip
    assert made["created_by"]["id"] == 1
    assert made["created_at"] == made["updated_at"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"content": None}, {"content": None}),
        ({"content": ""}, {"content": ""}),
        ({"content": "  padded "}, {"content": "padded"}),
        ({"content": "x" * 400}, {"content": "x" * 400}),
        ({"content": 1.5}, {"content": "1.5"}),
        ({"date_marker": "2024-01-01"}, {"date_marker": "2024-01-01T00:00:00Z"}),
        ({"date_marker": "2024-01-01T01:00:00.5+01:00"}, {"date_marker": "2024-01-01T00:00:00.500000Z"}),
        ({"creation_type": "GIT"}, {"creation_type": "GIT"}),
        ({"scope": "organization"}, {"scope": "organization"}),
        ({"scope": "dashboard"}, {"scope": "dashboard", "dashboard_id": None}),
        ({"dashboard_id": "1"}, {"dashboard_id": 1, "dashboard_name": "Growth"}),
        ({"deleted": "no", "is_emoji": True, "emoji": "x"}, {"deleted": False}),
        ({"team": 2, "organization": "x", "created_by": {"id": 3}, "created_at": "2000-01-01"}, {}),
    ],
)
def test_values_are_kept_as_servers_keep_them(either: Client, body: dict[str, Any], shown: dict[str, Any]) -> None:
    made, bare = pin(either, **body), pin(either)
    same = {name: value for name, value in bare.items() if name != "id"}
    assert {name: value for name, value in made.items() if name != "id"} == {**same, **shown}
    assert either.get(f"{HERE}/{made['id']}/").json == made


def test_an_annotation_that_is_made_deleted_is_hidden_from_the_start(either: Client) -> None:
    made = pin(either, deleted=True, scope="project")
    assert made["deleted"] is True
    assert made["id"] not in seen(either)
    assert either.get(f"{HERE}/{made['id']}/").status_code == 404
    assert either.patch(f"{HERE}/{made['id']}/", {"deleted": False}).status_code == 200
    assert made["id"] in seen(either)


def test_shared_annotations_are_seen_from_every_project_of_the_organization(either: Client) -> None:
    shared, own = pin(either, THERE, scope="organization")["id"], pin(either, THERE, scope="project")["id"]
    assert shared in seen(either) and own not in seen(either)
    assert either.get(f"{HERE}/{shared}/").status_code == 200
    assert either.get(f"{HERE}/{own}/").status_code == 404
    outsider = either.as_key("phx_mock_outsider")
    assert shared not in seen(outsider, "/api/projects/3/annotations")
    assert outsider.get(f"/api/projects/3/annotations/{shared}/").status_code == 404


@pytest.mark.parametrize("method", ["patch", "put"])
def test_changing_a_shared_annotation_through_another_project_moves_it(either: Client, method: str) -> None:
    shared = pin(either, THERE, scope="organization")["id"]
    assert getattr(either, method)(f"{HERE}/{shared}/", {"scope": "project"}).status_code == 200
    assert shared in seen(either) and shared not in seen(either, THERE)
    assert either.get(f"{THERE}/{shared}/").status_code == 404


def test_the_latest_come_first_undated_ones_before_and_ties_as_they_were_made(client: Client) -> None:
    before = set(seen(client))
    dates = ["2031-01-01", None, "2033-01-01T00:00:00.5Z", "2031-01-01T00:00:00Z", None, "2033-01-01"]
    made = [pin(client, date_marker=date)["id"] for date in dates]
    assert [id for id in seen(client) if id not in before] == [made[i] for i in (1, 4, 2, 5, 0, 3)]


def test_pages_that_hold_shared_annotations_are_the_list_cut_in_pieces(client: Client) -> None:
    for number in range(12):
        pin(
            client,
            THERE if number % 3 == 0 else HERE,
            scope="organization",
            date_marker=f"2030-01-{1 + number % 5:02d}",
        )
    whole = seen(client)
    for size in (1, 4, 5):
        pieces = [seen(client, query=f"limit={size}&offset={offset}") for offset in range(0, len(whole), size)]
        assert [id for piece in pieces for id in piece] == whole
    assert client.get(f"{HERE}/?limit=1").json["count"] == len(whole)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("scope=organization", "o"),
        ("scope=insight", "i"),
        ("scope=dashboard_item", "i"),
        ("scope=recording", ""),
        ("scope=", "iop"),
        ("date_from=2040-01-02", "op"),
        ("date_from=2040-01-02&date_to=2040-01-02T00:00:00Z", "o"),
        ("date_to=2040-01-01T01:00:00%2B01:00&date_from=2040-01-01", "i"),
        ("search=LAUNCH+one", "i"),
        ("search=%22launch+two%22", "o"),
        ("search=launch,party", "p"),
        ("is_emoji=true", "iop"),
        ("date_from=2040-01-03T00:00:00.000001Z", ""),
    ],
)
def test_the_query_narrows_the_list_and_single_annotations(either: Client, query: str, expected: str) -> None:
    made = {
        pin(either, content="launch one", date_marker="2040-01-01")["id"]: "i",
        pin(either, content="launch two", date_marker="2040-01-02", scope="organization")["id"]: "o",
        pin(either, content="Launch, a Party", date_marker="2040-01-03", scope="project")["id"]: "p",
    }
    assert sorted(made[id] for id in seen(either, query=query) if id in made) == list(expected)
    for id, letter in made.items():
        status = 200 if letter in expected else 404
        assert either.get(f"{HERE}/{id}/?{query}").status_code == status
        assert either.patch(f"{HERE}/{id}/?{query}", {}).status_code == status


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("scope=bogus", "Invalid scope: bogus"),
        ("date_from=x&date_to=y", "Invalid date range: date_from must be a valid ISO 8601 date"),
        ("date_to=2024-13-01", "Invalid date range: date_to must be a valid ISO 8601 date"),
        ("date_from=0001-01-01T00:00:00%2B14:00", "Invalid date range: date_from must be a valid ISO 8601 date"),
        ("date_from=2024-01-02&date_to=2024-01-01", "Invalid date range: date_from must be before date_to"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(either: Client, query: str, detail: str) -> None:
    id = pin(either)["id"]
    for path in (f"{HERE}/?{query}", f"{HERE}/{id}/?{query}"):
        refused = either.get(path)
        assert refused.status_code == 400
        assert refused.json == {
            "type": "validation_error", "code": "invalid_input", "detail": detail, "attr": None,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "attr", "detail"),
    [
        ({"content": "x" * 401}, "max_length", "content", "Ensure this field has no more than 400 characters."),
        ({"content": ["x"]}, "invalid_input", "content", "Not a valid string."),
        ({"content": "a\x00b"}, "null_characters_not_allowed", "content", "Null characters are not allowed."),
        ({"content": "\ud800"}, "surrogate_characters_not_allowed", "content", None),
        ({"scope": "nope"}, "invalid_choice", "scope", '"nope" is not a valid choice.'),
        ({"scope": None}, "null", "scope", "This field may not be null."),
        ({"scope": "recording"}, "invalid_input", None, "Recording scope is deprecated"),
        ({"creation_type": "BOT"}, "invalid_choice", "creation_type", '"BOT" is not a valid choice.'),
        ({"deleted": "maybe"}, "invalid_input", "deleted", "Must be a valid boolean."),
        ({"date_marker": 5}, "invalid_input", "date_marker", None),
        ({"date_marker": ""}, "invalid_input", "date_marker", None),
        ({"dashboard_id": "zz"}, "invalid_input", "dashboard_id", "A valid integer is required."),
        ({"dashboard_id": 10**30}, "invalid_input", "dashboard_id", "A valid integer is required."),
        ({"dashboard_id": 987654}, "invalid_input", "dashboard_id", "Dashboard not found."),
        (
            {"dashboard_item": 987654}, "does_not_exist", "dashboard_item",
            'Invalid pk "987654" - object does not exist.',
        ),
        ({"dashboard_item": 10**30}, "does_not_exist", "dashboard_item", None),
        (
            {"dashboard_item": "abc"}, "incorrect_type", "dashboard_item",
            "Incorrect type. Expected pk value, received str.",
        ),
        ([], "invalid_input", None, "Invalid data. Expected a dictionary, but got list."),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused_and_changes_nothing(
    either: Client, body: Any, code: str, attr: str | None, detail: str | None
) -> None:
    kept = pin(either, content="kept")
    before = seen(either)
    for method, path in (("POST", f"{HERE}/"), ("PATCH", f"{HERE}/{kept['id']}/"), ("PUT", f"{HERE}/{kept['id']}/")):
        refused = either(method, path, body)
        assert refused.status_code == 400
        assert (refused.json["code"], refused.json["attr"]) == (code, attr)
        assert detail is None or refused.json["detail"] == detail
    assert seen(either) == before
    assert either.get(f"{HERE}/{kept['id']}/").json == kept


def test_put_keeps_what_it_leaves_out_and_every_save_has_its_time(either: Client) -> None:
    made = pin(either, content="a", scope="project", creation_type="GIT", date_marker="2030-01-01")
    either.flask.put(f"{ADMIN}/clock", json={"advance": 60})
    changed = either.put(f"{HERE}/{made['id']}/", {"content": "b"}).json
    assert changed == {**made, "content": "b", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


def test_a_deleted_annotation_is_found_by_patch_alone(either: Client) -> None:
    id = pin(either, scope="organization")["id"]
    assert either.patch(f"{HERE}/{id}/", {"deleted": True}).json["deleted"] is True
    assert id not in seen(either) and id not in seen(either, THERE)
    assert [either(method, f"{HERE}/{id}/", {}).status_code for method in ("GET", "PUT")] == [404, 404]
    assert either.patch(f"{HERE}/{id}/", {"deleted": False}).status_code == 200
    assert id in seen(either) and id in seen(either, THERE)


def test_hard_deletion_is_refused_with_an_empty_body(either: Client) -> None:
    id = pin(either)["id"]
    for path in (f"{HERE}/{id}/", f"{HERE}/987654/", f"{HERE}/abc"):
        refused = either.delete(path)
        assert (refused.status_code, refused.data) == (405, b"")
    assert either.get(f"{HERE}/{id}/").status_code == 200


@pytest.fixture
def parents(client: Client) -> Client:
    """A client of a world with insights and dashboards, the second of each deleted."""
    loaded = client.flask.post(
        f"{ADMIN}/load",
        json={
            "dashboards": [{"id": 801, "name": "KPIs"}, {"id": 802, "deleted": True}, {"id": 803, "project_id": 3}],
            "insights": [
                {"id": 901, "short_id": "kpi00001", "name": "Sign-ups", "derived_name": "Count of sign-ups"},
                {"id": 902, "deleted": True}, {"id": 903, "project_id": 2},
            ],
            "annotations": [
                {"id": 7001, "scope": "dashboard", "dashboard_id": 802},
                {"id": 7002, "scope": "dashboard_item", "dashboard_item": 902},
                {"id": 7003, "scope": "project", "dashboard_item": 902},
            ],
        },
    )  # fmt: skip
    assert loaded.status_code == 201, loaded.text
    return client


def test_what_it_is_about_is_named(parents: Client) -> None:
    shown = pin(parents, dashboard_item=901, dashboard_id=801)
    names = ("dashboard_name", "insight_short_id", "insight_name", "insight_derived_name")
    assert [shown[name] for name in names] == ["KPIs", "kpi00001", "Sign-ups", "Count of sign-ups"]


@pytest.mark.parametrize("body", [{"dashboard_id": 802}, {"dashboard_id": 803}, {"dashboard_item": 902}])
def test_deleted_and_foreign_parents_are_refused(parents: Client, body: dict[str, int]) -> None:
    assert parents.post(f"{HERE}/", body).status_code == 400
    assert parents.post(f"{HERE}/", {"dashboard_item": 903}).json["code"] == "does_not_exist"


def test_annotations_on_something_deleted_are_hidden_until_it_returns(parents: Client, world: World) -> None:
    assert {7001, 7002, 7003} & set(seen(parents)) == {7003}
    for id in (7001, 7002):
        assert parents.get(f"{HERE}/{id}/").status_code == 404
        assert parents.patch(f"{HERE}/{id}/", {"content": "x"}).status_code == 404
    with world.store.transaction() as transaction:
        dashboards = transaction.table("dashboards")
        dashboards.update(dashboards.get(802), {"deleted": False})
    assert {7001, 7002, 7003} & set(seen(parents)) == {7001, 7003}


@pytest.mark.parametrize("id", ["abc", "1.5", "-1", "99999999999999999999", "987654"])
def test_an_id_that_names_nothing_is_not_found(either: Client, id: str) -> None:
    assert either.get(f"{HERE}/{id}/").json["detail"] == "Not found."
    assert either.patch(f"{HERE}/{id}/", {}).status_code == 404


def test_scopes_of_a_key_are_asked_for(either: Client) -> None:
    reader = either.as_key("phx_mock_read_only")
    assert reader.get(f"{HERE}/").status_code == 200
    refused = reader.post(f"{HERE}/", {})
    assert refused.json["detail"] == "API key missing required scope 'annotation:write'"

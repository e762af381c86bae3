"""Dashboards. Source: recorded answers; PostHog's sources for what later servers add."""

from __future__ import annotations

import json

import pytest

BOARDS = "/api/projects/1/dashboards/"
LATER = "observed@2026-09"
EARLIER = "observed@2025-08"
TREND = {
    "kind": "InsightVizNode",
    "source": {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "$pageview"}]},
}


@pytest.fixture
def at(apps):
    """A client of a world at a date, which is as it was afterwards."""
    from tests.conftest import Client

    used = []

    def client(profile: str) -> Client:
        app = apps(profile)
        used.append(app)
        return Client(app.test_client(), "phx_mock_session")

    yield client
    for app in used:
        app.extensions["mockserver"].default.reset()


def make(client, **body) -> dict:
    return client.post(BOARDS, body).json


def insight_on(client, *boards: int, query: dict = TREND, name: str = "i") -> dict:
    return client.post("/api/projects/1/insights/", {"name": name, "query": query, "dashboards": list(boards)}).json


def change(client, board: dict, **body):
    return client.patch(f"{BOARDS}{board['id']}/", body)


def look(client, board: dict, query: str = "") -> dict:
    return client.get(f"{BOARDS}{board['id']}/{query}").json


def test_pinned_ones_come_first_then_names(either) -> None:
    for name, pinned in (("b", False), ("a", False), ("Z", True), (None, False)):
        make(either, name=name, pinned=pinned)
    names = [row["name"] for row in either.get(BOARDS).json["results"]]
    assert [name for name in names if name in ("a", "b", "Z", None)] == ["Z", "a", "b", None]


@pytest.mark.parametrize("prefix", ["/api/environments/1/dashboards/", "/api/dashboard/"])
def test_other_prefixes_show_the_same(either, prefix) -> None:
    make(either, name="seen")
    assert "seen" in [row["name"] for row in either.get(prefix).json["results"]]


@pytest.mark.parametrize(
    ("body", "detail", "attr"),
    [
        ({"filters": ["x"]}, "Filters must be a dictionary", None),
        ({"description": None}, "This field may not be null.", "description"),
        ({"tags": "x"}, 'Expected a list of items but got type "str".', "tags"),
        ({"tags": ["a", None]}, "Not a valid string.", "tags"),
        ({"restriction_level": 5}, '"5" is not a valid choice.', "restriction_level"),
        (
            {"use_template": "no", "use_dashboard": 1},
            "`use_dashboard` and `use_template` cannot be used together",
            None,
        ),
        ({"use_template": "no"}, "Invalid template provided: no", "use_template"),
        ({"use_dashboard": 999}, "Invalid value provided", "use_dashboard"),
    ],
)
def test_what_cannot_be_made_is_refused(either, body, detail, attr) -> None:
    refused = either.post(BOARDS, body)
    assert (refused.status_code, refused.json["detail"], refused.json["attr"]) == (400, detail, attr)


def test_a_tile_stands_where_its_layout_says(either) -> None:
    board = make(either, name="b")
    insight_on(either, board["id"])
    for y in (7, 3):
        change(either, board, tiles=[{"text": {"body": str(y)}, "layouts": {"sm": {"x": 0, "y": y}}, "color": "blue"}])
    tiles = look(either, board)["tiles"]
    assert [(t["order"], t["text"] and t["text"]["body"], t["color"]) for t in tiles] == [
        (0, "3", "blue"), (1, "7", "blue"), (2, None, None),
    ]  # fmt: skip
    first = tiles[0]
    change(either, board, tiles=[{"id": first["id"], "text": {"id": first["text"]["id"], "body": "anew"}}])
    change(either, board, tiles=[{"id": tiles[2]["id"], "layouts": {"sm": {"x": 0, "y": 0}}, "color": "red"}])
    tiles = look(either, board)["tiles"]
    assert [(t["text"] and t["text"]["body"], t["color"]) for t in tiles] == [
        (None, "red"), ("anew", "blue"), ("7", "blue"),
    ]  # fmt: skip
    change(either, board, tiles=[{"id": tiles[1]["id"], "deleted": True}])
    assert len(look(either, board)["tiles"]) == 2


@pytest.mark.parametrize(
    "tiles",
    [None, "x", ["x"], [{"text": {"body": "x" * 4001}}], [{"text": "x"}], [{"id": 999, "text": {"body": "x"}}],
     [{"text": {"id": 999, "body": "x"}}]],
)  # fmt: skip
def test_tiles_that_make_no_sense_change_nothing(either, tiles) -> None:
    board = make(either, name="b")
    refused = change(either, board, name="changed", tiles=tiles)
    assert refused.status_code == 400
    assert look(either, board)["name"] == "b"


def test_a_tile_that_is_not_there_was_a_failure_and_is_passed_over(at) -> None:
    for profile, status in ((EARLIER, 400), (LATER, 200)):
        client = at(profile)
        board = make(client, name="b")
        assert change(client, board, tiles=[{"id": 999, "color": "red"}]).status_code == status


def test_filters_narrow_every_tile(observed) -> None:
    board = make(observed, name="b", filters={"date_from": "-14d"})
    insight_on(observed, board["id"])
    query = look(observed, board)["tiles"][0]["insight"]["query"]["source"]
    assert query["dateRange"]["date_from"] == "-14d"
    override = "?filters_override=" + json.dumps({"date_from": "-3d"})
    shown = look(observed, board, override)
    assert shown["filters"] == {"date_from": "-3d"}
    assert shown["tiles"][0]["insight"]["query"]["source"]["dateRange"]["date_from"] == "-3d"
    assert change(observed, board, filters={}).json["filters"] == {"date_from": "-14d"}


def test_tiles_are_computed_when_it_is_asked_for(observed) -> None:
    pytest.importorskip("chdb")
    board = make(observed, name="b")
    insight_on(observed, board["id"])
    insight_on(observed, board["id"])
    good, same = look(observed, board, "?refresh=blocking")["tiles"]
    assert (good["is_cached"], bool(good["insight"]["result"])) == (False, True)
    assert (same["is_cached"], same["insight"]["result"]) == (True, good["insight"]["result"])
    assert look(observed, board)["tiles"][0]["is_cached"] is True


def test_tiles_that_begin_to_be_computed_are_one_task(observed) -> None:
    board = make(observed, name="b")
    for days in ("-3d", "-5d"):
        query = {**TREND, "source": {**TREND["source"], "dateRange": {"date_from": days}}}
        insight_on(observed, board["id"], query=query)

    def tasks():
        statuses = [tile["insight"]["query_status"] for tile in look(observed, board, "?refresh=async")["tiles"]]
        return {(status["task_id"], *(status["labels"] or ())) for status in statuses}

    assert tasks() == {(None,)}
    ((task, label),) = tasks()
    assert (bool(task), label) == (True, "chained")


def test_tags_that_were_just_set_stand_among_the_other_fields(observed) -> None:
    board = make(observed, name="b", tags=["x"])
    assert list(board)[-1] == "tags"
    names = list(change(observed, board, tags=["y"]).json)
    assert names.index("tags") == names.index("data_color_theme_id") + 1


def test_a_tile_that_cannot_be_computed_says_why_and_the_others_are_shown(observed) -> None:
    pytest.importorskip("chdb")
    board = make(observed, name="b")
    insight_on(observed, board["id"])
    bad = {"kind": "DataVisualizationNode", "source": {"kind": "HogQLQuery", "query": "select nonsense from events"}}
    insight_on(observed, board["id"], query=bad)
    good, broken = look(observed, board, "?refresh=blocking")["tiles"]
    assert "error" not in good
    assert good["insight"]["result"]
    assert broken["error"]["message"] == "Unable to resolve field: nonsense"
    assert (broken["insight"]["result"], broken["insight"]["query"]) == (None, bad)


def test_a_copy_shares_its_insights_or_has_its_own(either) -> None:
    board = make(either, name="b", filters={"date_from": "-1d"})
    insight = insight_on(either, board["id"])
    change(either, board, tiles=[{"text": {"body": "t"}, "color": "blue"}])
    shared = make(either, use_dashboard=board["id"])
    assert [t["insight"] and t["insight"]["id"] for t in shared["tiles"]] == [insight["id"], None]
    own = make(either, use_dashboard=board["id"], duplicate_tiles=True)
    assert own["creation_mode"] == "duplicate"
    assert own["tiles"][0]["insight"]["name"] == "i (Copy)"
    assert own["tiles"][0]["insight"]["dashboards"] == [own["id"]]
    assert own["tiles"][1]["color"] == "blue"
    assert own["tiles"][1]["text"]["id"] != shared["tiles"][1]["text"]["id"]


def test_what_is_deleted_is_found_by_who_restores_it(observed) -> None:
    board, other = make(observed, name="b"), make(observed, name="o")
    insight_on(observed, board["id"], other["id"], name="both")
    lone = insight_on(observed, board["id"], name="lone")
    gone = change(observed, board, deleted=True, delete_insights=True).json
    assert (gone["deleted"], gone["tiles"]) == (True, [])
    assert observed.get(f"{BOARDS}{board['id']}/").status_code == 404
    assert observed.get(f"/api/projects/1/insights/{lone['id']}/").status_code == 404
    assert change(observed, board, deleted=False, name="x").status_code == 404
    assert observed.delete(f"{BOARDS}{board['id']}/").status_code == 405
    back = change(observed, board, deleted=False).json
    assert [tile["insight"]["name"] for tile in back["tiles"]] == ["both"]


def test_a_project_loses_its_first_dashboard_with_it(either) -> None:
    board = make(either, name="first")
    either.patch("/api/projects/1/", {"primary_dashboard": board["id"]})
    assert either.get("/api/projects/1/").json["primary_dashboard"] == board["id"]
    change(either, board, deleted=True)
    assert either.get("/api/projects/1/").json["primary_dashboard"] is None


def test_later_servers_restore_with_other_fields(at) -> None:
    client = at(LATER)
    board = make(client, name="b")
    change(client, board, deleted=True)
    assert change(client, board, deleted=False, name="x").json["name"] == "x"


MEMBER = "0195ad21-3f5a-7000-8b0e-5d0b5f2f6a77"


@pytest.fixture
def member(observed):
    """A client of a member of the organization, who is no admin."""
    tables = {
        "users": [{"id": 901, "uuid": MEMBER, "email": "member@hedgebox.test"}],
        "organization_memberships": [{"user_id": 901, "level": 1}],
        "api_keys": [{"value": "phx_member", "user_id": 901, "scopes": ["*"]}],
    }
    assert observed.flask.post("/__admin/worlds/default/load", json=tables).status_code == 201
    return observed.as_key("phx_member")


def test_a_restricted_dashboard_is_for_its_collaborators(observed, member) -> None:
    board = make(observed, name="b", restriction_level=37)
    insight = insight_on(observed, board["id"])
    assert board["access_control_version"] == "v1"
    seen = look(member, board)
    assert (seen["effective_restriction_level"], seen["effective_privilege_level"]) == (37, 21)
    refused = change(member, board, name="x")
    assert (refused.status_code, refused.json["detail"]) == (403, "You don't have edit permissions for this dashboard.")
    path = f"/api/projects/1/insights/{insight['id']}/"
    assert member.patch(path, {"name": "x"}).status_code == 403
    people = f"{BOARDS}{board['id']}/collaborators/"
    assert observed.post(people, {"user_uuid": MEMBER, "level": 37}).status_code == 201
    again = observed.post(people, {"user_uuid": MEMBER, "level": 37}).json
    assert again["detail"] == "User already is a collaborator."
    assert [one["user"]["uuid"] for one in observed.get(people).json] == [MEMBER]
    assert change(member, board, name="x").status_code == 200
    owners = change(member, board, restriction_level=21)
    assert (owners.status_code, "Only the dashboard owner" in owners.json["detail"]) == (403, True)
    assert observed.delete(f"{people}{MEMBER}/").status_code == 204
    assert change(member, board, name="y").status_code == 403


def test_a_tile_moves(at) -> None:
    for profile in (EARLIER, LATER):
        client = at(profile)
        here, there = make(client, name="here"), make(client, name="there")
        insight_on(client, here["id"])
        tile = look(client, here)["tiles"][0]["id"]
        path = f"{BOARDS}{here['id']}/move_tile/"
        missing = client.patch(path, {"tile": {"id": 999}, "toDashboard": there["id"]})
        assert missing.status_code == (404 if profile == LATER else 400)
        assert client.patch(path, {}).status_code == 400
        assert client.patch(path, {"tile": {"id": tile}, "toDashboard": there["id"]}).json["tiles"] == []
        assert [t["id"] for t in look(client, there)["tiles"]] == [tile]


def test_later_servers_arrange_tiles_one_by_one(at) -> None:
    client = at(LATER)
    here, there = make(client, name="here"), make(client, name="there")
    path = f"{BOARDS}{here['id']}"
    made = [client.post(f"{path}/create_text_tile/", {"body": text}).json["id"] for text in "abc"]
    assert client.post(f"{path}/create_text_tile/", {"body": "x" * 4001}).status_code == 400
    ordered = client.post(f"{path}/reorder_tiles/", {"tile_order": made[::-1], "layout": "two_column"}).json
    assert [(t["id"], t["layouts"]["sm"]["x"], t["layouts"]["sm"]["y"]) for t in ordered["tiles"]] == [
        (made[2], 0, 0), (made[1], 6, 0), (made[0], 0, 5),
    ]  # fmt: skip
    twice = client.post(f"{path}/reorder_tiles/", {"tile_order": [made[0], made[0]]})
    assert (twice.status_code, twice.json) == (400, {"detail": "tile_order must contain unique tile IDs"})
    assert client.post(f"{path}/reorder_tiles/", {"tile_order": [999]}).status_code == 404
    changed = client.post(f"{path}/update_text_tile/", {"tile_id": made[0], "body": "z", "color": "red"}).json
    assert (changed["text"]["body"], changed["color"]) == ("z", "red")
    assert client.post(f"{path}/delete_tile/", {"tile_id": made[2]}).status_code == 204
    assert [t["layouts"]["sm"]["y"] for t in look(client, here)["tiles"]] == [0, 0]
    copy = {"fromDashboardId": here["id"], "tileId": made[0]}
    there_path = f"{BOARDS}{there['id']}/copy_tile/"
    assert [t["text"]["body"] for t in client.post(there_path, copy).json["tiles"]] == ["z"]
    assert client.post(there_path, copy).json["detail"] == "This text card is already on the destination dashboard."


def test_templates_make_dashboards(either) -> None:
    board = make(either, name="mine", use_template="Product analytics")
    assert (board["name"], board["creation_mode"], len(board["tiles"])) == ("mine", "template", 6)
    listed = either.get("/api/projects/1/dashboard_templates/?search=product").json["results"]
    assert [template["template_name"] for template in listed] == ["Product analytics"]
    assert either.get(f"/api/projects/1/dashboard_templates/{listed[0]['id']}/").json == listed[0]
    assert either.get("/api/projects/1/dashboard_templates/?search=nothing").json["count"] == 0
    assert either.post("/api/projects/1/dashboard_templates/", {}).status_code == 403


def test_a_template_that_is_none_is_refused_in_the_words_of_jsonschema(either) -> None:
    client = either.as_key("phx_mock_session")
    refused = client.post(f"{BOARDS}create_from_template_json/", {"template": {"template_name": "J"}}).json["detail"]
    assert refused.startswith(
        "'dashboard_description' is a required property\n\nFailed validating 'required' in schema:"
    )
    assert refused.endswith("On instance:\n    {'template_name': 'J'}")


def test_tiles_are_streamed(at) -> None:
    client = at(LATER)
    board = make(client, name="b")
    change(client, board, tiles=[{"text": {"body": text}} for text in "abc"])
    answer = client.get(f"{BOARDS}{board['id']}/stream_tiles/")
    assert answer.content_type == "text/event-stream"
    events = [json.loads(line[6:]) for line in answer.get_data(as_text=True).split("\n\n") if line]
    assert [event["type"] for event in events] == ["metadata", "tile", "complete"]
    assert len(events[0]["dashboard"]["tiles"]) == 2

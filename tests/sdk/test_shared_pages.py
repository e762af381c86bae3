"""What sharing shows to whoever knows an address. Source: recorded pages; the servers' sources for passwords."""

from __future__ import annotations

import json

SHARING = "/api/projects/1/dashboards/1/sharing/"


def share(client, path: str = SHARING, **more) -> str:
    return client.patch(path, {"enabled": True, **more}).json["access_token"]


def test_a_dashboard_is_shown_without_a_key(either) -> None:
    token = share(either, settings={"noHeader": True, "whitelabel": True, "legend": False})
    stranger = either.as_key(None)
    shown = stranger.get(f"/shared/{token}.json").json
    assert list(shown) == ["type", "accessToken", "dashboard", "themes", "whitelabel", "noHeader"]
    board = shown["dashboard"]
    assert (board["id"], board["effective_restriction_level"], board["effective_privilege_level"]) == (1, 37, 21)
    assert board["user_access_level"] is None
    assert shown["themes"][0]["is_global"] is True
    assert stranger.get(f"/embedded/{token}.json").json["type"] == "embed"
    page = stranger.get(f"/shared_dashboard/{token}/")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert board["name"] in page.get_data(as_text=True)


def test_only_what_is_shared_is_shown(either) -> None:
    token = share(either)
    stranger = either.as_key(None)
    renewed = either.post(f"{SHARING}refresh/").json["access_token"]
    assert stranger.get(f"/shared/{token}.json").status_code == 200
    either.flask.put("/__admin/worlds/default/clock", json={"advance": 301})
    assert stranger.get(f"/shared/{token}.json").status_code == 404
    assert stranger.get(f"/shared/{renewed}.json").status_code == 200
    either.patch(SHARING, {"enabled": False})
    assert stranger.get(f"/shared/{renewed}.json").status_code == 404
    assert stranger.get("/shared/nonsense").content_type == "text/html; charset=utf-8"


def test_an_image_is_not_made_and_says_so(either) -> None:
    answer = either.as_key(None).get(f"/shared/{share(either)}.png")
    assert (answer.status_code, answer.json["code"]) == (501, "not_modelled")


def test_insights_are_read_with_a_token_where_keys_are_taken(observed) -> None:
    made = observed.post("/api/projects/1/insights/", {"name": "shown"}).json
    path = f"/api/projects/1/insights/{made['id']}/"
    token = share(observed, f"{path}sharing/")
    stranger = observed.as_key(None)
    assert stranger.get(f"{path}?sharing_access_token={token}").json["name"] == "shown"
    assert stranger.get(f"{path}?sharing_access_token=x").json["detail"] == "Sharing access token is invalid."
    refused = stranger.patch(f"{path}?sharing_access_token={token}", {"name": "x"})
    assert (refused.status_code, refused.json["detail"]) == (
        403, "Sharing access token can only be used for GET requests.",
    )  # fmt: skip
    board = stranger.get(f"/api/projects/1/dashboards/1/?sharing_access_token={token}")
    assert (board.status_code, board.json["code"]) == (401, "not_authenticated")
    assert stranger.get(f"/api/projects/1/data_color_themes/?sharing_access_token={token}").status_code == 200


def test_a_password_opens_what_asks_for_one(client) -> None:
    token = share(client, password_required=True)
    client.post(f"{SHARING}passwords/", {"raw_password": "long enough"})
    stranger = client.as_key(None)
    assert stranger.get(f"/shared/{token}.json").json == {"type": "unlock"}
    wrong = stranger.post(f"/shared/{token}", {"password": "no"})
    assert (wrong.status_code, wrong.json) == (401, {"error": "Incorrect password"})
    ticket = stranger.post(f"/shared/{token}", {"password": "long enough"}).json["shareToken"]
    opened = stranger.get(f"/shared/{token}.json", headers={"Authorization": f"Bearer {ticket}"})
    assert opened.json["dashboard"]["id"] == 1


def test_pages_hold_nothing_that_breaks_out_of_them(either) -> None:
    either.patch("/api/projects/1/dashboards/1/", {"name": "</script><b>"})
    text = either.as_key(None).get(f"/shared/{share(either)}").get_data(as_text=True)
    assert "</script><b>" not in text
    data = text.partition('id="exported">')[2].partition("</script>")[0]
    assert json.loads(data)["dashboard"]["name"] == "</script><b>"


def test_each_world_has_tokens_of_its_own(either) -> None:
    worlds = [either.flask.post("/__admin/worlds", json={"scenario": "demo"}).json for _ in range(2)]
    tokens = [share(either.as_key(world["api_key"])) for world in worlds]
    either.as_key(worlds[1]["api_key"]).patch("/api/projects/1/dashboards/1/", {"name": "the second"})
    names = [either.as_key(None).get(f"/shared/{token}.json").json["dashboard"]["name"] for token in tokens]
    assert names[0] != "the second"
    assert names[1] == "the second"

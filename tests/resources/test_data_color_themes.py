"""Colour themes. Source: recorded answers."""

from __future__ import annotations

THEMES = "/api/projects/1/data_color_themes/"


def test_a_project_has_the_global_theme_and_its_own(either) -> None:
    client = either.as_key("phx_mock_session")
    made = client.post(THEMES, {"name": "Night", "colors": ["#000"]}).json
    assert (made["is_global"], made["colors"]) == (False, ["#000"])
    assert [(theme["name"], theme["is_global"]) for theme in client.get(THEMES).json] == [
        ("Default Theme", True), ("Night", False),
    ]  # fmt: skip
    assert client.patch(f"{THEMES}{made['id']}/", {"name": "Day"}).json["name"] == "Day"
    assert client.post(THEMES, {}).json["attr"] == "name"
    assert client.delete(f"{THEMES}{made['id']}/").status_code == 204
    assert client.get(f"{THEMES}{made['id']}/").status_code == 404


def test_the_theme_that_was_changed_last_comes_last(observed) -> None:
    client = observed.as_key("phx_mock_session")
    made = [client.post(THEMES, {"name": name, "colors": ["#000"]}).json["id"] for name in ("a", "b")]
    client.patch(f"{THEMES}{made[0]}/", {"name": "c"})
    assert [theme["name"] for theme in client.get(THEMES).json][-2:] == ["b", "c"]


def test_only_staff_changes_what_every_project_has(either) -> None:
    client = either.as_key("phx_mock_session")
    assert client.get(f"{THEMES}1/").json["name"] == "Default Theme"
    refused = client.patch(f"{THEMES}1/", {"name": "x"})
    assert (refused.status_code, refused.json["detail"]) == (403, "Only staff users can edit global themes.")


def test_keys_are_refused_and_strangers_get_a_403(observed) -> None:
    assert observed.get(THEMES).json["detail"] == "This action does not support Personal API Key access"
    assert observed.as_key(None).get(THEMES).status_code == 403

"""The tree of a project. Source: recorded answers, PostHog's sources."""

from __future__ import annotations

import pytest

TREE = "/api/projects/1/file_system/"
FLAGS = "/api/projects/1/feature_flags/"


@pytest.fixture
def session(observed):
    """A client of a login: what no key may do."""
    return observed.as_key(observed.post("/__admin/worlds/default/api_keys", {"scopes": None}).json["api_key"])


def paths(client, query: str = "") -> list[str]:
    return [entry["path"] for entry in client.get(TREE + query).json["results"]]


def test_an_entry_follows_its_thing(either) -> None:
    flag = either.post(FLAGS, {"key": "launch", "filters": {"groups": []}}).json
    entry = either.get(f"{TREE}?type=feature_flag&ref={flag['id']}").json["results"][0]
    assert entry["path"] == "Unfiled/Feature Flags/launch"
    assert (entry["depth"], entry["href"]) == (3, f"/feature_flags/{flag['id']}")
    assert entry["meta"]["created_by"] == flag["created_by"]["id"]
    either.patch(f"{TREE}{entry['id']}/", {"path": "Launch/launch"})
    either.patch(f"{FLAGS}{flag['id']}/", {"key": "renamed"})
    assert paths(either, f"?ref={flag['id']}&type=feature_flag") == ["Launch/renamed"]
    either.patch(f"{FLAGS}{flag['id']}/", {"deleted": True})
    assert paths(either, f"?ref={flag['id']}&type=feature_flag") == []
    either.patch(f"{FLAGS}{flag['id']}/", {"deleted": False})
    assert paths(either, f"?ref={flag['id']}&type=feature_flag") == ["Unfiled/Feature Flags/renamed"]


def test_a_name_is_one_segment(either) -> None:
    either.post("/api/projects/1/cohorts/", {"name": "a/b", "groups": [], "_create_in_folder": "Kept"})
    entry = either.get(f"{TREE}?parent=Kept").json["results"][0]
    assert (entry["path"], entry["depth"], entry["type"]) == ("Kept/a\\/b", 2, "cohort")


def test_a_thing_is_made_in_a_folder(either) -> None:
    body = {"name": "Dark mode", "stage": "beta", "_create_in_folder": "Launch/2026"}
    made = either.post("/api/projects/1/early_access_feature/", body).json
    assert paths(either, "?parent=Launch") == ["Launch/2026/Dark mode"]
    assert paths(either, "?path=Unfiled/Feature Flags/dark-mode") == ["Unfiled/Feature Flags/dark-mode"]
    either.delete(f"/api/projects/1/early_access_feature/{made['id']}/")
    assert paths(either, "?parent=Launch") == []


def test_what_is_generated_is_not_filed(observed) -> None:
    before = paths(observed, "?type=dashboard")
    observed.post(FLAGS, {"key": "measured", "filters": {"groups": []}})
    assert paths(observed, "?type=dashboard") == before


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("report", ["Alpha/Beta report", "Gamma/report\\/2"]),
        ("-report type:note", ["Alpha/Plan"]),
        ("path:alp", ["Alpha/Beta report", "Alpha/Plan"]),
        ("name:alp", ["Alpha"]),
        ('"Beta report"', ["Alpha/Beta report"]),
        ("report/2", ["Gamma/report\\/2"]),
        ("type:note ref:2", ["Alpha/Plan"]),
        ("user:nobody", []),
        ("don't", []),
    ],
)
def test_search_reads_fields_and_negations(observed, search, found) -> None:
    for number, path in enumerate(("Alpha/Beta report", "Alpha/Plan", "Gamma/report\\/2"), 1):
        observed.post(TREE, {"path": path, "type": "note", "ref": str(number)})
    assert [path for path in paths(observed, f"?search={search}") if path[:5] in ("Alpha", "Gamma")] == found


def test_a_folder_moves_with_what_is_in_it(session) -> None:
    session.post(TREE, {"path": "A/B/doc", "type": "note"})
    folder = session.get(f"{TREE}?path=A").json["results"][0]
    assert session.post(f"{TREE}{folder['id']}/count/").json == {"count": 2}
    moved = session.post(f"{TREE}{folder['id']}/move/", {"new_path": "C/D"})
    assert (moved.status_code, moved.json["path"], moved.json["depth"]) == (200, "C/D", 2)
    assert paths(session, "?parent=C") == ["C/D", "C/D/B", "C/D/B/doc"]
    assert session.post(f"{TREE}count_by_path/?path=C").json == {"count": 3}
    doc = session.get(f"{TREE}?path=C/D/B/doc").json["results"][0]
    assert session.post(f"{TREE}{doc['id']}/count/").json == {"detail": "Count can only be called on folders"}
    linked = session.post(f"{TREE}{doc['id']}/link/", {"new_path": "E/doc"}).json
    assert (linked["path"], linked["shortcut"], linked["id"] == doc["id"]) == ("E/doc", True, False)
    assert session.post(f"{TREE}{doc['id']}/move/", {}).json == {"detail": "new_path is required"}
    session.delete(f"{TREE}{folder['id']}/")
    assert paths(session, "?parent=C") == []


def test_a_removed_entry_is_filed_again(session) -> None:
    flag = session.post(FLAGS, {"key": "lost", "filters": {"groups": []}}).json
    entry = session.get(f"{TREE}?type=feature_flag&ref={flag['id']}").json["results"][0]
    session.delete(f"{TREE}{entry['id']}/")
    assert session.get(f"{FLAGS}{flag['id']}/").json["deleted"] is False
    assert session.get(f"{TREE}unfiled/?type=dashboard").json == {"count": 0}
    assert session.get(f"{TREE}unfiled/").json == {"count": 1}
    assert "Unfiled/Feature Flags" in paths(session, "?depth=2&type=folder")


def test_a_new_project_has_its_things_filed(observed) -> None:
    project = observed.post("/api/organizations/@current/projects/", {"name": "Fresh"}).json
    tree = observed.get(f"/api/projects/{project['id']}/file_system/").json
    assert (tree["count"], tree["users"]) == (8, [])
    assert tree["results"][0]["path"] == "Unfiled/Dashboards/My App Dashboard"


def test_shortcuts_are_ones_own(observed) -> None:
    mine = observed.post("/api/projects/1/file_system_shortcut/", {"path": "x", "type": "insight"}).json
    other = observed.post("/__admin/worlds/default/api_keys", {"scopes": ["*"], "user_id": 2}).json["api_key"]
    assert observed.get("/api/environments/1/file_system_shortcut/").json["count"] == 2
    assert observed.as_key(other).get("/api/projects/1/file_system_shortcut/").json["count"] == 0
    assert observed.as_key(other).get(f"/api/projects/1/file_system_shortcut/{mine['id']}/").status_code == 404

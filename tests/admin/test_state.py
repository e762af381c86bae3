"""A world's state over the control plane."""

from __future__ import annotations

from typing import Any

import pytest

ANNOTATIONS = "/api/projects/1/annotations/"


def test_state_comes_back(admin: Any, ask: Any) -> None:
    ask("POST", ANNOTATIONS, {"content": "before", "scope": "project"})
    state = admin("GET", "/worlds/default/state").json
    ask("POST", ANNOTATIONS, {"content": "after", "scope": "project"})
    assert admin("PUT", "/worlds/default/state", state).status_code == 204
    assert [note["content"] for note in ask("GET", ANNOTATIONS).json["results"]] == ["before"]
    assert admin("GET", "/worlds/default/state").json == state


def test_state_of_another_world_leaves_a_world_its_keys(admin: Any, ask: Any) -> None:
    ask("POST", ANNOTATIONS, {"content": "copied", "scope": "project"})
    made = admin("POST", "/worlds", {"scenario": "empty"}).json
    state = admin("GET", "/worlds/default/state").json
    assert admin("PUT", f"/worlds/{made['id']}/state", state).status_code == 204
    notes = ask("GET", ANNOTATIONS, key=made["api_key"]).json["results"]
    assert [note["content"] for note in notes] == ["copied"]
    after = admin("GET", f"/worlds/{made['id']}").json
    assert (after["api_key"], after["project_token"]) == (made["api_key"], made["project_token"])
    ask("PATCH", f"{ANNOTATIONS}{notes[0]['id']}/", {"deleted": True}, key=made["api_key"])
    assert ask("GET", ANNOTATIONS).json["count"] == 1


def test_state_with_faults_and_stubs_comes_back(admin: Any, ask: Any) -> None:
    admin("POST", "/worlds/default/faults", {"match": {"operation": "annotations_list"}, "status": 503})
    state = admin("GET", "/worlds/default/state").json
    admin("DELETE", "/worlds/default/faults")
    assert ask("GET", ANNOTATIONS).status_code == 200
    assert admin("PUT", "/worlds/default/state", state).status_code == 204
    assert ask("GET", ANNOTATIONS).status_code == 503


@pytest.mark.parametrize(
    ("part", "value", "attr"),
    [
        ("format", 2, "format"),
        ("tables", {"persons": [{"id": 1}]}, "tables__persons__0__distinct_ids"),
        ("tables", {"horses": []}, "tables__horses"),
        ("tables", {"persons": [5]}, "tables__persons__0"),
        ("values", {"faults": [{"status": "x"}]}, "values__faults__0__status"),
        ("values", {"clock": {"frozen": "noon"}}, "values__clock__frozen"),
        ("more", 1, "more"),
    ],
)
def test_state_that_does_not_fit_is_refused(admin: Any, part: str, value: Any, attr: str) -> None:
    state = admin("GET", "/worlds/default/state").json
    refused = admin("PUT", "/worlds/default/state", {**state, part: value})
    assert (refused.status_code, refused.json["attr"]) == (400, attr)
    assert admin("GET", "/worlds/default/state").json == state


def test_large_load_is_taken(admin: Any) -> None:
    persons = [{"distinct_ids": [f"u{number}"], "properties": {"about": "x" * 5000}} for number in range(5000)]
    assert admin("POST", "/worlds/default/load", {"persons": persons}).json == {"loaded": {"persons": 5000}}

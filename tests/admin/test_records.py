"""The records of a world over the control plane, table by table."""

from __future__ import annotations

from typing import Any

import pytest

RECORDS = "/worlds/default/records"


@pytest.fixture
def annotation(admin: Any) -> Any:
    return admin("POST", f"{RECORDS}/annotations", {"content": "Launch", "scope": "project"}).json


def test_every_table_is_listed_with_its_fields(admin: Any) -> None:
    tables = {table["table"]: table for table in admin("GET", RECORDS).json["tables"]}
    notes = tables["annotations"]
    assert (notes["records"], notes["key"], notes["component"], notes["editable"]) == (0, "id", "Annotation", True)
    assert notes["fields"]["scope"]["enum"][0] == "dashboard_item"
    assert notes["fields"]["created_by"]["reference"] == "users"
    assert tables["persons"]["fields"]["distinct_ids"]["required"] is True
    assert tables["cohort_members"]["editable"] is False


def test_record_is_added_and_seen_over_the_api(annotation: Any, ask: Any) -> None:
    seen = ask("GET", f"/api/projects/1/annotations/{annotation['id']}/").json
    assert (seen["content"], seen["created_by"]["id"]) == ("Launch", annotation["created_by"])


def test_record_is_changed_and_seen_over_the_api(admin: Any, ask: Any, annotation: Any) -> None:
    changed = admin("PATCH", f"{RECORDS}/annotations/{annotation['id']}", {"content": "Landing"})
    assert (changed.status_code, changed.json["content"]) == (200, "Landing")
    assert ask("GET", f"/api/projects/1/annotations/{annotation['id']}/").json["content"] == "Landing"


def test_record_is_removed(admin: Any, ask: Any, annotation: Any) -> None:
    assert admin("DELETE", f"{RECORDS}/annotations/{annotation['id']}").status_code == 204
    assert ask("GET", f"/api/projects/1/annotations/{annotation['id']}/").status_code == 404
    assert admin("GET", f"{RECORDS}/annotations/{annotation['id']}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "attr", "words"),
    [
        ({"content": 5}, "content", "expected text"),
        ({"scope": "moon"}, "scope", "expected one of"),
        ({"scope": None}, "scope", "expected one of"),
        ({"colour": "red"}, "colour", "there is no field"),
        ({"created_by": 99}, "created_by", "there is no record"),
        ({"id": 99}, "id", "stays"),
        ({"content": "nul\0"}, "content", "NUL"),
    ],
)
def test_refusals_name_the_field_and_nothing_changes(
    admin: Any, annotation: Any, changes: Any, attr: str, words: str
) -> None:
    refusal = admin("PATCH", f"{RECORDS}/annotations/{annotation['id']}", {"date_marker": None, **changes})
    assert (refusal.status_code, refusal.json["attr"]) == (400, attr)
    assert words in refusal.json["detail"]
    assert admin("GET", f"{RECORDS}/annotations/{annotation['id']}").json == annotation


def test_a_value_that_is_taken_is_refused(admin: Any) -> None:
    for key in ("one", "two"):
        made = admin("POST", f"{RECORDS}/feature_flags", {"key": key}).json
    assert admin("PATCH", f"{RECORDS}/feature_flags/{made['id']}", {"key": "two"}).status_code == 200
    refusal = admin("PATCH", f"{RECORDS}/feature_flags/{made['id']}", {"key": "one"})
    assert (refusal.status_code, refusal.json["attr"]) == (400, "key")
    refusal = admin("POST", f"{RECORDS}/feature_flags", {"key": "one"})
    assert (refusal.status_code, refusal.json["attr"]) == (400, "key")


def test_what_is_worked_out_when_it_is_shown_is_nobodys_to_write(admin: Any) -> None:
    made = admin("POST", f"{RECORDS}/persons", {"distinct_ids": ["ada"]}).json
    refusal = admin("PATCH", f"{RECORDS}/persons/{made['id']}", {"name": "Ada"})
    assert (refusal.status_code, refusal.json["attr"]) == (400, "name")


def test_no_record_is_removed_without_which_others_stand_nowhere(admin: Any) -> None:
    refusal = admin("DELETE", f"{RECORDS}/users/1")
    assert refusal.status_code == 400
    assert "organization_memberships" in refusal.json["detail"]


@pytest.mark.parametrize(("method", "path"), [("POST", "cohort_members"), ("DELETE", "deliveries/1")])
def test_what_follows_from_others_is_nobodys_to_write(admin: Any, method: str, path: str) -> None:
    refusal = admin(method, f"{RECORDS}/{path}", {} if method == "POST" else None)
    assert (refusal.status_code, refusal.json["type"]) == (400, "validation_error")


def test_records_are_searched_sorted_and_paged(admin: Any) -> None:
    for name, plan in (("ada", "pro"), ("Bob", "free"), ("eve", "pro")):
        admin("POST", f"{RECORDS}/persons", {"distinct_ids": [name], "properties": {"name": name, "plan": plan}})

    def names(query: str) -> list[str]:
        return [person["properties"]["name"] for person in admin("GET", f"{RECORDS}/persons?{query}").json["records"]]

    assert names("") == ["eve", "Bob", "ada"]
    assert names("search=PRO&ordering=id") == ["ada", "eve"]
    assert names("ordering=-id&limit=1&offset=1") == ["Bob"]
    assert names("limit=2&offset=2") == ["ada"]
    bob = admin("GET", f"{RECORDS}/persons?search=bob").json["records"][0]["id"]
    admin("DELETE", f"{RECORDS}/persons/{bob}")
    assert names("limit=2") == ["eve", "ada"]
    assert admin("GET", f"{RECORDS}/persons?search=pro&limit=1").json["count"] == 2
    assert admin("GET", f"{RECORDS}/moons").status_code == 404


def test_a_key_that_names_another_world_is_refused(admin: Any) -> None:
    made = admin("POST", "/worlds", {"scenario": "empty"}).json
    project = {"api_token": made["project_token"]}
    assert admin("PATCH", f"{RECORDS}/projects/1", project).status_code == 409
    assert admin("POST", f"{RECORDS}/projects", project).status_code == 409


def test_changes_since_the_world_began_are_told(admin: Any, annotation: Any) -> None:
    admin("PATCH", f"{RECORDS}/organizations/01890000-0000-7000-8000-000000000001", {"name": "Renamed"})
    changes = {table["table"]: table for table in admin("GET", "/worlds/default/changes").json["tables"]}
    assert changes["annotations"]["changes"] == [{"before": None, "after": annotation}]
    (renamed,) = changes["organizations"]["changes"]
    assert renamed["before"]["name"] != renamed["after"]["name"] == "Renamed"
    admin("DELETE", f"{RECORDS}/annotations/{annotation['id']}")
    assert admin("GET", "/worlds/default/changes?table=annotations").json["tables"] == []


def test_events_are_counted_by_time_and_name(admin: Any) -> None:
    moments = {"2026-01-01": "opened", "2026-01-02": "opened", "2026-01-11": "closed"}
    events = [{"event": name, "distinct_id": "ada", "timestamp": moment} for moment, name in moments.items()]
    admin("POST", "/worlds/default/load", {"events": events})
    counted = admin("GET", "/worlds/default/events/histogram?buckets=5").json
    assert (counted["buckets"], counted["count"], counted["held"]) == ([2, 0, 0, 0, 1], 3, 3)
    assert counted["events"] == [{"event": "opened", "count": 2}, {"event": "closed", "count": 1}]
    assert counted["from"].startswith("2026-01-01")
    assert admin("GET", "/worlds/default/events/histogram?event=gone").json["from"] is None


def test_who_gets_a_flag_is_told_with_the_reason(admin: Any) -> None:
    persons = [
        {"distinct_ids": [name], "properties": {"plan": plan}} for name, plan in (("ada", "pro"), ("bob", "free"))
    ]
    admin("POST", "/worlds/default/load", {"persons": persons})
    admin("PUT", "/worlds/default/flags/new", {"only": {"plan": "pro"}, "payload": {"size": 3}})
    told = admin("GET", "/worlds/default/flags/new/verdicts").json
    verdicts = {verdict["subject"]: verdict for verdict in told["verdicts"]}
    assert verdicts["ada"]["enabled"] is True
    assert verdicts["ada"]["payload"] == '{"size":3}'
    assert (verdicts["bob"]["enabled"], verdicts["bob"]["reason"]) == (False, "No matching condition set")
    assert (told["values"], told["count"], told["group"]) == ({"true": 1, "false": 1}, 2, None)
    admin("PUT", "/worlds/default/flags/new", {"enabled": False})
    assert admin("GET", "/worlds/default/flags/new/verdicts").json["values"] == {"false": 2}


def test_who_gets_a_flag_of_groups_is_told_of_groups(admin: Any) -> None:
    types = [{"group_type": "company", "group_type_index": 0}]
    groups = [{"group_type_index": 0, "group_key": key, "group_properties": {}} for key in ("acme", "umbrella")]
    admin("POST", "/worlds/default/load", {"group_types": types, "groups": groups})
    admin("PUT", "/worlds/default/flags/new", {"group": "company"})
    told = admin("GET", "/worlds/default/flags/new/verdicts").json
    assert (told["group"], told["values"]) == ("company", {"true": 2})
    assert {verdict["subject"] for verdict in told["verdicts"]} == {"acme", "umbrella"}

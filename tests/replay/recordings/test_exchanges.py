"""Exchanges recorded a line each, told to a mock over the world that they start from."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.replay.recordings.explaining import Explanations, read_explanations
from mockserver.replay.recordings.files import read_library, read_recording, write_recording
from mockserver.replay.recordings.model import RecordingError
from mockserver.replay.recordings.playing import Playback
from mockserver.replay.recordings.telling import Teller
from mockserver.replay.report.tallies import Tally

ORGANIZATION = "01890000-0000-7000-8000-0000000000aa"
KEY = "phx_recorded_key_0000000000000000000000000000"
SESSION = "phx_recorded_session_000000000000000000000000"
WORLD = {
    "organizations": [{"id": ORGANIZATION, "name": "Recorded"}],
    "projects": [{"id": 7, "organization_id": ORGANIZATION, "name": "Recorded"}],
    "users": [{"id": 3, "email": "ann@recorded.test", "first_name": "Ann", "current_project_id": 7}],
    "organization_memberships": [{"user_id": 3, "organization_id": ORGANIZATION, "level": 15}],
    "api_keys": [
        {"label": "all", "value": KEY, "user_id": 3, "scopes": ["*"]},
        {"label": "session:ann@recorded.test", "value": SESSION, "user_id": 3, "scopes": None},
    ],
    "annotations": [{"id": 40, "content": "old", "project_id": 7, "created_at": "2025-01-01T12:00:00Z"}],
}
HEAD = {
    "format": 2, "recording": "annotations", "holds": "exchanges", "server": {"name": "PostHog", "date": "2025-08-04"},
    "world": "world.json", "began_at": "2026-11-20T17:45:33Z",
}  # fmt: skip
PATH = "/api/projects/7/annotations/"
MADE = "2026-11-20T17:45:33.235196Z"


def line(number: int, method: str, path: str, status: int, answer: Any, **more: Any) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {
        "n": number, "note": f"line {number}", "auth": more.pop("auth", "all"),
        "request": {"method": method, "path": path, "headers": headers, "body": more.pop("body", None)},
        "response": {"status": status, "headers": {"content-type": "application/json"}, "json": answer}, **more,
    }  # fmt: skip


def annotation(id: int, content: str, **fields: Any) -> dict[str, Any]:
    """What a real server answers of an annotation."""
    author = {
        "id": 3, "uuid": "01a1fa02-7a90-0000-7074-dd0aaafb0597", "distinct_id": "A" * 43, "first_name": "Ann",
        "last_name": "", "email": "ann@recorded.test", "is_email_verified": None, "hedgehog_config": None,
        "role_at_organization": None,
    }  # fmt: skip
    made = {
        "id": id, "content": content, "date_marker": None, "creation_type": "USR", "dashboard_item": None,
        "dashboard_id": None, "dashboard_name": None, "insight_short_id": None, "insight_name": None,
        "insight_derived_name": None, "created_by": author, "created_at": MADE, "updated_at": MADE, "deleted": False,
        "scope": "dashboard_item",
    }  # fmt: skip
    return made | fields


def error(code: str, detail: str) -> dict[str, Any]:
    return {"type": "invalid_request", "code": code, "detail": detail, "attr": None}


@pytest.fixture
def tell(contract, mocks, tmp_path):
    """Tell lines to a mock, and return the report."""

    def tell(*lines: dict[str, Any], explained: Any = None, only: str | None = None, **head: Any):
        write(tmp_path, *lines, **head)
        (tmp_path / "explained.yaml").write_text(yaml.safe_dump([explained] if explained else []))
        explanations = read_explanations(tmp_path)
        return Playback(
            contract, mocks("observed"), read_library(tmp_path), "recordings", explanations=explanations, only=only
        ).run()

    return tell


def write(folder: Path, *lines: dict[str, Any], world: Any = WORLD, **head: Any) -> None:
    (folder / "annotations.jsonl").write_text("\n".join(map(json.dumps, (HEAD | head, *lines))) + "\n")
    (folder / "world.json").write_text(json.dumps(world))


def found(report) -> dict[str, str]:
    return {m.difference.place: m.where for row in report.rows.values() for m in row.mismatches}


CREATE = line(1, "POST", PATH, 201, annotation(912, "new"), body='{"content": "new"}')


def test_identifiers_of_the_recording_are_those_of_the_mock_from_then_on(tell) -> None:
    report = tell(
        CREATE,
        line(2, "PATCH", f"{PATH}912/", 200, annotation(912, "newer"), body='{"content": "newer"}'),
        line(3, "GET", f"{PATH}912/", 200, annotation(912, "newer")),
        line(4, "GET", f"{PATH}913/", 404, error("not_found", "Not found.")),
    )  # fmt: skip
    assert found(report) == {}
    assert report.tallies == [Tally("annotations", "PostHog of 2025-08-04", same=4)]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (annotation(912, "other"), "$.content"),
        (annotation(912, "new", deleted=None), "$.deleted"),
        (annotation(912, "new", scope="project"), "$.scope"),
        ({k: v for k, v in annotation(912, "new").items() if k != "deleted"}, "$.deleted"),
        (annotation(912, "new", emoji=None), "$.emoji"),
        (annotation(912, "new", created_at="2026-11-20"), "$.created_at"),
    ],
)
def test_value_that_differs_is_told_with_its_exchange(tell, answer, place) -> None:
    report = tell(line(1, "POST", PATH, 201, answer, body='{"content": "new"}'))
    assert found(report) == {place: "annotations, exchange 1: line 1"}
    assert report.exit_code == 1


def test_another_status_is_told_and_a_failure_of_the_server_is_not_asked(tell) -> None:
    report = tell(line(1, "POST", PATH, 500, {}, body="{}"), line(2, "GET", PATH, 402, {}))
    assert list(found(report)) == ["status"]
    assert [(tally.same, list(tally.unexplained), tally.failed) for tally in report.tallies] == [(0, [2], 1)]
    assert report.steps == 1


def test_session_is_a_key_of_the_world(tell) -> None:
    answer = {
        "type": "invalid_request",
        "code": "method_not_allowed",
        "detail": 'Method "PUT" not allowed.',
        "attr": None,
    }
    assert found(tell(line(1, "PUT", PATH, 405, answer, auth="session:ann@recorded.test", body="{}"))) == {}


def test_login_lets_nobody_in_but_who_shows_what_it_gave(tell) -> None:
    refused = error("not_authenticated", "Authentication credentials were not provided.")
    refused["type"] = "authentication_error"
    body = json.dumps({"email": "ann@recorded.test", "password": "whatever it is"})
    login = line(1, "POST", "/api/login/", 200, {"success": True}, auth=None, body=body)
    lines = login, line(2, "GET", "/api/users/@me/", 401, refused, auth=None)
    assert found(tell(*lines)) == found(tell(*lines)) == {}


def test_long_list_is_compared_by_what_was_kept_of_it(tell) -> None:
    marked = [annotation(900 + day, f"a{day}", date_marker=f"2025-01-0{day}T00:00:00Z") for day in range(1, 7)]
    bodies = [json.dumps({name: made[name] for name in ("content", "date_marker")}) for made in marked]
    made = [line(n, "POST", PATH, 201, marked[n - 1], body=bodies[n - 1]) for n in range(1, 7)]
    kept = {"count": 6, "next": None, "previous": None, "results": [marked[5], marked[4], marked[3], marked[0]]}
    path = f"{PATH}?search=a"
    cut = line(7, "GET", path, 200, kept, kept={"of": 6, "first": 3, "last": 1})
    report = tell(*made, cut, line(8, "GET", path, 200, kept))
    assert found(report) == {"$.results": "annotations, exchange 8: line 8"}


def test_clock_of_the_world_is_that_of_the_recording(contract, mocks, tmp_path) -> None:
    write(tmp_path, CREATE, {**CREATE, "n": 2, "waited_seconds": 90}, clock="stopped")
    teller = Teller(contract, mocks("observed"), Explanations(), lambda stage, done, total: None)
    told = list(teller.tell(read_library(tmp_path)))
    assert [one.answer.json["created_at"] for one in told] == ["2026-11-20T17:45:33Z", "2026-11-20T17:47:03Z"]


ASKED = {
    "n": 1, "auth": "all", "method": "POST", "path": PATH, "body": {"content": "new"}, "answer": {"id": 912},
    "shown_by": "Line 2 shows it.",
}  # fmt: skip
LATER = line(2, "PATCH", f"{PATH}912/", 200, annotation(912, "newer"), body='{"content": "newer"}')


@pytest.mark.parametrize(
    ("asked", "unexplained"),
    [
        (ASKED, {}),
        (ASKED | {"answer": {"id": 912, "content": "other"}}, {1: "$.content: 'other' / 'new'"}),
        (
            ASKED | {"path": "/api/projects/8/annotations/"},
            {1: "status: put back / 404", 2: "status: 200 / 404 not_found"},
        ),
    ],
)
def test_request_that_was_left_out_is_sent_at_its_place_and_counted_apart(tell, tmp_path, asked, unexplained) -> None:
    (tmp_path / "left_out").mkdir()
    (tmp_path / "left_out" / "annotations.yaml").write_text(yaml.safe_dump([asked]))
    tally = tell(LATER).tallies[0]
    assert (tally.same, tally.put_back, tally.unexplained) == (1 - (2 in unexplained), 1, unexplained)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ASKED | {"n": 2}, "2 is no line that annotations leaves out"),
        (ASKED | {"auth": "nobody"}, "no key is labelled 'nobody'"),
        (ASKED | {"shown_by": ""}, "does not say which lines show it"),
        (ASKED | {"after": 1}, "unknown ['after']"),
    ],
)
def test_what_is_put_back_fills_a_gap_and_says_what_shows_it(tell, tmp_path, asked, words) -> None:
    (tmp_path / "left_out").mkdir()
    (tmp_path / "left_out" / "annotations.yaml").write_text(yaml.safe_dump([asked]))
    with pytest.raises(RecordingError, match=re.escape(words)):
        tell(LATER)


OTHER = line(1, "POST", PATH, 201, annotation(912, "other"), body='{"content": "new"}')
REASON = {"recordings": "annotations", "reason": "It was so.", "cause": "later", "date": date(2026, 1, 15)}


@pytest.mark.parametrize(
    ("narrowed", "explains"),
    [
        ({}, True),
        ({"place": "$.content"}, True),
        ({"place": "$.cont*", "kind": "value", "lines": [1, 5], "request": "POST .*line 1$"}, True),
        ({"place": "$.scope"}, False),
        ({"lines": [2]}, False),
        ({"request": "^GET"}, False),
        ({"kind": "null"}, False),
        ({"recordings": ["cohorts"]}, False),
    ],
)
def test_reason_explains_what_it_is_about_and_nothing_else(tell, narrowed, explains) -> None:
    report = tell(OTHER, explained=REASON | narrowed)
    tally = report.tallies[0]
    assert (tally.explained, tally.unexplained) == (
        ({1: "It was so."}, {}) if explains else ({}, {1: "$.content: 'other' / 'new'"})
    )
    assert report.exit_code == (0 if explains else 1)
    unused = [] if explains or narrowed.get("recordings") == ["cohorts"] else ["It was so."]
    assert [deviation.reason for deviation in report.unused if deviation.reason == "It was so."] == unused


def test_one_place_without_a_reason_leaves_a_line_unexplained(tell) -> None:
    both = line(1, "POST", PATH, 201, annotation(912, "other", scope="project"), body='{"content": "new"}')
    report = tell(both, explained=REASON | {"place": "$.content"})
    assert list(report.tallies[0].unexplained) == [1]


def test_request_is_sent_as_a_later_server_takes_it(tell) -> None:
    report = tell(OTHER, explained=REASON | {"sent_as": ["new", "other"]})
    assert report.tallies[0].same == 1 and report.exit_code == 0


def test_compressed_recording_and_a_world_in_parts_are_read_alike(contract, mocks, tmp_path) -> None:
    write(tmp_path, CREATE)
    recording = read_library(tmp_path).recordings[0]
    folder = tmp_path / "set" / "deeper"
    file = write_recording(recording, folder, compressed=True)
    assert replace(read_recording(file), file=recording.file) == recording
    assert file.read_bytes() == write_recording(recording, folder, compressed=True).read_bytes()
    first, then = {**WORLD, "annotations": []}, {"annotations": WORLD["annotations"]}
    (folder / "then.json").write_text(json.dumps(then))
    (folder / "world.json").write_text(json.dumps([first, "then.json"]))
    report = Playback(contract, mocks("observed"), read_library(tmp_path / "set"), "recordings").run()
    assert report.tallies[0].same == 1


def test_world_is_gone_afterwards_and_can_be_told_again(tell, mocks) -> None:
    before = mocks("observed").ask("GET", "/__admin/worlds").json
    assert found(tell(CREATE)) == found(tell(CREATE)) == {}
    assert mocks("observed").ask("GET", "/__admin/worlds").json == before


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("annotations.jsonl", f"{json.dumps(HEAD)}\n{{}}", "line 2: no recorded exchange"),
        ("annotations.jsonl", f"{json.dumps(HEAD)}\nno json", "line 2: not JSON"),
        ("annotations.jsonl", "", "which format"),
        ("world.json", "[1]", "object of tables"),
        ("world.json", "no json", "not JSON"),
        ("explained.yaml", "- 1", "expected a mapping"),
        ("explained.yaml", "- {recordings: a}", "missing ['cause', 'date', 'reason']"),
        ("explained.yaml", "- {recordings: a, reason: b, cause: c, date: 2026-01-15}", "not a valid Cause"),
        ("world.json", '{"nothing": [{}]}', "does not take it"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line(run, tmp_path, file, text, words) -> None:
    folder = tmp_path / "recorded"
    folder.mkdir()
    write(folder, CREATE)
    (folder / file).write_text(text)
    result = run("replay", "--target", "mock", "--target", f"recordings={folder}", exit_code=2)
    assert words in result.output


def test_command_gives_the_mock_the_profile_of_the_servers(run, tmp_path) -> None:
    write(tmp_path, CREATE)
    result = run("replay", "--target", "mock", "--target", f"recordings={tmp_path}", "--json", "report.json")
    assert "0 differences" in result.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert [target["profile"] for target in report["targets"]] == ["observed@2025-08"] * 2

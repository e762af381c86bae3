"""Care for a server that is not ours: nothing is written unasked, nothing of others is touched, nothing is left."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.replay.care.guard import Care
from mockserver.replay.care.journal import Journal, Made
from mockserver.replay.routing import Routing
from mockserver.serving.app import create_app
from mockserver.serving.server import Server, free_address
from tests import conftest
from tests.replay.stranger import FULL, ORGANIZATION, Stranger, key_of

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
PROJECT = ("--project", "42", "--allow-writes")
ALL_ACCESS = key_of("all_access")


class Somebodys(Stranger):
    """Somebody's PostHog, and what its owner sees of it."""

    def __init__(self, contract: Any) -> None:
        super().__init__(contract, replace(FULL, fails=False))
        self.client = self.application.test_client()
        self.started: list[subprocess.Popen[str]] = []

    def state(self) -> dict[str, list[Any]]:
        """What a user sees of everything that a replay might write."""
        paths = [f"/api/projects/42/{name}/?limit=1000" for name in ("annotations", "cohorts", "comments")]
        paths += [f"/api/organizations/{ORGANIZATION}/roles/", "/api/environments/42/persisted_folder/",
                  "/api/projects/42/pipeline_destination_configs/", "/api/projects/42/persons/?limit=500"]  # fmt: skip
        seen = {path: self._get(path)["results"] for path in paths}
        seen["project"] = [self._get(f"/api/organizations/{ORGANIZATION}/projects/42/")]
        return seen

    def written(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, status in self.asked if method in WRITES and status < 300]

    def _get(self, path: str) -> Any:
        answer = self.client.get(path, headers={"Authorization": f"Bearer {key_of('session')}"})
        assert answer.status_code == 200, (path, answer.get_data())
        return answer.json


@pytest.fixture
def somebodys(contract) -> Iterator[Somebodys]:
    made = Somebodys(contract)
    yield made
    for process in made.started:
        process.kill()
        process.wait()
    made.close()


def command(server: Somebodys, *more: str) -> list[str]:
    return ["replay", "--target", f"real={server.url}", "--api-key-env", "real=KEY", "--rate", "2000", *more]


def left_in(folder: Path) -> list[Path]:
    return list((folder / ".mockserver").rglob("*.jsonl"))


# What is sent


def test_nothing_is_written_unasked(run, somebodys) -> None:
    before = somebodys.state()
    more = ("--only", "annotations|cohorts|roles|query", "--examples", "1", "--coverage", "8")
    run(*command(somebodys, *more), exit_code=0, KEY=ALL_ACCESS)
    queries = [path for method, path, _ in somebodys.asked if method in WRITES]
    assert len(somebodys.asked) > 100
    assert {path.split("/")[4] for path in queries} <= {"query"}
    assert not [path for _, path, _ in somebodys.asked if "duplicate_as_static_cohort" in path]
    assert somebodys.state() == before


def test_scripts_that_write_leave_nothing_and_touch_nothing_else(run, somebodys, tmp_path) -> None:
    before = somebodys.state()
    more = ("--no-properties", "--organization", ORGANIZATION, *PROJECT)
    result = run(*command(somebodys, *more), exit_code=0, KEY=ALL_ACCESS)
    assert len(somebodys.written()) > 60
    assert "real: removed " in result.output
    assert somebodys.state() == before
    assert left_in(tmp_path) == []


def test_recording_leaves_nothing_either(run, somebodys, tmp_path) -> None:
    before = somebodys.state()
    given = [word for word in command(somebodys, "--only", "annotations", *PROJECT) if word != "replay"]
    run("record", *given, "--out", tmp_path / "kept", KEY=ALL_ACCESS)
    assert len(somebodys.written()) > 10 and somebodys.state() == before
    assert ALL_ACCESS not in "".join(path.read_text() for path in (tmp_path / "kept").iterdir())
    result = run("replay", "--target", "mock", "--target", f"recordings={tmp_path / 'kept'}")
    assert "0 failures, 0 differences" in result.output


def test_project_is_made_to_write_in_and_removed(run, somebodys, tmp_path) -> None:
    before = somebodys.state()
    more = ("--no-properties", "--only", "annotations|persons|projects/{id}", "--json", "r.json")
    run(*command(somebodys, "--allow-writes", *more), exit_code=0, KEY=ALL_ACCESS)
    reached = {o["operation"] for o in json.loads((tmp_path / "r.json").read_text())["operations"]
               if o["targets"]["real"]["reached"]}  # fmt: skip
    assert reached > {"persons_destroy", "persons_update", "annotations_create", "partial_update_2"}
    assert somebodys.state() == before and left_in(tmp_path) == []
    paths = {"/".join(path.split("/")[:6]) for method, path in somebodys.written() if method != "POST"}
    assert not paths & {"/api/projects/42", f"/api/organizations/{ORGANIZATION}/projects/42"}


def test_where_to_write_must_be_named_where_no_project_can_be_made(run, somebodys) -> None:
    said = run(*command(somebodys, "--allow-writes"), exit_code=2, KEY=key_of("member")).output
    assert "may not make a project to work in" in said and "--project" in said
    assert not somebodys.written()


def test_one_key_does_not_go_to_two_servers(run, contract) -> None:
    asked: list[str] = []

    def noting(application: Any) -> Any:
        return lambda environ, start: asked.append(environ["PATH_INFO"]) or application(environ, start)

    mocks = [create_app(profile="observed", contract=contract) for _ in range(2)]
    servers = [Server(app, free_address("127.0.0.1", 0)).start() for app in (mocks[0], noting(mocks[1]))]
    two = ("replay", "--target", f"a={servers[0].address.url}", "--target", f"b={servers[1].address.url}")
    # mocks that are given no key of their own are worked on in a world that is made for it
    run(*two, "--only", "roles_list", "--no-properties", "--api-key-env", "KEY", KEY="phx_private")
    run(*two, "--only", "roles_list", "--no-properties", "--api-key-env", "a=KEY", KEY=conftest.ALL_ACCESS)
    for server in servers:
        server.stop()
    assert asked and all(path.startswith("/__admin") or not path.startswith("/api/projects/2") for path in asked)


CARE = [
    ("GET", "/api/projects/1/annotations/", False, None),
    ("GET", "/api/projects/2/annotations/", False, None),
    ("HEAD", "/api/projects/1/annotations/", False, None),
    ("POST", "/api/environments/1/query/", False, None),
    ("POST", "/api/projects/1/annotations/", False, "read only"),
    ("DELETE", "/api/projects/1/", False, "read only"),
    ("GET", "/api/projects/1/cohorts/3/duplicate_as_static_cohort/", False, "read only"),
    ("POST", "/api/projects/1/annotations/", True, None),
    ("POST", "/api/projects/2/annotations/", True, "outside the project"),
    ("PATCH", "/api/projects/1/annotations/7/", True, "not made by this replay"),
    ("PATCH", "/api/projects/1/annotations/70/", True, "not made by this replay"),
    ("PATCH", "/api/projects/1/cohorts/7/", True, None),
    ("GET", "/api/projects/1/cohorts/7/duplicate_as_static_cohort/", True, None),
    ("GET", "/api/projects/1/cohorts/8/duplicate_as_static_cohort/", True, "not made by this replay"),
    ("HEAD", "/api/projects/1/cohorts/7/duplicate_as_static_cohort/", True, "would make a record"),
    ("DELETE", f"/api/organizations/{ORGANIZATION}/projects/1/", True, "changes projects"),
    ("PATCH", f"/api/organizations/{ORGANIZATION}/projects/1/reset_token/", True, "changes projects"),
    ("POST", f"/api/organizations/{ORGANIZATION}/projects/", True, "changes projects"),
    ("POST", f"/api/organizations/{ORGANIZATION}/roles/", True, "outside the project"),
    ("DELETE", "/api/environments/1/persons/0198f000-0000-7000-8000-000000000001/", True, "changes persons"),
    ("POST", "/api/environments/1/persons/bulk_delete/", True, "does not know"),
    ("POST", "/api/environments/1/persisted_folder/", True, "changes persisted folders"),
    ("POST", "/api/projects/1/pipeline_destination_configs/", True, "changes pipeline destinations"),
    ("POST", "/api/projects/1/nothing/", True, "does not know what it would do"),
    ("PATCH", "/api/users/@me/", True, "changes users"),
    ("GET", "/api/users/@me/two_factor_start_setup/", True, "changes users"),
    ("POST", "/api/organizations/x/invites/", True, "changes invites"),
    ("POST", "/api/personal_api_keys/", True, "changes personal api keys"),
    ("PATCH", "/api/environments/1/", True, "changes environments"),
]


@pytest.mark.parametrize(("method", "path", "allow", "reason"), CARE)
def test_only_what_is_ours_may_be_changed(contract, tmp_path, method, path, allow, reason) -> None:
    journal = Journal.of("http://real.example", tmp_path)
    journal.add(Made("/api/projects/1/cohorts/7", "PATCH", {"deleted": True}))
    refusal = Care(contract, {"project_id": 1}, journal, allow_writes=allow).refusal(method, path)
    assert refusal is None if reason is None else reason in str(refusal)


OWN = f"/api/organizations/{ORGANIZATION}/projects/7"
IN_OUR_OWN = [
    ("POST", "/api/projects/7/annotations/", None),
    ("PATCH", "/api/projects/7/annotations/5/", None),
    (
        "PATCH",
        "/api/projects/7/annotations/9/",
        "not made by this replay",
    ),  # an organization's are seen in each
    ("DELETE", "/api/environments/7/persons/0198f000-0000-7000-8000-000000000001/", None),
    ("PATCH", f"{OWN}/", None),
    ("DELETE", f"{OWN}/", "removed at the end"),
    ("PATCH", "/api/environments/7/", None),
    ("DELETE", "/api/environments/7/", "changes environments"),
    ("PATCH", "/api/environments/1/", "changes environments"),
    ("POST", "/api/projects/7/insights/viewed/", None),
    ("POST", "/api/projects/7/groups/delete_property/", None),
    ("POST", "/api/projects/1/groups/delete_property/", "outside the project"),
    ("PATCH", "/api/projects/7/event_definitions/0198f000-0000-7000-8000-000000000001/", None),
    ("PATCH", "/api/projects/7/dashboard_templates/0198f000-0000-7000-8000-000000000001/", "not made by this replay"),
    ("POST", f"/api/organizations/{ORGANIZATION}/feature_flags/copy_flags/", "outside the project"),
    ("POST", f"/api/organizations/{ORGANIZATION}/projects/", None),
    ("POST", "/api/organizations/01890000-0000-7000-8000-000000000002/projects/", "changes projects"),
    ("PATCH", f"/api/organizations/{ORGANIZATION}/projects/1/", "changes projects"),
    ("POST", "/api/projects/1/annotations/", "outside the project"),
    ("DELETE", "/api/environments/1/persons/0198f000-0000-7000-8000-000000000001/", "changes persons"),
    ("POST", f"/api/organizations/{ORGANIZATION}/roles/", "outside the project"),
]


@pytest.mark.parametrize(("method", "path", "reason"), IN_OUR_OWN)
def test_anything_of_its_own_may_be_changed_in_a_project_made_for_it(contract, tmp_path, method, path, reason) -> None:
    journal = Journal.of("http://real.example", tmp_path)
    journal.add(Made(OWN, "DELETE"))
    care = Care(contract, {"project_id": 7}, journal, allow_writes=True, own_project=OWN)
    care.note("POST", "/api/projects/7/annotations/", 201, b'{"id": 5}')
    refusal = care.refusal(method, path)
    assert refusal is None if reason is None else reason in str(refusal)
    assert len(journal.made) == 1


def test_no_operation_that_changes_what_is_not_ours_is_ever_sent(contract, tmp_path) -> None:
    care = Care(contract, {"project_id": 1, "organization_id": "x"}, Journal.of("x", tmp_path), allow_writes=True)
    sent = {
        operation.id
        for operation in contract.operations
        if operation.writes
        and care.refusal(operation.method.upper(), operation.path.format_map(Filled())) is None
        and operation.family != "query"
    }
    making = {operation.id for operation in contract.operations if operation.action == "create"}
    assert sent <= making
    assert sent >= {"annotations_create", "cohorts_create", "comments_create", "feature_flags_create", "roles_create"}
    assert not sent & {"create_2", "persons_create", "environments_persisted_folder_create"}


def test_nothing_is_made_that_cannot_be_taken_away_again(contract, tmp_path) -> None:
    care = Care(contract, {"project_id": 1}, Journal.of("x", tmp_path), allow_writes=True)
    assert care.refusal("POST", "/api/projects/1/roles_of_nobody/") == "the contract does not know what it would do"
    for operation in contract.operations:
        path = operation.path.format_map(Filled())
        if operation.action == "create" and care.refusal("POST", path) is None and operation.family != "query":
            removal = care.removal(f"{path}/1")
            found = Routing(contract).find(removal.method, removal.path)
            assert found is not None, operation.id
            is_marked = "deleted" in contract.resolve(found.body_schema or {}).get("properties", {})
            assert removal.method == "DELETE" or is_marked, operation.id


class Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return {"project_id": "1", "organization_id": "x"}.get(name, "5")


# What is made


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "removal"),
    [
        (
            "POST", "/api/projects/1/annotations/", 201, {"id": 5},
            Made("/api/projects/1/annotations/5", "PATCH", {"deleted": True}),
        ),
        ("POST", "/api/organizations/o/roles/?x=1", 201, {"id": "u"}, Made("/api/organizations/o/roles/u", "DELETE")),
        ("POST", "/api/projects/1/annotations/", 400, {"id": 5}, None),
        ("POST", "/api/projects/1/annotations/", 200, {"id": 5}, None),
        ("POST", "/api/projects/1/annotations/", 201, [], None),
        ("POST", "/api/environments/1/query/", 200, {"id": "q"}, None),
        ("GET", "/api/projects/1/annotations/", 200, {"id": 5}, None),
        (
            "GET", "/api/projects/1/cohorts/7/duplicate_as_static_cohort/", 200, {"id": 9},
            Made("/api/projects/1/cohorts/9", "PATCH", {"deleted": True}),
        ),
    ],
)  # fmt: skip
def test_record_that_is_made_is_written_down(contract, tmp_path, method, path, status, body, removal) -> None:
    journal = Journal.of("http://real.example", tmp_path)
    Care(contract, {"project_id": 1}, journal, allow_writes=True).note(method, path, status, json.dumps(body).encode())
    assert journal.made == ([removal] if removal else [])
    assert Journal.of("http://real.example", tmp_path).earlier == journal.made


def test_record_is_written_down_before_it_is_made(run, somebodys, tmp_path) -> None:
    seen: list[str] = []

    def look(number: int) -> None:
        seen.extend(path.read_text() for path in left_in(tmp_path))

    somebodys.before = look
    run(*command(somebodys, "--no-properties", "--only", "annotations_create", *PROJECT), exit_code=0, KEY=ALL_ACCESS)
    first = json.loads(seen[0].splitlines()[0])
    assert first["path"] == "/api/projects/42/annotations" and first["intent"] and "body" in first


def test_record_whose_answer_was_lost_is_found_again(run, somebodys, tmp_path) -> None:
    before = somebodys.state()
    journal = Journal.of(somebodys.url, tmp_path / ".mockserver" / "replay")
    journal.intend("/api/projects/42/annotations", {"content": "Lost", "scope": "project"})
    journal.intend("/api/projects/42/annotations", {"content": "Never made"})
    somebodys.client.post("/api/projects/42/annotations/", json={"content": "Lost", "scope": "project"},
                          headers={"Authorization": f"Bearer {ALL_ACCESS}"})  # fmt: skip
    assert somebodys.state() != before
    assert "removed 1 of the 1 records" in run(*command(somebodys, "--clean"), KEY=ALL_ACCESS).output
    assert somebodys.state() == before and left_in(tmp_path) == []


def test_journal_is_kept_by_two_at_once(tmp_path) -> None:
    one, two = Made("/api/projects/1/roles/1", "DELETE"), Made("/api/projects/1/roles/2", "DELETE")
    first = Journal.of("http://real.example", tmp_path)
    first.add(one)
    second = Journal.of("http://real.example", tmp_path)
    second.add(two)
    assert second.earlier == [one] and second.made == [two]
    first.remove(one)
    assert Journal.of("http://real.example", tmp_path).earlier == [two]
    second.remove(two)
    assert not second.file.exists()


def test_line_that_a_crash_cut_short_is_passed_over(tmp_path) -> None:
    journal = Journal.of("http://real.example", tmp_path)
    journal.add(Made("/api/projects/1/roles/1", "DELETE"))
    whole = journal.file.read_text()
    journal.file.write_text(whole + '{"path": "/api/pro')
    assert Journal.of("http://real.example", tmp_path).earlier == journal.made
    for broken in (
        "nonsense\n" + whole,
        '{"path": "/x", "method": "DELETE"}\n',
        '{"path": "/api/x", "method": "POST"}\n',
    ):
        journal.file.write_text(broken)
        with pytest.raises(ValueError, match="line 1"):
            Journal.of("http://real.example", tmp_path)


# Ends that were not planned


def start(server: Somebodys, folder: Path, *more: str) -> subprocess.Popen[str]:
    arguments = [
        sys.executable,
        "-m",
        "mockserver",
        *command(server, "--no-properties", "--only", "roles|annotations", *more),
    ]
    env = {**os.environ, "KEY": ALL_ACCESS, "COLUMNS": "200"}
    started = subprocess.Popen(
        arguments, cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=hear_ctrl_c,
    )  # fmt: skip
    server.started.append(started)
    return started


def hear_ctrl_c() -> None:
    """Hear Ctrl-C: shells start what runs in the background deaf to it, and so are the children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until_something_is_made(server: Somebodys, folder: Path) -> None:
    """Wait until a record stands in the journal, and hold the server there."""
    reached, go_on = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        made = [path for path in left_in(folder) if '"method"' in path.read_text()]
        if made and not reached.is_set():
            reached.set()
            go_on.wait(5)

    server.before = hold
    assert reached.wait(30)
    server.go_on = go_on  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_replay_removes_what_it_made_and_keeps_its_report(somebodys, tmp_path, how) -> None:
    before = somebodys.state()
    process = start(somebodys, tmp_path, *PROJECT, "--json", "report.json")
    until_something_is_made(somebodys, tmp_path)
    process.send_signal(how)
    somebodys.go_on.set()
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 1, output
    assert "Stopped by Ctrl-C" in output and "real: removed" in output
    assert json.loads((tmp_path / "report.json").read_text())["interrupted"] is True
    assert somebodys.state() == before
    assert left_in(tmp_path) == []


def test_killed_replay_leaves_a_journal_that_clean_removes(run, somebodys, tmp_path) -> None:
    before = somebodys.state()
    process = start(somebodys, tmp_path, *PROJECT)
    until_something_is_made(somebodys, tmp_path)
    process.kill()
    process.communicate(timeout=30)
    somebodys.go_on.set()
    time.sleep(0.2)
    assert left_in(tmp_path)
    told = run(*command(somebodys, "--no-properties", "--only", "roles_list"), KEY=ALL_ACCESS).output
    assert "of an earlier replay" in told and "--clean removes them" in told
    assert left_in(tmp_path)
    told = run(*command(somebodys, "--clean"), KEY=ALL_ACCESS).output
    assert re.search(r"real: removed (\d+) of the \1 records", told)
    assert somebodys.state() == before
    assert left_in(tmp_path) == []


def test_what_cannot_be_removed_is_told(run, somebodys, tmp_path) -> None:
    journal = Journal.of(somebodys.url, tmp_path / ".mockserver" / "replay")
    journal.add(Made("/api/organizations/01890000-0000-7000-8000-0000000000ff/roles/5", "DELETE"))
    journal.add(Made("/api/projects/42/cohorts/3", "PATCH", {"deleted": "never"}))
    told = run(*command(somebodys, "--clean"), KEY=ALL_ACCESS).output
    assert "removed 1 of the 2" in told  # what is not there is gone
    assert "left: /api/projects/42/cohorts/3 (400); try again with --clean" in told
    assert left_in(tmp_path)

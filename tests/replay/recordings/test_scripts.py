"""Answers that were recorded, redacted and versioned, and a mock held against them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.replay.recordings.files import read_library, read_recording, write_recording
from mockserver.replay.recordings.model import Library, RecordingError
from mockserver.replay.recordings.playing import Playback
from mockserver.replay.recordings.recording import Recorder
from mockserver.replay.script import Script, Step, read_scripts

HEAD = '{"format": 2, "recording": "x", "holds": "scripts", "server": {"name": "a"}}'


@pytest.fixture(scope="module")
def recorded(contract, mocks, tmp_path_factory) -> Path:
    """What a mock answers about annotations, roles and persons, on file."""
    folder = tmp_path_factory.mktemp("recordings")
    operations = [o for o in contract.operations if o.family in ("annotations", "roles") or o.id == "persons_list"]
    recorder = Recorder(contract, mocks(), read_scripts(contract), operations)
    for recording in recorder.record():
        write_recording(recording, folder)
    return folder


def play(contract, target, library: Library, **options):
    return Playback(contract, target, library, "recordings", **options).run()


def changed(folder: Path, into: Path, family: str, change) -> Library:
    """Return a recording with each of its steps changed."""
    head, *steps = map(json.loads, (folder / f"{family}.jsonl").read_text().splitlines())
    for step in steps:
        change(step)
    (into / f"{family}.jsonl").write_text("\n".join(map(json.dumps, (head, *steps))))
    return read_library(into)


def differences(report) -> set[tuple[str, str, str]]:
    found = ((row.operation.id, m.difference) for row in report.rows.values() for m in row.unexplained)
    return {(operation, difference.place, difference.kind) for operation, difference in found}


@pytest.mark.parametrize("seed", [0, 5])
def test_mock_answers_as_it_was_recorded_whatever_its_identifiers(contract, mocks, recorded, seed) -> None:
    report = play(contract, mocks(seed=seed), read_library(recorded))
    assert differences(report) == set()
    assert report.scripts > 50 and report.steps > 120
    assert report.reached("mock") == report.reached("recordings") > 10


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda answer: answer.update(status=418), ("annotations_create", "status", "status")),
        (lambda answer: answer["json"].pop("content", 0), ("annotations_create", "$.content", "missing")),
        (lambda answer: answer["json"].update(colour="red"), ("annotations_create", "$.colour", "added")),
        (lambda answer: answer["json"].update(deleted="no"), ("annotations_create", "$.deleted", "type")),
        (lambda answer: answer["json"].update(content="other"), ("annotations_create", "$.content", "value")),
        (lambda answer: answer["headers"].update(allow="GET"), ("annotations_create", "header allow", "header")),
    ],
)
def test_what_differs_is_told_at_its_operation(contract, mocks, recorded, tmp_path, change, found) -> None:
    def on_create(step) -> None:
        if step["request"]["call"] == "annotations_create" and step["response"]["status"] == 201:
            change(step["response"])

    report = play(contract, mocks(), changed(recorded, tmp_path, "annotations", on_create), recorded_first=False)
    assert found in differences(report)
    assert report.exit_code == 1
    assert {operation for operation, _, _ in differences(report)} == {"annotations_create"}


def test_sides_stand_in_the_order_they_were_given(contract, mocks, recorded, tmp_path) -> None:
    def without(step) -> None:
        if isinstance(step["response"].get("json"), dict):
            step["response"]["json"].pop("creation_type", None)

    library = changed(recorded, tmp_path, "annotations", without)
    left = play(contract, mocks(), library, recorded_first=True)
    assert [info.name for info in left.targets] == ["recordings", "mock"]
    assert ("annotations_create", "$.creation_type", "added") in differences(left)
    assert ("annotations_create", "$.creation_type", "missing") in differences(play(contract, mocks(), library))


def test_recordings_say_what_they_are_and_nothing_private(recorded, mocks) -> None:
    head = json.loads((recorded / "persons.jsonl").read_text().splitlines()[0])
    assert {key: head[key] for key in ("format", "recording", "holds", "server")} == {
        "format": 2, "recording": "persons", "holds": "scripts", "server": {"name": "mock", "profile": "documented"},
    }  # fmt: skip
    assert head["contract"]["version"] and head["recorded_at"]
    text = "".join(path.read_text() for path in recorded.glob("*.jsonl"))
    people = mocks().ask("GET", "/api/projects/1/persons/").json["results"]
    private = [p["name"] for p in people] + [d for p in people for d in p["distinct_ids"]]
    private += [p["properties"][name] for p in people for name in ("name", "email") if name in p["properties"]]
    assert len(private) > 100
    assert [word for word in private if f'"{word}"' in text] == []
    assert "127.0.0.1" not in text and "phx_" not in text


def test_operation_that_is_gone_is_skipped_with_a_reason(contract, mocks, recorded, tmp_path) -> None:
    library = changed(recorded, tmp_path, "annotations", lambda step: step["request"].update(call="gone"))
    report = play(contract, mocks(), library, only=None)
    assert report.scripts == 0
    library = changed(
        recorded, tmp_path, "annotations",
        lambda step: step["request"].update(call="gone") if step["request"]["call"] == "annotations_destroy" else None,
    )  # fmt: skip
    assert any("'gone' any more" in reason for reason in play(contract, mocks(), library).skipped.values())


def test_what_is_recorded_anew_takes_the_place_of_the_same_alone(recorded, tmp_path) -> None:
    whole = read_recording(recorded / "annotations.jsonl")
    write_recording(whole, tmp_path)
    part = replace(whole, scripts=tuple(replace(s, recorded_at="2030-01-01T00:00:00Z") for s in whole.scripts[:2]))
    joined = read_recording(write_recording(part, tmp_path, beside=True))
    assert [s.name for s in joined.scripts] == [s.name for s in whole.scripts]
    assert [s.recorded_at.startswith("2030") for s in joined.scripts][:3] == [True, True, False]
    with pytest.raises(RecordingError, match="of another server"):
        write_recording(replace(part, origin=replace(part.origin, server="other")), tmp_path, beside=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "not JSON"),
        ("[]", "expected an object"),
        ("{}", "which format"),
        ('{"format": 99}', "record anew"),
        (f"{HEAD}", "holds no exchange"),
        ('{"format": 2, "recording": "x"}', "lacks something"),
        (
            '{"format": 2, "recording": "x", "holds": "scripts", "server": {"name": "a", "profile": "bad"}}',
            "another form",
        ),
        (f'{HEAD}\n{{"n": 1, "script": "s", "step": 2, "request": {{}}}}', "step 2 of script 's' follows 0 others"),
    ],
)
def test_file_that_is_no_recording_is_refused_in_a_line(run, tmp_path, text, words) -> None:
    (tmp_path / "annotations.jsonl").write_text(text)
    result = run("replay", "--target", "mock", "--target", f"recordings={tmp_path}", exit_code=2)
    assert words in result.output and str(tmp_path) in result.output


def test_command_records_and_replays(run, tmp_path) -> None:
    out = tmp_path / "kept"
    told = run("record", "--target", "mock", "--only", "roles_", "--out", out).output
    assert "roles.jsonl: " in told
    result = run("replay", "--target", "mock", "--target", f"recordings={out}", "--json", "report.json")
    assert "0 failures, 0 differences" in result.output
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["targets"][1]["url"] == str(out) and report["summary"]["steps"] > 20


def test_stopped_recording_keeps_the_families_that_were_complete(run, tmp_path, monkeypatch) -> None:
    original = Recorder._of_family

    def stop(self, family, scripts, known):
        if family == "roles":
            raise KeyboardInterrupt
        return original(self, family, scripts, known)

    monkeypatch.setattr(Recorder, "_of_family", stop)
    out = tmp_path / "kept"
    result = run("record", "--target", "mock", "--only", "^(role|annotation)s_list$", "--out", out, exit_code=1)
    assert "families that were complete" in result.output
    assert sorted(path.name for path in out.iterdir()) == ["annotations.jsonl", "projects.jsonl"]


def test_what_is_otherwise_the_second_time_is_marked_and_not_compared(contract, mocks, tmp_path) -> None:
    lister = next(operation for operation in contract.operations if operation.id == "annotations_list")
    script = Script("one more", "annotations", (Step("annotations_create", {"body": {"content": "a"}}),
                                                Step("annotations_list", {"query": {"search": "a"}})))  # fmt: skip
    target = replace(mocks(), reset=None)  # what the first take made is there the second time
    recording = next(Recorder(contract, target, [script], [lister]).record())
    created, listed = next(one for one in recording.scripts if one.name == "one more").steps
    assert created.varies == () and "$.count" in listed.varies
    once = next(Recorder(contract, target, [script], [lister], once=True).record())
    assert all(step.varies == () for one in once.scripts for step in one.steps)
    mocks().reset()
    write_recording(recording, tmp_path)
    report = play(contract, mocks(seed=5), read_library(tmp_path))
    assert ("annotations_list", "$.count", "value") not in differences(report)
    assert report.tallies[0].unexplained == {}

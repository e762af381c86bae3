"""Recordings on file: JSON, one file a family, with what format it is and of which contract.

{"format": 1, "family": "annotations", "server": {"name": "real", "profile": null},
 "contract": {"title": …, "version": …},
 "scripts": [{"name": …, "as": "all_access", "profile": null, "recorded_at": "2026-01-15T12:00:00Z",
              "steps": [{"ask": {"call": "annotations_create", "body": {…}, "keep": {"id": "$.id"}},
                         "answer": {"status": 201, "headers": {…}, "json": {…}}}]}]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mockserver.contract import Profile
from mockserver.contract.locations import CONTRACTS
from mockserver.replay.recordings.exchanges import SUFFIX, read_stories, read_world
from mockserver.replay.recordings.model import (
    FORMAT,
    UNSAID,
    Library,
    RecordedScript,
    RecordedStep,
    Recording,
    RecordingError,
)
from mockserver.replay.script import Answer

FOLDER = CONTRACTS / "recordings"


def read_library(path: Path = FOLDER) -> Library:
    """Return what is recorded in a file, or in those of a folder, whichever form they have. Raises: RecordingError."""
    if not path.exists():
        raise RecordingError(f"{path}: there are no recordings; mockserver record makes some")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    lines = [file for file in files if file.suffix == SUFFIX]
    if lines:
        return Library(path, stories=tuple(map(read_stories, lines)), world=read_world(lines[0].parent))
    recordings = tuple(read_recording(file) for file in files if file.suffix == ".json")
    if not recordings:
        raise RecordingError(f"{path}: there are no recordings; mockserver record makes some")
    return Library(path, recordings)


def read_recording(file: Path) -> Recording:
    """Return what a file holds. Raises: RecordingError."""
    data = read_json(file)
    if not isinstance(data, Mapping) or "format" not in data:
        raise RecordingError(f"{file}: no recording: it does not say which format it has")
    if data["format"] != FORMAT:
        raise RecordingError(f"{file}: its format is {data['format']!r}, and this version reads {FORMAT}; record anew")
    try:
        return _recording(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"{file}: it lacks something, or has it in another form: {error!r}") from None


def write_recording(recording: Recording, folder: Path, *, beside: bool = False) -> Path:
    """Write a recording to the file of its family, and return that.

    `beside` keeps what the file has of other scripts. Raises: RecordingError.
    """
    file = folder / f"{recording.family}.json"
    if beside and file.exists():
        recording = _joined(read_recording(file), recording, file)
    text = json.dumps(_data(recording), indent=1, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None
    return file


def read_json(file: Path) -> Any:
    """Return what a file of JSON holds. Raises: RecordingError."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise RecordingError(f"{file}: not JSON: {error}") from None


def _joined(old: Recording, new: Recording, file: Path) -> Recording:
    if (old.server, old.profile) != (new.server, new.profile):
        raise RecordingError(f"{file} is of another server ({old.server}); write elsewhere with --out")
    fresh = {(script.name, _call(script)): script for script in new.scripts}
    kept = [fresh.pop((script.name, _call(script)), script) for script in old.scripts]
    return replace(new, scripts=(*kept, *fresh.values()))


def _call(script: RecordedScript) -> str:
    """Return the operation that a script begins with; probes of many operations share a name."""
    return str(script.steps[0].spec["call"])


def _recording(data: Mapping[str, Any]) -> Recording:
    profile = data["server"]["profile"]
    return Recording(
        str(data["family"]), str(data["server"]["name"]), Profile(profile) if profile else None,
        str(data["contract"]["title"]), str(data["contract"]["version"]), tuple(map(_script, data["scripts"])),
    )  # fmt: skip


def _script(entry: Mapping[str, Any]) -> RecordedScript:
    profile = Profile(entry["profile"]) if entry["profile"] else None
    steps = tuple(RecordedStep(dict(step["ask"]), _answer(step["answer"])) for step in entry["steps"])
    if not steps or not all(isinstance(step.spec["call"], str) for step in steps):
        raise ValueError(f"script {entry['name']!r} asks nothing")
    return RecordedScript(str(entry["name"]), str(entry["as"]), profile, str(entry["recorded_at"]), steps)


def _answer(entry: Mapping[str, Any]) -> Answer:
    body = json.dumps(entry["json"]) if "json" in entry else entry.get("text", "")
    return Answer(int(entry["status"]), dict(entry["headers"]), body.encode())


def _data(recording: Recording) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "family": recording.family,
        "server": {"name": recording.server, "profile": recording.profile},
        "contract": {"title": recording.title, "version": recording.version},
        "scripts": [
            {
                "name": script.name, "as": script.role, "profile": script.profile, "recorded_at": script.recorded_at,
                "steps": [{"ask": _asked(step), "answer": _told(step.answer)} for step in script.steps],
            }
            for script in recording.scripts
        ],
    }  # fmt: skip


def _asked(step: RecordedStep) -> dict[str, Any]:
    return {key: value for key, value in step.spec.items() if key not in UNSAID}


def _told(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"status": answer.status, "headers": dict(answer.headers)}
    if not answer.body:
        return told
    try:
        return {**told, "json": json.loads(answer.body)}
    except ValueError:
        return {**told, "text": answer.body.decode("utf-8", "replace")}

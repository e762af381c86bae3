"""Recordings on file: a recording a file, its lines as they are (`.jsonl`) or compressed (`.jsonl.gz`)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mockserver.contract.locations import CONTRACTS
from mockserver.replay.recordings.left_out import read_left_out
from mockserver.replay.recordings.lines import parse, spell
from mockserver.replay.recordings.model import Library, RecordedScript, Recording, RecordingError

FOLDER = CONTRACTS / "recordings"
PLAIN, COMPRESSED = ".jsonl", ".jsonl.gz"
MISSING = "there are no recordings; mockserver record makes some"


def read_library(path: Path = FOLDER) -> Library:
    """Return what is recorded in a file, or in those of a folder and the folders in it. Raises: RecordingError."""
    files = list(_files(path)) if path.exists() else []
    if not files:
        raise RecordingError(f"{path}: {MISSING}")
    return Library(path, tuple(map(read_recording, files)))


def read_recording(file: Path) -> Recording:
    """Return what a file holds. Raises: RecordingError."""
    recording = parse(read_text(file), file)
    return replace(recording, left_out=read_left_out(recording))


def write_recording(recording: Recording, folder: Path, *, beside: bool = False, compressed: bool = False) -> Path:
    """Write a recording to a file of its name, and return that.

    `beside` keeps what the file has of other scripts. Raises: RecordingError.
    """
    file = folder / f"{recording.name}{COMPRESSED if compressed else PLAIN}"
    if beside and file.exists():
        recording = _joined(read_recording(file), recording, file)
    write_text(file, spell(recording))
    return file


def read_text(file: Path) -> str:
    """Return the text of a file that may be compressed. Raises: RecordingError."""
    try:
        content = file.read_bytes()
        return (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8")
    except gzip.BadGzipFile as error:
        raise RecordingError(f"{file}: {error}") from None
    except (EOFError, UnicodeDecodeError) as error:
        raise RecordingError(f"{file}: it is damaged: {error}") from None
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None


def write_text(file: Path, text: str) -> None:
    """Write a text, compressed where the name says so: the same bytes for the same text. Raises: RecordingError."""
    content = text.encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_bytes(gzip.compress(content, 9, mtime=0) if file.suffix == ".gz" else content)
        partial.replace(file)
    except OSError as error:
        raise RecordingError(f"{file}: {error.strerror}") from None


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*.jsonl*") if file.name.endswith((PLAIN, COMPRESSED)))
    else:
        yield path


def _joined(old: Recording, new: Recording, file: Path) -> Recording:
    if (old.origin.server, old.origin.profile) != (new.origin.server, new.origin.profile):
        raise RecordingError(f"{file} is of another server ({old.origin.server}); write elsewhere with --out")
    fresh = {(script.name, _call(script)): script for script in new.scripts}
    kept = [fresh.pop((script.name, _call(script)), script) for script in old.scripts]
    return replace(new, scripts=(*kept, *fresh.values()))


def _call(script: RecordedScript) -> str:
    """Return the operation that a script begins with; probes of many operations share a name."""
    return str(script.steps[0].spec["call"])

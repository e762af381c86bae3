"""Exchanges that somebody else kept, made a recording: lines of JSON without a first line that says what they are.

A line has `n`, `auth`, `request` and `response`, as ours do. A key in its headers that is the one of its label in the
world is left out, and `truncated_results` is put as ours have it. Lines without a request make a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mockserver.replay.recordings.files import COMPRESSED, PLAIN, read_text, write_recording
from mockserver.replay.recordings.lines import decoded, parse
from mockserver.replay.recordings.model import FORMAT, Clock, Holds, Recording
from mockserver.replay.recordings.worlds import read_world
from mockserver.validation.matching import TIME
from mockserver.world.entropy import read_timestamp, timestamp

MADE_NOW = frozenset({"created_at", "start_time", "last_refresh"})
"""Fields that hold the moment of a request, in what that request made."""
LONGEST_STORY = timedelta(hours=1)
FIRST_AND_LAST = re.compile(r"(\d+) rows in the real answer; first (\d+) and the last kept")


@dataclass(frozen=True)
class About:
    """What is told of exchanges that do not say it themselves."""

    server: str
    date: str
    """The day, or the month, that the server's code is of."""
    recorded_at: str
    world: str | None = None
    """The file of the world that they start from, beside where they are written."""
    also: Mapping[str, Any] | None = None
    began_at: str | None = None
    """Found from what the exchanges made where none is given."""
    clock: Clock = Clock.RUNNING
    independent: bool = False


def add(source: Path, folder: Path, about: About) -> tuple[Path, Recording]:
    """Write a file of exchanges into a folder as a compressed recording; return both. Raises: RecordingError."""
    recording = recording_of(source, folder, about)
    file = write_recording(recording, folder, compressed=True)
    return file, replace(recording, file=file)


def recording_of(source: Path, folder: Path, about: About) -> Recording:
    """Return the recording that a file of exchanges is, if it stood in a folder. Raises: RecordingError."""
    name = source.name.removesuffix(COMPRESSED).removesuffix(PLAIN)
    rows = [
        decoded(line, f"{source}, line {n}") for n, line in enumerate(read_text(source).splitlines(), 1) if line.strip()
    ]
    holds = Holds.EXCHANGES if any("request" in row for row in rows) else Holds.TABLE
    head: dict[str, Any] = {
        "format": FORMAT, "recording": name, "holds": holds,
        "server": {"name": about.server, "date": about.date}, "recorded_at": about.recorded_at,
    }  # fmt: skip
    if holds is Holds.EXCHANGES:
        keys = _keys(folder / about.world) if about.world else {}
        began = about.began_at or _began_at(rows)
        head |= {
            "world": about.world, "also": dict(about.also or {}), "began_at": began, "clock": about.clock,
            "independent": about.independent,
        }  # fmt: skip
        rows = [_ours(row, keys) for row in rows]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in (head, *rows))
    return parse(text, source)


def _keys(world: Path) -> dict[str, str]:
    """Return the keys of a world by label."""
    tables = read_world(world)
    return {key["label"]: key["value"] for one in tables for key in one.get("api_keys", ()) if "label" in key}


def _ours(row: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """Return a line as ours are."""
    request = row.get("request")
    if not isinstance(request, Mapping):
        return dict(row)
    headers = dict(request.get("headers") or {})
    if headers.get("Authorization") == f"Bearer {keys.get(str(row.get('auth')))}":
        del headers["Authorization"]
    ours = {**row, "request": {**request, "headers": headers}}
    found = FIRST_AND_LAST.fullmatch(str(ours.pop("truncated_results", "")))
    if found:
        ours["kept"] = {"of": int(found[1]), "first": int(found[2]), "last": 1}
    return ours


def _began_at(rows: list[dict[str, Any]]) -> str | None:
    """Return when a story began by its server's clock, as far as records that were made in it tell."""
    told = sorted({moment for row in rows for moment in _moments((row.get("response") or {}).get("json"))})
    began = next((moment for moment in told if told[-1] - moment < LONGEST_STORY), None)
    return timestamp(began) if began else None


def _moments(node: Any) -> Iterator[datetime]:
    """Yield the moments at which an answer says that something was made."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name in MADE_NOW and isinstance(value, str) and TIME.fullmatch(value):
                yield read_timestamp(value)
            yield from _moments(value)
    elif isinstance(node, list):
        for item in node:
            yield from _moments(item)

"""The worlds that recorded exchanges start from, and a mock that is given one.

A world is a file of JSON beside the recordings: tables, as the control plane's `load` takes them, or a list of such
loads, of which a name is another file of the kind. `@now-3d1h` in them is a time so long before the recording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mockserver.contract import Profile
from mockserver.replay.alignment import UUID
from mockserver.replay.recordings.files import read_text
from mockserver.replay.recordings.model import Clock, Recording, RecordingError
from mockserver.replay.targets import Target
from mockserver.testing.client import ControlError, ControlPlane, World
from mockserver.validation.matching import TIME
from mockserver.world.entropy import read_timestamp, system_time, timestamp

Tables = dict[str, Any]
AGO = re.compile(r"@now-(\d+)d(\d+)h")
START = "recorded start"


def read_world(file: Path) -> list[Tables]:
    """Return what is loaded into a world, one after another. Raises: RecordingError."""
    try:
        given = json.loads(read_text(file))
    except ValueError as error:
        raise RecordingError(f"{file}: not JSON: {error}") from None
    loads: list[Tables] = []
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, str):
            loads += read_world(file.parent / one)
        elif isinstance(one, dict) and all(isinstance(rows, list) for rows in one.values()):
            loads.append(one)
        else:
            raise RecordingError(f"{file}: expected an object of tables, or a list of such")
    return loads


def dated(node: Any, now: datetime) -> Any:
    """Return tables with `@now-3d1h` replaced by the time it was then."""
    if isinstance(node, dict):
        return {key: dated(value, now) for key, value in node.items()}
    if isinstance(node, list):
        return [dated(value, now) for value in node]
    found = AGO.fullmatch(node) if isinstance(node, str) else None
    return (now - timedelta(days=int(found[1]), hours=int(found[2]))).isoformat() if found else node


def _given(node: Any) -> Iterator[str | datetime]:
    """Yield the identifiers and moments in tables: what is shown of them is determined."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _given(value)
    elif isinstance(node, list):
        for value in node:
            yield from _given(value)
    elif isinstance(node, str):
        if UUID.fullmatch(node):
            yield node
        elif TIME.fullmatch(node):
            yield read_timestamp(node)


@dataclass
class Start:
    """A world of a mock that stands as the recorded server did when the first exchange began."""

    keys: Mapping[str, str]
    """By label."""
    given: frozenset[str | datetime]
    """The identifiers and moments that it was given."""
    world: World | None = None

    def wait(self, seconds: float) -> None:
        """Let time go by, as it had when the next exchange was recorded."""
        if self.world and seconds:
            self.world.advance(seconds)


class Starts:
    """Gives a mock the worlds of recordings; one that several start from is loaded once.

    A world has the profile of the target, or, where that is the profile of recordings, that of its own recording.
    """

    def __init__(self, target: Target, followed: Profile) -> None:
        self._target = target
        self._follows = target.profile is followed
        self._plane = ControlPlane(target.url, transport=self._control)
        self._key: object = None
        self._start: Start | None = None

    @contextmanager
    def of(self, recording: Recording) -> Iterator[Start]:
        """Give the mock the world of a recording; one without has none. Raises: RecordingError."""
        if recording.world is None or recording.file is None:
            yield Start({}, frozenset())
            return
        if not self._target.is_ours:
            raise RecordingError(f"{recording.file} starts from a world of its own, which only a mock can be given")
        file = recording.file.parent / recording.world
        began = recording.began_at or system_time()
        try:
            yield self._given(recording, file, began)
        except ControlError as error:
            raise RecordingError(f"{file}: the mock does not take it: {error}") from None

    def close(self) -> None:
        """Remove what was made."""
        if self._start and self._start.world:
            self._start.world.delete()
        self._start = self._key = None

    def _given(self, recording: Recording, file: Path, began: datetime) -> Start:
        profile = recording.origin.answers_as if self._follows else self._target.profile
        if self._start is None or self._key != (file, began, profile) or self._start.world is None:
            self.close()
            loads = dated(read_world(file), began)
            world = self._plane.create_world(scenario="blank", profile=profile, freeze_time=timestamp(began))
            keys = {key["label"]: key["value"] for tables in loads for key in tables.get("api_keys", ())}
            self._key, self._start = (file, began, profile), Start(keys, frozenset(_given(loads)), world)
            for tables in loads:
                world.load(**tables)
            world.snapshot(START)
        else:
            world = self._start.world
            world.restore(START)
        if recording.clock is Clock.RUNNING:
            world.run_clock()
        if recording.also:
            world.load(**dated(recording.also, began))
        return self._start

    def _control(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        answer = self._target.send("none", method, path, headers, body)
        return answer.status, answer.body

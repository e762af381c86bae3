"""What recordings hold: exchanges with a server as they were seen, or scripts as they were asked, and where from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mockserver.contract import Operation, Profile
from mockserver.replay.alignment import HEADERS, OF_INSTALLATION, Difference
from mockserver.replay.script import Answer, Script, Step

FORMAT = 2
FAILED = 500
"""The first status by which a server says that it failed; what it answered then is nothing to be held to."""
ANY = "*"
"""Every place of an answer."""
KEPT_HEADERS = tuple(name for name in HEADERS if name not in OF_INSTALLATION)
"""The headers of an answer that a recording keeps: those that PostHog decides, not what it is installed behind."""


class RecordingError(Exception):
    """A recording cannot be read or written; the message names file and place."""


class Holds(StrEnum):
    """What the lines of a recording are."""

    EXCHANGES = "exchanges"
    """Requests as they were sent, which make sense over the world that the server started with."""
    SCRIPTS = "scripts"
    """Steps of scripts and probes, which can be asked of any server."""
    TABLE = "table"
    """Something computed, a case a line; nothing that is asked over HTTP."""


class Clock(StrEnum):
    """How the clock of a world goes while exchanges are told to it."""

    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Origin:
    """Which server was recorded, and when."""

    server: str
    """The name that it was given; never its address."""
    date: str | None = None
    """The day, or the month, that its code is of; None where nobody knows."""
    profile: Profile | None = None
    """The profile that it has; None for one that is not a mock."""
    recorded_at: str = ""
    title: str = ""
    version: str = ""
    """Of the contract whose scripts were asked; empty for exchanges."""

    @property
    def answers_as(self) -> Profile:
        """The profile that its answers are taken to be of; a server that is no mock counts as observed at its date."""
        return self.profile or (Profile.at(self.date[:7]) if self.date else Profile.OBSERVED)

    def __str__(self) -> str:
        return f"{self.server} of {self.date}" if self.date else self.server


@dataclass(frozen=True)
class RecordedStep:
    """One request, with the names that earlier steps keep left in it, and its answer."""

    spec: Mapping[str, Any]
    answer: Answer
    number: int = 0
    """Of its line."""
    varies: tuple[str, ...] = ()
    """Places that were otherwise when the same was asked again: what stands there is not determined."""

    def determines(self, difference: Difference) -> bool:
        """Return whether a difference is none between two takes of the same."""
        return ANY not in self.varies and difference.place not in self.varies


@dataclass(frozen=True)
class RecordedScript:
    """A script, or a probe, as far as it was run on a server."""

    name: str
    role: str
    profile: Profile | None
    recorded_at: str
    steps: tuple[RecordedStep, ...]

    def as_script(self, family: str) -> Script:
        """Return the script that asks the same again."""
        steps = tuple(Step(step.spec["call"], step.spec) for step in self.steps)
        return Script(self.name, family, steps, self.role, self.profile, "recorded answers")


@dataclass(frozen=True)
class Kept:
    """What was kept of an answer that is long."""

    first: int = 0
    last: int = 0
    of: int | None = None
    """How many results, or suggestions, there were."""
    uuids: tuple[str, ...] | None = None
    """Those of all results, in their order."""
    members: tuple[str, ...] | None = None
    """The same, sorted, of results that came in no promised order."""
    characters: int | None = None
    """How much of a text was kept."""
    suggestions: bool = False
    """Whether it is the first of some suggestions."""


@dataclass(frozen=True)
class Sent:
    """A request as it was sent, byte for byte."""

    number: int
    """Of its line."""
    note: str
    auth: str | None
    """Whose key was sent: its label in the world; `session:` and an address is a login."""
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def said(self) -> str:
        """What it asks, in the words that reasons look at."""
        return f"{self.method} {self.path} {self.note}"


@dataclass(frozen=True)
class LeftOut(Sent):
    """A request that was sent, and whose line the recording does not have: later lines show what it did."""

    shown_by: str
    """Which lines show it, and how, in a sentence."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """What those lines show of its answer."""
    status: int | None = None
    """What it was refused with; None for a success."""

    def works(self, status: int) -> bool:
        """Return whether an answer of a status may have done what later lines show."""
        return status < HTTPStatus.BAD_REQUEST if self.status is None else status == self.status


@dataclass(frozen=True)
class RecordedExchange(Sent):
    """A request and its answer."""

    answer: Answer
    kept: Kept | None = None
    dropped: tuple[str, ...] = ()
    """Keys that were taken out of the answer, because they tell of the moment or the machine."""
    sequence: str | None = None
    """The story that it is a part of, where most exchanges of a recording are questions of their own."""
    waited_seconds: float = 0
    """How long whoever asked had waited."""


@dataclass(frozen=True)
class Recording:
    """What one server answered, the lines of one file."""

    name: str
    origin: Origin
    holds: Holds
    scripts: tuple[RecordedScript, ...] = ()
    exchanges: tuple[RecordedExchange, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    world: str | None = None
    """The file beside it that says how the world starts."""
    also: Mapping[str, Any] = field(default_factory=dict)
    """Tables that were there as well."""
    began_at: datetime | None = None
    clock: Clock = Clock.RUNNING
    independent: bool = False
    """Whether its exchanges are questions of their own, not all that were asked: what an answer says of having been
    asked before is then not compared, except in a sequence."""
    file: Path | None = None
    left_out: tuple[LeftOut, ...] = ()
    """Requests whose lines it does not have, put back from what later lines show."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that can be compared: a recorder that never kept one says nothing of it."""
        seen = {name.lower() for exchange in self.exchanges for name in exchange.answer.headers}
        return tuple(name for name in KEPT_HEADERS if name in seen)


@dataclass(frozen=True)
class Library:
    """All that is recorded at a path."""

    path: Path
    recordings: tuple[Recording, ...] = ()

    def of(self, holds: Holds) -> tuple[Recording, ...]:
        """Return the recordings whose lines are of a kind."""
        return tuple(recording for recording in self.recordings if recording.holds is holds)

    @property
    def profile(self) -> Profile:
        """The profile that the answers are taken to be of; that of the first where there are several."""
        return next((recording.origin.answers_as for recording in self.recordings), Profile.OBSERVED)


@dataclass(frozen=True)
class Told:
    """One recorded request, sent again: what the target answered, and what differs."""

    recording: Recording
    number: int
    """Of its line."""
    said: str
    """What it asks, in the words that reasons look at."""
    where: str
    """How reports name it."""
    operation: Operation | None
    """What it is about; of a method or path that no operation has, the closest one; None of another server's."""
    recorded: Answer
    answer: Answer
    differences: tuple[Difference, ...]
    written: tuple[str, ...] = ()
    """Operations that wrote before it, and may be the cause."""
    sent: frozenset[str] = frozenset()
    """The names of the parameters and fields that it sends."""
    body: Any = None
    """The body that it sends, as JSON."""
    put_back: bool = False
    """Whether the recording leaves it out; then it is counted apart, and what differs is that it did not work."""

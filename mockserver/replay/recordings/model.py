"""What a recording holds: scripts as they were asked, and what a server answered to each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mockserver.contract import Profile
from mockserver.replay.alignment import HEADERS, OF_INSTALLATION
from mockserver.replay.script import Answer, Script, Step
from mockserver.validation.matching import TIME
from mockserver.world.entropy import read_timestamp

FORMAT = 1
UNSAID = frozenset({"expect"})
"""What of a step no recording keeps: what it must answer is the script's to say."""


KEPT_HEADERS = tuple(name for name in HEADERS if name not in OF_INSTALLATION)
"""The headers of an answer that a recording keeps: those that PostHog decides, not what it is installed behind."""


class RecordingError(Exception):
    """A recording cannot be read or written; the message names file and place."""


MADE_NOW = frozenset({"created_at", "start_time", "last_refresh"})
"""Fields that hold the moment of a request, in what that request made."""
LONGEST_STORY = timedelta(hours=1)


def moments(node: Any) -> Iterator[datetime]:
    """Yield the moments at which an answer says that something was made."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if name in MADE_NOW and isinstance(value, str) and TIME.fullmatch(value):
                yield read_timestamp(value)
            yield from moments(value)
    elif isinstance(node, list):
        for item in node:
            yield from moments(item)


@dataclass(frozen=True)
class RecordedStep:
    """One request, with the names that earlier steps keep left in it, and its answer."""

    spec: Mapping[str, Any]
    answer: Answer


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
class Recording:
    """What one server answered to the scripts and probes of one family."""

    family: str
    server: str
    """The name that the target was given; never its address."""
    profile: Profile | None
    """The profile that the server has; None for one that is not a mock."""
    title: str
    version: str
    """Of the contract whose scripts they are."""
    scripts: tuple[RecordedScript, ...]


@dataclass(frozen=True)
class RecordedExchange:
    """A request as it was sent, byte for byte, and its answer."""

    number: int
    note: str
    auth: str | None
    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None
    answer: Answer
    kept_of: int | None = None
    """How long the list in the answer was, where the recording kept its first three items and the last."""


@dataclass(frozen=True)
class Story:
    """Exchanges that follow one another, from the state of a world."""

    name: str
    exchanges: tuple[RecordedExchange, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that can be compared: a recorder that never kept one says nothing of it."""
        seen = {name.lower() for exchange in self.exchanges for name in exchange.answer.headers}
        return tuple(name for name in KEPT_HEADERS if name in seen)

    @property
    def began_at(self) -> datetime | None:
        """When it began by its server's clock, as far as records that were made in it tell."""
        told = sorted({moment for exchange in self.exchanges for moment in moments(exchange.answer.json)})
        return next((moment for moment in told if told[-1] - moment < LONGEST_STORY), None)


@dataclass(frozen=True)
class Library:
    """All that is recorded at a path."""

    path: Path
    recordings: tuple[Recording, ...] = ()
    stories: tuple[Story, ...] = ()
    world: Mapping[str, Any] | None = None
    """Tables of the world that the stories start from."""

    @property
    def profile(self) -> Profile:
        """The profile that the answers are taken to be of; a server that is no mock counts as observed."""
        return next((r.profile for r in self.recordings if r.profile is not None), Profile.OBSERVED)

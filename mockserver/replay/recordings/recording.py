"""Recording: scripts and reading probes asked of a server, and its answers kept, without what is private."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import groupby, zip_longest
from typing import Any

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Alignment
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import probes
from mockserver.replay.recordings.model import ANY, KEPT_HEADERS, Holds, Origin, RecordedScript, RecordedStep, Recording
from mockserver.replay.redaction import Redactor
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, run
from mockserver.replay.targets import Target
from mockserver.replay.wire import Refused
from mockserver.world.entropy import system_time, timestamp

MOST_ITEMS = 12
KEPT_ITEMS = 3
TAKES = 2
Progress = Callable[[str, int, int], None]
"""Told of a family, how far it is, and how far it goes."""


@dataclass
class Recorder:
    """Asks one server what scripts and reading probes ask, with the care that the target's guard takes."""

    contract: Contract
    target: Target
    scripts: Sequence[Script]
    operations: Sequence[Operation]
    """The operations that are recorded: their probes, and the scripts that have a step of them."""
    progress: Progress = lambda family, done, total: None
    date: str | None = None
    """The day, or the month, that the server's code is of, where somebody knows."""
    once: bool = False
    """Whether everything is asked once alone, so that nothing tells what varies."""
    skipped: dict[str, str] = field(default_factory=dict)
    """What was not recorded, with the reason."""

    def record(self) -> Iterator[Recording]:
        """Yield a recording a family, as soon as it is complete."""
        known = {operation.id: operation for operation in self.contract.operations}
        if self.target.reset:
            self.target.reset()
        finder = Finder(self.contract, self.target.ids, self.target.ask, may_create=self.target.is_ours)
        identifiers = finder.identifiers(self.operations)
        if self.target.settle:
            self.target.settle()
        asked = [probe for probe in probes(self.contract, self.operations, identifiers) if only_reads(probe, known)]
        wanted = {operation.id for operation in self.operations}
        asked += [script for script in self.scripts if any(step.call in wanted for step in script.steps)]
        asked.sort(key=lambda script: script.family)
        for family, group in groupby(asked, key=lambda script: script.family):
            recorded = tuple(self._of_family(family, list(group), known))
            if recorded:
                yield Recording(family, self._origin(recorded[0].recorded_at), Holds.SCRIPTS, recorded)

    def _origin(self, moment: str) -> Origin:
        profile = self.target.profile if self.target.is_ours else None
        return Origin(self.target.name, self.date, profile, moment, self.contract.title, self.contract.version)

    def _of_family(
        self, family: str, scripts: Sequence[Script], known: Mapping[str, Operation]
    ) -> Iterator[RecordedScript]:
        for number, script in enumerate(scripts):
            self.progress(family, number, len(scripts))
            reason = reason_to_skip(script, self.target, known)
            if reason is not None:
                self.skipped[f"{family}: {script.name}"] = reason
                continue
            takes = [self._take(script, known) for _ in range(1 if self.once else TAKES)]
            if takes[0]:
                yield self._recorded(script, takes)
        self.progress(family, len(scripts), len(scripts))

    def _take(self, script: Script, known: Mapping[str, Operation]) -> list[Outcome]:
        """Return what a script is answered; nothing where it may not be asked."""
        if self.target.reset and not only_reads(script, known):
            self.target.reset()
        outcomes: list[Outcome] = []
        try:
            outcomes.extend(run(script, self.target, self.contract, self.target.accepts))
        except Refused as refused:
            self.skipped[f"{script.family}: {script.name}"] = str(refused)
            return []
        return [outcome for outcome in outcomes if outcome.answer is not None]

    def _recorded(self, script: Script, takes: Sequence[Sequence[Outcome]]) -> RecordedScript:
        """Return the first take, each step with the places that a later one has otherwise."""
        redactor = redactor_of(self.target)
        kept = [[redacted(one.answer, redactor) for one in take if one.answer is not None] for take in takes]
        varying = [_varying(kept[0], again) for again in kept[1:]]
        steps = tuple(
            RecordedStep(
                {"call": outcome.step.call, **outcome.step.spec, **_whose(script, outcome)}, answer,
                varies=tuple(dict.fromkeys(place for places in varying for place in places[number])),
            )
            for number, (outcome, answer) in enumerate(zip(takes[0], kept[0], strict=True))
        )  # fmt: skip
        first = next(outcome.answer for outcome in takes[0] if outcome.answer is not None)
        return RecordedScript(script.name, script.role, script.profile, _moment(first), steps)


def _whose(script: Script, outcome: Outcome) -> dict[str, str]:
    """Return whose key a step was sent with, where that is not the one that the script names."""
    return {"as": outcome.role} if outcome.role != (outcome.step.spec.get("as") or script.role) else {}


def _varying(first: Sequence[Answer], again: Sequence[Answer]) -> list[tuple[str, ...]]:
    """Return the places of each answer that were otherwise when the same was asked again; all where nothing was."""
    alignment = Alignment(twins=True, headers=KEPT_HEADERS)
    return [
        tuple(difference.place for difference in alignment.differences(one, other)) if other is not None else (ANY,)
        for one, other in zip_longest(first, again[: len(first)])
    ]


def redactor_of(target: Target) -> Redactor:
    """Return what takes out of answers that are kept whatever tells of one server, and not of all."""
    return Redactor(target.keys.values(), address=target.url)


def redacted(answer: Answer, redactor: Redactor) -> Answer:
    """Return an answer without what is private, with those headers that mean something, and with long lists cut."""
    headers = {
        name.lower(): redactor.text(value) for name, value in answer.headers.items() if name.lower() in KEPT_HEADERS
    }
    if not answer.body:
        return Answer(answer.status, headers, b"")
    return Answer(answer.status, headers, _spelt(_cut(redactor.value(answer.json)), answer.json))


def _cut(value: Any) -> Any:
    """Return JSON with the first items alone of lists that are long: the rest says nothing more, and is many people."""
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in (value[:KEPT_ITEMS] if len(value) > MOST_ITEMS else value)]
    return value


def _spelt(value: Any, before: Any) -> bytes:
    """Return a body; one that was no JSON stays text."""
    return value.encode() if isinstance(before, str) else json.dumps(value).encode()


def _moment(answer: Answer) -> str:
    """Return when a server answered, by its own clock where it says so."""
    said = next((value for name, value in answer.headers.items() if name.lower() == "date"), "")
    try:
        moment = parsedate_to_datetime(said).astimezone(UTC)
    except ValueError:
        moment = system_time().replace(microsecond=0)
    return timestamp(moment)

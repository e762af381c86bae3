"""Scripts and probes asked again: a target's answers to the requests that a server was asked, over its own records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from mockserver.contract import Contract
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import PREFIX, probes
from mockserver.replay.recordings.model import (
    KEPT_HEADERS,
    Holds,
    Library,
    RecordedScript,
    RecordedStep,
    Recording,
    Told,
)
from mockserver.replay.recordings.recording import redacted, redactor_of
from mockserver.replay.report.model import Report
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, Step, run, said_in
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, Refused

Probes = Mapping[tuple[str, str], Script]


class Asker:
    """Asks a target what is recorded of scripts and probes; what it does not ask stands in the report."""

    def __init__(
        self, contract: Contract, target: Target, report: Report, progress: Callable[[str, int, int], None]
    ) -> None:
        self._contract = contract
        self._target = target
        self._report = report
        self._progress = progress
        self._operations = {operation.id: operation for operation in contract.operations}
        self._redactor = redactor_of(target)

    def ask(self, library: Library) -> Iterator[Told]:
        """Yield every step that was asked, with what differs."""
        recordings = library.of(Holds.SCRIPTS)
        if not recordings:
            return
        self._note_other_contracts(recordings)
        if self._target.reset:
            self._target.reset()
        fresh = self._probes(recordings)
        for recording in recordings:
            for number, recorded in enumerate(recording.scripts):
                self._progress(f"recordings, {recording.name}", number, len(recording.scripts))
                if any(step.spec["call"] in self._report.rows for step in recorded.steps):
                    yield from self._ask(recording, recorded, fresh)

    def _note_other_contracts(self, recordings: Sequence[Recording]) -> None:
        versions = sorted({recording.origin.version for recording in recordings} - {self._contract.version})
        if versions:
            self._report.notes.append(
                f"Recorded by version {', '.join(versions)} of the contract, which is {self._contract.version} now."
            )

    def _probes(self, recordings: Sequence[Recording]) -> Probes:
        """Return the probes of the target, which ask about identifiers of its own, by operation and name."""
        scripts = [script for recording in recordings for script in recording.scripts if script.name.startswith(PREFIX)]
        names = {step.spec["call"] for script in scripts for step in script.steps}
        asked = [row.operation for row in self._report.rows.values() if row.operation.id in names]
        if not asked:
            return {}
        finder = Finder(self._contract, self._target.ids, self._target.ask, may_create=self._target.is_ours)
        identifiers = finder.identifiers(asked)
        if self._target.settle:
            self._target.settle()
        return {(probe.steps[0].call, probe.name): probe for probe in probes(self._contract, asked, identifiers)}

    def _ask(self, recording: Recording, recorded: RecordedScript, fresh: Probes) -> Iterator[Told]:
        script: Script | None = recorded.as_script(recording.name)
        calls = [step.spec["call"] for step in recorded.steps]
        if recorded.name.startswith(PREFIX):
            script = of_now(fresh.get((calls[0], recorded.name)), recorded.as_script(recording.name))
        reason = self._reason_to_skip(script, calls)
        if reason is not None or script is None:
            self._report.skipped[f"{recording.name}: {recorded.name} ({calls[0]})"] = reason or ""
            return
        self._report.scripts += 1
        if self._target.reset and not only_reads(script, self._operations):
            self._target.reset()
        yield from self._compared(recording, script, recorded)

    def _reason_to_skip(self, script: Script | None, calls: Sequence[str]) -> str | None:
        gone = [call for call in calls if call not in self._operations]
        if gone:
            return f"the contract has no operation {gone[0]!r} any more"
        if script is None:
            return "the contract does not probe for this any more, or the target has no record to ask about"
        return reason_to_skip(script, self._target, self._operations)

    def _outcomes(self, script: Script) -> Iterator[Outcome]:
        try:
            yield from run(script, self._target, self._contract, self._target.accepts, exactly=True)
        except Refused as refused:
            self._report.skipped[f"{script.family}: {script.name}"] = str(refused)

    def _compared(self, recording: Recording, script: Script, recorded: RecordedScript) -> Iterator[Told]:
        """Yield the steps of a script, up to the first that is answered with another status."""
        alignment = Alignment(twins=False, headers=KEPT_HEADERS)
        written: list[str] = []
        for ours, step in zip_longest(self._outcomes(script), recorded.steps):
            if ours is None or step is None or ours.answer is None:
                break
            alignment.note_sent(step.spec.get("body") or step.spec.get("form"))
            operation = self._operations[ours.step.call]
            yield Told(
                recording, step.number, f"{ours.step.call} {script.name}",
                f"script {script.name!r}, step {ours.number}", operation, step.answer, ours.answer,
                tuple(self._differences(alignment, step, ours.answer)), tuple(dict.fromkeys(written)),
                said_in(step.spec), step.spec.get("body"),
            )  # fmt: skip
            if ours.answer.status != step.answer.status:
                break  # what follows would only repeat it
            if operation.method.upper() not in SAFE:
                written.append(operation.id)

    def _differences(self, alignment: Alignment, step: RecordedStep, ours: Answer) -> list[Difference]:
        found = alignment.differences(step.answer, redacted(ours, self._redactor))
        return [difference for difference in found if step.determines(difference)]


def of_now(fresh: Script | None, recorded: Script) -> Script | None:
    """Return the probe that asks of a target's own records what was asked when it was recorded.

    Probes change: where the one of now sends other parameters, those that were sent are sent again.
    """
    if fresh is None or said_in(fresh.steps[0].spec) == said_in(recorded.steps[0].spec):
        return fresh
    first = recorded.steps[0]
    asked = Step(first.call, {**first.spec, "path": fresh.steps[0].spec.get("path", {})})
    return replace(recorded, steps=(asked, *recorded.steps[1:]))

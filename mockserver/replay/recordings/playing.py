"""A target held against recordings: the recorded requests asked of it, its answers compared with the recorded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest

from mockserver.contract import Contract
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.deviations import Deviation
from mockserver.replay.differences import Differences, Side
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import PREFIX, probes
from mockserver.replay.recordings.explaining import Explanations
from mockserver.replay.recordings.model import KEPT_HEADERS, Holds, Library, RecordedScript, Recording
from mockserver.replay.recordings.recording import redacted, redactor_of
from mockserver.replay.recordings.telling import FAILED, Teller, Told
from mockserver.replay.redaction import Redactor
from mockserver.replay.report.model import Report, TargetInfo, empty_rows
from mockserver.replay.report.tallies import Tally
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, run
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, Refused

Progress = Callable[[str, int, int], None]
Probes = Mapping[tuple[str, str], Script]


class Playback:
    """One comparison of a target with a library; `recorded_first` says which of the two is the left one."""

    def __init__(
        self, contract: Contract, target: Target, library: Library, name: str, deviations: Sequence[Deviation] = (),
        *, explanations: Explanations | None = None, only: str | None = None, recorded_first: bool = False,
        started_at: str = "", progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.contract = contract
        self.target = target
        self.library = library
        self.name = name
        self.explanations = explanations or Explanations()
        self._only = only
        self._recorded_first = recorded_first
        self._progress = progress or (lambda stage, done, total: None)
        self._operations = {operation.id: operation for operation in contract.operations}
        self._redactor = redactor_of(target)
        infos = [
            TargetInfo(target.name, target.url, str(target.profile)),
            TargetInfo(name, str(library.path), str(library.profile)),
        ]
        sides = [
            Side(target.name, target.profile, target.redactor), Side(name, library.profile, Redactor()),
        ]  # fmt: skip
        if recorded_first:
            infos.reverse()
            sides.reverse()
        rows = empty_rows(contract, [(side.name, str(side.profile)) for side in sides], only)
        settings: dict[str, object] = {"only": only, "phases": [], "scripts": True, "recordings": str(library.path)}
        self.report = Report(contract.title, contract.version, started_at, settings, infos, rows)
        self.differences = Differences(self.report, sides, list(deviations))

    def run(self) -> Report:
        """Ask all that is recorded, and return the report; it is partial where the target was lost or Ctrl-C came."""
        with self.report.running():
            if self.library.of(Holds.SCRIPTS):
                self._play_scripts()
            self._tell_exchanges()
        self._finish()
        return self.report

    # Scripts and probes

    def _play_scripts(self) -> None:
        self._note_other_contracts()
        if self.target.reset:
            self.target.reset()
        fresh = self._probes()
        for recording in self.library.of(Holds.SCRIPTS):
            for number, recorded in enumerate(recording.scripts):
                self._progress(f"recordings, {recording.name}", number, len(recording.scripts))
                if any(step.spec["call"] in self.report.rows for step in recorded.steps):
                    self._play(recording, recorded, fresh)

    def _note_other_contracts(self) -> None:
        versions = sorted({r.origin.version for r in self.library.of(Holds.SCRIPTS)} - {self.contract.version})
        if versions:
            self.report.notes.append(
                f"Recorded by version {', '.join(versions)} of the contract, which is {self.contract.version} now."
            )

    def _probes(self) -> Probes:
        """Return the probes of the target, which ask about identifiers of its own, by operation and name."""
        names = {
            step.spec["call"]
            for recording in self.library.of(Holds.SCRIPTS)
            for script in recording.scripts
            if script.name.startswith(PREFIX)
            for step in script.steps
        }
        asked = [row.operation for row in self.report.rows.values() if row.operation.id in names]
        if not asked:
            return {}
        finder = Finder(self.contract, self.target.ids, self.target.ask, may_create=self.target.is_ours)
        identifiers = finder.identifiers(asked)
        if self.target.settle:
            self.target.settle()
        return {(probe.steps[0].call, probe.name): probe for probe in probes(self.contract, asked, identifiers)}

    def _play(self, recording: Recording, recorded: RecordedScript, fresh: Probes) -> None:
        script: Script | None = recorded.as_script(recording.name)
        calls = [step.spec["call"] for step in recorded.steps]
        if recorded.name.startswith(PREFIX):
            script = fresh.get((calls[0], recorded.name))
        reason = self._reason_to_skip(script, calls)
        if reason is not None or script is None:
            self.report.skipped[f"{recording.name}: {recorded.name} ({calls[0]})"] = reason or ""
            return
        self.report.scripts += 1
        if self.target.reset and not only_reads(script, self._operations):
            self.target.reset()
        self._compare(script, recorded, self._outcomes(script))

    def _reason_to_skip(self, script: Script | None, calls: Sequence[str]) -> str | None:
        gone = [call for call in calls if call not in self._operations]
        if gone:
            return f"the contract has no operation {gone[0]!r} any more"
        if script is None:
            return "the contract does not probe for this any more, or the target has no record to ask about"
        return reason_to_skip(script, self.target, self._operations)

    def _outcomes(self, script: Script) -> Iterator[Outcome]:
        try:
            yield from run(script, self.target, self.contract, self.target.accepts)
        except Refused as refused:
            self.report.skipped[f"{script.family}: {script.name}"] = str(refused)

    def _compare(self, script: Script, recorded: RecordedScript, outcomes: Iterator[Outcome]) -> None:
        alignment = Alignment(twins=False, headers=KEPT_HEADERS)
        written: list[str] = []
        for ours, step in zip_longest(outcomes, recorded.steps):
            if ours is None or step is None or ours.answer is None:
                break
            self.report.steps += 1
            alignment.note_sent(step.spec.get("body") or step.spec.get("form"))
            where = f"script {script.name!r}, step {ours.number}"
            call = ours.step.call
            self._note_statuses(call, ours.answer, step.answer)
            found = alignment.differences(step.answer, redacted(ours.answer, self._redactor))
            self._enter(call, found, where, written)
            if ours.answer.status != step.answer.status:
                break  # what follows would only repeat it
            if self._operations[call].method.upper() not in SAFE:
                written.append(call)

    # Exchanges

    def _tell_exchanges(self) -> None:
        told = Teller(self.contract, self.target, self.explanations, self._progress).tell(self.library)
        tallies: dict[str, Tally] = {}
        for one in told:
            if self._only and (one.operation is None or one.operation.id not in self.report.rows):
                continue
            name = one.recording.name
            if name not in tallies:
                tallies[name] = self._begun(one.recording)
            self._judge(one, tallies[name])

    def _begun(self, recording: Recording) -> Tally:
        failed = sum(exchange.answer.status >= FAILED for exchange in recording.exchanges)
        tally = Tally(recording.name, str(recording.origin), failed=0 if self._only else failed)
        self.report.tallies.append(tally)
        return tally

    def _judge(self, told: Told, tally: Tally) -> None:
        """Count an exchange, and enter what differs with the reasons why it may."""
        self.report.steps += 1
        operation = told.operation.id if told.operation else ""
        if told.operation:
            self._note_statuses(operation, told.answer, told.exchange.answer)
        where = f"{told.recording.name}, exchange {told.exchange.number}: {told.exchange.note}"
        reasons: list[str] = []
        left: list[Difference] = []
        for difference in told.differences:
            found = self.explanations.find(told.recording.name, told.exchange, difference)
            shown = difference if self._recorded_first else difference.reversed()
            accepted = found.deviation(operation) if found else self.differences.accepting(operation, shown)
            self.differences.enter(operation, shown, where, (), accepted)
            if accepted is None:
                left.append(difference)
            else:
                reasons.append(accepted.reason)
        if left:
            tally.unexplained[told.exchange.number] = self._redact(str(left[0]))
        elif reasons:
            tally.explained[told.exchange.number] = "; ".join(dict.fromkeys(reasons))
        else:
            tally.same += 1

    def _redact(self, text: str) -> str:
        return self.target.redactor.text(text)

    # What both ways of recording need

    def _note_statuses(self, call: str, ours: Answer, recorded: Answer) -> None:
        row = self.report.rows.get(call)
        if row is not None:
            row.showings[self.target.name].statuses[ours.status] += 1
            row.showings[self.name].statuses[recorded.status] += 1

    def _enter(self, call: str, found: Sequence[Difference], where: str, written: Sequence[str]) -> None:
        """Enter differences whose left side is the recorded one."""
        for difference in found:
            shown = difference if self._recorded_first else difference.reversed()
            self.differences.enter(call, shown, where, tuple(dict.fromkeys(written)))

    def _finish(self) -> None:
        for info in self.report.targets:
            if info.name == self.target.name:
                info.count(self.target.adapter.traffic)
        if self.report.interrupted:
            return
        self.report.unused = self.differences.unused
        if not self._only:
            told = (tally.recording for tally in self.report.tallies)
            unused = self.explanations.unused(told)
            self.report.unused += [Deviation(str(one), one.place, one.reason, one.date) for one in unused]

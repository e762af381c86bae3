"""A target held against recordings: the recorded requests asked of it, its answers compared with the recorded ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from mockserver.contract import Contract
from mockserver.replay.alignment import Difference
from mockserver.replay.deviations import Deviation, declared, of_one_date
from mockserver.replay.recordings.asking import Asker
from mockserver.replay.recordings.explaining import Explanations
from mockserver.replay.recordings.model import FAILED, Library, Recording, Told
from mockserver.replay.recordings.telling import Teller
from mockserver.replay.redaction import Redactor
from mockserver.replay.report.differences import Differences, Side
from mockserver.replay.report.model import Report, TargetInfo, empty_rows
from mockserver.replay.report.tallies import Tally
from mockserver.replay.targets import Target

Progress = Callable[[str, int, int], None]


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
        self._profiles = [side.profile for side in sides]
        if len(set(self._profiles)) > 1:
            self.differences.declared = declared(contract, self._profiles)

    def run(self) -> Report:
        """Ask all that is recorded, and return the report; it is partial where the target was lost or Ctrl-C came."""
        asker = Asker(self.contract, self.target, self.report, self._progress)
        teller = Teller(self.contract, self.target, self.explanations, self._progress)
        tallies: dict[tuple[str, Path | None], Tally] = {}
        with self.report.running():
            for told in chain(asker.ask(self.library), teller.tell(self.library)):
                if not self._only or (told.operation is not None and told.operation.id in self.report.rows):
                    key = told.recording.name, told.recording.file
                    if key not in tallies:
                        tallies[key] = self._begin(told.recording)
                    self._judge(told, tallies[key])
        self._finish()
        return self.report

    def _begin(self, recording: Recording) -> Tally:
        failed = sum(exchange.answer.status >= FAILED for exchange in recording.exchanges)
        tally = Tally(recording.name, str(recording.origin), failed=0 if self._only else failed)
        self.report.tallies.append(tally)
        return tally

    def _judge(self, told: Told, tally: Tally) -> None:
        """Count a line, and enter what differs with the reasons why it may; a server's own failures are no measure."""
        self.report.steps += 1
        operation = told.operation.id if told.operation else ""
        if told.put_back:
            self._judge_put_back(told, tally, operation)
            return
        self._note_statuses(told)
        if told.recorded.status >= FAILED:
            tally.failed += 1
            return
        apart = (
            of_one_date(self.contract, told.operation, self._profiles, told.sent, told.body) if told.operation else None
        )
        reasons: list[str] = []
        left: list[Difference] = []
        for difference in told.differences:
            found = self.explanations.find(told.recording.name, told.number, told.said, difference)
            shown = difference if self._recorded_first else difference.reversed()
            accepted = found.deviation(operation) if found else apart or self.differences.accepting(operation, shown)
            self.differences.enter(operation, shown, told.where, told.written, accepted)
            if accepted is None:
                left.append(difference)
            else:
                reasons.append(accepted.reason)
        if left:
            tally.unexplained[told.number] = self.target.redactor.text(str(left[0]))
        elif reasons:
            tally.explained[told.number] = "; ".join(dict.fromkeys(reasons))
        else:
            tally.same += 1

    def _judge_put_back(self, told: Told, tally: Tally, operation: str) -> None:
        """Count a request that the recording leaves out; where it did not work, nothing explains that."""
        tally.put_back += 1
        for difference in told.differences:
            shown = difference if self._recorded_first else difference.reversed()
            self.differences.enter(operation, shown, told.where, told.written, None)
            tally.unexplained.setdefault(told.number, self.target.redactor.text(str(difference)))

    def _note_statuses(self, told: Told) -> None:
        row = self.report.rows.get(told.operation.id) if told.operation else None
        if row is not None:
            row.showings[self.target.name].statuses[told.answer.status] += 1
            row.showings[self.name].statuses[told.recorded.status] += 1

    def _finish(self) -> None:
        for info in self.report.targets:
            if info.name == self.target.name:
                info.count(self.target.adapter.traffic)
        put_back = sum(tally.put_back for tally in self.report.tallies)
        if put_back:
            self.report.notes.append(
                f"{put_back} requests that recordings leave out, and later lines show, were sent at their place."
            )
        if self.report.interrupted:
            return
        self.report.unused = self.differences.unused
        if not self._only:
            told = (tally.recording for tally in self.report.tallies)
            unused = self.explanations.unused(told, of_one_date=len(set(self._profiles)) == 1)
            self.report.unused += [Deviation(str(one), one.place, one.reason, one.date) for one in unused]

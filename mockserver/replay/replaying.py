"""A replay: probes, scripts and properties, on one target or two, and what is found of each operation."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from mockserver.contract import Contract, Operation, Profile
from mockserver.importing import ImportFailure, read_project
from mockserver.importing.sources import sources
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.cases import Identifiers, Settings
from mockserver.replay.causes import OWN_ROLES, Cause, Explainer, Explanation
from mockserver.replay.dates.finding import date_target
from mockserver.replay.deviations import Deviation, declared, passed_over
from mockserver.replay.exploring import Exploration, Progress
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import probes
from mockserver.replay.properties import NOT_A_SERVER_ERROR
from mockserver.replay.report.differences import Differences, Side
from mockserver.replay.report.model import Failure, Report, Row, TargetInfo, empty_rows
from mockserver.replay.report.reaching import why_unreached
from mockserver.replay.safety import is_open, only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, run, said_in
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, SERVER_ERRORS, Refused
from mockserver.seeding import LoadError

IMPORTED = frozenset({"list", "retrieve", "persons"})
"""Actions that show what an import reads."""
SLOW_SECONDS = 0.2
SLOW_TIMES = 8
LONGEST_TEXT = 1500


@dataclass
class Options:
    """What is run."""

    settings: Settings = field(default_factory=Settings)
    scripts: bool = True
    probes: bool = True
    properties: bool = True
    families: frozenset[str] = frozenset()
    """Only scripts of these families; all where empty."""
    generated: frozenset[str] = frozenset()
    """Only for these operations, by id, requests are generated; for all where empty."""
    shares: bool = True
    """Whether a mock is filled with what the server holds that it is compared with, where it can be."""
    date: str | None = None
    """The month whose servers those that are not ours are; found out where it is not told."""


class Replay:
    """One run over one target or two; the first is the one that the other is compared with."""

    def __init__(
        self, contract: Contract, targets: Sequence[Target], options: Options, scripts: Sequence[Script],
        deviations: Sequence[Deviation] = (), *, started_at: str = "", progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.contract = contract
        self.targets = list(targets)
        self.options = options
        self.scripts = scripts
        self._progress = progress or (lambda stage, done, total: None)
        self._operations = {operation.id: operation for operation in contract.operations}
        infos = [TargetInfo(t.name, t.url, str(t.profile)) for t in self.targets]
        self.report = Report(contract.title, contract.version, started_at, _describe(options), infos, {})
        self._differences = Differences(self.report, [], list(deviations))
        self._settle_profiles()
        self._finders: dict[str, Finder] = {}
        self._explainer = Explainer(self.targets, self._finders)
        self._alike = len(self.targets) == 2 and all(target.is_ours for target in self.targets)
        self._shares = False
        self._written = False
        self._imported = {source.family for source in sources(contract)}
        if any(target.role == "session" for target in self.targets):  # the same role on both, to compare
            for target in self.targets:
                target.role = "session"

    def run(self) -> Report:
        """Run everything, and return the report; it is partial where a target was lost or Ctrl-C came."""
        with self.report.running():
            self._date()
            theirs = self._learn_shared() if self.options.shares else None
            shared = theirs is not None and self._share()
            identifiers = [theirs] if shared and theirs else [self._learn(target) for target in self.targets]
            for target in self.targets:
                finder = Finder(self.contract, target.ids, target.ask, may_create=False)
                self._finders.setdefault(target.name, finder)
            if self._alike or shared:  # the same records, whichever a server lists first
                identifiers = [identifiers[0]] * len(self.targets)
            paired = self._paired(identifiers) if self.options.probes else []
            self._run_probes([probe for probe in paired if only_reads(probe[0], self._operations)])
            if self.options.properties:
                self._explore(identifiers)
            # What writes comes last: a server that is not ours is not put back.
            self._run_probes([probe for probe in paired if not only_reads(probe[0], self._operations)])
            if self.options.scripts:
                self._run_scripts()
            self._tell_unreached(identifiers)
        self._finish()
        return self.report

    # Dates

    def _date(self) -> None:
        """Find out of which date the servers are that are not ours, and hold each against the contract of its date."""
        for info, target in zip(self.report.targets, self.targets, strict=True):
            if not target.is_ours and target.profile.is_observed:
                self._progress(f"date of {target.name}", 0, 1)
                info.dating = date_target(self.contract, target, self.options.date)
                target.profile = Profile.at(info.dating.date)
                target.accepts = tuple(target.profile if p.is_observed else p for p in target.accepts)
                info.profile = str(target.profile)
        self._settle_profiles()

    def _settle_profiles(self) -> None:
        """Take the targets' profiles for what they are now: what each may answer, and what of that may differ."""
        only = self.options.settings.only
        self.report.rows = empty_rows(self.contract, [(t.name, t.profile) for t in self.targets], only)
        self._differences.sides = [Side(target.name, target.profile, target.redactor) for target in self.targets]
        if len(set(self._profiles)) > 1:
            self._differences.declared = declared(self.contract, self._profiles)

    @property
    def _profiles(self) -> list[Profile]:
        return [target.profile for target in self.targets]

    # The same world on both sides

    def _learn_shared(self) -> Identifiers | None:
        """Return the identifiers of a server whose records a mock is to hold; some may be made, before all are read."""
        real = next((target for target in self.targets if not target.is_ours), None)
        adopts = any(target.adopt is not None for target in self.targets)
        return self._learn(real) if adopts and real is not None else None

    def _share(self) -> bool:
        """Fill a mock with all that can be read of the server it is compared with, ids included; return whether it is.

        From then on the values of records are determined: what differs is the mock's doing or the server's.
        """
        mock = next((target for target in self.targets if target.adopt is not None), None)
        real = next((target for target in self.targets if not target.is_ours), None)
        if mock is None or mock.adopt is None or real is None:
            return False
        try:
            records = read_project(
                self.contract, real.ask, real.ids,
                progress=lambda what, done, total: self._progress(f"{real.name}: {what}", done, total),
            )  # fmt: skip
            if "session" not in real.keys:  # a key for everything stands in for it, and is refused where that is
                mock.keys.pop("session", None)
            mock.adopt(records, real.scopes)
        except (ImportFailure, LoadError) as error:
            self.report.notes.append(f"{mock.name} keeps its own records: those of {real.name} make no world: {error}")
            return False
        told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in records.count().items())
        self.report.notes.append(f"{mock.name} held what could be read of {real.name}: {told}.")
        self._shares = records.is_whole
        return True

    def _determines(self, operation: Operation) -> bool:
        """Return whether both targets hold all that an operation shows: what was not imported is another history."""
        if self._alike or not self._shares or self._written:
            return self._alike
        return operation.action in IMPORTED and operation.family in self._imported

    # Identifiers

    def _learn(self, target: Target) -> Identifiers:
        """Return identifiers that exist on a target; a world of our own may be given some that it lacks."""
        if target.reset:
            target.reset()
        finder = Finder(self.contract, target.ids, target.ask, may_create=is_open(target))
        self._finders[target.name] = finder
        operations = [row.operation for row in self.report.rows.values()]
        found = finder.identifiers(operations)
        if target.settle:
            target.settle()
        return found

    # Probes and scripts

    def _run_probes(self, paired: Sequence[Sequence[Script]]) -> None:
        for number, versions in enumerate(paired):
            if number % 25 == 0:
                self._progress("probes", number, len(paired))
            if not only_reads(versions[0], self._operations) and not all(map(is_open, self.targets)):
                continue
            self._run_versions(versions, put_back=not only_reads(versions[0], self._operations))
        self._progress("probes", len(paired), len(paired))

    def _paired(self, identifiers: Sequence[Identifiers]) -> list[list[Script]]:
        """Return each probe in the version for each target; one that only some can be asked is skipped, and said."""
        operations = [
            row.operation
            for row in self.report.described
            if all(row.operation.exists_in(target.profile) for target in self.targets)
        ]
        versions: dict[tuple[str, str], dict[int, Script]] = {}
        for number, known in enumerate(identifiers):
            for probe in probes(self.contract, operations, known):
                versions.setdefault((probe.steps[0].call, probe.name), {})[number] = probe
        paired = []
        for found in versions.values():
            if len(found) == len(self.targets):
                paired.append([found[number] for number in range(len(found))])
                continue
            lacking = next(target for number, target in enumerate(self.targets) if number not in found)
            self._skip(next(iter(found.values())), f"{lacking.name} has no record to ask about")
        return paired

    def _run_scripts(self) -> None:
        chosen = [script for script in self.scripts if self._is_wanted(script)]
        for number, script in enumerate(chosen):
            self._progress("scripts", number, len(chosen))
            self._run_versions([script] * len(self.targets), put_back=True)
        self._progress("scripts", len(chosen), len(chosen))

    def _is_wanted(self, script: Script) -> bool:
        if self.options.families and script.family not in self.options.families:
            return False
        return any(step.call in self.report.rows for step in script.steps)

    def _run_versions(self, versions: Sequence[Script], *, put_back: bool) -> None:
        """Run a script, in the version for each target, and compare the answers step by step."""
        script = versions[0]
        # First of somebody else's server: what that lacks is what can be given.
        sides = sorted(zip(versions, self.targets, strict=True), key=lambda side: side[1].is_ours)
        reason = next(filter(None, (reason_to_skip(own, target, self._operations) for own, target in sides)), None)
        if reason:
            self._skip(script, reason)
            return
        self.report.scripts += 1
        self._written = self._written or not only_reads(script, self._operations)
        outcomes = []
        for target, version in zip(self.targets, versions, strict=True):
            if put_back and target.reset:
                target.reset()
            outcomes.append(self._outcomes(version, target))
        if len(outcomes) == 2:
            self._compare_outcomes(script, outcomes[0], outcomes[1])

    def _outcomes(self, script: Script, target: Target) -> list[Outcome]:
        outcomes: list[Outcome] = []
        written: list[str] = []
        steps = run(script, target, self.contract, target.accepts)
        while True:
            started = time.perf_counter()
            try:
                outcome = next(steps)
            except StopIteration:
                return outcomes
            except Refused as refused:
                self._skip(script, refused.reason)
                return outcomes
            outcomes.append(outcome)
            self._note_outcome(outcome, target, time.perf_counter() - started, tuple(written))
            if self._operations[outcome.step.call].method.upper() not in SAFE:
                written.append(outcome.step.call)

    def _skip(self, script: Script, reason: str) -> None:
        self.report.skipped[f"{script.family}: {script.name} ({script.steps[0].call})"] = reason

    def _note_outcome(self, outcome: Outcome, target: Target, seconds: float, written: tuple[str, ...]) -> None:
        self.report.steps += 1
        row = self.report.rows.get(outcome.step.call)
        if row is None:
            return
        showing = row.showings[target.name]
        if outcome.answer is not None:
            showing.statuses[outcome.answer.status] += 1
            showing.seconds.append(seconds)
            if outcome.answer.refusal and outcome.role in OWN_ROLES - {"none"}:
                showing.refusals[target.redactor.text(outcome.answer.refusal)] += 1
        if outcome.problems:
            showing.fail(self._failure(outcome, target, row.operation, tuple(dict.fromkeys(written))))

    def _failure(self, outcome: Outcome, target: Target, operation: Operation, written: tuple[str, ...]) -> Failure:
        text = target.redactor.text("; ".join(outcome.problems))[:LONGEST_TEXT]
        request, answer = target.redactor.text(outcome.request), outcome.answer
        if answer is not None and answer.status in SERVER_ERRORS:
            why = Explanation(Cause.SERVER, f"{target.name} answers {answer.status}")
            return Failure(NOT_A_SERVER_ERROR, "Server error", text, written, explanation=why, request=request)
        explanation = None
        if answer is not None:
            explanation = self._explainer.answer(target, operation, answer, outcome.role)
            if explanation is None and not written:
                explanation = self._explainer.lacking(target, operation, answer, outcome.request)
        title = f"{outcome.script.name}, step {outcome.number}"
        return Failure("script", title, text, written, explanation=explanation, request=request)

    def _compare_outcomes(self, script: Script, left: list[Outcome], right: list[Outcome]) -> None:
        alignment = Alignment(self._alike, alike=self._alike)
        written: list[str] = []
        for ours, theirs in zip_longest(left, right):
            if ours is None or theirs is None or ours.answer is None or theirs.answer is None:
                break
            alignment.note_sent(ours.step.spec.get("body") or ours.step.spec.get("form"))
            where = f"script {script.name!r}, step {ours.number}"
            operation, answers = self._operations[ours.step.call], (ours.answer, theirs.answer)
            if self._fails_alone(answers):
                break
            alignment.twins = self._determines(operation)
            apart = passed_over(operation, self._profiles, said_in(ours.step.spec))
            for difference in alignment.differences(*answers, cross_origin=ours.cross_origin):
                why = self._explainer.difference(
                    operation, difference, (ours.request, theirs.request), answers, ours.role, written=bool(written)
                )  # fmt: skip
                self._differences.enter(
                    ours.step.call, difference, where, tuple(dict.fromkeys(written)), apart, request=ours.request,
                    explanation=why,
                )  # fmt: skip
            if ours.answer.status != theirs.answer.status:
                break  # what follows would only repeat it
            if self._operations[ours.step.call].method.upper() not in SAFE:
                written.append(ours.step.call)

    def _fails_alone(self, answers: Sequence[Answer]) -> bool:
        """Return whether one that is not ours fails on what the other answers: its own failure, told as that."""
        fails = [answer.status in SERVER_ERRORS for answer in answers]
        return any(failed and not target.is_ours for failed, target in zip(fails, self.targets, strict=True))

    # Properties

    def _explore(self, identifiers: Sequence[Identifiers]) -> None:
        options = self.options
        Exploration(
            self.contract, self.targets, options.settings, options.generated,
            self.report, self._differences, self._explainer, self._alike, self._determines, self._progress,
        ).run(identifiers)  # fmt: skip

    # Differences

    def _compare_speed(self, row: Row) -> None:
        left, right = (row.showings[target.name] for target in self.targets)
        if len(left.seconds) < 3 or len(right.seconds) < 3 or left.median_ms is None or right.median_ms is None:
            return
        for (slow, usual), quick in (((right, self._usual_ms(1)), left), ((left, self._usual_ms(0)), right)):
            middle = max(quick.median_ms or 0, 0 if self._alike else usual) / 1000
            if (slow.median_ms or 0) / 1000 > max(SLOW_SECONDS, SLOW_TIMES * middle) and min(slow.seconds) > middle:
                difference = Difference("time", "slow", f"{left.median_ms:.0f} ms", f"{right.median_ms:.0f} ms")
                self._differences.enter(row.operation.id, difference, "all requests", ())

    def _usual_ms(self, side: int) -> float:
        """Return how long an answer takes on one side, in the middle of all operations: some servers are far away."""
        name = self.targets[side].name
        found = [row.showings[name].median_ms for row in self.report.rows.values()]
        return statistics.median([ms for ms in found if ms is not None] or [0.0])

    # The end

    def _tell_unreached(self, identifiers: Sequence[Identifiers]) -> None:
        """Say of each operation without a success what kept it from one."""
        for target, known in zip(self.targets, identifiers, strict=True):
            if target.is_ours and len(self.targets) > 1 and not self._alike:
                continue  # it was asked only what the other may be asked
            for row in self.report.described:
                showing = row.showings[target.name]
                if not showing.reached:
                    showing.unreached = why_unreached(row.operation, target, showing, known.get(row.label, {}))

    def _finish(self) -> None:
        report = self.report
        if len(self.targets) == 2:
            for row in report.rows.values():
                self._compare_speed(row)
        for info, target in zip(report.targets, self.targets, strict=True):
            info.count(target.adapter.traffic)
        if len(self.targets) == 2 and not report.interrupted:
            report.unused = self._differences.unused
        left_out = {row.label: max(s.left_out for s in row.showings.values()) for row in report.described}
        bounded = [label for label, number in left_out.items() if number]
        if bounded:
            report.notes.append(
                f"The coverage phase was bounded to {self.options.settings.most_coverage} cases an operation; of "
                f"{len(bounded)} operations with more, {sum(left_out.values())} cases were not sent."
            )


def _describe(options: Options) -> dict[str, object]:
    settings = options.settings
    return {
        "examples": settings.examples, "seed": settings.seed, "workers": settings.workers, "only": settings.only,
        "phases": list(settings.phases) if options.properties else [], "scripts": options.scripts,
    }  # fmt: skip

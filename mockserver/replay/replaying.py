"""A replay: probes, scripts and properties, on one target or two, and what is found of each operation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from mockserver.collecting import seldom
from mockserver.contract import Contract, Profile
from mockserver.replay.alignment import Difference
from mockserver.replay.cases import Identifiers, Settings
from mockserver.replay.causes import Explainer
from mockserver.replay.dates.finding import date_target
from mockserver.replay.deviations import Deviation, declared
from mockserver.replay.exploring import Exploration, Progress
from mockserver.replay.identifiers import Finder
from mockserver.replay.probes import probes
from mockserver.replay.report.differences import Differences, Side
from mockserver.replay.report.model import Report, Row, TargetInfo, empty_rows
from mockserver.replay.report.reaching import why_unreached
from mockserver.replay.running import Running
from mockserver.replay.safety import is_open, only_reads
from mockserver.replay.script import Script
from mockserver.replay.sharing import Sharing
from mockserver.replay.targets import Target

SLOW_SECONDS = 0.2
SLOW_TIMES = 8


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
        self._sharing = Sharing(contract, self.targets)
        self._running = Running(
            contract, self.targets, self.report, self._differences, self._explainer, self._sharing
        )  # fmt: skip
        if any(target.role == "session" for target in self.targets):  # the same role on both, to compare
            for target in self.targets:
                target.role = "session"

    def run(self) -> Report:
        """Run everything, and return the report; it is partial where a target was lost or Ctrl-C came."""
        with seldom(), self.report.running():
            self._date()
            sharing = self._sharing
            real = sharing.real if self.options.shares and sharing.is_wanted else None
            theirs = self._learn(real) if real is not None else None  # some may be made, before all are read
            if theirs is not None:
                self.report.notes += sharing.share(self._progress)
            shared = theirs if sharing.is_shared else None
            identifiers = [shared] if shared is not None else [self._learn(target) for target in self.targets]
            for target in self.targets:
                finder = Finder(self.contract, target.ids, target.ask, may_create=False)
                self._finders.setdefault(target.name, finder)
            if sharing.alike or sharing.is_shared:  # the same records, whichever a server lists first
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
        self._differences.sides = [
            Side(target.name, target.profile, target.redactor, is_foreign=not target.is_ours) for target in self.targets
        ]  # fmt: skip
        if len(set(self._profiles)) > 1:
            self._differences.declared = declared(self.contract, self._profiles)

    @property
    def _profiles(self) -> list[Profile]:
        return [target.profile for target in self.targets]

    # Identifiers

    def _learn(self, target: Target) -> Identifiers:
        """Return identifiers that exist on a target; a world of our own may be given some that it lacks."""
        if target.reset:
            target.reset()
        may_create, guard = is_open(target), target.adapter.guard
        permits = (lambda method, path: guard.refusal(method, path) is None) if may_create and guard else None
        finder = Finder(self.contract, target.ids, target.ask, may_create=may_create, permits=permits)
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
            self._running.run(versions, put_back=not only_reads(versions[0], self._operations))
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
            self._running.skip(next(iter(found.values())), f"{lacking.name} has no record to ask about")
        return paired

    def _run_scripts(self) -> None:
        chosen = [script for script in self.scripts if self._is_wanted(script)]
        for number, script in enumerate(chosen):
            self._progress("scripts", number, len(chosen))
            self._running.run([script] * len(self.targets), put_back=True)
        self._progress("scripts", len(chosen), len(chosen))

    def _is_wanted(self, script: Script) -> bool:
        if self.options.families and script.family not in self.options.families:
            return False
        return any(step.call in self.report.rows for step in script.steps)

    # Properties

    def _explore(self, identifiers: Sequence[Identifiers]) -> None:
        options = self.options
        Exploration(
            self.contract, self.targets, options.settings, options.generated,
            self.report, self._differences, self._explainer, self._sharing, self._progress,
        ).run(identifiers)  # fmt: skip

    # Differences

    def _compare_speed(self, row: Row) -> None:
        left, right = (row.showings[target.name] for target in self.targets)
        if len(left.seconds) < 3 or len(right.seconds) < 3 or left.median_ms is None or right.median_ms is None:
            return
        for (slow, usual), quick in (((right, self._usual_ms(1)), left), ((left, self._usual_ms(0)), right)):
            middle = max(quick.median_ms or 0, 0 if self._sharing.alike else usual) / 1000
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
            if target.is_ours and len(self.targets) > 1 and not self._sharing.alike:
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

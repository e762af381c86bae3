"""A replay: probes, scripts and properties, on one target or two, and what is found of each operation."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Alignment, Difference
from mockserver.replay.cases import Identifiers, Settings
from mockserver.replay.deviations import Deviation
from mockserver.replay.differences import Differences, Side
from mockserver.replay.exemptions import Exemption
from mockserver.replay.identifiers import Finder
from mockserver.replay.judging import Judge
from mockserver.replay.probes import probes
from mockserver.replay.properties import Exchange, Findings, explore
from mockserver.replay.report.model import Failure, Report, Row, TargetInfo, empty_rows
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Outcome, Script, run
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, Refused, Unreachable, explain

ANYTHING = Exemption("[a-z_]+", "Requests made from another profile's document say nothing of this one's checks.")
SLOW_SECONDS = 0.2
SLOW_TIMES = 8
LONGEST_TEXT = 1500
Progress = Callable[[str, int, int], None]
"""Told of a stage, how far it is, and how far it goes."""


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
        self._by_label = _by_label(contract)
        rows = empty_rows(contract, [(t.name, t.profile) for t in self.targets], options.settings.only)
        infos = [TargetInfo(t.name, t.url, str(t.profile)) for t in self.targets]
        self.report = Report(
            contract.title, contract.version, started_at, _describe(options), infos, rows,
        )  # fmt: skip
        sides = [Side(target.name, target.profile, target.redactor) for target in self.targets]
        self._differences = Differences(self.report, sides, list(deviations))
        self._twins = len(self.targets) == 2 and all(target.is_ours for target in self.targets)
        if any(target.role == "session" for target in self.targets):  # the same role on both, to compare
            for target in self.targets:
                target.role = "session"

    def run(self) -> Report:
        """Run everything, and return the report; it is partial where a target was lost or Ctrl-C came."""
        started = time.perf_counter()
        try:
            identifiers = [self._learn(target) for target in self.targets]
            if self._twins:  # the same records, whichever a server lists first
                identifiers = [identifiers[0]] * len(self.targets)
            if self.options.probes:
                self._run_probes(identifiers)
            if self.options.scripts:
                self._run_scripts()
            if self.options.properties:
                self._run_properties(identifiers)
        except Unreachable as lost:
            self._lose(str(lost))
        except KeyboardInterrupt:
            self.report.interrupted = True
            self.report.notes.append("Stopped by Ctrl-C: what follows is what was found until then.")
        finally:
            self._finish(time.perf_counter() - started)
        return self.report

    # Identifiers

    def _learn(self, target: Target) -> Identifiers:
        """Return identifiers that exist on a target; a world of our own may be given some that it lacks."""
        if target.reset:
            target.reset()
        finder = Finder(self.contract, target.ids, target.ask, may_create=target.is_ours)
        operations = [row.operation for row in self.report.rows.values()]
        found = finder.identifiers(operations)
        if target.settle:
            target.settle()
        return found

    # Probes and scripts

    def _run_probes(self, identifiers: Sequence[Identifiers]) -> None:
        operations = [
            row.operation
            for row in self.report.promised
            if all(row.operation.exists_in(target.profile) for target in self.targets)
        ]
        made = [probes(self.contract, operations, known) for known in identifiers]
        for number, versions in enumerate(zip(*made, strict=True)):
            if number % 25 == 0:
                self._progress("probes", number, len(made[0]))
            if any(not target.is_ours for target in self.targets) and not only_reads(versions[0], self._operations):
                continue
            self._run_versions(versions, put_back=not only_reads(versions[0], self._operations))
        self._progress("probes", len(made[0]), len(made[0]))

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
        reasons = (reason_to_skip(script, target, self._operations) for target in self.targets)
        reason = next(filter(None, reasons), None)
        if reason:
            self.report.skipped[f"{script.family}: {script.name}"] = reason
            return
        self.report.scripts += 1
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
                self.report.skipped[f"{script.family}: {script.name}"] = str(refused)
                return outcomes
            outcomes.append(outcome)
            self._note_outcome(outcome, target, time.perf_counter() - started, tuple(written))
            if self._operations[outcome.step.call].method.upper() not in SAFE:
                written.append(outcome.step.call)

    def _note_outcome(self, outcome: Outcome, target: Target, seconds: float, written: tuple[str, ...]) -> None:
        self.report.steps += 1
        row = self.report.rows.get(outcome.step.call)
        if row is None:
            return
        showing = row.showings[target.name]
        if outcome.answer is not None:
            showing.statuses[outcome.answer.status] += 1
            showing.seconds.append(seconds)
        if outcome.problems:
            text = target.redactor.text("; ".join(outcome.problems))[:LONGEST_TEXT]
            title = f"{outcome.script.name}, step {outcome.number}"
            showing.failures.append(Failure("script", title, text, tuple(dict.fromkeys(written))))

    def _compare_outcomes(self, script: Script, left: list[Outcome], right: list[Outcome]) -> None:
        alignment = Alignment(self._twins)
        written: list[str] = []
        for ours, theirs in zip_longest(left, right):
            if ours is None or theirs is None or ours.answer is None or theirs.answer is None:
                break
            alignment.note_sent(ours.step.spec.get("body") or ours.step.spec.get("form"))
            where = f"script {script.name!r}, step {ours.number}"
            for difference in alignment.differences(ours.answer, theirs.answer):
                self._differences.enter(ours.step.call, difference, where, tuple(dict.fromkeys(written)))
            if ours.answer.status != theirs.answer.status:
                break  # what follows would only repeat it
            if self._operations[ours.step.call].method.upper() not in SAFE:
                written.append(ours.step.call)

    # Properties

    def _run_properties(self, identifiers: Sequence[Identifiers]) -> None:
        comparing = len(self.targets) > 1
        foreign = any(not target.is_ours for target in self.targets)
        settings = replace(
            self.options.settings,
            learns=not comparing and self.options.settings.learns,
            read_only=self.options.settings.read_only or foreign,
            only=self._only(),
        )
        seen: list[dict[tuple[str, str, int], Exchange]] = []
        for target, known in zip(self.targets, identifiers, strict=True):
            exchanges: dict[tuple[str, str, int], Exchange] = {}
            self._explore(target, known, settings, exchanges if comparing else None)
            seen.append(exchanges)
        if comparing:
            self._compare_exchanges(seen[0], seen[1])

    def _only(self) -> str | None:
        """Return a pattern that finds exactly the operations that have a row, unless all of them have one."""
        if not self.options.settings.only and not self.options.generated:
            return None
        wanted = [
            r for r in self.report.promised if not self.options.generated or r.operation.id in self.options.generated
        ]
        return "|".join(f"^{re.escape(row.label)}$" for row in wanted) or "^$"

    def _explore(
        self, target: Target, known: Identifiers, settings: Settings,
        exchanges: dict[tuple[str, str, int], Exchange] | None,
    ) -> None:  # fmt: skip
        done = 0
        total = len(self.report.promised) * len([p for p in settings.phases if p != "stateful"])

        def advance(phase: str, label: str) -> None:
            nonlocal done
            done += 1
            if target.adapter.lost is not None:
                raise explain(target.name, target.url, target.adapter.lost)
            self._progress(f"properties, {target.name}, {phase}", min(done, total), total)

        def note(exchange: Exchange) -> None:
            if exchanges is not None:
                exchanges[exchange.label, exchange.phase, exchange.number] = exchange

        guard = target.adapter.guard
        findings: dict[str, Findings] = {}
        profile = self.targets[0].profile  # one document for both, so that both get the same requests
        judged_apart = profile is not target.profile
        try:
            explore(
                self.contract, profile, base_url=target.url, api_key=target.key,
                parameters={name: value for name, value in target.ids.items() if not name.startswith("foreign")},
                identifiers=known, settings=settings, before=target.reset, prepare=target.open_session,
                permits=(lambda method, path: guard.refusal(method, path) is None) if guard else None,
                note=note, advance=advance, found=findings, allowed=(ANYTHING,) if judged_apart else None,
            )  # fmt: skip
            if judged_apart:
                self._judge(target, findings, exchanges or {})
        finally:
            self._merge(target, findings)
        target.ask("GET", "/api/users/@me/")  # one that went away is noticed here

    def _judge(
        self, target: Target, findings: dict[str, Findings], exchanges: Mapping[tuple[str, str, int], Exchange]
    ) -> None:
        """Judge the answers of a target by its own profile, where the requests were made from the other's."""
        judge = Judge(self.contract, target.profile)
        for exchange in exchanges.values():
            operation = self._by_label[exchange.label]
            if exchange.method.lower() != operation.method:
                continue
            found = judge.problem(operation, exchange.answer)
            if found:
                text = f"{found[1]}\n{exchange.method} {exchange.url}"
                findings[exchange.label].failures.setdefault(f"{found[0]}: {found[1][:80]}", text)

    def _merge(self, target: Target, findings: Mapping[str, Findings]) -> None:
        """Enter what generated requests found of a target."""
        for label, found in findings.items():
            operation = self._by_label.get(label)
            row = self.report.rows.get(operation.id) if operation else None
            if row is None:
                problems = [f"{title}: {text}" for title, text in found.failures.items()]
                self.report.notes += [f"{target.name}, {label}: {problem[:300]}" for problem in problems]
                continue
            showing = row.showings[target.name]
            showing.statuses.update(found.statuses)
            showing.seconds += found.seconds
            showing.left_out += found.left_out
            self.report.cases += sum(found.statuses.values())
            for title, text in found.failures.items():
                check, _, what = title.partition(": ")
                showing.failures.append(Failure(check, what, target.redactor.text(text)))

    def _compare_exchanges(
        self, left: dict[tuple[str, str, int], Exchange], right: dict[tuple[str, str, int], Exchange]
    ) -> None:
        alignments: dict[tuple[str, str], Alignment] = {}
        for key, ours in left.items():
            theirs = right.get(key)
            path = ours.label.partition(" ")[2]  # coverage also tries methods that the operation does not have
            operation = self._by_label.get(f"{ours.method} {path}") or self._by_label[ours.label]
            if theirs is None or not _is_same_request(ours, theirs, exactly=self._twins):
                self.report.unaligned += 1
                continue
            alignment = alignments.setdefault(key[:2], Alignment(self._twins))
            where = f"{ours.phase}, request {ours.number}: {ours.method} {ours.url[:200]}"
            for difference in alignment.differences(ours.answer, theirs.answer):
                self._differences.enter(operation.id, difference, where, ())
        self.report.unaligned += len(right.keys() - left.keys())

    # Differences

    def _compare_speed(self, row: Row) -> None:
        left, right = (row.showings[target.name] for target in self.targets)
        if len(left.seconds) < 3 or len(right.seconds) < 3 or left.median_ms is None or right.median_ms is None:
            return
        for slow, quick in ((right, left), (left, right)):
            middle = (quick.median_ms or 0) / 1000
            if (slow.median_ms or 0) / 1000 > max(SLOW_SECONDS, SLOW_TIMES * middle) and min(slow.seconds) > middle:
                difference = Difference("time", "slow", f"{left.median_ms:.0f} ms", f"{right.median_ms:.0f} ms")
                self._differences.enter(row.operation.id, difference, "all requests", ())

    # The end

    def _lose(self, problem: str) -> None:
        for info in self.report.targets:
            if problem.startswith(f"target {info.name} "):
                info.problem = problem
        if not any(info.problem for info in self.report.targets):
            self.report.targets[0].problem = problem
        self.report.notes.append(f"{problem}. What follows is what was found until then.")

    def _finish(self, seconds: float) -> None:
        report = self.report
        report.seconds = seconds
        if len(self.targets) == 2 and self._twins:
            for row in report.rows.values():
                self._compare_speed(row)
        for info, target in zip(report.targets, self.targets, strict=True):
            traffic = target.adapter.traffic
            info.requests, info.retried, info.waited_seconds = traffic.requests, traffic.retried, traffic.waited_seconds
            info.refused = dict(traffic.refused)
        if len(self.targets) == 2 and not report.interrupted:
            report.unused = self._differences.unused
        left_out = {row.label: max(s.left_out for s in row.showings.values()) for row in report.promised}
        bounded = [label for label, number in left_out.items() if number]
        if bounded:
            report.notes.append(
                f"The coverage phase was bounded to {self.options.settings.most_coverage} cases an operation; of "
                f"{len(bounded)} operations with more, {sum(left_out.values())} cases were not sent."
            )


def _by_label(contract: Contract) -> dict[str, Operation]:
    """Return the operations by method and path, under each mount that they are served at."""
    found: dict[str, Operation] = {}
    for operation in contract.operations:
        for mount in contract.families[operation.family].mounts:
            path = "/".join(filter(None, (mount, operation.relative)))
            found.setdefault(f"{operation.method.upper()} {path}", operation)
    return found | {f"{operation.method.upper()} {operation.path}": operation for operation in contract.operations}


def _is_same_request(left: Exchange, right: Exchange, *, exactly: bool) -> bool:
    if left.method != right.method:
        return False
    if exactly:
        return left.url == right.url and _body(left) == _body(right)
    return left.url.partition("?")[2] == right.url.partition("?")[2]


def _body(exchange: Exchange) -> bytes | None:
    """Return a request's body; the boundaries of a form's parts are drawn anew for each."""
    content_type = next((v for k, v in exchange.headers.items() if k.lower() == "content-type"), "")
    boundary = content_type.partition("boundary=")[2].encode()
    return exchange.body.replace(boundary, b"boundary") if exchange.body and boundary else exchange.body


def _describe(options: Options) -> dict[str, object]:
    settings = options.settings
    return {
        "examples": settings.examples, "seed": settings.seed, "workers": settings.workers, "only": settings.only,
        "phases": list(settings.phases) if options.properties else [], "scripts": options.scripts,
    }  # fmt: skip

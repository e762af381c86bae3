"""Scripts run on one target or two, step by step, and what differs between the answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Alignment
from mockserver.replay.causes import OWN_ROLES, Cause, Explainer, Explanation
from mockserver.replay.deviations import of_one_date
from mockserver.replay.probes import PREFIX
from mockserver.replay.properties import NOT_A_SERVER_ERROR
from mockserver.replay.report.differences import Differences
from mockserver.replay.report.model import Failure, Report
from mockserver.replay.safety import only_reads, reason_to_skip
from mockserver.replay.script import Answer, Outcome, Script, run, said_in
from mockserver.replay.sharing import Sharing
from mockserver.replay.targets import Target
from mockserver.replay.wire import SAFE, SERVER_ERRORS, Refused

LONGEST_TEXT = 1500


@dataclass
class Course:
    """How a script goes on one target."""

    target: Target
    steps: Iterator[Outcome]
    outcomes: list[Outcome] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """The operations that wrote, each once."""


class Running:
    """Runs scripts, notes in a report how each step went, and compares the steps of two targets."""

    def __init__(
        self, contract: Contract, targets: Sequence[Target], report: Report, differences: Differences,
        explainer: Explainer, sharing: Sharing,
    ) -> None:  # fmt: skip
        self._contract = contract
        self._targets = targets
        self._report = report
        self._differences = differences
        self._explainer = explainer
        self._sharing = sharing
        self._operations: Mapping[str, Operation] = {operation.id: operation for operation in contract.operations}

    def run(self, versions: Sequence[Script], *, put_back: bool) -> None:
        """Run a script, in the version for each target, and compare the answers step by step.

        A step that one target is refused is not sent to the others either, nor what follows: all keep one history.
        """
        script = versions[0]
        # First of somebody else's server: what that lacks is what can be given, and what it refuses is not sent.
        sides = sorted(zip(versions, self._targets, strict=True), key=lambda side: side[1].is_ours)
        reason = next(filter(None, (reason_to_skip(own, target, self._operations) for own, target in sides)), None)
        if reason:
            self.skip(script, reason)
            return
        self._report.scripts += 1
        writes = not only_reads(script, self._operations)
        self._sharing.scripted |= writes and not script.name.startswith(PREFIX)
        courses = []
        for version, target in sides:
            if put_back and target.reset and not self._sharing.is_shared:  # its server is not put back either
                target.reset()
            courses.append(Course(target, run(version, target, self._contract, target.accepts)))
        try:
            while all(self._step(course) for course in courses):
                pass
        except Refused as refused:
            self.skip(script, refused.reason)
        if len(courses) == 2:
            ours, theirs = sorted(courses, key=lambda course: self._targets.index(course.target))
            self._compare(script, ours.outcomes, theirs.outcomes)

    def skip(self, script: Script, reason: str) -> None:
        """Say why a script was not run, or not to its end."""
        self._report.skipped[f"{script.family}: {script.name} ({script.steps[0].call})"] = reason

    def _step(self, course: Course) -> bool:
        """Take the next step of a course, and return whether there was one. Raises: Refused."""
        started = time.perf_counter()
        outcome = next(course.steps, None)
        if outcome is None:
            return False
        course.outcomes.append(outcome)
        self._note(outcome, course, time.perf_counter() - started)
        call = outcome.step.call
        if self._operations[call].method.upper() not in SAFE and call not in course.written:
            course.written.append(call)
        return True

    def _note(self, outcome: Outcome, course: Course, seconds: float) -> None:
        target = course.target
        self._report.steps += 1
        row = self._report.rows.get(outcome.step.call)
        if row is None:
            return
        showing = row.showings[target.name]
        if outcome.answer is not None:
            showing.statuses[outcome.answer.status] += 1
            showing.seconds.append(seconds)
            if outcome.answer.refusal and outcome.role in OWN_ROLES - {"none"}:
                showing.refusals[target.redactor.text(outcome.answer.refusal)] += 1
        if outcome.problems:
            showing.fail(self._failure(outcome, target, row.operation, tuple(course.written)))

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

    def _compare(self, script: Script, left: Sequence[Outcome], right: Sequence[Outcome]) -> None:
        alike = self._sharing.alike
        alignment = Alignment(alike, alike=alike, counts_alike=alike)
        profiles = [target.profile for target in self._targets]
        written: list[str] = []
        for ours, theirs in zip(left, right, strict=False):
            if ours.answer is None or theirs.answer is None:
                break
            alignment.note_sent(ours.step.spec.get("body") or ours.step.spec.get("form"))
            where = f"script {script.name!r}, step {ours.number}"
            operation, answers = self._operations[ours.step.call], (ours.answer, theirs.answer)
            if self._fails_alone(answers):
                break
            alignment.twins, alignment.unheld = self._sharing.determines(operation), self._sharing.unheld(operation)
            spec = ours.step.spec
            apart = of_one_date(self._contract, operation, profiles, said_in(spec), spec.get("body"))
            is_made_here = bool(written) and "$" in str(ours.step.spec.get("path"))
            for difference in alignment.differences(*answers, cross_origin=ours.cross_origin):
                why = self._explainer.difference(
                    operation, difference, (ours.request, theirs.request), answers, ours.role, written=is_made_here
                )  # fmt: skip
                self._differences.enter(
                    ours.step.call, difference, where, tuple(dict.fromkeys(written)), apart, request=ours.request,
                    explanation=why,
                )  # fmt: skip
            if ours.answer.status != theirs.answer.status:
                break  # what follows would only repeat it
            if operation.method.upper() not in SAFE:
                written.append(operation.id)

    def _fails_alone(self, answers: Sequence[Answer]) -> bool:
        """Return whether one that is not ours fails on what the other answers: its own failure, told as that."""
        fails = [answer.status in SERVER_ERRORS for answer in answers]
        return any(failed and not target.is_ours for failed, target in zip(fails, self._targets, strict=True))

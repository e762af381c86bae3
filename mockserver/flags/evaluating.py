"""All flags of a project for one person: those asked for, each after the flags that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from mockserver.flags.cohorts import MissingCohort
from mockserver.flags.django import QueryFailed
from mockserver.flags.evaluation import Flag
from mockserver.flags.projects import Project
from mockserver.flags.rules import Rules
from mockserver.flags.subjects import Subject
from mockserver.flags.verdicts import Reason, Verdict

Wanted = Callable[[Flag], bool]


@dataclass
class Outcome:
    """The verdicts by key, and whether some flag could not be computed."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    failed: bool = False


def everything(flag: Flag) -> bool:
    """Want any flag."""
    return True


def evaluate(
    project: Project, subject: Subject, rules: Rules, keys: Collection[str] | None = None, wanted: Wanted = everything
) -> Outcome:
    """Return what each flag is for somebody: those of some keys, or all; what is not `wanted` counts as off.

    A flag that cannot be evaluated is left out, and the others are not affected.
    """
    chosen = [flag for key, flag in project.flags.items() if (keys is None or key in keys) and wanted(flag)]
    if rules.is_django:
        return _by_django(project, subject, chosen, keys)
    outcome = Outcome(failed=bool(project.unreadable))
    decider = _Decider(project, subject, rules, wanted, outcome)
    decider.decide_all(chosen)
    answered = decider.decided if rules.needs_dependencies else {flag.id for flag in chosen}
    outcome.verdicts = {flag.key: verdict for flag, verdict in decider.verdicts() if flag.id in answered}
    return outcome


def _by_django(project: Project, subject: Subject, chosen: Iterable[Flag], keys: Collection[str] | None) -> Outcome:
    chosen = list(chosen)
    subject.query_fails = any(project.needs[flag.id] for flag in chosen)
    outcome = Outcome(failed=any(keys is None or key in keys for key in project.unreadable))
    for flag in chosen:
        try:
            outcome.verdicts[flag.key] = flag.decide(subject)
        except QueryFailed:
            outcome.failed = True
    return outcome


class _Decider:
    """Decides flags, each once, after those that it depends on."""

    def __init__(self, project: Project, subject: Subject, rules: Rules, wanted: Wanted, outcome: Outcome) -> None:
        self.project = project
        self.subject = subject
        self.rules = rules
        self.wanted = wanted
        self.outcome = outcome
        self.decided: dict[int, Verdict | None] = {}

    def verdicts(self) -> Iterable[tuple[Flag, Verdict]]:
        """Yield the flags that have a verdict."""
        for number, verdict in self.decided.items():
            if verdict is not None:
                yield self.project.by_id[number], verdict

    def decide_all(self, flags: Iterable[Flag]) -> None:
        """Decide flags, dependencies first, without recursion: a chain may be as long as one likes."""
        needs = self.project.needs
        for first in flags:
            waiting, path = [first.id], set[int]()
            while waiting:
                number = waiting[-1]
                if number in self.decided or number not in self.project.by_id:
                    path.discard(waiting.pop())
                    continue
                open_needs = [n for n in needs[number] if n not in self.decided and n in self.project.by_id]
                if number in path:  # back from its dependencies
                    looped = [n for n in open_needs if n in path]
                    self.decided[number] = None if looped else self._decide(self.project.by_id[number])
                    self.outcome.failed |= bool(looped)
                    continue
                path.add(number)
                circle = [n for n in open_needs if n in path]
                if circle:
                    self._leave_out(waiting[waiting.index(circle[0]) :], path)
                    continue
                waiting.extend(open_needs)

    def _leave_out(self, numbers: Iterable[int], path: set[int]) -> None:
        for number in numbers:
            if number in path:
                self.decided[number] = None
                self.outcome.failed = True

    def _decide(self, flag: Flag) -> Verdict | None:
        if not self.wanted(flag):
            return None
        for number in self.project.needs[flag.id]:
            if self._is_missing(number):
                if not self.rules.needs_dependencies:
                    return Verdict(False, Reason.MISSING_DEPENDENCY)
                self.outcome.failed = True
                return None
        try:
            verdict = flag.decide(self.subject)
        except MissingCohort:
            self.outcome.failed = True
            verdict = Verdict(False, Reason.MISSING_COHORT)
        self.subject.decided[flag.id] = verdict.value
        return verdict

    def _is_missing(self, number: int) -> bool:
        """Return whether a flag that another depends on is not there, or could not be decided itself."""
        other = self.project.by_id.get(number)
        if other is None:
            return True
        verdict = self.decided.get(number)
        if verdict is None:
            return self.wanted(other)
        return verdict.reason is Reason.MISSING_DEPENDENCY

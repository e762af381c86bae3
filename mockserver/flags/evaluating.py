"""All flags of a project for one person: those asked for, each after the flags that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
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
    asked = {flag.id for flag in chosen}
    needed = project.with_needs(asked)
    for flag in project.order:
        if flag.id in needed and wanted(flag):
            verdict = _decide(flag, project, subject, outcome, wanted)
            if verdict is not None and (rules.answers_needs or flag.id in asked):
                outcome.verdicts[flag.key] = verdict
    outcome.failed |= not needed.isdisjoint(project.circular)
    return outcome


def _decide(flag: Flag, project: Project, subject: Subject, outcome: Outcome, wanted: Wanted) -> Verdict | None:
    """Return what a flag is once those that it depends on are known; nothing for one that is left out."""
    needs = [project.by_id.get(number) for number in project.needs[flag.id]]
    if any(other is None or (wanted(other) and other.id not in subject.decided) for other in needs):
        if not flag.rules.needs_dependencies:
            return Verdict(False, Reason.MISSING_DEPENDENCY)
        outcome.failed = True
        return None
    try:
        verdict = flag.decide(subject)
    except MissingCohort:
        outcome.failed = True
        verdict = Verdict(False, Reason.MISSING_COHORT)
    subject.decided[flag.id] = verdict.value
    return verdict


def _by_django(project: Project, subject: Subject, chosen: Sequence[Flag], keys: Collection[str] | None) -> Outcome:
    subject.query_fails = any(project.needs[flag.id] for flag in chosen)
    outcome = Outcome(failed=any(keys is None or key in keys for key in project.unreadable))
    for flag in chosen:
        try:
            outcome.verdicts[flag.key] = flag.decide(subject)
        except QueryFailed:
            outcome.failed = True
    return outcome

"""What was found, each thing once, by cause: how often it was seen, and the smallest request that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mockserver.replay.causes import Cause
from mockserver.replay.report.model import Failure, Mismatch, Report, Row

HEADINGS = {
    Cause.UNEXPLAINED: "Unexplained",
    Cause.SERVER: "The server's own failures",
    Cause.DATE: "Your server is of another date",
    Cause.ABSENT: "Your project lacks a record",
    Cause.KEY: "This key may not",
}
"""The causes, in the order in which they are told."""
LONGEST_WHAT = 200


@dataclass
class Found:
    """One thing that was found, at however many operations."""

    cause: Cause
    what: str
    count: int = 0
    operations: list[str] = field(default_factory=list)
    """Ids."""
    request: str = ""
    """The smallest that shows it."""

    def add(self, row: Row, sighting: Failure | Mismatch) -> None:
        """Take in one place where it was found."""
        self.count += sighting.count
        if row.operation.id not in self.operations:
            self.operations.append(row.operation.id)
        if sighting.request and (not self.request or len(sighting.request) < len(self.request)):
            self.request = sighting.request


def groups(report: Report) -> list[Found]:
    """Return what was found and no deviation accepts: what is unexplained first, then what was seen most often."""
    found: dict[tuple[Cause, str], Found] = {}
    for row in report.rows.values():
        for what, sighting in _sightings(row):
            found.setdefault((sighting.cause, what), Found(sighting.cause, what)).add(row, sighting)
    for target in report.targets:
        if target.dating is not None and target.dating.is_apart:
            apart = (*target.dating.lacking, *target.dating.beyond)
            found[Cause.DATE, target.dating.headline] = Found(
                Cause.DATE, target.dating.headline, len(apart),
                list(dict.fromkeys(mark.owner for mark in apart if mark.owner in report.rows)),
            )  # fmt: skip
    order = list(HEADINGS)
    return sorted(found.values(), key=lambda group: (order.index(group.cause), -len(group.operations), -group.count))


def headline(report: Report) -> str:
    """Return what to do now, in one line."""
    lost = next((target for target in report.targets if target.problem), None)
    if lost is not None:
        return f"{lost.name} was lost on the way; see to it and run this again"
    found = [group for group in groups(report) if group.cause.is_open]
    if found:
        first, rest = found[0], len(found) - 1
        more = f", and {rest} more below" if rest else ""
        return f"Look at {first.operations[0]} first: {first.what.rstrip('.')}{more}"
    kept = {name for name, _ in unreached(report)}
    foreign = [t for t in report.targets if t.name in kept]
    if report.interrupted:
        return "Stopped before the end, with nothing unexplained until then; run it again for the rest"
    if foreign:
        target = min(foreign, key=lambda target: report.reached(target.name))
        return (
            f"Nothing is unexplained; {target.name} answered {report.reached(target.name)} of {len(report.described)} "
            "operations with a success, and what kept the others from it stands below"
        )
    return "Nothing is unexplained, and every operation was reached"


def unreached(report: Report) -> dict[tuple[str, str], list[str]]:
    """Return the operations that had no success, by target and by what kept them from it."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in report.described:
        for name, showing in row.showings.items():
            if not showing.reached and showing.unreached:
                found.setdefault((name, showing.unreached), []).append(row.operation.id)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _sightings(row: Row) -> Iterator[tuple[str, Failure | Mismatch]]:
    for name, failure in row.all_failures:
        because = failure.explanation.because if failure.explanation else _of_failure(name, failure)
        yield because[:LONGEST_WHAT], failure
    for mismatch in row.mismatches:
        if mismatch.deviation is None:
            because = mismatch.explanation.because if mismatch.explanation else _of_mismatch(mismatch)
            yield because[:LONGEST_WHAT], mismatch


def _of_failure(name: str, failure: Failure) -> str:
    text = " ".join(failure.text.partition("\n")[0].split())
    return f"{name}: {failure.title}: {text}" if failure.kind == "script" else f"{name}: {failure.title}"


def _of_mismatch(mismatch: Mismatch) -> str:
    difference = mismatch.difference
    left, right = difference.left or "nothing", difference.right or "nothing"
    return f"{difference.place}: {left} ({mismatch.left}), {right} ({mismatch.right})"

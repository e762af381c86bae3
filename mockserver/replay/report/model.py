"""The report: a row an operation, what each target showed of it, and where they differ."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mockserver.contract import Contract, Operation
from mockserver.replay.alignment import Difference
from mockserver.replay.causes import Cause, Explanation
from mockserver.replay.dates.finding import Dating
from mockserver.replay.deviations import Deviation
from mockserver.replay.report.tallies import Tally
from mockserver.replay.wire import Traffic, Unreachable

NOT_ASKED_FOR = frozenset({"429"})
"""Statuses that no replay provokes: to be throttled it would have to send too much."""


@dataclass(kw_only=True)
class Sighting:
    """How often something was seen, why it is so, and the smallest request that shows it."""

    explanation: Explanation | None = None
    request: str = ""
    count: int = 1

    @property
    def cause(self) -> Cause:
        """Why it is so."""
        return self.explanation.cause if self.explanation else Cause.UNEXPLAINED

    def seen_again(self, request: str, count: int = 1) -> None:
        """Count it once more, and keep the smaller request."""
        self.count += count
        if request and (not self.request or len(request) < len(self.request)):
            self.request = request


@dataclass
class Failure(Sighting):
    """Something that one target did and the contract does not allow."""

    kind: str
    """`script`, or the check of schemathesis that failed."""
    title: str
    text: str
    after: tuple[str, ...] = ()
    """Operations that wrote before it in the same script, and may be the cause."""


@dataclass
class Mismatch(Sighting):
    """A difference between two targets' answers, and where it was seen."""

    difference: Difference
    left: str
    right: str
    where: str
    after: tuple[str, ...] = ()
    deviation: Deviation | None = None
    """What accepts it, if anything does."""

    def is_like(self, difference: Difference, explanation: Explanation | None) -> bool:
        """Return whether a difference is this one seen again."""
        own = (self.difference.place, self.difference.kind, self.explanation)
        return own == (difference.place, difference.kind, explanation)


@dataclass
class Showing:
    """What one target showed of one operation."""

    documented: tuple[str, ...]
    """Statuses that the contract has for it in the target's profile."""
    success: int
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    left_out: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """What was answered to those who are meant to be let in, where it was no success."""
    unreached: str = ""
    """Why no request had a success, where none had."""

    def fail(self, failure: Failure) -> None:
        """Enter a failure; one that was seen before is counted."""
        for known in self.failures:
            if (known.kind, known.title, known.explanation) == (failure.kind, failure.title, failure.explanation):
                known.seen_again(failure.request, failure.count)
                return
        self.failures.append(failure)

    @property
    def reached(self) -> bool:
        """Whether the operation answered with a success, or with the refusal that is its documented answer."""
        return self.success in self.statuses or any(200 <= status < 300 for status in self.statuses)

    @property
    def seen(self) -> list[str]:
        """The documented statuses that were seen."""
        return [status for status in self.documented if int(status) in self.statuses]

    @property
    def median_ms(self) -> float | None:
        """How long an answer took, in the middle."""
        return statistics.median(self.seconds) * 1000 if self.seconds else None


@dataclass
class Row:
    """One operation."""

    operation: Operation
    showings: dict[str, Showing]
    """By the target's name."""
    mismatches: list[Mismatch] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Method and path."""
        return f"{self.operation.method.upper()} {self.operation.path}"

    @property
    def unexplained(self) -> list[Mismatch]:
        """Differences that no deviation accepts and no cause explains."""
        return [mismatch for mismatch in self.mismatches if mismatch.deviation is None and mismatch.cause.is_open]

    @property
    def failures(self) -> list[tuple[str, Failure]]:
        """What each target did that it may not and no cause explains, with the target's name."""
        return [(name, failure) for name, failure in self.all_failures if failure.cause.is_open]

    @property
    def all_failures(self) -> list[tuple[str, Failure]]:
        """What each target did otherwise than the contract says, whatever the cause, with the target's name."""
        return [(name, failure) for name, showing in self.showings.items() for failure in showing.failures]

    @property
    def is_clean(self) -> bool:
        """Whether nothing unexplained is left."""
        return not self.failures and not self.unexplained


@dataclass
class TargetInfo:
    """What a report says of a target."""

    name: str
    url: str
    profile: str
    requests: int = 0
    waited_seconds: float = 0.0
    retried: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    problem: str | None = None
    """Why it was left before the end, if it was."""
    dating: Dating | None = None
    """Of which date it is, as far as that was asked."""

    def count(self, traffic: Traffic) -> None:
        """Take over what happened on the target's wire."""
        self.requests, self.retried, self.waited_seconds = traffic.requests, traffic.retried, traffic.waited_seconds
        self.refused = dict(traffic.refused)


@dataclass
class Report:
    """All that a replay found."""

    title: str
    version: str
    started_at: str
    settings: dict[str, object]
    targets: list[TargetInfo]
    rows: dict[str, Row]
    """By the operation's id; those that no page shows, too, where a script asked for them."""
    seconds: float = 0.0
    cases: int = 0
    scripts: int = 0
    steps: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Scripts that were not run, with the reason."""
    unaligned: int = 0
    """Generated requests that two targets did not get alike, and that were therefore not compared."""
    unused: list[Deviation] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    """Of recorded exchanges, a recording each."""
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Time what fills the report; where a target is lost or Ctrl-C comes, keep what was found, and say so."""
        started = time.perf_counter()
        try:
            yield
        except Unreachable as lost:
            for target in self.targets:
                if target.name == lost.target:
                    target.problem = str(lost)
            self.notes.append(f"{lost}. What follows is what was found until then.")
        except KeyboardInterrupt:
            self.interrupted = True
            self.notes.append("Stopped by Ctrl-C: what follows is what was found until then.")
        finally:
            self.seconds = time.perf_counter() - started

    @property
    def described(self) -> list[Row]:
        """The rows of operations that the contract describes."""
        return [row for row in self.rows.values() if row.operation.described]

    @property
    def shown(self) -> list[Row]:
        """The described rows, and of the others those that a request reached."""
        return [
            row
            for row in self.rows.values()
            if row.operation.described or any(showing.statuses for showing in row.showings.values())
        ]

    @property
    def per_second(self) -> float:
        """Requests that were answered in a second."""
        total = sum(target.requests for target in self.targets)
        return total / self.seconds if self.seconds else 0.0

    def coverage(self, target: str) -> float:
        """Return how many of the contract's answers a target gave, in percent."""
        pairs = [(status in showing.seen) for showing, status in self._pairs(target)]
        return 100 * sum(pairs) / len(pairs) if pairs else 0.0

    def _pairs(self, target: str) -> Iterator[tuple[Showing, str]]:
        for row in self.described:
            showing = row.showings[target]
            takes_body = bool(row.operation.body_media_types)
            for status in showing.documented:
                if status not in NOT_ASKED_FOR and (takes_body or status != "415"):
                    yield showing, status

    def reached(self, target: str) -> int:
        """Return how many operations answered a target's requests with a success."""
        return sum(row.showings[target].reached for row in self.described)

    @property
    def failed(self) -> int:
        """How many failures there were that no cause explains."""
        return sum(len(row.failures) for row in self.rows.values())

    @property
    def unexplained(self) -> int:
        """How many differences no deviation accepts and no cause explains."""
        return sum(len(row.unexplained) for row in self.rows.values())

    @property
    def accepted(self) -> int:
        """How many differences a deviation accepts."""
        return sum(mismatch.deviation is not None for row in self.rows.values() for mismatch in row.mismatches)

    @property
    def explained(self) -> int:
        """How many failures and differences have a cause that leaves nothing to look into."""
        return sum(
            not sighting.cause.is_open
            for row in self.rows.values()
            for sighting in (*(failure for _, failure in row.all_failures), *row.mismatches)
            if not (isinstance(sighting, Mismatch) and sighting.deviation)
        )

    @property
    def told(self) -> tuple[int, int, int, int]:
        """How many recorded exchanges were answered the same, differed for a reason, for none, and were not asked."""
        return (
            sum(tally.same for tally in self.tallies), sum(len(tally.explained) for tally in self.tallies),
            sum(len(tally.unexplained) for tally in self.tallies), sum(tally.failed for tally in self.tallies),
        )  # fmt: skip

    @property
    def exit_code(self) -> int:
        """0 when nothing unexplained is left, 3 when a target could not be reached, else 1."""
        if any(target.problem for target in self.targets):
            return 3
        is_left = self.failed or self.unexplained or any(tally.unexplained for tally in self.tallies)
        return 1 if is_left or self.interrupted else 0


def empty_rows(contract: Contract, targets: Sequence[tuple[str, str]], pattern: str | None) -> dict[str, Row]:
    """Return a row for every operation that a pattern finds in label or id; targets are given by name and profile."""
    import re

    from mockserver.contract import ByProfile, Profile, view

    paths = ByProfile(lambda profile: view(contract.whole, profile)["paths"])
    rows = {}
    for operation in contract.operations:
        label = f"{operation.method.upper()} {operation.path}"
        if pattern and not re.search(pattern, label) and not re.search(pattern, operation.id):
            continue
        showings = {}
        for name, text in targets:
            profile = Profile(text)
            spec = paths[profile].get(operation.path, {}).get(operation.method)
            if spec is None and operation.described:
                showings[name] = Showing((), operation.successes[profile].status)
            else:
                statuses = sorted((spec or operation.spec)["responses"])
                showings[name] = Showing(tuple(statuses), operation.successes[profile].status)
        rows[operation.id] = Row(operation, showings)
    return rows

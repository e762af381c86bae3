"""What differs between two targets, entered into a report: each place once, with the deviation that accepts it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mockserver.contract import Profile
from mockserver.replay.alignment import Difference
from mockserver.replay.causes import Cause, Explanation
from mockserver.replay.deviations import Deviation
from mockserver.replay.redaction import Redactor
from mockserver.replay.report.model import Mismatch, Report

FOREIGN = "foreign"
"""How a deviation names a server that is not ours, whatever it is called."""


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    name: str
    profile: Profile
    redactor: Redactor
    is_foreign: bool = False
    """Whether it is a server that is not ours, where others work too and time goes on."""


@dataclass
class Differences:
    """Enters differences into a report, and knows which deviations they used."""

    report: Report
    sides: Sequence[Side]
    deviations: Sequence[Deviation]
    declared: Sequence[Deviation] = ()
    """What the contract itself says that two such profiles, or dates, differ in."""
    _used: set[Deviation] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        """Names and profiles of the two sides, with and without date, by which deviations say what they are about."""
        foreign = {FOREIGN} if any(side.is_foreign for side in self.sides) else set()
        return foreign | {str(name) for side in self.sides for name in (side.name, side.profile, side.profile.undated)}

    def enter(
        self, operation: str, difference: Difference, where: str, after: tuple[str, ...] = (),
        accepted: Deviation | None = None, *, request: str = "", explanation: Explanation | None = None,
    ) -> None:  # fmt: skip
        """Enter a difference, unless its operation has no row; one of that place, kind and cause is counted.

        `accepted` is why nobody need mind it; none where that is for the deviations to say.
        """
        row = self.report.rows.get(operation)
        deviation = accepted or self.accepting(operation, difference)
        if row is None:
            return
        if deviation is not None and deviation.by_date:  # nothing that anybody accepts: it is told as what it is
            explanation, deviation = Explanation(Cause.DATE, self._dates), None
        request = self._redact(request)
        for mismatch in row.mismatches:
            if mismatch.is_like(difference, explanation) and (mismatch.deviation is None) == (deviation is None):
                mismatch.seen_again(request)
                return
        shown = Difference(
            difference.place, difference.kind, self._redact(difference.left), self._redact(difference.right)
        )
        left, right = (side.name for side in self.sides)
        row.mismatches.append(
            Mismatch(
                shown, left, right, self._redact(where), after, deviation, explanation=explanation, request=request
            )
        )  # fmt: skip

    @property
    def _dates(self) -> str:
        """In words, of which dates the two are."""
        found = (target.dating.headline for target in self.report.targets if target.dating and target.dating.is_apart)
        return next(found, " and ".join(f"{side.name} answers as {side.profile}" for side in self.sides))

    def accepting(self, operation: str, difference: Difference) -> Deviation | None:
        """Return the deviation that accepts a difference, and remember that it was needed."""
        known = (*self.deviations, *self.declared)
        deviation = next((d for d in known if d.covers(operation, difference, self.names)), None)
        if deviation is not None:
            self._used.add(deviation)
        return deviation

    @property
    def unused(self) -> list[Deviation]:
        """The deviations with a date that are about these two and the operations asked, and accepted nothing."""
        return [
            d
            for d in self.deviations
            if d not in self._used and d.date is not None and d.between <= self.names and self._is_asked(d)
        ]

    def _is_asked(self, deviation: Deviation) -> bool:
        return any(re.fullmatch(deviation.operation, operation) for operation in self.report.rows)

    def _redact(self, text: str) -> str:
        for side in self.sides:
            text = side.redactor.text(text)
        return text

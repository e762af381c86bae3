"""What differs between two targets, entered into a report: each place once, with the deviation that accepts it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mockserver.contract import Profile
from mockserver.replay.alignment import Difference
from mockserver.replay.deviations import Deviation
from mockserver.replay.redaction import Redactor
from mockserver.replay.report.model import Mismatch, Report


@dataclass(frozen=True)
class Side:
    """One of the two that are compared."""

    name: str
    profile: Profile
    redactor: Redactor


@dataclass
class Differences:
    """Enters differences into a report, and knows which deviations they used."""

    report: Report
    sides: Sequence[Side]
    deviations: Sequence[Deviation]
    _used: set[Deviation] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        """Names and profiles of the two sides, by which deviations say what they are about."""
        return {str(name) for side in self.sides for name in (side.name, side.profile)}

    def enter(self, operation: str, difference: Difference, where: str, after: tuple[str, ...] = ()) -> None:
        """Enter a difference, unless its operation has no row or has one of that place and kind."""
        row = self.report.rows.get(operation)
        if row is None or any(
            (m.difference.place, m.difference.kind) == (difference.place, difference.kind) for m in row.mismatches
        ):
            return
        deviation = next((d for d in self.deviations if d.covers(operation, difference, self.names)), None)
        if deviation is not None:
            self._used.add(deviation)
        shown = Difference(
            difference.place, difference.kind, self._redact(difference.left), self._redact(difference.right)
        )
        left, right = (side.name for side in self.sides)
        row.mismatches.append(Mismatch(shown, left, right, self._redact(where), after, deviation))

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

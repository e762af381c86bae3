"""How far an actor that comes back is from where it began: in intervals of the calendar, or in windows of its own.

Source: PostHog's sources. `minimumOccurrences` is how often one must come back in an interval, and
`retentionCustomBrackets` put intervals together, so many at a time, counted from the actor's first one of all. With
`24_hour_windows` an actor begins once, with its first event; how many windows lie between two moments is told by how
many hours or days begin between them. Neither of the two others counts there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, constant

ROLLING = "24_hour_windows"
WINDOWS = {"hour": ("hour", 1), "day": ("hour", 24), "week": ("day", 7), "month": ("day", 30)}
SLOTS = "arrayMap(slot -> slot - start, returns)"
FROM_THE_FIRST = "arrayMap(slot -> slot - arrayMin(starts), returns)"
MOST_BRACKETS, LONGEST_BRACKET = 1000, 10_000


@dataclass(frozen=True)
class Windows:
    """What counts as an interval."""

    period: str
    is_rolling: bool = False
    least: int = 1
    brackets: tuple[int, ...] = ()

    @classmethod
    def of(cls, filter: Mapping[str, Any], period: str) -> Windows:
        """Return what a retention filter says. Raises: QueryError."""
        brackets = tuple(int(size) for size in filter.get("retentionCustomBrackets") or ())
        if len(brackets) > MOST_BRACKETS or not all(0 < size <= LONGEST_BRACKET for size in brackets):
            raise QueryError(f"A bracket holds between 1 and {LONGEST_BRACKET} intervals")
        least = int(filter.get("minimumOccurrences") or 1)
        return cls(period, filter.get("timeWindowMode") == ROLLING, least, brackets)

    def distances(self, width: int) -> Node:
        """Return HogQL for the intervals, in a row so wide, in which an actor of `start` came back."""
        found = expression(FROM_THE_FIRST if self.brackets else SLOTS)
        if self.least > 1:
            found = expression(
                "arrayFilter(distance -> countEqual({found}, distance) >= {least}, {found})",
                found=found,
                least=constant(self.least),
            )
        found = expression("arrayFilter(distance -> distance > 0, {found})", found=found)
        if self.brackets:
            ends = nodes.Array(exprs=tuple(constant(end) for end in accumulate(self.brackets)))
            found = expression(
                "arrayMap(distance -> arrayFirstIndex(last -> distance <= last, {ends}), {found})",
                ends=ends,
                found=found,
            )
            return expression("arrayFilter(bracket -> bracket > 0, {found})", found=found)
        return expression("arrayFilter(distance -> distance < {width}, {found})", found=found, width=constant(width))

    def between(self, start: Node, end: Node) -> Node:
        """Return HogQL for how many windows lie between two moments, where windows are one's own."""
        unit, length = WINDOWS[self.period.lower()]
        return expression(
            "intDiv(dateDiff({unit}, {start}, {end}), {length})",
            unit=constant(unit), start=start, end=end, length=constant(length),
        )  # fmt: skip

    def labels(self, width: int) -> list[str]:
        """Return what the columns of a row are called."""
        if not self.brackets:
            return [f"{self.period} {column}" for column in range(width)]
        ends = list(accumulate(self.brackets))
        pairs = zip((end - size + 1 for end, size in zip(ends, self.brackets, strict=True)), ends, strict=True)
        return [
            f"{self.period} 0",
            *(f"{self.period} {first}" if first == last else f"{self.period} {first}-{last}" for first, last in pairs),
        ]

"""When things happen: more by day than by night, less at weekends, and more every day as the company grows."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, cycle, islice

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURS = (4, 3, 2, 2, 2, 3, 6, 12, 24, 34, 38, 38, 32, 33, 38, 38, 36, 30, 24, 22, 20, 16, 11, 7)
WEEKEND = 0.4
WEEK = [usual * (WEEKEND if day in (2, 3) else 1) for day in range(7) for usual in HOURS]
"""How much happens in each hour of a week, from that of 1 January 1970 on, which was a Thursday."""


class Pace:
    """How the moments of a span are distributed; a share from 0 to 1 names one, and grows with it."""

    def __init__(self, start_ms: int, end_ms: int, growth: float = 1.5) -> None:
        self.start_ms, self.end_ms = start_ms, end_ms
        count = max((end_ms - start_ms + HOUR_MS - 1) // HOUR_MS, 1)
        begun = start_ms // HOUR_MS % len(WEEK)
        hours = islice(cycle(WEEK), begun, begun + count)
        more = growth - 1
        weights = [usual * (1 + more * number / count) for number, usual in enumerate(hours)]
        self._until = [0.0, *accumulate(weights)]
        self._hour_ms = (end_ms - start_ms) / count

    def moment(self, share: float) -> int:
        """Return the moment before which this share of everything happens, in milliseconds."""
        wanted = share * self._until[-1]
        hour = min(bisect_right(self._until, wanted), len(self._until) - 1) - 1
        into = (wanted - self._until[hour]) / (self._until[hour + 1] - self._until[hour])
        return self.start_ms + int((hour + min(into, 1.0)) * self._hour_ms)

    def share(self, moment_ms: int) -> float:
        """Return how much of everything happens before a moment."""
        hour, into = divmod(max(moment_ms - self.start_ms, 0) / self._hour_ms, 1)
        if hour >= len(self._until) - 1:
            return 1.0
        before, after = self._until[int(hour)], self._until[int(hour) + 1]
        return (before + (after - before) * into) / self._until[-1]

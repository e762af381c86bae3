"""Coverage: which operations of the contract were called, and which of their documented answers were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from mockserver.contract import Contract, Operation, Profile, Standing, view

GONE = ""
SOURCES = ("modelled", "inferred")
Calls = Counter[tuple[str, int]]


class Coverage:
    """A count of operations and statuses for each world; it outlives the worlds, and their resets.

    A test run makes a world for each test and removes it again, and wants to know about them all.
    """

    def __init__(self, contract: Contract, beside: Callable[[], Iterable[Operation]] = tuple) -> None:
        self._contract = contract
        self._beside = beside
        self._calls: dict[str, Calls] = {}
        self._promised: dict[Profile, dict[str, list[str]]] = {}
        self._lock = Lock()

    def count(self, world: str, operation: str, status: int) -> None:
        """Count one answer."""
        with self._lock:
            calls = self._calls.get(world)
            if calls is None:
                calls = self._calls[world] = Counter()
            calls[operation, status] += 1

    def forget(self, world: str) -> None:
        """Keep what a world that is gone was asked, but no longer under its name."""
        with self._lock:
            calls = self._calls.pop(world, None)
            if calls:
                self._calls.setdefault(GONE, Counter()).update(calls)

    def report(self, profile: Profile, world: str | None = None) -> dict[str, Any]:
        """Return what was called in one world, or in all that there ever were."""
        with self._lock:
            counted = [calls for id, calls in self._calls.items() if world in (None, id)]
            total: Calls = sum(counted, Counter())
        statuses: dict[str, dict[str, int]] = {}
        for (id, status), number in sorted(total.items()):
            statuses.setdefault(id, {})[str(status)] = number
        promised = self._statuses(profile)
        rows = []
        inferred = list(self._beside())
        promised = {**promised, **{o.id: sorted(s for s in o.spec["responses"] if s < "4") for o in inferred}}
        for operation in (*self._contract.described, *inferred):
            seen = statuses.get(operation.id, {})
            rows.append({
                "operation": operation.id,
                "family": operation.family,
                "source": SOURCES[operation.standing is Standing.INFERRED],
                "method": operation.method.upper(),
                "path": operation.path,
                "calls": sum(seen.values()),
                "statuses": seen,
                "uncovered": [status for status in promised[operation.id] if status not in seen],
            })  # fmt: skip
        return {"operations": rows, "covered": sum(1 for row in rows if row["calls"]), "total": len(rows)}

    def _statuses(self, profile: Profile) -> dict[str, list[str]]:
        """Return the statuses that a profile may answer with, by operation; none for one that it does not have."""
        if profile not in self._promised:
            paths = view(self._contract.whole, profile)["paths"]
            self._promised[profile] = {
                operation.id: sorted(paths[operation.path][operation.method]["responses"])
                if operation.exists_in(profile)
                else []
                for operation in self._contract.described
            }
        return self._promised[profile]

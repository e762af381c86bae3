"""Of which date a server is: what of the contract's dated things it has, and the month that fits that best.

Asked is only what reads, or what OPTIONS says. A server of an earlier date lacks what came later: that is no failure of
it, nor a difference of the mock's, and is told once, as what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mockserver.contract import Contract, Operation, Profile
from mockserver.contract.dates import Mark, marks, months
from mockserver.contract.profiles import FIRST, LATE_2025
from mockserver.importing.reading import Answered
from mockserver.importing.sources import PARAMETER, THEMSELVES, Source, fill, sources

NO_ENDPOINT = "Endpoint not found."
UNKNOWN = "2147483001"
KEYS_REFUSED = re.compile(r"(?i)this action does not support personal api key access")
COUNTED = {
    "field": "field", "operation": "operation", "parameter": "parameter", "answer": "answer",
    "keys": "operation that takes keys",
}  # fmt: skip


class Asked(Protocol):
    """A server that can be asked."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def ids(self) -> Mapping[str, Any]:
        """The project and organization to ask about."""

    def ask(self, method: str, path: str, body: Any = None) -> Answered:
        """Send JSON with its key."""


@dataclass(frozen=True)
class Dating:
    """What is known of a server's date."""

    target: str
    date: str
    """The month whose servers it is taken to be one of."""
    seen: Mapping[Mark, bool] = field(repr=False)
    """The dated things that could be looked for, and whether they are there."""
    best: str | None
    """The month that fits best; None where nothing that is dated could be seen."""
    lacking: tuple[Mark, ...] = ()
    """What servers of late 2025 have and those of its date do not."""
    beyond: tuple[Mark, ...] = ()
    """What servers of its date have and those of late 2025 do not."""

    @property
    def contrary(self) -> list[Mark]:
        """What was seen and does not fit the date."""
        profile = Profile.at(self.date)
        return [mark for mark, there in self.seen.items() if mark.is_in(profile) is not there]

    @property
    def is_apart(self) -> bool:
        """Whether servers of its date are not as those of late 2025."""
        return bool(self.lacking or self.beyond)

    @property
    def headline(self) -> str:
        """What there is to say of it in a line: the date, how well it fits, and what that means."""
        if not self.seen:
            return f"{self.target} shows nothing that is dated; it is taken for a server of {self.date}"
        told = f"{self.target} answers as servers of {self.date} do: "
        told += f"{len(self.seen) - len(self.contrary)} of {len(self.seen)} dated things fit"
        if self.best != self.date and self.contrary:
            told += f", and {self.best} would fit better"
        if self.lacking:
            told += f"; it is older than the contract by {_counted(self.lacking)}"
        if self.beyond:
            told += f"; it {'still has' if self.date < LATE_2025 else 'is newer by'} {_counted(self.beyond)}"
        return told

    @property
    def details(self) -> list[str]:
        """What is not there, what is there beyond the contract, and what does not fit, a line each."""
        told = (("without", self.lacking), ("with", self.beyond), (f"not as of {self.date}", self.contrary))
        return [f"{words}: {', '.join(map(str, found))}" for words, found in told if found]

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "date": self.date, "best": self.best, "seen": len(self.seen),
            "lacking": list(map(str, self.lacking)), "beyond": list(map(str, self.beyond)),
            "contrary": list(map(str, self.contrary)),
        }  # fmt: skip


def date_target(contract: Contract, target: Asked, told: str | None = None) -> Dating:
    """Return the date of a server: the one that was told, else the one that fits best what it shows.

    Raises: Unreachable.
    """
    seen = dict(_Looking(contract, target).look())
    best = _best(contract, seen)
    date = told or best or LATE_2025
    here, there = Profile.at(date), Profile.OBSERVED
    every = _known(contract)
    return Dating(
        target.name, date, seen, best,
        tuple(mark for mark in every if mark.is_in(there) and not mark.is_in(here)),
        tuple(mark for mark in every if mark.is_in(here) and not mark.is_in(there)),
    )  # fmt: skip


def _known(contract: Contract) -> list[Mark]:
    """Return the marks, what the same component shows under two names once."""
    return list(dict.fromkeys(mark for mark in marks(contract) if mark.owner != "Team"))


def _best(contract: Contract, seen: Mapping[Mark, bool]) -> str | None:
    """Return the month that the most of what was seen fits; of several, the one closest to late 2025."""
    if not seen:
        return None
    line = sorted({FIRST, LATE_2025, *months(contract)})
    here = line.index(LATE_2025)

    def fit(month: str) -> tuple[int, int]:
        profile = Profile.at(month)
        return sum(mark.is_in(profile) is there for mark, there in seen.items()), -abs(line.index(month) - here)

    return max(line, key=fit)


def _counted(found: Iterable[Mark]) -> str:
    kinds = Counter(mark.kind for mark in found)
    told = [f"{kinds[kind]} {_plural(words, kinds[kind])}" for kind, words in COUNTED.items() if kinds[kind]]
    return " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))


def _plural(words: str, number: int) -> str:
    first, *rest = words.replace("takes", "take" if number > 1 else "takes").split()
    return " ".join([f"{first}s" if number > 1 else first, *rest])


class _Looking:
    """Looks for the dated things of the contract on one server."""

    def __init__(self, contract: Contract, target: Asked) -> None:
        self._contract = contract
        self._target = target
        self._answers: dict[tuple[str, str], Answered] = {}
        self._on_demand = {p["name"] for o in contract.operations for p in o.spec["parameters"] if p["in"] == "query"}
        self._fields: dict[str, list[Mark]] = {}
        for mark in marks(contract):
            if mark.kind == "field" and self._is_shown(mark):
                self._fields.setdefault(mark.owner, []).append(mark)

    def look(self) -> Iterator[tuple[Mark, bool]]:
        """Yield what could be looked for, and whether it is there."""
        for source in sources(self._contract):
            found = self._fields.get(source.shape or "")
            if found and not source.parents:
                rows = self._rows(source)
                yield from ((mark, any(mark.name in row for row in rows)) for mark in found if rows)
        by_id = {operation.id: operation for operation in self._contract.operations}
        for mark in marks(self._contract):
            if mark.kind == "operation" and not self._is_swallowed(by_id[mark.owner]):
                yield mark, self._has(by_id[mark.owner])
            elif mark.kind == "keys" and self._refuses_keys(by_id[mark.owner]):
                yield mark, False

    def _is_shown(self, mark: Mark) -> bool:
        """Return whether an answer would show a field, without being asked for it."""
        if f"include_{mark.name}" in self._on_demand:
            return False
        prop = self._contract.components[mark.owner]["properties"][mark.name]
        seen = prop.get("x-observed", prop)
        return isinstance(seen, Mapping) and not seen.get("writeOnly")

    def _ask(self, method: str, path: str) -> Answered:
        """Return what a path answers; each is asked once."""
        if (method, path) not in self._answers:
            self._answers[method, path] = self._target.ask(method, path)
        return self._answers[method, path]

    def _rows(self, source: Source) -> Sequence[Mapping[str, Any]]:
        values = {"id": self._target.ids.get(THEMSELVES.get(source.table.name, ""), UNKNOWN)}
        path = fill(source.path, {**self._target.ids, **values})
        answer = self._ask("GET", f"{path}/")
        body = answer.json if answer.status == 200 else None
        rows = body.get("results", [body]) if isinstance(body, Mapping) else body
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []

    def _is_swallowed(self, operation: Operation) -> bool:
        """Return whether, without an operation, its path would be taken for that of a record."""
        alone = "/" not in operation.relative and not operation.is_item and bool(operation.relative)
        return alone and any(o.family == operation.family and o.is_item for o in self._contract.operations)

    def _has(self, operation: Operation) -> bool:
        """Return whether a server has an operation: where it has none, it says so to everybody."""
        path = f"{PARAMETER.sub(UNKNOWN, fill(operation.path, self._target.ids))}/"
        alone = sum(other.path == operation.path for other in self._contract.operations) == 1
        is_asked = operation.method == "get" and not operation.writes and alone
        answer = self._ask("GET" if is_asked else "OPTIONS", path)
        body = answer.json
        if answer.status == 404 and isinstance(body, Mapping) and body.get("detail") == NO_ENDPOINT:
            return False
        allowed = next((value for name, value in answer.headers.items() if name.lower() == "allow"), "")
        return is_asked or not allowed or operation.method.upper() in allowed

    def _refuses_keys(self, operation: Operation) -> bool:
        """Return whether a server says that it takes no key for an operation that reads."""
        if operation.method != "get" or operation.writes or PARAMETER.search(fill(operation.path, self._target.ids)):
            return False
        answer = self._ask("GET", f"{fill(operation.path, self._target.ids)}/")
        body = answer.json
        said = str(body.get("detail")) if isinstance(body, Mapping) else ""
        return answer.status == 403 and KEYS_REFUSED.match(said) is not None

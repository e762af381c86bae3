"""Which requests are generated and sent: enough of every kind, at identifiers that exist.

Schemathesis derives over a thousand cases from one operation with many parameters, most of them alike. `Choice` keeps
so many of each operation, taking turns among the kinds of case; and puts identifiers that exist on the server into most
requests, since those made up name nothing.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

Identifiers = Mapping[str, Mapping[str, Sequence[Any]]]
"""Values that exist on a server, by an operation's label (`GET /path`) and the name of a path parameter, or of a field
of the body."""

TENANTS = frozenset({"project_id", "organization_id"})
"""Path parameters that are the same in every request to a server, and other ones on another."""

UNKNOWN_ONE_IN = 6
"""One request in so many keeps the identifier that was made up, for the answer to what does not exist."""


PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass(frozen=True)
class Settings:
    """How thoroughly to look."""

    examples: int = 20
    most_coverage: int = 50
    """How many cases of the coverage phase are sent for one operation."""
    seed: int = 1
    phases: tuple[str, ...] = PHASES
    only: str | None = None
    workers: int = 1
    max_steps: int = 4
    read_only: bool = False
    """Send nothing but reading methods, not even where one is not offered."""
    learns: bool = True
    """Whether later requests are made of earlier answers; two servers to compare must get the same ones."""
    timeout_seconds: float = 20.0


class Choice:
    """Which cases of the operations are sent; counts what it leaves out."""

    def __init__(self, identifiers: Identifiers, most: int) -> None:
        self.most = most
        self.left_out: dict[str, int] = {}
        self._identifiers = identifiers

    def bound(self, label: str, cases: Iterable[Any]) -> Iterator[Any]:
        """Yield at most so many cases of an operation, in turn from each kind of case."""
        kinds: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        total = 0
        for case in cases:
            total += 1
            kinds[_kind(case)].append(case)
        if total <= self.most:
            yield from (case for group in kinds.values() for case in group)
            return
        self.left_out[label] = total - self.most
        turns = zip_longest(*(_spread(group) for group in kinds.values()))
        chosen = (case for turn in turns for case in turn if case is not None)
        for case, _ in zip(chosen, range(self.most), strict=False):
            yield case

    def place(self, case: Any) -> Any:
        """Put identifiers that exist into a case, unless it is one about identifiers that are wrong."""
        known = self._identifiers.get(case.operation.label)
        if not known or _phase(case) == "stateful":  # which follows identifiers from answer to request
            return case
        number = _number(case)
        if number % UNKNOWN_ONE_IN == 0 and not _is_default(case):
            return case
        chosen = {name: values[number // UNKNOWN_ONE_IN % len(values)] for name, values in known.items() if values}
        placeholders = case.operation.path_parameters
        parameters = {name: value for name, value in chosen.items() if placeholders.get(name) is not None}
        if parameters and not _is_negative(case, "PATH"):
            case.path_parameters = {**(case.path_parameters or {}), **parameters}
        if isinstance(case.query, dict) and not _is_negative(case, "QUERY"):
            asked = {name: value for name, value in chosen.items() if name in case.query}
            if asked:
                case.query = {**case.query, **asked}
        if isinstance(case.body, dict) and not _is_negative(case, "BODY"):
            fields = {
                name: [value] if isinstance(case.body[name], list) else value
                for name, value in chosen.items()
                if name in case.body and name not in parameters
            }
            if fields:
                case.body = {**case.body, **fields}
        return case


def _kind(case: Any) -> tuple[Any, ...]:
    meta = case.meta
    data = meta.phase.data
    return (meta.generation.mode, getattr(data, "parameter_location", None), getattr(data, "scenario", None))


def _spread(group: list[Any]) -> list[Any]:
    """Return a group's cases so that the first few stand for all of it: halves, then quarters, and so on."""
    order: list[Any] = []
    step = len(group)
    taken: set[int] = set()
    while step >= 1:
        for index in range(0, len(group), step):
            if index not in taken:
                taken.add(index)
                order.append(group[index])
        step //= 2
    return order


def _is_negative(case: Any, location: str) -> bool:
    if case.meta is None:
        return False
    from schemathesis.core.parameters import ParameterLocation

    return bool(case.meta.is_negative_at(ParameterLocation[location]))


def _phase(case: Any) -> str:
    return str(case.meta.phase.name) if case.meta is not None else ""


def _is_default(case: Any) -> bool:
    scenario = getattr(case.meta.phase.data, "scenario", None) if case.meta is not None else None
    return str(scenario) == "default_positive_test"


def _number(case: Any) -> int:
    """Return a number that is the same for the same case in every run and on every server."""
    own = {name: value for name, value in (case.path_parameters or {}).items() if name not in TENANTS}
    body = "" if type(case.body).__name__ == "NotSet" else repr(case.body)  # its repr is an address in memory
    text = f"{case.operation.label}{own!r}{case.query!r}{body}"
    return zlib.crc32(text.encode("utf-8", "replace"))

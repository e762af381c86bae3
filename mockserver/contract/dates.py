"""The dates that the contract tells: of operations, their parameters and answers, and of components' fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mockserver.contract import Contract, Profile, read_month

WORDS = ("x-since", "x-until", "x-keys-since")


@dataclass(frozen=True)
class Mark:
    """What is of a part of the line alone: an operation, a parameter or an answer of one, or a field of a component."""

    kind: str
    """`operation`, `keys` (that it takes any), `parameter`, `answer` or `field`."""
    owner: str
    """Id of the operation, or name of the component."""
    name: str
    """Name of the parameter or field, status of the answer; empty for an operation itself."""
    since: str | None
    until: str | None

    def is_in(self, profile: Profile) -> bool:
        """Return whether a profile's servers have it."""
        words = {"x-since": self.since, "x-until": self.until}
        return profile.is_dated_within({word: month for word, month in words.items() if month})

    def __str__(self) -> str:
        what = {"operation": self.owner, "keys": f"{self.owner} for keys"}
        return what.get(self.kind, f"{self.owner}: {self.kind} {self.name}")


def marks(contract: Contract) -> Iterator[Mark]:
    """Yield every mark: of operations, served without being promised too, and then of components."""
    for operation in contract.operations:
        if "x-keys-since" in operation.spec:
            yield Mark("keys", operation.id, "", operation.spec["x-keys-since"], None)
        named = [("operation", "", operation.spec)]
        named += [("parameter", parameter["name"], parameter) for parameter in operation.spec["parameters"]]
        named += [("answer", status, response) for status, response in operation.spec["responses"].items()]
        yield from _marked(operation.id, named)
    for component, schema in contract.components.items():
        if not component.startswith("Patched"):
            yield from _marked(component, [("field", n, prop) for n, prop in schema.get("properties", {}).items()])


def _marked(owner: str, named: list[tuple[str, str, Any]]) -> Iterator[Mark]:
    for kind, name, spec in named:
        if isinstance(spec, dict) and ("x-since" in spec or "x-until" in spec):
            yield Mark(kind, owner, name, spec.get("x-since"), spec.get("x-until"))


def months(contract: Contract) -> list[str]:
    """Return the months at which anything came or went, the earliest first."""
    return sorted({month for mark in marks(contract) for month in (mark.since, mark.until) if month})


def problems(contract: Contract) -> list[str]:
    """Return what is wrong with the dates of the contract, a line each: what is none, out of order or out of place."""
    found = [f"{place}: x-since and x-until mean nothing here" for place in _misplaced(contract)]
    for mark in marks(contract):
        for month in (mark.since, mark.until):
            try:
                read_month(str(month or "2025-12"))
            except ValueError as error:
                found.append(f"{mark}: {error}")
        if mark.since and mark.until and not mark.since < mark.until:
            found.append(f"{mark}: it goes ({mark.until}) before it comes ({mark.since})")
    for name, schema in contract.components.items():
        found += (f"{name}: {problem}" for problem in _values_that_are_none(schema))
    return found


def _values_that_are_none(node: Any) -> Iterator[str]:
    """Yield what is wrong with the dates of values: of one that the enum does not have, or no date."""
    if isinstance(node, dict):
        for value, month in node.get("x-values-since", {}).items():
            if value not in node.get("enum", ()):
                yield f"{value!r} has a date and is none of its values"
            try:
                read_month(str(month))
            except ValueError as error:
                yield f"value {value!r}: {error}"
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _values_that_are_none(part)


def _misplaced(contract: Contract) -> Iterator[str]:
    """Yield the components that carry a date as a whole: it belongs to where they are used."""
    for kind in ("schemas", "responses", "requestBodies"):
        for name, component in contract.document["components"].get(kind, {}).items():
            if any(word in component for word in WORDS):
                yield f"components/{kind}/{name}"

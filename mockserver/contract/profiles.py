"""What the contract says in one profile: its variants taken, and what the other lacks left out.

`observed` is a point on a line: what carries `x-since` or `x-until` is there for a part of it. `observed@2025-08` is
the same profile at another date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from mockserver.contract.document import METHODS, Document, follow, resolve

T = TypeVar("T")
FIRST = "2023-11"
"""The month of the oldest evidence; of servers before it nothing is known."""
LATE_2025 = "2025-12"
"""Where `observed` stands when no date is given: the pages were written about then."""
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


class Profile(StrEnum):
    """Which of the contract's answers a world gives; `Profile("observed@2025-08")` is `observed` at another date."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"

    @classmethod
    def _missing_(cls, value: object) -> Profile:
        """Return `observed` at a date. Raises: ValueError, in a line that says what is one."""
        name, at, month = str(value).partition("@")
        if name != cls.OBSERVED or not at:
            raise ValueError(f"{value!r} is no profile: documented, observed, or observed at a date, observed@2025-08")
        read_month(month)
        if month == LATE_2025:
            return cls.OBSERVED
        dated = str.__new__(cls, str(value))
        dated._name_ = dated._value_ = str(value)
        return cls._value2member_map_.setdefault(value, dated)  # type: ignore[return-value]  # one object a value

    @property
    def is_observed(self) -> bool:
        """Whether it is that of PostHog's servers, at whatever date."""
        return self is not Profile.DOCUMENTED

    @property
    def date(self) -> str | None:
        """The month whose servers it answers as, as in `2025-08`; None for the pages."""
        return (self.value.partition("@")[2] or LATE_2025) if self.is_observed else None

    @property
    def undated(self) -> Profile:
        """The profile without its date."""
        return Profile.OBSERVED if self.is_observed else Profile.DOCUMENTED

    @staticmethod
    def at(month: str) -> Profile:
        """Return the servers' profile at a date. Raises: ValueError."""
        return Profile(f"{Profile.OBSERVED}@{month}")

    def has(self, spec: Document) -> bool:
        """Return whether it has what carries these marks: `x-profile`, `x-since`, `x-until`."""
        return spec.get("x-profile", self.undated) == self.undated and self.is_dated_within(spec)

    def is_dated_within(self, spec: Document) -> bool:
        """Return whether its date lies within that of what carries `x-since` or `x-until`; the pages have no date."""
        if "x-since" not in spec and "x-until" not in spec:
            return True
        date = self.date
        return date is None or spec.get("x-since", FIRST) <= date < spec.get("x-until", "9999")


def read_month(text: str) -> str:
    """Return a month as the contract writes it, as in `2025-08`. Raises: ValueError, in a line that says why."""
    if not MONTH.fullmatch(text):
        raise ValueError(f"{text!r} is no date: write a year and a month, as in 2025-08")
    if text < FIRST:
        raise ValueError(f"{text} is before the first evidence, which is of {FIRST}: of older servers nothing is known")
    return text


class ByProfile(dict[Profile, T]):
    """What differs from profile to profile, worked out when it is first asked for."""

    def __init__(self, make: Callable[[Profile], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, profile: Profile) -> T:
        self[profile] = made = self._make(profile)
        return made


def for_profile(node: Any, profile: Profile) -> Any:
    """Return the node as one profile sees it: `x-observed` variants taken or dropped, and what it has not left out.

    A property that the profile does not have (`x-observed: false`, or of another date) is not required either.
    """
    if isinstance(node, dict):
        if "x-observed" in node:
            if profile.is_observed:
                return for_profile(node["x-observed"], profile)
            node = {key: value for key, value in node.items() if key != "x-observed"}
        seen = {key: _part(key, value, profile) for key, value in node.items()}
        if "x-values-since" in node:
            seen["enum"] = enum_values(node, profile)
        properties, required = seen.get("properties"), seen.get("required")
        if isinstance(properties, dict) and isinstance(required, list):
            seen["required"] = [name for name in required if properties.get(name) is not False]
        return seen
    if isinstance(node, list):
        return [for_profile(value, profile) for value in node]
    return node


def enum_values(spec: Document, profile: Profile) -> list[Any]:
    """Return the values of an enum that a profile has."""
    since = spec.get("x-values-since", {})
    return [value for value in spec["enum"] if profile.is_dated_within({"x-since": since.get(value, FIRST)})]


def _part(key: str, value: Any, profile: Profile) -> Any:
    """Return a part of a node; of properties, parameters and responses, those that the profile has."""
    if key == "properties" and isinstance(value, dict):
        return {name: for_profile(prop, profile) if _has(profile, prop) else False for name, prop in value.items()}
    if key == "responses" and isinstance(value, dict):
        return {
            status: for_profile(response, profile)
            for status, response in value.items()
            if not isinstance(response, dict) or profile.is_dated_within(response)
        }
    if key == "parameters" and isinstance(value, list):
        return [for_profile(parameter, profile) for parameter in value if _has(profile, parameter)]
    return for_profile(value, profile)


def _has(profile: Profile, node: Any) -> bool:
    return not isinstance(node, dict) or profile.has(node)


def view(document: Document, profile: Profile) -> Document:
    """Return the whole document as one profile sees it: its variants, and its success responses only.

    In `observed`, a response marked so takes the place of the ordinary successes of its operation; in `documented` the
    marked ones are left out. Operations that the profile's servers do not have are left out too. Tools that judge one
    server of one profile are given this.
    """
    seen: Document = for_profile(document, profile)
    for item in seen["paths"].values():
        for method in METHODS:
            if method in item and not profile.has(item[method]):
                del item[method]
            elif method in item:
                item[method]["parameters"] = [
                    p for p in item[method].get("parameters", ()) if profile.has(resolve(document, p))
                ]
                item[method]["responses"] = _responses_seen(seen, item[method]["responses"], profile)
    seen["paths"] = {path: item for path, item in seen["paths"].items() if any(method in item for method in METHODS)}
    return seen


def _responses_seen(document: Document, responses: Document, profile: Profile) -> Document:
    resolved = {s: follow(document, r["$ref"]) if "$ref" in r else r for s, r in responses.items()}
    marked = {s for s, r in resolved.items() if r.get("x-profile") == Profile.OBSERVED}
    if not profile.is_observed:
        return {s: r for s, r in responses.items() if s not in marked}
    replaced = {s for s in responses if s < "3" and s not in marked} if any(s < "3" for s in marked) else set()
    return {s: r for s, r in responses.items() if s not in replaced}

"""Versions as the flags service compares them: semantic versioning, read leniently (`v1.2` is `1.2.0`).

Requirements are matched as the `semver` crate does: pre-releases only by a filter that is one of the same version.
Source: the matcher's table.
"""

from __future__ import annotations

import operator as compare
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from mockserver.flags.matching.errors import CannotMatch
from mockserver.flags.matching.texts import text_of

LABELS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
VERSION = re.compile(rf"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-({LABELS}))?(?:\+({LABELS}))?", re.ASCII | re.IGNORECASE)
WILDCARD = re.compile(r"v?(?:(\d+)\.)?(?:(\d+)\.)?\*(?:\.\*)*", re.ASCII | re.IGNORECASE)
NOT_A_VERSION = "filter value is not a valid semver"
NOT_A_REQUIREMENT = "filter value is not a valid semver requirement"

Labels = tuple[tuple[bool, int, str], ...]
Judge = Callable[[Any, datetime], bool]


@dataclass(frozen=True)
class Version:
    """Three numbers, what comes before the release, and the build."""

    numbers: tuple[int, int, int]
    before: Labels = ()
    build: Labels = ()

    @property
    def rank(self) -> tuple[Any, ...]:
        """What versions are ordered by, builds among it."""
        return self.numbers, not self.before, self.before, self.build

    @property
    def release(self) -> tuple[Any, ...]:
        """What comes before a release is ordered by."""
        return not self.before, self.before


ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "semver_eq": compare.eq, "semver_neq": compare.ne, "semver_gt": compare.gt, "semver_gte": compare.ge,
    "semver_lt": compare.lt, "semver_lte": compare.le,
}  # fmt: skip


def judge(named: str, value: Any) -> Judge:
    """Return what judges whether a stored version is as an operator asks; what is no version is not.

    The test raises CannotMatch where the filter's value is none.
    """
    test = _order(named, value) if named in ORDERS else _requirement(named, value)
    said = NOT_A_VERSION if named in ORDERS else NOT_A_REQUIREMENT

    def judge(found: Any, now: datetime) -> bool:
        version = read(found)
        if version is None:
            return False
        if test is None:
            raise CannotMatch(said)
        return test(version)

    return judge


def read(value: Any) -> Version | None:
    """Return the version that a value spells: text, or a number by its text."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return None
    return _read(text_of(value).strip())


@lru_cache(maxsize=4096)
def _read(text: str) -> Version | None:
    found = VERSION.fullmatch(text)
    if found is None:
        return None
    return Version((int(found[1]), int(found[2] or 0), int(found[3] or 0)), _labels(found[4]), _labels(found[5]))


def _labels(text: str | None) -> Labels:
    """Return the labels of a version so that they compare: numbers before words."""
    parts = text.split(".") if text else []
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _order(named: str, value: Any) -> Callable[[Version], bool] | None:
    wanted, test = read(value), ORDERS[named]
    if wanted is None:
        return None
    rank = wanted.rank
    return lambda version: test(version.rank, rank)


def _requirement(named: str, value: Any) -> Callable[[Version], bool] | None:
    if named == "semver_wildcard" and isinstance(value, str) and "*" in value:
        found = WILDCARD.fullmatch(value.strip())
        if found is None:
            return None
        fixed = tuple(int(part) for part in found.groups() if part)
        return lambda version: not version.before and version.numbers[: len(fixed)] == fixed
    wanted = read(value)
    if wanted is None:
        return None
    fits = _tilde if named == "semver_tilde" else _caret
    return lambda version: _is_comparable(version, wanted) and fits(version, wanted)


def _is_comparable(version: Version, wanted: Version) -> bool:
    return not version.before or (bool(wanted.before) and version.numbers == wanted.numbers)


def _tilde(version: Version, wanted: Version) -> bool:
    """Return whether a version is at least the wanted one, and of the same two first numbers."""
    return version.numbers[:2] == wanted.numbers[:2] and _reaches(version, wanted)


def _caret(version: Version, wanted: Version) -> bool:
    """Return whether a version is at least the wanted one, and of the same first number that is not 0."""
    fixed = next((place for place, number in enumerate(wanted.numbers) if number), 2) + 1
    return version.numbers[:fixed] == wanted.numbers[:fixed] and _reaches(version, wanted)


def _reaches(version: Version, wanted: Version) -> bool:
    return (version.numbers, version.release) >= (wanted.numbers, wanted.release)

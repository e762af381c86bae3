"""What is asked of an insight's actors and what is found of them, apart from the compiler, which takes long to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mockserver.store import Record


@dataclass(frozen=True)
class Actor:
    """A person, or a group, that an insight counts, and what they add to it where it has a number for them."""

    record: Record
    value: float | None = None
    is_group: bool = False
    appearances: tuple[int, ...] = ()
    """Of each interval from the first on, 1 if they were there."""


@dataclass(frozen=True)
class Found:
    """A stretch of an insight's actors: those on record, how many there are of, and how many are on no record."""

    actors: list[Actor] = field(default_factory=list)
    rows: int = 0
    missing: int = 0


class Order(StrEnum):
    """In which order pages are taken of an insight's actors: HogQL, of their `id` and `value`."""

    BY_ID = "{id}"
    BY_VALUE = "value DESC, {id} DESC"
    UNTOLD = "{id} ASC"
    """As ClickHouse leaves them that puts them into groups: an order of its own, the same each time on one thread."""


@dataclass(frozen=True)
class Stretch:
    """Which of an insight's actors are asked for: so many, after so many, of those that mention a text."""

    limit: int
    offset: int = 0
    search: str | None = None

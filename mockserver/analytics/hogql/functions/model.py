"""What a function of HogQL is: how it is taken, and what it becomes in ClickHouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.analytics.hogql.types import Kind

ANY = None  # no greatest number of arguments


@dataclass(frozen=True)
class Function:
    """One function: how HogQL takes it and how ClickHouse is asked for it."""

    name: str
    clickhouse: str
    least: int = 0
    most: int | None = 0
    least_params: int = 0
    most_params: int | None = 0
    takes_timezone: bool = False
    ignores_case: bool = False
    suffix: str | None = None
    """A literal added behind the arguments; `{}` in it is replaced by the last one given."""
    returns: Kind = Kind.UNKNOWN
    after_date: str | None = None
    """What it becomes when its argument is known to be a date or time."""
    keeps_name: bool = False
    """Whether HogQL shows it by its name, and not as the expression that it becomes."""

    @property
    def is_template(self) -> bool:
        """Whether the ClickHouse side is an expression with places for the arguments."""
        return "{" in self.clickhouse


def each_named(plain: dict[tuple[int, int | None], str]) -> Iterator[Function]:
    """Yield functions that ClickHouse calls as HogQL does, from a table of how many arguments and the names."""
    for (least, most), names in plain.items():
        for name in names.split():
            yield Function(name, name, least, most)

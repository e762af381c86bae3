"""What an insight is broken down by: properties, cohorts or expressions, and the buckets of numbers.

Source: recorded answers. A missing value and the empty text are one value; the values that are counted least make one
value together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.hogql.parser import parse_expression
from mockserver.analytics.inquiries import Inquiry

OTHER, NOTHING = "$$_posthog_breakdown_other_$$", "$$_posthog_breakdown_null_$$"
ALL = "all"
EVERYONE = "all users"
ALL_NUMBERS = '["",""]'
DEFAULT_LIMIT, WORLD_MAP_LIMIT, MOST_VALUES = 25, 250, 1000
MOST_BINS = 1000
MARGIN = 0.01


@dataclass(frozen=True)
class Dimension:
    """One thing broken down by."""

    kind: str
    name: str
    group: int | None = None
    bins: int | None = None
    normalize_url: bool = False

    @classmethod
    def of(cls, kind: Any, name: Any, group: Any, bins: Any, normalize_url: Any) -> Dimension:
        """Return the dimension that a breakdown says. Raises: QueryError."""
        if not isinstance(name, (str, int, float)) or isinstance(name, bool):
            raise QueryError("A breakdown needs a property")
        if bins is not None and not (isinstance(bins, int) and 0 < bins <= MOST_BINS):
            raise QueryError(f"A histogram has between 1 and {MOST_BINS} bins")
        return cls(str(kind or "event"), str(name), _index(group), bins, bool(normalize_url))

    @property
    def raw(self) -> Node:
        """HogQL for the value as it is. Raises: QueryError."""
        match self.kind:
            case "hogql" | "event_metadata":
                return parse_expression(self.name)
            case "person":
                return field("person", "properties", self.name)
            case "session":
                return field("session", self.name)
            case "group":
                return field(f"group_{self.group or 0}", "properties", self.name)
            case "event":
                return field("properties", self.name)
        raise QueryError(f"Breakdowns of type {self.kind} are not supported here")

    @property
    def text(self) -> Node:
        """HogQL for the value as text, with a name for none."""
        return named(trimmed(self.raw) if self.normalize_url else self.raw)

    @property
    def number(self) -> Node:
        """HogQL for the value as a number."""
        return call("toFloat", self.raw)

    def holds(self, value: Any) -> list[Node]:
        """Return what holds of events with one of the values shown. Raises: QueryError."""
        text = shown_text(value)
        if text == OTHER:
            return []
        if self.bins is None:
            return [compare(self.text, "==", constant(text if text else NOTHING))]
        if text in (NOTHING, ""):
            return [compare(self.number, "==", constant(None))]
        if text == ALL_NUMBERS:
            return []
        low, high = _bounds(text)
        return [compare(self.number, ">=", constant(low)), compare(self.number, "<", constant(high))]


@dataclass(frozen=True)
class Breakdown:
    """All that an insight is broken down by."""

    dimensions: tuple[Dimension, ...] = ()
    cohorts: tuple[Any, ...] = ()
    is_multiple: bool = False
    limit: int = DEFAULT_LIMIT
    hides_other: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any] | None, display: str | None = None) -> Breakdown:
        """Return what a query's `breakdownFilter` says. Raises: QueryError."""
        given = given or {}
        limit = WORLD_MAP_LIMIT if display == "WorldMap" else given.get("breakdown_limit") or DEFAULT_LIMIT
        made = cls(limit=max(1, min(int(limit), MOST_VALUES)),
                   hides_other=bool(given.get("breakdown_hide_other_aggregation")))  # fmt: skip
        several, one = given.get("breakdowns"), given.get("breakdown")
        if several and all(isinstance(each, Mapping) and each.get("type") == "cohort" for each in several):
            return replace(made, cohorts=tuple(each.get("property") for each in several))
        if several:
            return replace(made, dimensions=tuple(map(_one_of_several, several)), is_multiple=True)
        if one is None:
            return made
        if given.get("breakdown_type") == "cohort":
            return replace(made, cohorts=tuple(one) if isinstance(one, list) else (one,))
        if isinstance(one, list):
            one = one[0] if one else None
        group, bins = given.get("breakdown_group_type_index"), given.get("breakdown_histogram_bin_count")
        url = given.get("breakdown_normalize_url")
        return replace(made, dimensions=(Dimension.of(given.get("breakdown_type"), one, group, bins, url),))

    def __bool__(self) -> bool:
        return bool(self.dimensions or self.cohorts)

    def columns(self, buckets: Mapping[int, Sequence[Bucket]]) -> tuple[nodes.Alias, ...]:
        """Return a column for each dimension, numbers put into buckets."""
        return tuple(
            nodes.Alias(
                alias=f"value_{number}",
                expr=dimension.text if dimension.bins is None else bucketed(dimension.number, buckets[number]),
            )
            for number, dimension in enumerate(self.dimensions)
        )

    def holds(self, inquiry: Inquiry, value: Any) -> list[Node]:
        """Return what holds of the events behind one of the values shown. Raises: QueryError."""
        if self.cohorts:
            return cohort_conditions(inquiry, value)
        values = value if self.is_multiple and isinstance(value, list) else [value]
        pairs = zip(self.dimensions, values, strict=False)
        return [condition for dimension, each in pairs for condition in dimension.holds(each)]


@dataclass(frozen=True)
class Bucket:
    """Numbers from one, and below another."""

    low: float
    high: float

    @property
    def name(self) -> str:
        """How answers call it."""
        return f"[{plain_number(self.low)},{plain_number(self.high)}]"


def make_buckets(low: float | None, high: float | None, count: int) -> list[Bucket]:
    """Return so many buckets of the same width; the last one holds the greatest number too."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return []
    width = (high - low) / count
    return [
        Bucket(width * number + low, width * (number + 1) + low + (MARGIN if number + 1 == count else 0))
        for number in range(count)
    ]


def plain_number(number: float) -> str:
    """Return a number as ClickHouse writes it: without a fraction of nought."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def bucketed(number: Node, buckets: Sequence[Bucket]) -> Node:
    """Return HogQL for the name of the bucket that a number is in."""
    cases: list[Node] = []
    for bucket in buckets:
        within: list[Node] = [compare(number, ">=", constant(bucket.low)), compare(number, "<", constant(bucket.high))]
        cases += [conjunction(within), constant(bucket.name)]
    return call("multiIf", *cases, constant(NOTHING)) if cases else call("toString", constant(NOTHING))


def named(value: Node) -> Node:
    """Return HogQL for a value as text, with a name for none."""
    return expression("ifNull(nullIf(toString({value}), ''), {nothing})", value=value, nothing=constant(NOTHING))


def trimmed(url: Node) -> Node:
    """Return HogQL for an address without what follows its last step."""
    return expression("if(empty(trimRight({url}, '/?#')), '/', trimRight({url}, '/?#'))", url=url)


def cohort_conditions(inquiry: Inquiry, cohort: Any) -> list[Node]:
    """Return what holds of the events of a cohort's members; nothing for everyone. Raises: QueryError."""
    if is_everyone(cohort):
        return []
    return [compare(field("person_id"), "in cohort", constant(find_cohort(inquiry, cohort)["id"]))]


def is_everyone(cohort: Any) -> bool:
    """Return whether a breakdown's cohort is all users."""
    return str(cohort) in (ALL, "0")


def find_cohort(inquiry: Inquiry, key: Any) -> Mapping[str, Any]:
    """Return the cohort of an id. Raises: QueryError."""
    text = str(key)
    found = None
    if text.isascii() and text.isdecimal() and len(text) < 19:
        found = inquiry.view.table("cohorts").first(id=int(text), project_id=inquiry.project_id)
    if found is None or found.get("deleted"):
        raise QueryError(f"Could not find cohort with ID {text}")
    return found


def shown_text(value: Any) -> str:
    """Return a value as the text that stands for it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else orjson.dumps(value).decode() if value is not None else NOTHING


def _one_of_several(given: Any) -> Dimension:
    if not isinstance(given, Mapping):
        raise QueryError("A breakdown needs a property")
    names = ("type", "property", "group_type_index", "histogram_bin_count", "normalize_url")
    return Dimension.of(*(given.get(name) for name in names))


def _index(given: Any) -> int | None:
    if given is None:
        return None
    if not isinstance(given, (int, float)) or not 0 <= given < 5:
        raise QueryError("A group type has an index between 0 and 4")
    return int(given)


def _bounds(text: str) -> tuple[float, float]:
    try:
        low, high = orjson.loads(text)
        return float(low), float(high)
    except (ValueError, TypeError):
        raise QueryError("A bucket is shown as its bounds: [0,10]") from None

"""What a funnel is broken down by, and which of an actor's values an attempt belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression
from mockserver.analytics.hogql.nodes import Node, constant
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.breakdowns import (
    DEFAULT_LIMIT,
    EVERYONE,
    Dimension,
    find_cohort,
    is_everyone,
    trimmed,
)

FIRST, LAST, ALL_EVENTS, STEP = "first_touch", "last_touch", "all_events", "step"
EXPRESSIONS = ("hogql", "event_metadata")
LISTED = ("event", "person", *EXPRESSIONS)
LIMITED = ("event", "person", "group")
KINDS = (*LISTED, "group", "cohort")
OTHER = "Other"
EVERYONE_ID = 0


@dataclass(frozen=True)
class FunnelBreakdown:
    """The value of each event, and which one stands for its actor."""

    value: Node
    size: int
    """How many values together are one, in a list; nought where a value is by itself."""
    attribution: str
    step: int
    limit: int | None = None
    """How many values are told apart; none for all of them."""
    cohort_names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, inquiry: Inquiry, query: Mapping[str, Any], size: int) -> FunnelBreakdown | None:
        """Return what a query's breakdown says; nothing where it has none. Raises: QueryError."""
        given, filter = query.get("breakdownFilter") or {}, query.get("funnelsFilter") or {}
        named, kind = given.get("breakdown"), given.get("breakdown_type") or "event"
        several = given.get("breakdowns")
        if not named and several:
            kind = several[0].get("type") or "event"
            named = [item.get("property") for item in several]
        if named is None or named == []:
            return None
        if kind not in KINDS:
            raise QueryError(f"Unsupported breakdown type: {kind}")
        limit = int(given.get("breakdown_limit") or DEFAULT_LIMIT) if kind in LIMITED else None
        attribution = filter.get("breakdownAttributionType") or FIRST
        step = int(filter.get("breakdownAttributionValue") or 0)
        if attribution == STEP and not 0 <= step < size:
            raise QueryError("Breakdown attribution step is out of range")
        names = named if isinstance(named, list) else [named]
        if kind == "cohort":
            value, cohort_names = _cohorts(inquiry, names)
            return cls(value, 0, ALL_EVENTS, 0, cohort_names=cohort_names)
        url = given.get("breakdown_normalize_url")
        group = given.get("breakdown_group_type_index")
        values = [_value(Dimension.of(kind, name, group, None, url)) for name in names]
        if isinstance(named, list) or kind in LISTED:
            return cls(nodes.Array(exprs=tuple(values)), len(values), attribution, step, limit)
        return cls(values[0], 0, attribution, step, limit)

    @property
    def told(self) -> str:
        """The attribution as the matcher is told it."""
        return f"{self.attribution}_{self.step}" if self.attribution == STEP else self.attribution

    @property
    def variant(self) -> str:
        """Which of the matcher's functions takes values of this type, by how its name goes on."""
        if self.cohort_names:
            return "_cohort"
        return "_array" if self.size else ""

    @property
    def told_value(self) -> str:
        """HogQL for an event's value as the matcher takes it."""
        if self.cohort_names:
            return "prop_basic"
        return "arrayMap(x -> ifNull(x, ''), prop_basic)" if self.size else "ifNull(prop_basic, '')"

    def columns(self, steps: int) -> list[str]:
        """Return the columns that events need for it."""
        columns = ["{value} AS prop_basic"]
        if self.attribution == STEP:
            none = "[]" if self.size else "NULL"
            columns += [f"if(step_{number} = 1, prop_basic, {none}) AS prop_{number}" for number in range(steps)]
        return columns

    def touched(self, in_any_order: bool) -> str:
        """Return HogQL for the values that an actor may count for; in any order, each event can be the step."""
        if self.attribution in (FIRST, LAST):
            which = "argMinIf" if self.attribution == FIRST else "argMaxIf"
            if self.size:
                return f"{which}(prop_basic, timestamp, notEmpty(arrayFilter(x -> notEmpty(x), prop_basic)))"
            return f"[{which}(prop_basic, timestamp, isNotNull(prop_basic))]"
        if self.cohort_names:
            return "groupUniqArray(prop_basic)"
        value = f"prop_{self.step}" if self.attribution == STEP and not in_any_order else "prop_basic"
        if self.size:
            return f"groupUniqArrayIf(arrayMap(x -> ifNull(x, ''), {value}), notEmpty({value}))"
        return f"groupUniqArray(ifNull({value}, ''))"

    @property
    def values(self) -> str:
        """HogQL for those values as the matcher takes them, once found: a list; nothing is as many empty texts."""
        if self.size and self.attribution in (FIRST, LAST):
            nothing = ", ".join(["''"] * self.size)
            return f"[if(empty(prop), [{nothing}], prop)]"
        return "prop"

    def shown(self, value: Any) -> dict[str, Any]:
        """Return how a result tells its value."""
        if self.cohort_names:
            return {"breakdown": self.cohort_names.get(int(value), str(value)), "breakdown_value": int(value)}
        return {"breakdown": value, "breakdown_value": value}

    def holds(self, value: Any) -> Node:
        """Return what holds of actors who count for a value that was shown."""
        if self.cohort_names:
            number = int(value) if str(value).isdecimal() else (EVERYONE_ID if is_everyone(value) else -1)
            return nodes.compare(nodes.field("breakdown"), "==", constant(number))
        if not self.size:
            return nodes.compare(nodes.field("breakdown"), "==", constant(str(value)))
        values = value if isinstance(value, list) else [value]
        listed = nodes.Array(exprs=tuple(constant("" if each is None else str(each)) for each in values))
        return nodes.compare(nodes.field("breakdown"), "==", listed)


def _value(dimension: Dimension) -> Node:
    """Return HogQL for an event's value: an expression as it is, a property as text that is never null."""
    if dimension.kind in EXPRESSIONS:
        return dimension.raw
    text = expression("ifNull(toString({raw}), '')", raw=dimension.raw)
    return trimmed(text) if dimension.normalize_url and dimension.kind == "event" else text


def _cohorts(inquiry: Inquiry, cohorts: Sequence[Any]) -> tuple[Node, dict[int, str]]:
    """Return HogQL for the cohorts of an event's person, a row for each, and what they are called."""
    names: dict[int, str] = {}
    memberships: list[Node] = []
    for key in cohorts:
        if is_everyone(key):
            names[EVERYONE_ID] = EVERYONE
            memberships.append(constant(EVERYONE_ID))
            continue
        cohort = find_cohort(inquiry, key)
        names[cohort["id"]] = cohort["name"]
        memberships.append(expression("if(person_id IN COHORT {id}, {id}, -1)", id=constant(cohort["id"])))
    value = expression("arrayJoin(arrayFilter(id -> id >= 0, {ids}))", ids=nodes.Array(exprs=tuple(memberships)))
    return value, names

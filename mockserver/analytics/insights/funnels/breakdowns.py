"""What a funnel is broken down by, and which of an actor's values an attempt belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.breakdowns import DEFAULT_LIMIT, EVERYONE, Dimension, find_cohort, is_everyone

FIRST, LAST, ALL_EVENTS, STEP = "first_touch", "last_touch", "all_events", "step"
LISTED = ("event", "person", "hogql")
OTHER = "Other"
EVERYONE_ID = 0


@dataclass(frozen=True)
class FunnelBreakdown:
    """The value of each event, and which one stands for its actor."""

    value: Node
    is_list: bool
    attribution: str
    step: int
    limit: int
    cohort_names: Mapping[int, str]

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
        limit = int(given.get("breakdown_limit") or DEFAULT_LIMIT)
        attribution = filter.get("breakdownAttributionType") or FIRST
        step = int(filter.get("breakdownAttributionValue") or 0)
        if attribution == STEP and not 0 <= step < size:
            raise QueryError("Breakdown attribution step is out of range")
        if kind == "cohort":
            cohorts = named if isinstance(named, list) else [named]
            value, names = _cohorts(inquiry, cohorts)
            return cls(value, False, ALL_EVENTS, 0, limit, names)
        group = given.get("breakdown_group_type_index")
        dimensions = [Dimension.of(kind, name, group, None, given.get("breakdown_normalize_url"))
                      for name in (named if isinstance(named, list) else [named])]  # fmt: skip
        texts = [expression("ifNull(toString({raw}), '')", raw=dimension.raw) for dimension in dimensions]
        is_list = kind in LISTED or len(texts) > 1
        value = nodes.Array(exprs=tuple(texts)) if is_list else texts[0]
        return cls(value, is_list, attribution, step, limit, {})

    @property
    def nothing(self) -> Node:
        """The value of who has none."""
        return nodes.Array(exprs=(constant(""),)) if self.is_list else constant("")

    def columns(self, steps: Sequence[object], parts: dict[str, Node]) -> list[str]:
        """Return the columns that events need for it, and add what they name to the parts."""
        parts["value"] = self.value
        if self.attribution == STEP:
            return [f"if(step_{self.step} = 1, {{value}}, {self._none}) AS value"]
        return ["{value} AS " + ("prop" if self.attribution == ALL_EVENTS else "value")]

    def attributed(self, rows: nodes.SelectQuery, size: int, barred: Sequence[str]) -> nodes.SelectQuery:
        """Return the events with the value that they count for, as `prop`."""
        if self.attribution == ALL_EVENTS:
            return rows
        kept = ["actor", "moment", *(f"step_{n}" for n in range(size)), *(f"latest_{n}" for n in range(size)), *barred]
        if self.attribution == STEP:
            values = select(f"SELECT {', '.join(kept)}, groupUniqArrayIf(value, step_{self.step} = 1)"
                            " OVER (PARTITION BY actor) AS values FROM {rows}", rows=rows)  # fmt: skip
            return select(f"SELECT {', '.join(kept)}, arrayJoin(values) AS prop FROM {{rows}}", rows=values)
        which = "argMinIf" if self.attribution == FIRST else "argMaxIf"
        told = "arrayExists(text -> notEmpty(text), value)" if self.is_list else "notEmpty(value)"
        touched = f"{which}(value, moment, {told}) OVER (PARTITION BY actor) AS touched"
        touched_rows = select(f"SELECT {', '.join(kept)}, {touched} FROM {{rows}}", rows=rows)
        return select(f"SELECT {', '.join(kept)}, if(empty(touched), {{nothing}}, touched) AS prop FROM {{rows}}",
                      rows=touched_rows, nothing=self.nothing)  # fmt: skip

    @property
    def _none(self) -> str:
        return "[]" if self.is_list else "''"

    def shown(self, value: Any) -> dict[str, Any]:
        """Return how a result tells its value."""
        if self.cohort_names:
            return {"breakdown": self.cohort_names.get(int(value), str(value)), "breakdown_value": int(value)}
        return {"breakdown": value, "breakdown_value": value}

    def holds(self, value: Any) -> Node:
        """Return what holds of attempts with a value that was shown."""
        if self.cohort_names:
            number = int(value) if str(value).isdecimal() else (EVERYONE_ID if is_everyone(value) else -1)
            return nodes.compare(field("prop"), "==", constant(number))
        if not self.is_list:
            return nodes.compare(field("prop"), "==", constant(str(value)))
        values = value if isinstance(value, list) else [value]
        listed = nodes.Array(exprs=tuple(constant("" if each is None else str(each)) for each in values))
        return nodes.compare(field("prop"), "==", listed)


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

"""LifecycleQuery: who is new, returning, resurrecting or dormant in each interval.

An actor is new in the interval it was created in, if it was active then and not before; returning if active in the
interval before too; resurrecting if not; dormant in the one after its activity ended. Source: recorded answers, and the
worked example of PostHog's own test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.date_ranges import DateRange
from mockserver.analytics.insights.series import Series, query_conditions, sampling_factor, series_of
from mockserver.request.call import Call

STATUSES = ("new", "returning", "resurrecting", "dormant")
DORMANT = "dormant"


def lifecycle_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with a result for each status; those who are dormant are counted below nought."""
    inquiry = Inquiry.of(call, query)
    lifecycle = Lifecycle.of(inquiry, query)
    found = inquiry.run(replace(lifecycle.counts(), limit=constant(MAX_LIMIT)))
    counts = {(status, int(slot)): int(count) for status, slot, count in found.rows}
    series = lifecycle.series[0] if lifecycle.series else Series()
    results = [_result(lifecycle, series, status, counts, sampling_factor(query)) for status in STATUSES]
    return answer(query, results, found.hogql, lifecycle.days)


@dataclass(frozen=True)
class Lifecycle:
    """One lifecycle query: whose events, in which days."""

    inquiry: Inquiry
    query: Mapping[str, Any]
    series: list[Series]
    days: DateRange

    @classmethod
    def of(cls, inquiry: Inquiry, query: Mapping[str, Any]) -> Lifecycle:
        """Return what a query asks for. Raises: QueryError."""
        days = DateRange.of(inquiry, query.get("dateRange"), query.get("interval"))
        return cls(inquiry, query, series_of(query, inquiry), days)

    @property
    def first(self) -> datetime:
        """When the first interval begins."""
        return self.days.floor(self.days.start)

    @property
    def group(self) -> int | None:
        """Index of the groups that are looked at; none for persons."""
        index = self.query.get("aggregation_group_type_index")
        return index if isinstance(index, int) and 0 <= index < 5 else None

    def counts(self) -> nodes.SelectQuery:
        """Return how many have each status in each interval."""
        return select(
            "SELECT status, slot, count() AS actors FROM {statuses} WHERE slot >= 0 AND slot < {count}"
            " GROUP BY status, slot",
            statuses=self.statuses(),
            count=constant(len(self.days.beginnings)),
        )

    def actors(self, day: datetime | None, status: str | None) -> nodes.SelectQuery:
        """Return who has a status, in the interval of a day, or any."""
        wanted: list[Node] = []
        if day is not None:
            wanted.append(expression("slot = {slot}", slot=self._slot(constant(day))))
        if status is not None:
            wanted.append(compare(field("status"), "==", constant(status)))
        name = "actor_id" if self.group is None else "group_key"
        return select(
            f"SELECT DISTINCT actor AS {name} FROM {{statuses}} WHERE {{wanted}}",
            statuses=self.statuses(),
            wanted=conjunction(wanted),
        )

    def statuses(self) -> nodes.SelectQuery:
        """Return every status of every actor: `actor`, `status`, and `slot`, the number of the interval."""
        told = expression(
            "arrayJoin(arrayConcat("
            " arrayMap(slot -> (slot, multiIf(slot = created AND slot = slots[1], 'new',"
            " has(slots, slot - 1), 'returning', 'resurrecting')), slots),"
            " arrayMap(slot -> (slot + 1, 'dormant'), arrayFilter(slot -> not(has(slots, slot + 1)), slots)))) AS told"
        )
        each = nodes.SelectQuery(select=(field("actor"), told), select_from=nodes.JoinExpr(table=self._activity()))
        return select("SELECT actor, told.1 AS slot, told.2 AS status FROM {each}", each=each)

    def _activity(self) -> nodes.SelectQuery:
        """Return every actor with the numbers of its active intervals, in order, and of the one it was created in."""
        group = self.group
        actor: Node = field("person_id") if group is None else field(f"$group_{group}")
        table, key = ("persons", "id") if group is None else ("groups", "key")
        active = select(
            "SELECT {actor} AS actor, arraySort(groupUniqArray({slot})) AS slots FROM events WHERE {where}"
            " GROUP BY actor",
            actor=actor,
            slot=self._slot(field("timestamp")),
            where=conjunction(self._conditions(actor)),
        )
        of_type = "" if group is None else " AND owners.index = {index}"
        return select(
            "SELECT active.actor AS actor, slots, {created} AS created FROM {active} AS active"
            f" LEFT JOIN {table} AS owners ON owners.{key} = active.actor{of_type}",
            active=active,
            created=self._slot(field("owners", "created_at")),
            index=constant(group),
        )

    def _slot(self, moment: Node) -> Node:
        """Return HogQL for the number of the interval that a moment lies in; the first one's is 0."""
        unit = constant(self.days.interval)
        return call("dateDiff", unit, self.days.bucket(constant(self.first)), self.days.bucket(moment))

    def _conditions(self, actor: Node) -> list[Node]:
        """Return what holds of the events: from one interval before the range on, to the end of its last interval."""
        days = self.days
        last = days.beginnings[-1] if days.beginnings else days.floor(days.end)
        conditions = [
            expression("timestamp >= {first} - {step}", first=constant(self.first), step=days.step()),
            expression("timestamp < {last} + {step}", last=constant(last), step=days.step()),
        ]
        for series in self.series:
            conditions += [*series.named(), *series.own_conditions(self.inquiry)]
        if self.group is not None:
            conditions.append(compare(actor, "!=", constant("")))
        return conditions + query_conditions(self.inquiry, self.query)


def _result(
    lifecycle: Lifecycle, series: Series, status: str, counts: Mapping[tuple[str, int], int], factor: float
) -> dict[str, Any]:
    days = lifecycle.days
    sign = -1.0 if status == DORMANT else 1.0
    numbers = [counts.get((status, slot), 0) for slot in range(len(days.beginnings))]
    data = [sign * round(number / factor) if number else 0.0 for number in numbers]
    return {
        "action": {
            "id": str(series.given.get("id")) if series.is_action else series.event,
            "name": series.name,
            "type": "actions" if series.is_action else "events",
            "order": 0,
            "math": "total",
        },
        "data": data,
        "count": float(sum(data)),
        "labels": [days.label(moment) for moment in days.beginnings],
        "days": days.keys,
        "label": f"{series.name} - {status}",
        "status": status,
    }

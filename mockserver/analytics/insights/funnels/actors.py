"""Who is behind a step of a funnel, and when they took it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import read_absolute
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, call, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.funnels import Funnel
from mockserver.analytics.insights.funnels.matching import entries, matched

NO_STEP = "Missing both funnelStep and funnelCustomSteps"
STEP_ZERO = "Funnel steps are 1-indexed, so step 0 doesn't exist"
FIRST_DROP_OFF = (
    "The first valid drop-off argument for funnelStep is -2. -2 refers to persons who performed"
    " the first step but never made it to the second."
)
FIRST, FINAL = "first_timestamp", "final_timestamp"
REACHED, LOST = 1, -1


def funnel_actors(inquiry: Inquiry, asked: Mapping[str, Any], times: Sequence[tuple[str, int]] = ()) -> nodes.Query:
    """Return the actors that a FunnelsActorsQuery asks for, and how far each got.

    `times` names more columns: when the step of a number was taken. Raises: QueryError.
    """
    source = asked.get("source")
    if not isinstance(source, Mapping) or source.get("kind") != "FunnelsQuery":
        raise QueryError("A FunnelsQuery is missing as source")
    funnel = Funnel(inquiry, source, fewest=1)
    funnel.check()
    if funnel.chart == "trends":
        return _of_trend(funnel, asked)
    wanted = _step_conditions(funnel, asked)
    value = asked.get("funnelStepBreakdown")
    if value is not None and funnel.breakdown:
        wanted.append(funnel.breakdown.holds(value))
    columns = ["steps", *(name for name, _ in times)]
    return select(
        f"SELECT aggregation_target AS {id_of(funnel)}, {', '.join(columns)} FROM {{matched}} WHERE {{wanted}}",
        matched=matched(funnel, times),
        wanted=conjunction(wanted),
    )


def id_of(funnel: Funnel) -> str:
    """Return what the column of a funnel's actors is called."""
    return "actor_id" if funnel.group is None else "group_key"


def _step_conditions(funnel: Funnel, asked: Mapping[str, Any]) -> list[Node]:
    """Return what holds of those who took a step, or (below nought) the required one before it and not the step."""
    custom, step = asked.get("funnelCustomSteps"), asked.get("funnelStep")
    if custom:
        steps = nodes.Tuple(exprs=tuple(constant(int(each)) for each in custom))
        return [compare(field("steps"), "in", steps)]
    if step is None:
        raise QueryError(NO_STEP)
    if step == 0:
        raise QueryError(STEP_ZERO)
    if step == -1:
        raise QueryError(FIRST_DROP_OFF)
    if step > 0:
        return [_took(int(step))]
    lost_at = -int(step)
    before = next(number for number in range(lost_at - 1, 0, -1) if number not in funnel.optional)
    return [_took(before), nodes.Not(expr=_took(lost_at))]


def _took(step: int) -> Node:
    return call("has", field("taken"), constant(step))


def _of_trend(funnel: Funnel, asked: Mapping[str, Any]) -> nodes.Query:
    """Return who entered in an interval, and got to the last step or did not."""
    given = asked.get("funnelTrendsEntrancePeriodStart")
    day = read_absolute(given, ZoneInfo(funnel.inquiry.timezone)) if isinstance(given, str) else None
    if day is None:
        raise QueryError("Actor queries for trends funnels require funnelTrendsEntrancePeriodStart")
    outcome = LOST if asked.get("funnelTrendsDropOff") else REACHED
    return select(
        f"SELECT aggregation_target AS {id_of(funnel)} FROM {{entries}}"
        f" WHERE success_bool = {outcome} AND entrance_period_start = {{day}}",
        entries=entries(funnel),
        day=constant(day),
    )

"""Who is behind a step of a funnel, and when they took it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from mockserver.analytics.dates import read_absolute
from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import expression, select
from mockserver.analytics.hogql.nodes import Node, compare, conjunction, constant, field
from mockserver.analytics.inquiries import Inquiry
from mockserver.analytics.insights.funnels import Funnel
from mockserver.analytics.insights.funnels.charts import bounds

NO_STEP = "Missing both funnelStep and funnelCustomSteps"
STEP_ZERO = "Funnel steps are 1-indexed, so step 0 doesn't exist"
FIRST_DROP_OFF = (
    "The first valid drop-off argument for funnelStep is -2. -2 refers to persons who performed"
    " the first step but never made it to the second."
)
FIRST, FINAL = "first_timestamp", "final_timestamp"


def funnel_actors(inquiry: Inquiry, asked: Mapping[str, Any], times: Sequence[tuple[str, int]] = ()) -> nodes.Query:
    """Return the actors that a FunnelsActorsQuery asks for, and how far each got.

    `times` names more columns: when the step of a number was taken. Raises: QueryError.
    """
    source = asked.get("source")
    if not isinstance(source, Mapping) or source.get("kind") != "FunnelsQuery":
        raise QueryError("A FunnelsQuery is missing as source")
    funnel = Funnel(inquiry, source, fewest=1)
    if funnel.filter.get("funnelVizType") == "trends":
        return _of_trend(funnel, asked)
    taken = [f"argMax(latest_{step}, moment) AS {name}" for name, step in times]
    wanted = [_step_condition(asked)]
    value = asked.get("funnelStepBreakdown")
    if value is not None and funnel.breakdown:
        wanted.append(funnel.breakdown.holds(value))
    columns = ["steps", *(name for name, _ in times)]
    return select(
        f"SELECT actor AS {id_of(funnel)}, {', '.join(columns)} FROM {{actors}} WHERE {{wanted}}",
        actors=funnel.steps_of_actors(taken),
        wanted=conjunction(wanted),
    )


def id_of(funnel: Funnel) -> str:
    """Return what the column of a funnel's actors is called."""
    return "actor_id" if funnel.group is None else "group_key"


def _step_condition(asked: Mapping[str, Any]) -> Node:
    custom, step = asked.get("funnelCustomSteps"), asked.get("funnelStep")
    if custom:
        steps = nodes.Tuple(exprs=tuple(constant(int(each)) for each in custom))
        return compare(field("steps"), "in", steps)
    if step is None:
        raise QueryError(NO_STEP)
    if step == 0:
        raise QueryError(STEP_ZERO)
    if step == -1:
        raise QueryError(FIRST_DROP_OFF)
    if step > 0:
        return compare(field("steps"), ">=", constant(int(step)))
    return compare(field("steps"), "==", constant(-int(step) - 1))


def _of_trend(funnel: Funnel, asked: Mapping[str, Any]) -> nodes.Query:
    """Return who entered in an interval, and got to the last step or did not."""
    given = asked.get("funnelTrendsEntrancePeriodStart")
    day = read_absolute(given, ZoneInfo(funnel.inquiry.timezone)) if isinstance(given, str) else None
    if day is None:
        raise QueryError("Actor queries for trends funnels require funnelTrendsEntrancePeriodStart")
    first, last = bounds(funnel)
    reached = "steps >= {last}"
    if asked.get("funnelTrendsDropOff"):
        reached = "steps >= {first} AND steps < {last}"
    wanted = expression(
        f"day = {{day}} AND {reached}", day=constant(day), first=constant(first + 1), last=constant(last + 1)
    )
    entered = select(
        "SELECT actor, {day} AS day, max(steps) AS steps FROM {attempts} GROUP BY actor, day",
        day=funnel.days.bucket(field("moment")),
        attempts=funnel.attempts.select(),
    )
    return select(
        f"SELECT actor AS {id_of(funnel)}, steps FROM {{entered}} WHERE {{wanted}}", entered=entered, wanted=wanted
    )

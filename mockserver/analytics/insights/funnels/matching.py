"""What the matcher is asked, as HogQL: each actor's events in the order of time, and which steps each can be.

The HogQL is that of PostHog's servers, as they show it. Source: the `hogql` of recorded answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import Node, conjunction, constant
from mockserver.analytics.insights.funnels import UNORDERED, Funnel
from mockserver.analytics.insights.funnels.breakdowns import FIRST

STRICT = "strict"
# Of events that can be the same one step at most, those that stand between two of their like are left out.
REPEATED = (
    "length(x.4) <= 1 AND x.4 = before.4 AND x.4 = after.4 AND x.3 = before.3 AND x.3 = after.3"
    " AND x.1 > before.1 AND x.1 < after.1"
)
FEWER = (
    f"arrayFilter((x, before, after) -> NOT ({REPEATED}), events_array,"
    " arrayRotateRight(events_array, 1), arrayRotateLeft(events_array, 1))"
)


def matched(funnel: Funnel, times: Sequence[tuple[str, int]] = ()) -> nodes.SelectQuery:
    """Return how far each actor gets: a row for each of those who enter, and each value they count for.

    Columns: `aggregation_target`, `step_reached` from nought and `steps` from one, `breakdown`, `timings` in seconds
    from step to step, `taken` (the steps, from one) and those of `times`: when the step of a number was taken.
    """
    optional = funnel.optional
    name = f"aggregate_funnel{_variant(funnel)}{'_optional' if optional else ''}"
    asked = ["{size}", "{window}", "{attribution}", "{order}", _values(funnel), *(["{optional}"] if optional else [])]
    columns = [
        f"{_events_array(funnel, '')} AS events_array",
        f"{_touched(funnel)} AS prop",
        f"arrayJoin({name}({', '.join(asked)}, {FEWER})) AS af_tuple",
        "af_tuple.1 AS step_reached",
        "af_tuple.1 + 1 AS steps",
        "af_tuple.2 AS breakdown",
        "af_tuple.3 AS timings",
        "af_tuple.5 AS taken",
        *(
            f"if(length(af_tuple.6) > {step}, arrayFirst(moment -> toFloat(moment) = af_tuple.6[{step + 1}],"
            f" groupArray(timestamp)), NULL) AS {alias}"
            for alias, step in times
        ),
    ]
    return select(
        f"SELECT {', '.join(columns)}, aggregation_target FROM {{events}} GROUP BY aggregation_target"
        " HAVING step_reached >= 0",
        events=_events(funnel),
        optional=nodes.Array(exprs=tuple(map(constant, optional))),
        **_settings(funnel),
    )


def entries(funnel: Funnel) -> nodes.SelectQuery:
    """Return what came of each actor's entries: a row for each of them, interval and value.

    Columns: `aggregation_target`, `entrance_period_start`, `success_bool` (1 or -1), `breakdown`.
    """
    first, last = funnel.bounds
    name = f"aggregate_funnel{_variant(funnel)}_trends"
    asked = f"{first + 1}, {last + 1}, {{size}}, {{window}}, {{attribution}}, {{order}}, {_values(funnel)}"
    columns = [
        f"{_events_array(funnel, ' _toUInt64(toDateTime({bucket})),')} AS events_array",
        f"{_touched(funnel)} AS prop",
        f"arrayJoin({name}({asked}, events_array)) AS af_tuple",
        "toTimeZone(toDateTime(_toUInt64(af_tuple.1)), {zone}) AS entrance_period_start",
        "af_tuple.2 AS success_bool",
        "af_tuple.3 AS breakdown",
    ]
    return select(
        f"SELECT {', '.join(columns)}, aggregation_target FROM {{events}} GROUP BY aggregation_target",
        events=_events(funnel),
        bucket=funnel.days.bucket(nodes.field("timestamp")),
        zone=constant(funnel.inquiry.timezone),
        **_settings(funnel),
    )


def _settings(funnel: Funnel) -> dict[str, Node]:
    breakdown = funnel.breakdown
    return {
        "size": constant(funnel.size),
        "window": constant(funnel.window_seconds),
        "attribution": constant(breakdown.told if breakdown else FIRST),
        "order": constant(funnel.order),
    }


def _variant(funnel: Funnel) -> str:
    return funnel.breakdown.variant if funnel.breakdown else ""


def _values(funnel: Funnel) -> str:
    return funnel.breakdown.values if funnel.breakdown else "prop"


def _touched(funnel: Funnel) -> str:
    return funnel.breakdown.touched(funnel.order == UNORDERED) if funnel.breakdown else "['']"


def _events_array(funnel: Funnel, bucket: str) -> str:
    numbers = [f"{number + 1} * step_{number}" for number in range(funnel.size)]
    if funnel.exclusions:
        numbers += [f"-{number + 1} * exclusion_{number}" for number in range(1, funnel.size)]
    value = funnel.breakdown.told_value if funnel.breakdown else "''"
    event = f"toFloat(timestamp),{bucket} uuid, {value}, arrayFilter(x -> x != 0, [{', '.join(numbers)}])"
    return f"arraySort(t -> t.1, groupArray(tuple({event})))"


def _events(funnel: Funnel) -> nodes.SelectQuery:
    """Return the events that are steps or exclusions, or every one where none may stand between steps."""
    parts: dict[str, Node] = {f"step_{number}": condition for number, condition in enumerate(funnel.steps)}
    barred = {
        number: [one.condition for one in funnel.exclusions if one.first < number <= one.last]
        for number in range(1, funnel.size)
        if funnel.exclusions
    }
    parts |= {f"exclusion_{number}": nodes.Or(exprs=tuple(some)) for number, some in barred.items() if some}
    columns = [f"if({{{name}}}, 1, 0) AS {name}" for name in parts]
    columns += [f"0 AS exclusion_{number}" for number, some in barred.items() if not some]
    conditions = list(funnel.conditions)
    if funnel.order != STRICT:
        conditions.append(nodes.Or(exprs=tuple(parts.values())))
    if funnel.breakdown:
        columns += funnel.breakdown.columns(funnel.size)
        parts["value"] = funnel.breakdown.value
    return select(
        f"SELECT timestamp, {{actor}} AS aggregation_target, uuid, {', '.join(columns)} FROM events"
        " WHERE {conditions}",
        actor=funnel.actor,
        conditions=conjunction(conditions),
        **parts,
    )

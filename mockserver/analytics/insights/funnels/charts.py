"""How funnels are shown: their steps, how long it takes to get from one to another, and their trend in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import constant, field
from mockserver.analytics.inquiries import MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.funnels import Funnel
from mockserver.request.call import Call

MOST_BINS, WIDTH_OF_NONE = 90, 60


def funnels_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the steps of a funnel, or with what else it is shown as."""
    funnel = Funnel(Inquiry.of(call, query), query)
    show = {"time_to_convert": times_to_convert, "trends": trend}.get(funnel.filter.get("funnelVizType") or "", steps)
    results, hogql = show(funnel)
    return answer(query, results, hogql, funnel.days, isUdf=False)


def steps(funnel: Funnel) -> tuple[Any, str]:
    """Return a result for each step."""
    return funnel.steps()


def bounds(funnel: Funnel) -> tuple[int, int]:
    """Return the steps that a chart goes from and to. Raises: QueryError."""
    size = len(funnel.series)
    first, last = funnel.filter.get("funnelFromStep"), funnel.filter.get("funnelToStep")
    first = 0 if first is None else int(first)
    last = size - 1 if last is None else int(last)
    if not 0 <= first < last < size:
        raise QueryError(f"Invalid funnel steps: from {first} to {last}")
    return first, last


def times_to_convert(funnel: Funnel) -> tuple[Any, str]:
    """Return how many took how long from one step to another, in bins of the same width."""
    first, last = bounds(funnel)
    count = funnel.filter.get("binCount")
    times = [f"average_time_{number}" for number in range(first + 1, last + 1)]
    known = " AND ".join(f"isNotNull({time})" for time in times)
    bins = f"{max(1, min(int(count), MOST_BINS))}" if count else "least(60, greatest(1, ceil(cbrt(size))))"
    text = (
        "SELECT since, width, bins, mean, arrayMap(bin -> countEqual(arrayMap("
        " seconds -> toInt(floor((seconds - since) / width)), times), bin), range(0, toInt(bins + 1))) AS counts"
        " FROM (SELECT times, size, mean, since, bins,"
        f" if(ceil((until - since) / bins) > 0, ceil((until - since) / bins), {WIDTH_OF_NONE}) AS width"
        f" FROM (SELECT times, size, mean, since, until, {bins} AS bins"
        " FROM (SELECT groupArray(seconds) AS times, count() AS size, round(avg(seconds), 2) AS mean,"
        " if(count() = 0, 0, floor(min(seconds))) AS since, if(count() = 0, 1, ceil(max(seconds))) AS until"
        f" FROM (SELECT {' + '.join(times)} AS seconds FROM {{actors}} WHERE {known}))))"
    )
    found = funnel.inquiry.run(select(text, actors=funnel.steps_of_actors()))
    since, width, _, mean, counts = found.rows[0]
    shown = [[int(since + width * number), int(actors)] for number, actors in enumerate(counts)]
    is_known = mean is not None and mean == mean  # NaN is the mean of nobody
    return {"bins": shown, "average_conversion_time": mean if is_known else None}, found.hogql


def trend(funnel: Funnel) -> tuple[Any, str]:
    """Return the share of those who enter in each interval that get to the last step."""
    first, last = bounds(funnel)
    by_value = ["value"] if funnel.breakdown else []
    entered = select(
        f"SELECT actor, {{day}} AS day, max(steps) AS reached{', {value} AS value' if by_value else ''}"
        f" FROM {{attempts}} GROUP BY {', '.join(['actor', 'day', *by_value])}",
        day=funnel.days.bucket(field("moment")),
        attempts=funnel.attempts.select(),
        **({"value": funnel.value()} if funnel.breakdown else {}),
    )
    found = funnel.inquiry.run(
        replace(
            select(
                f"SELECT {', '.join(['day', *by_value])}, countIf(reached >= {first + 1}) AS started,"
                f" countIf(reached >= {last + 1}) AS ended FROM {{entered}} GROUP BY {', '.join(['day', *by_value])}",
                entered=entered,
            ),
            limit=constant(MAX_LIMIT),
        )
    )
    rates: dict[Any, dict[str, float]] = {}
    values: dict[Any, Any] = {}
    for day, *value, started, ended in found.rows:
        key = str(value)
        values[key] = value
        rate = round(ended / started * 100, 2) if started else 0.0
        rates.setdefault(key, {})[funnel.days.key(str(day))] = rate
    if not funnel.breakdown:
        return [_line(funnel, next(iter(rates.values()), {}), [])], found.hogql
    return [_line(funnel, rates[key], values[key]) for key in sorted(rates)], found.hogql


def _line(funnel: Funnel, rates: Mapping[str, float], value: Sequence[Any]) -> dict[str, Any]:
    days = funnel.days
    shown = {"breakdown_value": funnel.breakdown.shown(value[0])["breakdown"]} if funnel.breakdown else {}
    return {
        "count": len(days.keys),
        "data": [rates.get(day, 0.0) for day in days.keys],
        "days": days.keys,
        "labels": [days.label(moment) for moment in days.beginnings],
        **shown,
    }

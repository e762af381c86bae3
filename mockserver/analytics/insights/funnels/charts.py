"""How funnels are shown: their steps, how long it takes to get from one to another, and their trend in time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.fragments import select
from mockserver.analytics.hogql.nodes import constant
from mockserver.analytics.inquiries import DEFAULT_LIMIT, MAX_LIMIT, Inquiry
from mockserver.analytics.insights.answers import answer
from mockserver.analytics.insights.funnels import UNORDERED, Funnel
from mockserver.analytics.insights.funnels.breakdowns import OTHER
from mockserver.analytics.insights.funnels.matching import entries, matched
from mockserver.analytics.insights.series import Series, sampling_factor
from mockserver.request.call import Call

MOST_BINS, WIDTH_OF_NONE = 90, 60
AUTOMATIC = "toInt(least(60, greatest(1, ceil(cbrt(length(timings))))))"
MOST_POINTS = 1_000


def funnels_query(call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with the steps of a funnel, or with what else it is shown as."""
    funnel = Funnel(Inquiry.of(call, query), query)
    funnel.check()
    show = {"time_to_convert": times_to_convert, "trends": trend}.get(funnel.chart, steps)
    results, hogql = show(funnel)
    return answer(query, results, hogql, funnel.days, isUdf=True)


# Steps


def steps(funnel: Funnel) -> tuple[Any, str]:
    """Return a result for each step, or a list of them for each value broken down by; none where nobody enters."""
    funnel.check_unordered()
    found = funnel.inquiry.run(counts(funnel))
    if not funnel.breakdown:
        return (_results(funnel, found.rows[0]) if found.rows else []), found.hogql
    told = []
    for row in found.rows:
        shown = funnel.breakdown.shown(row[-1])
        told.append([{**result, **shown} for result in _results(funnel, row)])
    return told, found.hogql


def counts(funnel: Funnel) -> nodes.SelectQuery:
    """Return how many actors took each step and how long it took them, a row for each value.

    The values with most actors at the last step are kept apart, of as many those with most at the step before.
    """
    numbers = range(1, funnel.size + 1)
    times = range(1, funnel.size)
    breakdown = funnel.breakdown
    limit = breakdown.limit if breakdown else None
    other = f"['{OTHER}']" if breakdown and breakdown.size else f"'{OTHER}'"
    each = select(
        f"SELECT {', '.join(f'countIf(has(taken, {n})) AS step_{n}' for n in numbers)},"
        f" {''.join(f'groupArrayIf(timings[{n}], timings[{n}] > 0) AS step_{n}_conversion_times, ' for n in times)}"
        f" rowNumberInAllBlocks() AS row_number,"
        f" {'breakdown' if limit is None else f'if(row_number < {limit}, breakdown, {other})'} AS final_prop"
        f" FROM {{matched}} GROUP BY breakdown ORDER BY {', '.join(f'step_{n} DESC' for n in reversed(numbers))}",
        matched=matched(funnel),
    )
    means = "".join(f"avgArray(step_{n}_conversion_times) AS step_{n}_average_conversion_time, " for n in times)
    medians = "".join(f"medianArray(step_{n}_conversion_times) AS step_{n}_median_conversion_time, " for n in times)
    whole = select(
        f"SELECT {', '.join(f'sum(step_{n}) AS step_{n}' for n in numbers)}, {means} {medians}"
        " groupArray(row_number) AS row_number, final_prop FROM {each} GROUP BY final_prop",
        each=each,
    )
    return replace(whole, limit=constant(DEFAULT_LIMIT if limit is None else limit + 1))


def _results(funnel: Funnel, row: Sequence[Any]) -> list[dict[str, Any]]:
    size, factor = funnel.size, sampling_factor(funnel.query)
    averages, medians = row[size : 2 * size - 1], row[2 * size - 1 : 3 * size - 2]
    results = []
    for number, series in enumerate(funnel.series):
        count = int(row[number])
        times = {
            "average_conversion_time": _finite(averages[number - 1]) if number else None,
            "median_conversion_time": _finite(medians[number - 1]) if number else None,
        }
        count = count if factor == 1 else round(count / factor)
        results.append({**_shown(funnel, number, series, count), **times})
    return results


def _shown(funnel: Funnel, number: int, series: Series, count: int) -> dict[str, Any]:
    if funnel.order == UNORDERED:
        named: dict[str, Any] = {
            "action_id": None,
            "name": f"Completed {number + 1} step{'s' if number else ''}",
            "custom_name": None,
        }
    else:
        id = series.given.get("id") if series.is_action else series.event
        named = {"action_id": id, "name": series.label, "custom_name": series.custom_name}
    kind = "actions" if series.is_action else "events"
    return {**named, "order": number, "people": [], "count": count, "type": kind}


def _finite(number: Any) -> float | None:
    return None if number is None or not math.isfinite(number) else float(number)


# Time to convert


def times_to_convert(funnel: Funnel) -> tuple[Any, str]:
    """Return how many took how long from one step to another, in bins of the same width."""
    first, last = funnel.bounds
    count = funnel.filter.get("binCount")
    bins = AUTOMATIC if count is None else f"{max(1, min(int(count), MOST_BINS))}"
    timings = select(
        f"SELECT groupArray(arraySum(arraySlice(timings, {first + 1}, {last - first}))) AS timings,"
        f" {bins} AS bin_count, floor(arrayMin(timings)) AS min_timing, ceil(arrayMax(timings)) AS max_timing,"
        " ceil((max_timing - min_timing) / bin_count) AS raw_width,"
        f" if(raw_width > 0, raw_width, {WIDTH_OF_NONE}) AS width,"
        " arrayMap(n -> toInt(round(min_timing + n * width)), range(0, bin_count + 1)) AS buckets,"
        " arrayMap(timing -> toInt(floor((timing - min_timing) / width)), timings) AS indices,"
        " arrayMap(x -> countEqual(indices, x - 1), range(1, bin_count + 2)) AS counts"
        f" FROM {{matched}} WHERE step_reached >= {last}",
        matched=matched(funnel),
    )
    found = funnel.inquiry.run(
        select("SELECT buckets, counts, if(empty(timings), 0, arrayAvg(timings)) FROM {timings}", timings=timings)
    )
    buckets, each, mean = found.rows[0]
    bins_shown = [[int(since), int(actors)] for since, actors in zip(buckets, each, strict=True)]
    return {"average_conversion_time": float(mean), "bins": bins_shown}, found.hogql


# Trends


def trend(funnel: Funnel) -> tuple[Any, str]:
    """Return the share of those who enter in each interval that get to the last step."""
    found = funnel.inquiry.run(
        replace(
            select(
                "SELECT entrance_period_start, countIf(success_bool != 0) AS started,"
                " countIf(success_bool = 1) AS ended, breakdown AS prop FROM {entries}"
                " GROUP BY entrance_period_start, breakdown",
                entries=entries(funnel),
            ),
            limit=constant(MAX_LIMIT),
        )
    )
    days = funnel.days
    rates: dict[Any, dict[str, float]] = defaultdict(dict)
    started: dict[Any, int] = defaultdict(int)
    for day, began, ended, value in found.rows:
        key = tuple(value) if isinstance(value, list) else value
        rates[key][days.key(str(day))] = round(ended / began * 100, 2) if began else 0.0
        started[key] += began
    if not funnel.breakdown:
        return [_line(funnel, rates.get("", {}), MOST_POINTS)], found.hogql
    points = MOST_POINTS if funnel.breakdown.limit is None else funnel.breakdown.limit * len(days.keys)
    left = min(points, MOST_POINTS)
    lines = {}
    for key in sorted(sorted(rates, reverse=True), key=lambda key: -started[key]):
        value = list(key) if isinstance(key, tuple) else key
        if left > 0:
            lines[key] = {
                **_line(funnel, rates[key], left),
                "breakdown_value": funnel.breakdown.shown(value)["breakdown"],
            }
        left -= len(days.keys)
    return [lines[key] for key in sorted(lines)], found.hogql


def _line(funnel: Funnel, rates: Mapping[str, float], most: int) -> dict[str, Any]:
    keys, beginnings = funnel.days.keys[:most], funnel.days.beginnings[:most]
    return {
        "count": len(keys),
        "data": [rates.get(day, 0.0) for day in keys],
        "days": keys,
        "labels": [funnel.days.label(moment) for moment in beginnings],
    }

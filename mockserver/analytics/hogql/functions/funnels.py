"""The funnel matcher as HogQL calls it: a function for each type of the values that attempts are broken down by.

ClickHouse is asked for a function of one JSON text that answers with another. Source: the recorded `hogql` of funnels.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.analytics.hogql.functions.model import Function

VALUES = {"": "String", "_array": "Array(String)", "_cohort": "UInt64"}
BEST = "Array(Tuple(Int8, {value}, Array(Float64), Array(Array(UUID)), Array(Int8), Array(Float64)))"
OUTCOMES = "Array(Tuple(UInt64, Int8, {value}))"


def _matchers(name: str, count: int, asked: str, matcher: str, rows: str) -> Iterator[Function]:
    for variant, value in VALUES.items():
        text = f"JSONExtract(assumeNotNull({matcher}(toJSONString(tuple({asked})))), '{rows.format(value=value)}')"
        yield Function(name.format(variant), text, count, count, keeps_name=True)


STEPS = (6, "{0}, {1}, {2}, {3}, {4}, [], {5}", "match_funnel_steps", BEST)
MATCHERS = (
    *_matchers("aggregate_funnel{}", *STEPS),
    next(_matchers("aggregate_funnel_test{}", *STEPS)),  # what PostHog tries its next matcher with
    *_matchers("aggregate_funnel{}_optional", 7, "{0}, {1}, {2}, {3}, {4}, {5}, {6}", "match_funnel_steps", BEST),
    *_matchers(
        "aggregate_funnel{}_trends", 8, "{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}", "match_funnel_trends", OUTCOMES
    ),
)

"""The aggregates. Names and counts of arguments are PostHog's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockserver.analytics.hogql.functions.model import ANY, Function

AGGREGATES: dict[tuple[int, int | None], str] = {
    (0, 1): "count countState",
    (1, 1): """
        min max sum avg sumForEach minForEach avgMap avgMapMerge any stddevPop stddevSamp varPop varSamp anyHeavy
        anyLast argMinMerge argMaxMerge sumForEachState sumForEachMerge avgState avgMerge groupUniqArray
        groupArrayMovingAvg
        groupArrayMovingSum groupBitAnd groupBitOr groupBitXor groupBitmap groupBitmapState groupBitmapAnd
        groupBitmapAndState groupBitmapOr groupBitmapOrState groupBitmapXor sumWithOverflow deltaSum sumMapMerge
        sumMerge sumState skewSamp skewPop kurtSamp kurtPop uniqMerge uniqMap uniqMapMerge uniqState median medianExact
        medianExactLow medianExactHigh medianExactWeighted medianTiming medianTimingWeighted medianDeterministic
        medianTDigest medianTDigestWeighted medianBFloat16 countMerge
        """,
    (1, 2): "countIf countStateIf countDistinctIf sumMap minMap maxMap",
    (2, 2): """
        minIf maxIf sumIf avgIf avgMapMergeIf anyIf stddevPopIf stddevSampIf varPopIf varSampIf covarPop covarSamp corr
        anyHeavyIf anyLastIf argMin argMax argMinState argMaxState avgStateIf avgMergeIf avgWeighted groupArrayIf
        groupUniqArrayIf groupArrayInsertAt groupArrayMovingAvgIf groupArrayMovingSumIf groupBitAndIf groupBitOrIf
        groupBitXorIf groupBitmapIf groupBitmapAndIf groupBitmapOrIf groupBitmapXorIf sumWithOverflowIf deltaSumIf
        deltaSumTimestamp sumMapMergeIf sumMergeIf sumStateIf skewSampIf skewPopIf kurtSampIf kurtPopIf uniqMergeIf
        uniqMapMergeIf uniqStateIf medianIf medianExactIf medianExactLowIf medianExactHighIf medianExactWeightedIf
        medianTimingIf medianTimingWeightedIf medianDeterministicIf medianTDigestIf medianTDigestWeightedIf
        medianBFloat16If simpleLinearRegression contingency cramersV cramersVBiasCorrected theilsU maxIntersections
        maxIntersectionsPosition
        """,
    (2, 3): "countMapIf avgMapIf avgMapState sumMapIf minMapIf maxMapIf",
    (3, 3): """
        covarPopIf covarSampIf argMinIf argMaxIf avgWeightedIf groupArrayInsertAtIf deltaSumTimestampIf
        simpleLinearRegressionIf contingencyIf cramersVIf cramersVBiasCorrectedIf theilsUIf maxIntersectionsIf
        maxIntersectionsPositionIf
        """,
    (1, ANY): "uniq uniqExact uniqExactState uniqExactMerge uniqHLL12 uniqTheta quantiles",
    (2, ANY): "uniqIf uniqExactIf uniqHLL12If uniqThetaIf",
    (1, 99): "windowFunnel",
}  # fmt: skip

AGGREGATES_RENAMED = (
    Function("array_agg", "groupArray", 1, 1),
    Function("groupArray", "groupArray", 1, 1),
    Function("json_agg", "toJSONString(groupArray({0}))", 1, 1),
    Function("string_agg", "arrayStringConcat(groupArray({0}), {1})", 2, 2),
    Function("every", "toBool(min({0}))", 1, 1),
    Function("avgArray", "avgArrayOrNull", 1, 1),
    Function("medianArray", "medianArrayOrNull", 1, 1),
    Function("topK", "topK", 1, 1, 1, 1),
    Function("groupUniqArrayArray", "groupUniqArrayArray", 1, 1, 0, 1),
    Function("groupUniqArrayArrayIf", "groupUniqArrayArrayIf", 2, 2, 0, 1),
    Function("groupArraySample", "groupArraySample", 1, 1, 1, 2),
    Function("groupArraySampleIf", "groupArraySampleIf", 2, 2, 1, 2),
    Function("uniqUpToMerge", "uniqUpToMerge", 1, 1, 1, 1),
    Function("quantile", "quantile", 1, 1, 1, 1),
    Function("quantileIf", "quantileIf", 2, 2, 1, 1),
    Function("quantilesIf", "quantilesIf", 2, 2, 1, 1),
    Function("quantileExact", "quantileExact", 1, 1, 1, 1),
    Function("md5", "hex(MD5({0}))", 1, 1),
)

# What an aggregate may be followed by, and what may follow that: allowed since November 2025.
_LAST = ("If",)
_MORE = ("If", "OrDefault", "OrNull")
COMBINATORS = {
    "If": (), "Array": _MORE, "Map": _MORE, "State": _MORE, "Merge": _MORE, "ForEach": _MORE, "OrDefault": _LAST,
    "OrNull": _LAST, "ArgMin": _MORE, "ArgMax": _MORE,
}  # fmt: skip
COMBINED = {"avg": (1, 1), "sum": (1, 1), "min": (1, 1), "max": (1, 1), "count": (0, 1), "countDistinct": (1, 1),
            "median": (1, 1)}  # fmt: skip
ONE_MORE = ("If", "ArgMin", "ArgMax")
"""Those that take an argument of their own."""


def combined() -> Iterator[Function]:
    """Yield aggregates with all that may follow them, as `sumOrNull` and `avgForEachIf`."""
    for name, (least, most) in COMBINED.items():
        if name == "countDistinct":
            yield Function(name, name, least, most)
        yield from _followed(name, least, most, tuple(COMBINATORS), ())


def _followed(name: str, least: int, most: int, allowed: Sequence[str], used: tuple[str, ...]) -> Iterator[Function]:
    for suffix in allowed:
        if suffix in used:
            continue
        more = suffix in ONE_MORE
        made = Function(f"{name}{suffix}", f"{name}{suffix}", least + more, most + more)
        yield made
        yield from _followed(made.name, made.least, most + more, COMBINATORS[suffix], (*used, suffix))


# Aggregates that may be named in `arrayReduce('sum', x)`.
REDUCERS = {"sum", "min", "max", "avg", "any", "anyLast", "count", "uniq", "uniqExact", "median", "groupUniqArray"}

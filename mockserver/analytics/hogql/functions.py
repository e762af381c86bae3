"""The functions that HogQL lets through, how many arguments each takes, and what each becomes in ClickHouse.

Names and counts are PostHog's; nothing else reaches the engine. The tables read: how many arguments, then the names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from mockserver.analytics.errors import QueryError
from mockserver.analytics.hogql import nodes
from mockserver.analytics.hogql.types import Kind

ANY = None  # no greatest number of arguments


@dataclass(frozen=True)
class Function:
    """One function: how HogQL takes it and how ClickHouse is asked for it."""

    name: str
    clickhouse: str
    least: int = 0
    most: int | None = 0
    least_params: int = 0
    most_params: int | None = 0
    takes_timezone: bool = False
    ignores_case: bool = False
    suffix: str | None = None
    """A literal added behind the arguments; `{}` in it is replaced by the last one given."""
    returns: Kind = Kind.UNKNOWN
    after_date: str | None = None
    """What it becomes when its argument is known to be a date or time."""

    @property
    def is_template(self) -> bool:
        """Whether the ClickHouse side is an expression with places for the arguments."""
        return "{" in self.clickhouse


PLAIN: dict[tuple[int, int | None], str] = {
    (0, 0): """
        e pi rand today yesterday current_date rowNumberInBlock rowNumberInAllBlocks rank dense_rank row_number
        h3GetRes0Indexes
        """,
    (1, 1): """
        negate abs empty notEmpty length reverse arrayEnumerate arrayPopBack arrayPopFront arrayJoin arrayDifference
        arrayDistinct arrayEnumerateDense arrayReverse arrayFlatten arrayCompact arrayProduct hex unhex
        reinterpretAsUInt8 reinterpretAsUInt16 reinterpretAsUInt32 reinterpretAsUInt64 reinterpretAsUInt128
        reinterpretAsUInt256 reinterpretAsInt8 reinterpretAsInt16 reinterpretAsInt32 reinterpretAsInt64
        reinterpretAsInt128 reinterpretAsInt256 reinterpretAsFloat32 reinterpretAsFloat64 reinterpretAsUUID toBool
        toJSONString toTypeName cityHash64 isNotNull assumeNotNull toNullable timeZoneOf timeZoneOffset toYear toQuarter
        toMonth toDayOfYear toDayOfMonth toHour toMinute toSecond toUnixTimestamp64Milli toStartOfYear
        toStartOfISOYear toStartOfQuarter toStartOfMonth toLastDayOfMonth toMonday toStartOfHour toStartOfMinute
        toStartOfSecond toStartOfFiveMinutes toStartOfTenMinutes toStartOfFifteenMinutes toTime toISOYear toISOWeek
        nowInBlock timeSlot toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss monthName fromUnixTimestamp toIntervalSecond
        toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth toIntervalQuarter toIntervalYear
        geohashDecode isValidJSON exp log ln exp2 log2 exp10 log10 sqrt cbrt erf erfc lgamma tgamma sin cos tan asin
        acos atan intExp2 intExp10 cosh acosh sinh asinh atanh log1p sign degrees radians factorial roundToExp2
        roundDuration roundAge lengthUTF8 lower upper lowerUTF8 upperUTF8 isValidUTF8 toValidUTF8 reverseUTF8
        base58Encode base58Decode tryBase58Decode base64Encode base64Decode tryBase64Decode encodeXMLComponent
        decodeXMLComponent extractTextFromHTML ascii regexpQuoteMeta initcap tokens not mapKeys mapValues bitNot
        bitCount bitmapBuild bitmapToArray bitmapCardinality bitmapMin bitmapMax protocol domain domainWithoutWWW
        topLevelDomain firstSignificantSubdomain cutToFirstSignificantSubdomain cutToFirstSignificantSubdomainWithWWW
        path pathFull queryString fragment queryStringAndFragment extractURLParameters extractURLParameterNames
        URLHierarchy URLPathHierarchy encodeURLComponent decodeURLComponent encodeURLFormComponent
        decodeURLFormComponent netloc cutWWW cutQueryString cutFragment cutQueryStringAndFragment untuple
        tupleToNameValuePairs tupleNegate isFinite isInfinite ifNotFinite isNaN formatReadableDecimalSize
        formatReadableSize formatReadableQuantity indexHint extractIPv4Substrings L1Norm L2Norm LinfNorm L1Normalize
        L2Normalize LinfNormalize first_value last_value
        h3IsValid h3GetResolution h3GetBaseCell h3EdgeAngle h3EdgeLengthM h3EdgeLengthKm h3ToGeo h3ToGeoBoundary
        h3HexAreaM2 h3HexAreaKm2 h3ToString stringToH3 h3IsResClassIII h3IsPentagon h3GetFaces h3CellAreaM2
        h3CellAreaRads2 h3ExactEdgeLengthM h3ExactEdgeLengthKm h3ExactEdgeLengthRads h3NumHexagons
        h3GetPentagonIndexes h3UnidirectionalEdgeIsValid h3GetOriginIndexFromUnidirectionalEdge
        h3GetDestinationIndexFromUnidirectionalEdge h3GetIndexesFromUnidirectionalEdge
        h3GetUnidirectionalEdgesFromHexagon h3GetUnidirectionalEdgeBoundary
        """,
    (2, 2): """
        h3kRing h3IndexesAreNeighbors h3ToChildren h3ToParent h3ToCenterChild h3Line h3Distance h3HexRing
        h3GetUnidirectionalEdge
        plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero positiveModulo gcd lcm max2 min2
        arrayElement has hasAll hasAny hasSubstr indexOf countEqual arrayPushBack arrayPushFront arrayAUC
        arrayWithConstant arrayRotateLeft arrayRotateRight toUUIDOrDefault timeStampAdd timeStampSub addYears addMonths
        addWeeks addDays addHours addMinutes addSeconds addQuarters subtractYears subtractMonths subtractWeeks
        subtractDays subtractHours subtractMinutes subtractSeconds subtractQuarters dateName pow power atan2 hypot
        roundDown appendTrailingCharIfAbsent endsWith startsWith multiSearchAllPositions multiSearchAllPositionsUTF8
        multiSearchFirstPosition multiSearchFirstIndex multiSearchAny multiSearchAllPositionsCaseInsensitive
        multiSearchAllPositionsCaseInsensitiveUTF8 multiSearchAnyUTF8 multiSearchAnyCaseInsensitive
        multiSearchAnyCaseInsensitiveUTF8 multiSearchFirstIndexUTF8 multiSearchFirstIndexCaseInsensitive
        multiSearchFirstIndexCaseInsensitiveUTF8 multiSearchFirstPositionUTF8 multiSearchFirstPositionCaseInsensitive
        multiSearchFirstPositionCaseInsensitiveUTF8 match multiMatchAny multiMatchAnyIndex multiMatchAllIndices extract
        extractAll extractAllGroupsHorizontal extractAllGroupsVertical extractGroups like ilike notLike notILike
        ngramDistance ngramDistanceCaseInsensitive ngramDistanceUTF8 ngramDistanceCaseInsensitiveUTF8 ngramSearch
        ngramSearchCaseInsensitive ngramSearchUTF8 ngramSearchCaseInsensitiveUTF8 countMatches
        countMatchesCaseInsensitive hasSubsequence hasSubsequenceCaseInsensitive hasSubsequenceUTF8
        hasSubsequenceCaseInsensitiveUTF8 hasToken hasTokenCaseInsensitive hasTokenOrNull hasTokenCaseInsensitiveOrNull
        extractAllGroups ngrams repeat equals notEquals less greater lessOrEquals greaterOrEquals in notIn
        mapFromArrays mapContains mapContainsKeyLike mapExtractKeyLike mapApply mapFilter mapUpdate bitAnd bitOr bitXor
        bitShiftLeft bitShiftRight bitRotateLeft bitRotateRight bitTest bitHammingDistance bitmapContains bitmapHasAny
        bitmapHasAll bitmapAnd bitmapOr bitmapXor bitmapAndnot bitmapAndCardinality bitmapOrCardinality
        bitmapXorCardinality bitmapAndnotCardinality extractURLParameter cutURLParameter tupleHammingDistance tuplePlus
        tupleMinus tupleMultiply tupleDivide tupleMultiplyByNumber tupleDivideByNumber dotProduct least greatest tumble
        LpNorm L1Distance L2Distance LinfDistance LpNormalize cosineDistance nth_value
        """,
    (3, 3): """
        geoToH3 age substring substringUTF8 convertCharset multiFuzzyMatchAny multiFuzzyMatchAnyIndex
        multiFuzzyMatchAllIndices replace replaceAll replaceOne replaceRegexpAll replaceRegexpOne translate
        translateUTF8 lpad rpad if bitSlice bitmapSubsetInRange bitmapSubsetLimit subBitmap bitmapTransform hop
        LpDistance
        """,
    (4, 4): """
        greatCircleDistance geoDistance greatCircleAngle width_bucket bar h3PointDistM h3PointDistKm h3PointDistRads
        """,
    (5, 5): "geohashesInBox",
    (1, 2): """
        toString arrayMin arrayMax arraySum arrayAvg arrayStringConcat toStartOfWeek toStartOfDay toLastDayOfWeek
        toUnixTimestamp floor ceil trunc round roundBankers splitByWhitespace splitByNonAlpha alphaTokens port
        formatReadableTimeDelta
        """,
    (1, 3): """
        range toDayOfWeek toWeek toYearWeek JSONExtractKeysAndValues mapPopulateSeries tumbleStart tumbleEnd hopStart
        hopEnd lagInFrame leadInFrame
        """,
    (2, 3): """
        multiplyDecimal divideDecimal arrayResize arraySlice toStartOfInterval dateAdd dateSub timeSlots
        formatDateTime geohashEncode leftPad rightPad leftPadUTF8 rightPadUTF8 position positionCaseInsensitive
        positionUTF8 positionCaseInsensitiveUTF8 countSubstrings countSubstringsCaseInsensitive
        countSubstringsCaseInsensitiveUTF8 regexpExtract splitByChar splitByString splitByRegexp tupleElement
        """,
    (3, 4): "transform",
    (0, ANY): "array map tuple",
    (1, ANY): """
        arrayCount arraySort arrayUniq arrayIntersect arrayExists arrayAll arrayCumSum arrayCumSumNonNegative coalesce
        JSONHas JSONLength JSONArrayLength JSONType JSONExtractUInt JSONExtractInt JSONExtractFloat JSONExtractBool
        JSONExtractString JSONExtractKey JSONExtractKeys JSONExtractRaw JSONExtractArrayRaw JSONExtractKeysAndValuesRaw
        """,
    (2, ANY): """
        arrayConcat arrayEnumerateUniq arrayReduce arrayFilter arrayZip arrayMap arrayFill arraySplit arrayReverseFill
        arrayReverseSplit arrayFirst arrayLast arrayFirstIndex arrayLastIndex JSONExtract JSON_VALUE format concat
        concatWithSeparator and or xor mapAdd mapSubtract pointInPolygon
        """,
    (3, ANY): "arrayFold multiIf bitTestAll bitTestAny",
    (6, ANY): "pointInEllipses",
}  # fmt: skip

IGNORING_CASE = frozenset(
    [
        "length",
        "reverse",
        "not",
        "if",
        "least",
        "greatest",
        "abs",
        "max2",
        "min2",
        "lower",
        "upper",
        "concat",
        "substring",
        "ascii",
        "position",
        "extract",
        "replace",
        "trim",
        "exp",
        "log",
        "ln",
        "log2",
        "log10",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "pow",
        "power",
        "sign",
        "degrees",
        "radians",
        "factorial",
        "floor",
        "ceil",
        "trunc",
        "round",
        "coalesce",
        "isnull",
        "ifnull",
        "nullif",
        "now",
        "count",
        "min",
        "max",
        "sum",
        "avg",
    ]
)

RETURNS: dict[Kind, str] = {
    Kind.INTEGER: """
        plus minus multiply intDiv modulo moduloOrZero positiveModulo negate empty notEmpty length indexOf dateDiff
        date_diff toIntOrZero date_part
        """,
    Kind.FLOAT: "divide max2 min2 toFloatOrZero toFloatOrDefault",
    Kind.STRING: """
        toString left right repeat initcap lpad rpad split_part ltrim rtrim trim btrim trimLeft trimRight to_char
        """,
    Kind.DATE: "toDate to_date toStartOfMonth toStartOfWeek make_date today current_date yesterday",
    Kind.DATETIME: """
        toDateTime toDateTimeUS toStartOfInterval toStartOfDay toStartOfHour toStartOfMinute toStartOfSecond now
        current_timestamp dateTrunc date_trunc date_bin date_add date_subtract fromUnixTimestamp to_timestamp
        make_timestamp make_timestamptz timezone toTimeZone
        """,
    Kind.INTERVAL: """
        toIntervalSecond toIntervalMinute toIntervalHour toIntervalDay toIntervalWeek toIntervalMonth
        toIntervalQuarter toIntervalYear
        """,
}

_PART = """arrayElement(arrayMap((part, dt) -> multiIf(part = 'year', toYear(dt), part = 'month', toMonth(dt),
 part = 'day', toDayOfMonth(dt), part = 'hour', toHour(dt), part = 'minute', toMinute(dt), part = 'second',
 toSecond(dt), part = 'dow', toDayOfWeek(dt), part = 'doy', toDayOfYear(dt), part = 'quarter', toQuarter(dt), null),
 [{0}], [{1}]), 1)""".replace("\n", "")
_SPLIT = (
    "arrayElement(arrayMap((parts, idx) -> if(empty(parts), '', if(length(parts) >= idx, arrayElement(parts, idx),"
    " '')), [splitByString({1}, {0})], [{2}]), 1)"
)

RENAMED = (
    Function("arrayReverseSort", "arraySort", 1, ANY),
    Function("generateSeries", "generate_series", 3, 3),
    Function("toInt", "accurateCastOrNull", 1, 1, suffix="Int64"),
    Function("toIntOrZero", "toInt64OrZero", 1, 1),
    Function("toFloat", "accurateCastOrNull", 1, 1, suffix="Float64"),
    Function("toFloatOrZero", "toFloat64OrZero", 1, 1),
    Function("toFloatOrDefault", "toFloat64OrDefault", 1, 2),
    Function("toDecimal", "accurateCastOrNull", 2, 2, suffix="Decimal64({})"),
    Function("toUUID", "accurateCastOrNull", 1, 1, suffix="UUID"),
    Function("_toInt64", "toInt64", 1, 1),
    Function("_toUInt64", "toUInt64", 1, 1),
    Function("_toDate", "toDate", 1, 1),
    Function("toDate", "toDateOrNull", 1, 1, after_date="toDate"),
    Function("to_date", "toDateOrNull", 1, 1, after_date="toDate"),
    Function("toDateTime", "parseDateTime64BestEffortOrNull", 1, 2, takes_timezone=True, after_date="toDateTime"),
    Function("toDateTimeUS", "parseDateTime64BestEffortUSOrNull", 1, 2, takes_timezone=True),
    Function("parseDateTime", "parseDateTimeOrNull", 2, 3, takes_timezone=True),
    Function("parseDateTimeBestEffort", "parseDateTime64BestEffortOrNull", 1, 2, takes_timezone=True),
    Function("UUIDv7ToDateTime", "UUIDv7ToDateTime", 1, 1, takes_timezone=True),
    Function("isnull", "isNull", 1, 1),
    Function("ifnull", "ifNull", 2, 2),
    Function("nullif", "nullIf", 2, 2),
    Function("now", "now64", 0, 1, takes_timezone=True),
    Function("current_timestamp", "now64", 0, 0, takes_timezone=True),
    Function("current_date", "today"),
    Function("dateDiff", "dateDiff", 3, 3),
    Function("date_diff", "dateDiff", 3, 3),
    Function("dateTrunc", "dateTrunc", 2, 3),
    Function("date_trunc", "dateTrunc", 2, 3),
    Function("date_part", _PART, 2, 2),
    Function("date_bin", "toStartOfInterval({1}, {0}, {2})", 3, 3),
    Function("date_add", "date_add", 2, 2, takes_timezone=True),
    Function("date_subtract", "date_sub", 2, 2, takes_timezone=True),
    Function("to_timestamp", "toDateTime(fromUnixTimestamp({0}))", 1, 1),
    Function("to_char", "formatDateTime", 2, 3, takes_timezone=True),
    Function("make_timestamp", "makeDateTime", 6, 7, takes_timezone=True),
    Function("make_date", "makeDate", 3, 3),
    Function(
        "make_interval",
        "toIntervalYear({0}) + toIntervalMonth({1}) + toIntervalDay({2}) + toIntervalHour({3})"
        " + toIntervalMinute({4}) + toIntervalSecond({5})",
        6, 6,
    ),
    Function("make_timestamptz", "toTimeZone(makeDateTime({0}, {1}, {2}, {3}, {4}, {5}), {6})", 7, 7),
    Function("timezone", "toTimeZone({1}, {0})", 2, 2),
    Function("toTimeZone", "toTimeZone", 1, 2, takes_timezone=True),
    Function("toModifiedJulianDay", "toModifiedJulianDayOrNull", 1, 1),
    Function("fromModifiedJulianDay", "fromModifiedJulianDayOrNull", 1, 1),
    Function("left", "leftUTF8", 2, 2),
    Function("right", "rightUTF8", 2, 2),
    Function("split_part", _SPLIT, 3, 3),
    Function("ltrim", "trimLeft", 1, 2),
    Function("trimLeft", "trimLeft", 1, 2),
    Function("rtrim", "trimRight", 1, 2),
    Function("trimRight", "trimRight", 1, 2),
    Function("trim", "trim", 1, 2),
    Function("btrim", "trim", 1, 2),
    Function("lag", "lagInFrame", 1, 3),
    Function("lead", "leadInFrame", 1, 3),
)  # fmt: skip

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

# PostHog's own, expanded before anything is printed.
OWN = {"sparkline": (1, 1), "recordingButton": (1, 2), "matchesAction": (1, 1), "explainCSPReport": (1, 1)}

# Aggregates that may be named in `arrayReduce('sum', x)`.
REDUCERS = {"sum", "min", "max", "avg", "any", "anyLast", "count", "uniq", "uniqExact", "median", "groupUniqArray"}

COMPARISONS = {
    "equals": "==", "notEquals": "!=", "less": "<", "greater": ">", "lessOrEquals": "<=", "greaterOrEquals": ">=",
    "like": "like", "ilike": "ilike", "notLike": "not like", "notILike": "not ilike", "in": "in", "notIn": "not in",
}  # fmt: skip


def _table(plain: dict[tuple[int, int | None], str]) -> Iterator[Function]:
    for (least, most), names in plain.items():
        for name in names.split():
            yield Function(name, name, least, most)


@cache
def functions() -> dict[str, Function]:
    """Return the functions that are not aggregates, by name."""
    returns = {name: kind for kind, names in RETURNS.items() for name in names.split()}
    return {
        made.name: replace(made, returns=returns.get(made.name, Kind.UNKNOWN), ignores_case=made.name in IGNORING_CASE)
        for made in (*_table(PLAIN), *RENAMED)
    }


@cache
def aggregates() -> dict[str, Function]:
    """Return the aggregates, by name."""
    return {
        made.name: replace(made, ignores_case=made.name in IGNORING_CASE)
        for made in (*_table(AGGREGATES), *AGGREGATES_RENAMED)
    }


def find_aggregate(name: str) -> Function | None:
    """Return the aggregate of a name."""
    return _find(name, aggregates())


def find_function(name: str) -> Function | None:
    """Return the function of a name that is not an aggregate."""
    return _find(name, functions())


def _find(name: str, known: dict[str, Function]) -> Function | None:
    found = known.get(name)
    if found is None:
        found = known.get(name.lower())
        if found is not None and not found.ignores_case:
            return None
    return found


@cache
def suggest(name: str) -> str | None:
    """Return the function whose name is most like one."""
    names = [known for known in (*functions(), *aggregates()) if not known.startswith("_")]
    close = get_close_matches(name, names, 1)
    return close[0] if close else None


def refuse_function(node: nodes.Call) -> NoReturn:
    """Say that a function is not among those let through, and which is most like it. Raises: QueryError."""
    close = suggest(node.name)
    hint = f". Perhaps you meant '{close}(...)'?" if close else ""
    raise QueryError(f"Unsupported function call '{node.name}(...)'{hint}", node.start, node.end)


def check_count(
    given: Sequence[nodes.Node], least: int, most: int | None, node: nodes.Call, *, what: str = "function",
    of: str = "argument",
) -> None:  # fmt: skip
    """Refuse a wrong number of arguments, in PostHog's words. Raises: QueryError."""
    count, who = len(given), f"{what.capitalize()} '{node.name}' expects"
    if least == most and count != least:
        number = f"{least} {of}{'' if least == 1 else 's'}"
    elif count < least:
        number = f"at least {least} {of}{'' if least == 1 else 's'}"
    elif most is not None and count > most:
        number = f"at most {most} {of}{'' if most == 1 else 's'}"
    else:
        return
    raise QueryError(f"{who} {number}, found {count}", node.start, node.end)

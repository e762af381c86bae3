"""The functions that are no aggregates. Names and counts of arguments are PostHog's."""

from __future__ import annotations

from mockserver.analytics.hogql.functions.model import ANY, Function
from mockserver.analytics.hogql.types import Kind

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

_IGNORING_CASE = """
    length reverse not if least greatest abs max2 min2 lower upper concat substring ascii position extract
    replace trim exp log ln log2 log10 sqrt sin cos tan asin acos atan pow power sign degrees radians factorial
    floor ceil trunc round coalesce isnull ifnull nullif now count min max sum avg
    """
IGNORING_CASE = frozenset(_IGNORING_CASE.split())

RETURNS: dict[Kind, str] = {
    Kind.INTEGER: """
        plus minus multiply intDiv modulo moduloOrZero positiveModulo negate empty notEmpty length indexOf dateDiff
        date_diff toIntOrZero date_part
        _toInt64 _toUInt64
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

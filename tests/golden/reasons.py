"""Why some recorded answers to queries are not ours, by file and line."""

from __future__ import annotations

ZONE = (
    "the recorder read the engine without the zone of a DateTime; the database driver that PostHog uses makes of a"
    " column of type DateTime('UTC') a time that knows its zone"
)
ENGINE = "the engine of the recording lacked these functions; ClickHouse has them"
ORDER = "rows in no promised order"
SHOWN_DISPLAY = "kept from another display of the same numbers, whose query is not among the recordings"
MATCHER = "computed there by nested queries; servers compute funnels by their compiled matcher, and so do we"
RELATIVE = "relative dates in filters are read, as later servers do"

EXPLAINED = {
    ("hogql", 61): ZONE,
    ("hogql", 88): ZONE,
    ("hogql", 89): ZONE,
    ("hogql", 94): ZONE,
    ("hogql", 106): "upperUTF8 of a later ICU turns ß into SS",
    ("hogql", 215): "lag and lead over rows of equal order",
    ("hogql", 225): "a subquery that is a CTE is indented otherwise",
    ("hogql", 389): "an average over 86 of the 102 persons who have an age; which 86 cannot be told",
    ("hogql", 433): ZONE,
    ("hogql", 572): ENGINE,
    ("hogql", 573): ENGINE,
    ("hogql_errors", 159): "the recording lost the row of a value that cannot be converted",
    ("hogql_errors", 214): ORDER,
    ("hogql_errors", 221): "servers know more kinds since, and name them all",
    ("cohorts_in_queries", 8): "raw rows of four calculations were kept there; here those of the latest are",
    ("cohorts_in_queries", 36): "everybody was counted under one cohort alone there, whichever row came first",
    ("trends_query", 97): SHOWN_DISPLAY,
    ("trends_query", 99): SHOWN_DISPLAY,
    ("property_filters_query", 167): RELATIVE,
    ("property_filters_query", 168): RELATIVE,
    **{
        ("funnels_query", n): MATCHER
        for n in (
            3, 4, 5, 9, 10, 11, 15, 16, 23, 25, 26, 31, 33, 34, 35, 40, 41, 48, 49, 51, 59, 61, 63, 65, 67, 68, 69,
        )
    },
}  # fmt: skip

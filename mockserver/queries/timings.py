"""How long each step of a query took, told as servers tell it: the steps they name, on the world's clock.

While the clock stands, nothing takes any time. Steps that have no counterpart here take none at all; the time goes to
the engine and to the whole. Source: the recorded steps of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Timing = dict[str, Any]

DATABASE = (
    "team", "modifiers", "session_table", "virtual_fields/initial_referring_domain_type/initial_domain_type_expr",
    "virtual_fields/initial_referring_domain_type", "virtual_fields/initial_channel_type/custom_channel_rules",
    "virtual_fields/initial_channel_type/default_channel_rules_parse",
    "virtual_fields/initial_channel_type/default_channel_rules_replace", "virtual_fields/initial_channel_type",
    "virtual_fields/revenue", "virtual_fields/revenue_last_30_days", "virtual_fields", "group_type_mapping",
    "data_warehouse_saved_query/select", "data_warehouse_saved_query", "revenue_analytics_views/for_events",
    "revenue_analytics_views/for_schema_source", "revenue_analytics_views", "data_warehouse_tables/select",
    "data_warehouse_tables", "data_warehouse_joins",
)  # fmt: skip
HOGQL, PREPARED, CLICKHOUSE = "_generate_hogql", "_generate_hogql/prepare_ast_for_printing", "_generate_clickhouse_sql"
ENGINE, WHOLE = "clickhouse_execute", "."
RUN = (
    "query", "variables", "replace_placeholders", "max_limit", f"{HOGQL}/clone",
    *(f"{PREPARED}/create_hogql_database/{step}" for step in DATABASE), f"{PREPARED}/create_hogql_database",
    f"{PREPARED}/resolve_types", PREPARED, f"{HOGQL}/print_prepared_ast/printer", f"{HOGQL}/print_prepared_ast", HOGQL,
    *(f"{CLICKHOUSE}/print_ast/{step}" for step in
      ("resolve_types", "resolve_property_types", "resolve_lazy_tables", "swap_properties", "printer")),
    f"{CLICKHOUSE}/print_ast", CLICKHOUSE, ENGINE,
)  # fmt: skip
"""What is done to run any query."""
NAMING = frozenset(
    {f"{PREPARED}/resolve_types", f"{CLICKHOUSE}/print_ast/resolve_types", f"{CLICKHOUSE}/print_ast/printer"}
)
"""Steps in which the names of columns are printed, where there are any to make up."""


def _read(name: str, parser: str = "parse_select_cpp") -> tuple[str, ...]:
    return (f"{name}/{parser}/replace_placeholders", f"{name}/{parser}", name)


BEFORE: Mapping[str, tuple[str, ...]] = {
    "HogQLQuery": ("parse_select/parse_select_cpp", "parse_select", "filters"),
    "EventsQuery": (
        "build_ast/columns/parse_expr_cpp", "build_ast/columns", "build_ast/aggregations", "build_ast/filters/where",
        "build_ast/filters", *_read("build_ast/timestamps", "parse_expr_cpp"), "build_ast/where", "build_ast/order",
        "build_ast/select", "build_ast",
    ),
    "ActorsQuery": ("columns", "filters", "order", "select"),
    "SessionsTimelineQuery": (
        "build_sessions_timeline_query/build_events_subquery", "build_sessions_timeline_query",
    ),
    "RetentionQuery": _read("retention_query"),
    "PathsQuery": _read("paths_query"),
    "LifecycleQuery": (
        *_read("events_query/date_range", "parse_expr_cpp"), "events_query/properties", "events_query/series_filters",
        "events_query/test_account_filters", *_read("events_query"), *_read("periods_query"), *_read("lifecycle_query"),
    ),
}  # fmt: skip
"""What is done before, to build the query of a kind."""
AFTER: Mapping[str, tuple[str, ...]] = {"EventsQuery": ("parse_expr_cpp",)}
"""What is done with the rows."""


def timings(query: Mapping[str, Any], result: Mapping[str, Any], seconds: float) -> list[Timing]:
    """Return the steps of a query that took so many seconds in all, in the order in which they ended."""
    return [
        {"k": WHOLE if step == WHOLE else f"./{step}", "t": seconds if step == WHOLE or step.endswith(ENGINE) else 0.0}
        for step in _steps(query, result)
    ]


def _steps(query: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    if query["kind"] == "TrendsQuery":
        yield from _trends(query)
        return
    before = BEFORE.get(query["kind"], ())
    if query["kind"] == "HogQLQuery" and query.get("values"):
        before = ("parse_select/parse_select_cpp/replace_placeholders", *before)
    yield from before
    for step in RUN:
        if step in NAMING and query["kind"] == "HogQLQuery" and _names_columns(result):
            yield f"{step}/printer"
        yield step
    yield from AFTER.get(query["kind"], ())
    yield WHOLE


def _trends(query: Mapping[str, Any]) -> Iterator[str]:
    series = query.get("series") or ()
    yield "trends_to_query"
    if series:
        yield "printing_hogql_for_response"
    for number in range(len(series)):
        yield from (f"execute_queries/series_{number}/{step}" for step in RUN)
        yield f"execute_queries/series_{number}"
    yield from ("execute_queries", WHOLE)


def _names_columns(result: Mapping[str, Any]) -> bool:
    """Return whether a column is a call without an alias, which has to be given a name."""
    return any(name.endswith(")") for name in result.get("columns") or ())
